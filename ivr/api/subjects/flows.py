"""Flows: which there are, whether the folder's are sound, and what new calls take."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, request
from pydantic import BaseModel, Field

from data.errors import FlowsSwitched, ReleaseUnknown, SchemaMissing
from data.releases import Intent, Switch, checksum_of
from ivr.api.document import answers
from ivr.api.flow_checking import check_beside
from ivr.api.flow_worker import Found
from ivr.api.paging import Asked
from ivr.api.problems import Problem, conflict, not_found
from ivr.api.roles import Role, audit, needs, who_asks
from ivr.api.rooms import rooms
from ivr.errors import FolderUnfit
from ivr.publishing.folder import read_folder

blueprint = Blueprint("flows", __name__)
LEAD = 10.0
"""Seconds until all servers change over, unless the request says so."""
MOST_LINES = 200


class FlowLine(BaseModel):
    """A flow that new calls may go through."""

    name: str
    languages: list[str]
    steps: int


class FlowsNow(BaseModel):
    """The flows of new calls on this server."""

    version: str
    main: str = Field(description="With which calls begin")
    flows: list[FlowLine]


class SwitchLine(BaseModel):
    """That a release was made live."""

    n: int
    release: int
    action: str
    who: str
    why: str
    at: datetime
    effective_at: datetime = Field(description="When every server takes it for new calls")


class History(BaseModel):
    """What was live when, the newest first."""

    switches: list[SwitchLine]


class Publishing(Asked):
    """Why the folder's flows are to be live."""

    why: str = Field(min_length=1, max_length=200)
    lead: float = Field(default=LEAD, ge=0, le=3600, description="Seconds until all servers change over")


class GoingBack(Publishing):
    """Why an older release is to be live again."""

    release: int = Field(ge=1, le=2_000_000_000)


@blueprint.get("/flows")
@needs(Role.DESIGNER, Role.SUPERVISOR)
@answers(FlowsNow, tag="Flows", problems=(503,))
def flows() -> Any:
    """The flows that new calls take on this server."""
    here = rooms()
    if here.flows is None:
        raise Problem(503, "no_flows", "This server lives no calls", remedy="Ask one that runs ivr serve")
    live = here.flows()
    lines = [
        FlowLine(name=name, languages=list(one.languages), steps=len(one.steps))
        for name, one in sorted(live.flows.items())
    ]
    return FlowsNow(version=live.version, main=here.settings.calls.flow, flows=lines)


@blueprint.get("/flows/history")
@needs(Role.DESIGNER, Role.SUPERVISOR)
@answers(History, tag="Flows")
def history() -> Any:
    """What was live when, who switched, and why."""
    return History(switches=[_line(one) for one in _history()[:MOST_LINES]])


@blueprint.post("/flows/check")
@needs(Role.DESIGNER)
@answers(Found, tag="Flows", problems=(409, 503))
def check() -> Any:
    """Checks the flows in the server's folder, and plays the calls beside them; changes nothing."""
    return check_beside(rooms().settings)


@blueprint.post("/flows/publish")
@needs(Role.DESIGNER)
@answers(SwitchLine, tag="Flows", body=Publishing, problems=(409, 503))
def publish() -> Any:
    """Makes the flows in the server's folder live on every server, if they are sound."""
    here = rooms()
    asked = request.context.json  # type: ignore[attr-defined] # spectree's
    folder = here.settings.flows_folder
    files = _files(folder)
    before = _history()
    if before and before[0].checksum == checksum_of(files):
        raise conflict("live_already", "These files are live already")
    found = check_beside(here.settings)
    if not found.sound:
        told = "; ".join([*found.problems, *found.failed])[:1000]
        raise Problem(
            409, "unsound", "Not published: the flows are not sound", detail=told, remedy="POST /flows/check"
        )
    if _files(folder) != files:
        raise conflict("changed", "Files were changed while they were checked", "Publish again")
    intent = _intent(asked, before)
    return _switched(lambda: here.store.releases.publish(files, intent))


@blueprint.post("/flows/rollback")
@needs(Role.DESIGNER)
@answers(SwitchLine, tag="Flows", body=GoingBack, problems=(404, 409))
def rollback() -> Any:
    """Makes an older release live again."""
    here = rooms()
    asked = request.context.json  # type: ignore[attr-defined] # spectree's
    before = _history()
    if not before:
        raise conflict("nothing_published", "Nothing was published yet", "POST /flows/publish")
    if before[0].release == asked.release:
        raise conflict("live_already", "That release is live already")
    intent = _intent(asked, before)

    def go_back() -> Switch:
        here.store.releases.files(asked.release)  # a damaged release is not gone back to
        return here.store.releases.go_back(asked.release, intent)

    return _switched(go_back)


def _files(folder: Any) -> dict[str, bytes]:
    try:
        return rooms().beside.do(lambda: read_folder(folder)[0])
    except FolderUnfit as unfit:
        raise conflict("folder", "The folder cannot be published", str(unfit)) from None


def _history() -> tuple[Switch, ...]:
    here = rooms()
    try:
        return here.beside.do(here.store.releases.history)
    except SchemaMissing:
        return ()


def _intent(asked: Publishing, before: tuple[Switch, ...]) -> Intent:
    now = rooms().now()
    return Intent(
        who=who_asks().name,
        why=asked.why,
        at=now,
        effective_at=now + timedelta(seconds=asked.lead),
        after=before[0].n if before else 0,
    )


def _switched(change: Any) -> SwitchLine:
    try:
        switch: Switch = rooms().beside.do(change)
    except FlowsSwitched:
        raise conflict("overtaken", "Somebody else was quicker", "Look at GET /flows/history first") from None
    except ReleaseUnknown:
        raise not_found("release of that number", "GET /flows/history lists them") from None
    audit("publish", f"flows: release {switch.release}")
    return _line(switch)


def _line(one: Switch) -> SwitchLine:
    return SwitchLine(**{name: getattr(one, name) for name in SwitchLine.model_fields})
