"""Figures for Prometheus."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from flask import Blueprint, Response

from data.errors import DataError
from data.records import OutboxState
from data.spool import Spool
from ivr.api.document import answers
from ivr.api.roles import Role, needs
from ivr.api.rooms import ApiRooms, rooms

blueprint = Blueprint("metrics", __name__)
_TEXT = "text/plain"


@blueprint.get("/metrics")
@needs(Role.MONITOR)
@answers(tag="Server", media=_TEXT)
def metrics() -> Any:
    """Figures of this server, as Prometheus reads them."""
    here = rooms()
    figures = here.measures
    figures.show("ivr_calls_active", "Calls that are lived now", {(): float(len(here.live))})
    for show in here.shows:
        show(figures)
    _stored(here)
    return Response(figures.text(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _stored(here: ApiRooms) -> None:
    """What the database and the disk tell; without the database, that it is lost."""
    folder = here.settings.spool_folder

    def look() -> tuple[dict[str, int], OutboxState, int, Counter[str]]:
        standing = Counter(one.rule for one in here.store.alerts.standing())
        return here.store.callbacks.counts(), here.store.outbox.state(), _spooled(folder), standing

    figures, up = here.measures, 1.0
    try:
        callbacks, outbox, spooled, alerts = here.beside.do(look)
    except DataError:
        up, spooled = 0.0, here.beside.do(lambda: _spooled(folder))
    else:
        states: dict[tuple[str, ...], float] = {(state,): float(count) for state, count in callbacks.items()}
        figures.show("ivr_callbacks", "Callbacks by state", states, "state")
        raised: dict[tuple[str, ...], float] = {(rule,): float(count) for rule, count in alerts.items()}
        figures.show("ivr_alerts_standing", "Alerts that are not over, by rule", raised, "rule")
        figures.show("ivr_outbox_waiting", "Errands that wait to be carried", {(): float(outbox.waiting)})
        figures.show("ivr_outbox_given_up", "Errands that nobody carries", {(): float(outbox.given_up)})
    figures.show("ivr_database_up", "Whether the database answers", {(): up})
    figures.show("ivr_spooled_records", "Records that wait for the database on disk", {(): float(spooled)})


def _spooled(folder: Path) -> int:
    return Spool(folder).length()
