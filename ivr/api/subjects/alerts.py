"""Alerts with who looks after them, and what the watchdog has mended on the switch."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from pydantic import BaseModel, Field

from data.records import Alert, SwitchRepair
from ivr.api.document import answers
from ivr.api.paging import PageAsked, shown
from ivr.api.problems import conflict, not_found
from ivr.api.roles import Role, needs, who_asks
from ivr.api.rooms import rooms

blueprint = Blueprint("alerts", __name__)


class AlertLine(BaseModel):
    """That something crossed its threshold."""

    id: UUID
    rule: str = Field(description="Of agents.yaml")
    queue: str
    value: float = Field(description="When it was raised")
    threshold: float
    raised_at: datetime
    cleared_at: datetime | None = Field(description="Null: it stands")
    acknowledged_at: datetime | None
    acknowledged_by: str = Field(description="Who looks after it; empty: nobody has said so")


class AlertPage(BaseModel):
    """Some alerts, the newest first."""

    entries: list[AlertLine]
    next: str | None


class AlertsAsked(PageAsked):
    standing: bool | None = Field(default=None, description="Only those that stand, or only those over")


class RepairLine(BaseModel):
    """Something that the switch's call centre had forgotten."""

    id: UUID
    at: datetime
    kind: str = Field(
        description="stale_member, stuck_agent, stuck_tier, state_differs, lost_end, lost_start"
    )
    detail: str
    repaired: bool = Field(description="False: it could not be mended yet")
    queue: str
    agent: str
    leg: str
    node: str = Field(description="The server that found it")


class RepairPage(BaseModel):
    """Some repairs, the newest first."""

    entries: list[RepairLine]
    next: str | None


@blueprint.get("/alerts")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(AlertPage, tag="Alerts", query=AlertsAsked)
def alerts() -> Any:
    """Alerts, the newest first; those that are over, too."""
    here, asked = rooms(), request.context.query  # type: ignore[attr-defined] # spectree's
    after = asked.after
    page = here.beside.do(lambda: here.store.pages.alerts(after, asked.limit, standing=asked.standing))
    return shown(page, _alert, AlertPage)


@blueprint.post("/alerts/<uuid:alert>/acknowledge")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(AlertLine, tag="Alerts", problems=(404, 409))
def acknowledge(alert: UUID) -> Any:
    """Says that you look after it. Whoever said so first stays; it goes on standing until it is over."""
    here, by = rooms(), who_asks().name
    found = here.beside.do(lambda: here.store.alerts.acknowledge(alert, at=here.now(), by=by))
    if found is None:
        raise not_found("alert of that id", "GET /alerts lists them")
    if found.acknowledged_by != by:
        if found.acknowledged_by:
            raise conflict("alert_taken", f"{found.acknowledged_by} looks after it", "Ask them")
        raise conflict("alert_over", "It is over: nobody needs to look after it", "GET /alerts?standing=true")
    return _alert(found)


@blueprint.get("/repairs")
@needs(Role.SUPERVISOR)
@answers(RepairPage, tag="Alerts", query=PageAsked)
def repairs() -> Any:
    """What the watchdog found on the switch and whether it could mend it, the newest first."""
    here, asked = rooms(), request.context.query  # type: ignore[attr-defined] # spectree's
    after = asked.after
    page = here.beside.do(lambda: here.store.pages.repairs(after, asked.limit))
    return shown(page, _repair, RepairPage)


def _alert(one: Alert) -> AlertLine:
    return AlertLine(**{name: getattr(one, name) for name in AlertLine.model_fields})


def _repair(one: SwitchRepair) -> RepairLine:
    return RepairLine(**{name: getattr(one, name) for name in RepairLine.model_fields})
