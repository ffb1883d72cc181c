"""Calls: those that are lived now, those that were, one with all that happened in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from pydantic import AwareDatetime, BaseModel, Field

from data.records import CallRecord
from ivr.api.document import answers
from ivr.api.paging import PageAsked, shown
from ivr.api.problems import not_found
from ivr.api.roles import Role, audit, needs
from ivr.api.rooms import rooms
from ivr.recordings.library import shown_number
from ivr.tracing import Trace, trace_of

blueprint = Blueprint("calls", __name__)


class CallNow(BaseModel):
    """A call that this server lives."""

    call_id: str
    caller_number: str = Field(description="Its last digits")
    destination: str
    began: datetime
    seconds: float
    step: str = Field(description="Where in the flow it is")
    queue: str
    with_person: bool


class CallsNow(BaseModel):
    """All of them, the oldest first."""

    calls: list[CallNow]


class CallLine(BaseModel):
    """A call, as a list shows it."""

    call_id: UUID
    direction: str
    caller_number: str = Field(description="Its last digits")
    destination: str
    language: str
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None
    outcome: str | None
    ended_by: str | None
    segment: str
    verified: str
    flow: str
    recorded: bool


class CallPage(BaseModel):
    """Some calls, the newest first."""

    entries: list[CallLine]
    next: str | None = Field(description="Cursor of the next page; null on the last one")


class CallsAsked(PageAsked):
    since: AwareDatetime | None = Field(default=None, description="Calls that began then or later")
    until: AwareDatetime | None = Field(default=None, description="Calls that began before then")
    outcome: str | None = Field(default=None, max_length=120)
    leg: str | None = Field(default=None, max_length=120, description="The switch's uuid of the caller's leg")
    sip_call_id: str | None = Field(
        default=None, min_length=1, max_length=200, description="The Call-ID of the caller's INVITE"
    )


@blueprint.get("/calls/live")
@needs(Role.SUPERVISOR)
@answers(CallsNow, tag="Calls")
def live() -> Any:
    """The calls that this server lives now."""
    here = rooms()
    now = here.now()
    calls = [
        CallNow(
            call_id=one.call_id,
            caller_number=shown_number(one.caller_number, full=False),
            destination=one.destination,
            began=one.began,
            seconds=round((now - one.began).total_seconds(), 1),
            step=one.step,
            queue=one.queue,
            with_person=one.with_person,
        )
        for one in here.live.all()
    ]
    return CallsNow(calls=calls)


@blueprint.get("/calls")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(CallPage, tag="Calls", query=CallsAsked)
def calls() -> Any:
    """Calls, the newest first; those under way, too."""
    here, asked = rooms(), request.context.query  # type: ignore[attr-defined] # spectree's
    after = asked.after
    page = here.beside.do(
        lambda: here.store.pages.calls(
            after,
            asked.limit,
            since=asked.since,
            until=asked.until,
            outcome=asked.outcome,
            leg=asked.leg,
            sip_call_id=asked.sip_call_id,
        )
    )
    audit("read", "calls: list")
    return shown(page, _line, CallPage)


@blueprint.get("/calls/<uuid:call_id>")
@needs(Role.SUPERVISOR)
@answers(Trace, tag="Calls", problems=(404,))
def call(call_id: UUID) -> Any:
    """A call with its steps and turns; what was sensitive is masked for good."""
    return _told(call_id, "calls: caller, turns")


@blueprint.get("/calls/<uuid:call_id>/trace")
@needs(Role.SUPERVISOR, Role.DESIGNER)
@answers(Trace, tag="Calls", problems=(404,))
def trace(call_id: UUID) -> Any:
    """Everything that happened in a call, in order, with times; nothing of what the caller said."""
    return _told(call_id, "calls: trace", words=False)


def _told(call_id: UUID, what: str, *, words: bool = True) -> Trace:
    here = rooms()
    found = here.beside.do(lambda: trace_of(here.store, call_id, words=words))
    if found is None:
        raise not_found("call of that id", "GET /calls lists them")
    audit("read", what, call_id=call_id, customer_id=found.customer_id)
    return found


def _line(one: CallRecord) -> CallLine:
    return CallLine(
        call_id=one.call_id,
        direction=one.direction,
        caller_number=shown_number(one.caller_number, full=False),
        destination=one.destination,
        language=one.language,
        started_at=one.started_at,
        ended_at=one.ended_at,
        seconds=one.seconds,
        outcome=one.outcome,
        ended_by=one.ended_by,
        segment=one.segment,
        verified=one.verified,
        flow=one.flow,
        recorded=bool(one.recording),
    )
