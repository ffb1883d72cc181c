"""A call from its first ring to its end, in order, with times: for whoever looks for what went wrong.

Rules:
1. What was sensitive is masked in the record already, and nothing brings it back.
2. Without words nothing is told that the caller said or that a back end found: only that it was, when, and
   how long it took.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from data.records import CallRecord, Contact, Turn
from data.store import Store
from ivr.recordings.library import shown_number

_NAMED = ("lookup", "queue", "deed", "handover")
"""Turns whose text is a name out of the flow, never an answer."""


class TraceEvent(BaseModel):
    """One thing that happened."""

    at: datetime
    after_ms: int = Field(description="Milliseconds since the call began")
    kind: Literal[
        "rang",
        "answered",
        "said",
        "match",
        "no_match",
        "no_input",
        "keys",
        "recorded",
        "lookup",
        "queue",
        "deed",
        "handover",
        "hold",
        "agent",
        "agent_over",
        "hung_up",
    ]
    flow: str = ""
    step: str = ""
    language: str = ""
    name: str = Field(
        default="",
        description="Of the look-up, the queue, the deed; an agent, where words are told; a hang-up's cause",
    )
    result: str = ""
    text: str = Field(default="", description="What was said, where words are told; masked where sensitive")
    by: str = Field(default="", description="`voice` or `keys`; of a hang-up, who; of an agent, the queue")
    confidence: float | None = None
    took_ms: int | None = Field(
        default=None,
        description="Of an answer or prompt: since the caller had ended; of look-up, talk, hold: all of it",
    )


class TraceStep(BaseModel):
    """A step that was gone through; known once the call is over."""

    flow: str
    step: str
    language: str
    left_by: str
    no_input: int
    no_match: int


class Trace(BaseModel):
    """A call with all that happened in it."""

    call_id: UUID
    direction: str
    caller_number: str = Field(description="Its last digits")
    destination: str
    leg: str = Field(description="The switch's uuid")
    sip_call_id: str = Field(description="The Call-ID of the INVITE; empty: there was none")
    server: str
    flow: str
    flow_version: str
    release: int | None
    language: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    customer_id: UUID | None
    segment: str
    segment_reason: str
    verified: str = Field(description="Which proof they passed; empty: none")
    events: list[TraceEvent]
    steps: list[TraceStep]


def trace_of(store: Store, call_id: UUID, *, words: bool) -> Trace | None:
    """`None`: there is no such call. Blocks as long as the database takes. Raises `DataError`."""
    call = store.calls.get(call_id)
    if call is None:
        return None
    steps = store.pages.path(call_id) if call.finished else ()
    return Trace(
        call_id=call.call_id,
        direction=call.direction,
        caller_number=shown_number(call.caller_number, full=False),
        destination=call.destination,
        leg=call.switch_uuid,
        sip_call_id=call.sip_call_id,
        server=call.node_id,
        flow=call.flow,
        flow_version=call.flow_version,
        release=call.release,
        language=call.language,
        started_at=call.started_at,
        ended_at=call.ended_at,
        outcome=call.outcome,
        customer_id=call.customer_id,
        segment=call.segment,
        segment_reason=call.segment_reason if words else "",
        verified=call.verified,
        events=sorted(
            (*_events(call, words=words), *_agents(call, store.agents.of_leg(call.switch_uuid), words=words)),
            key=lambda one: one.after_ms,
        ),
        steps=[TraceStep(**vars(one)) for one in steps],
    )


def _events(call: CallRecord, *, words: bool) -> Iterator[TraceEvent]:
    yield TraceEvent(at=call.started_at, after_ms=0, kind="rang")
    if call.answered_at is not None:
        yield TraceEvent(at=call.answered_at, after_ms=_after(call, call.answered_at), kind="answered")
    for turn in call.turns:
        yield _turn(call, turn, words=words)
    if call.ended_at is not None:
        last = max((turn.at_ms for turn in call.turns), default=0)
        yield TraceEvent(
            at=call.ended_at,
            after_ms=max(_after(call, call.ended_at), last),
            kind="hung_up",
            name=call.hangup_cause or "",
            by=call.ended_by or "",
        )


def _agents(call: CallRecord, contacts: Iterable[Contact], *, words: bool) -> Iterator[TraceEvent]:
    """Who was asked, who answered, and how it ended; to the second, as the call centre tells it."""
    for one in contacts:
        agent = one.agent if words else ""
        yield TraceEvent(
            at=one.at,
            after_ms=_after(call, one.at),
            kind="agent",
            name=agent,
            result=one.result,
            by=one.queue,
        )
        if one.result == "answered" and one.ended_at is not None:
            yield TraceEvent(
                at=one.ended_at,
                after_ms=_after(call, one.ended_at),
                kind="agent_over",
                name=agent,
                result=one.outcome,
                by=one.queue,
                took_ms=round((one.ended_at - one.at).total_seconds() * 1000),
            )


def _turn(call: CallRecord, turn: Turn, *, words: bool) -> TraceEvent:
    named = turn.kind in _NAMED
    return TraceEvent(
        at=call.started_at + timedelta(milliseconds=turn.at_ms),
        after_ms=turn.at_ms,
        kind=turn.kind,
        flow=turn.flow,
        step=turn.step,
        language=turn.language,
        name=turn.text if named else "",
        result=turn.result,
        text=turn.text if words and not named else "",
        by=turn.by,
        confidence=turn.confidence,
        took_ms=turn.latency_ms,
    )


def _after(call: CallRecord, moment: datetime) -> int:
    return max(0, round((moment - call.started_at).total_seconds() * 1000))
