"""The context of a call for the agent who takes it: one JSON document, read from the call's record.

Rules:
1. It is made where it is asked for, from the database: it does not matter which server lives the call.
2. What was sensitive is not in the record, so it cannot be in here. Of other people nothing is in here.
3. `version` changes when a reader of the old document would go wrong; what is added changes nothing.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from data.records import CallRecord, Customer, Turn
from data.store import Store
from ivr.callers.numbers import caller_number

MOST_CONTACTS = 5
MOST_TURNS = 200
_SPOKEN = ("said", "match", "keys", "no_match", "no_input", "recorded")


class ContextCaller(BaseModel):
    """Who is on the line, as far as it is known."""

    number: str = Field(description="As it came; empty if withheld")
    name: str = Field(description="Of the customer; empty if they are not known")
    customer_number: str | None
    known_by: Literal["proof", "number", "nothing"] = Field(
        description="`proof`: they have proved it; `number`: it is their telephone, and no proof"
    )
    language: str
    membership: str
    segment: str
    segment_reason: str


class ContextSaid(BaseModel):
    """Something that was said or keyed; sensitive answers are masked."""

    after_ms: int
    who: Literal["system", "caller"]
    step: str
    text: str
    by: str
    result: str


class ContextLookup(BaseModel):
    """A back end that was asked."""

    name: str
    result: str
    found: dict[str, str | int | bool | None]


class ContextContact(BaseModel):
    """An earlier call."""

    at: datetime
    outcome: str
    language: str


class ContextTicket(BaseModel):
    """An open ticket or case."""

    ticket_number: str
    topic: str
    subject: str
    status: str
    opened_at: datetime
    promised_on: date | None


class ContextOrder(BaseModel):
    """An order on its way."""

    order_number: str
    status: str
    expected_on: date | None


class ContextCallback(BaseModel):
    """That they did not hold the line, and what they had said when they left it."""

    since: datetime
    asked_at: datetime = Field(description="When they asked for it")
    waited_seconds: int = Field(description="In all, without the time until a moment that they have chosen")
    window_from: datetime | None = Field(description="The time of their choice; none: at their turn")
    window_until: datetime | None
    number: str = Field(description="Where they are called; they may have called from another")
    caller: str = Field(description="Where they called from as they asked for it; empty if withheld")
    tries: int = Field(description="How often they were called, this time included")
    story: dict[str, Any]
    call_id: UUID | None = Field(description="The call in which they asked for it")
    transcript: list[ContextSaid]


class AgentContext(BaseModel):
    """All that an agent needs to go on where the system has left off."""

    version: Literal[1] = 1
    call_id: UUID
    leg: str = Field(description="The switch's uuid of the caller's leg")
    queue: str
    language: str
    began: datetime
    waited_since: datetime | None = Field(
        description="When they came to the queue; with a callback, their place"
    )
    why: str = Field(
        description="asked_for_person, not_understood, back_end, fault, callback, or flow: it leads there"
    )
    verified: str = Field(description="Which proof they passed; empty: none")
    caller: ContextCaller
    intent: str = Field(description="What their free speech was taken for; empty: nothing")
    slots: dict[str, str] = Field(description="What they have answered; without what is sensitive")
    lookups: list[ContextLookup]
    transcript: list[ContextSaid]
    contacts: list[ContextContact]
    tickets: list[ContextTicket]
    orders: list[ContextOrder]
    callback: ContextCallback | None


def context_of(store: Store, call_id: UUID, *, region: str) -> AgentContext | None:
    """`None`: there is no such call, or it was not handed over (yet). Blocks. Raises `DataError`."""
    call = store.calls.get(call_id)
    handover = _handover(call)
    if call is None or handover is None:
        return None
    told = handover.found
    person, known_by = _person(store, call, told.get("customer_id"), region)
    tickets = store.tickets.of_customer(person.customer_number, open_only=True) if person else ()
    orders = store.orders.of_customer(person.customer_number, under_way=True) if person else ()
    callback = _callback(store, call)
    return AgentContext(
        call_id=call.call_id,
        leg=call.switch_uuid,
        queue=handover.text,
        language=handover.language or call.language,
        began=call.started_at,
        waited_since=callback.since if callback else _moment(call, handover),
        why=str(told.get("why", "")),
        verified=str(told.get("verified", "")),
        caller=ContextCaller(
            number=call.caller_number,
            name=person.name if person else "",
            customer_number=person.customer_number if person else None,
            known_by=known_by,
            language=person.language if person else "",
            membership=person.membership if person else "",
            segment=str(told.get("segment", "")),
            segment_reason=str(told.get("reason", "")),
        ),
        intent=str(told.get("intent", "")),
        slots=dict(handover.asked),
        lookups=[
            ContextLookup(name=one.text, result=one.result, found=dict(one.found))
            for one in call.turns
            if one.kind == "lookup"
        ],
        transcript=_transcript(call),
        contacts=_contacts(store, call, region),
        tickets=[ContextTicket(**_some(one, ContextTicket)) for one in tickets],
        orders=[ContextOrder(**_some(one, ContextOrder)) for one in orders],
        callback=callback,
    )


def _some(record: object, model: type[BaseModel]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in model.model_fields}


def _handover(call: CallRecord | None) -> Turn | None:
    """The last one: they may have been in several queues."""
    turns = () if call is None else call.turns
    return next((turn for turn in reversed(turns) if turn.kind == "handover"), None)


def _moment(call: CallRecord, turn: Turn) -> datetime:
    return datetime.fromtimestamp(call.started_at.timestamp() + turn.at_ms / 1000, call.started_at.tzinfo)


def _person(
    store: Store, call: CallRecord, proved: object, region: str
) -> tuple[Customer | None, Literal["proof", "number", "nothing"]]:
    if isinstance(proved, str) and proved:
        person = store.customers.by_id(UUID(proved))
        if person is not None:
            return person, "proof"
    e164 = caller_number(call.caller_number, region).e164
    people = store.customers.by_phone_number(e164) if e164 else ()
    return (people[0], "number") if len(people) == 1 else (None, "nothing")


def _transcript(call: CallRecord) -> list[ContextSaid]:
    return [
        ContextSaid(
            after_ms=turn.at_ms, who=turn.who, step=turn.step, text=turn.text, by=turn.by, result=turn.result
        )
        for turn in call.turns
        if turn.kind in _SPOKEN
    ][-MOST_TURNS:]


def _contacts(store: Store, call: CallRecord, region: str) -> list[ContextContact]:
    number = caller_number(call.caller_number, region)
    if number.e164 is None:
        return []
    past = store.callers.calls(number.written, most=MOST_CONTACTS + 1)
    return [
        ContextContact(at=one["started_at"], outcome=one["outcome"] or "", language=one["language"])
        for one in past
        if one["started_at"] < call.started_at
    ][:MOST_CONTACTS]


def _callback(store: Store, call: CallRecord) -> ContextCallback | None:
    """Whom we have called back: the leg has the try's id."""
    if call.direction != "outbound":
        return None
    kept = store.callbacks.of_number(call.caller_number, before=call.started_at)
    if kept is None:
        return None
    before = None if kept.call_id is None else store.calls.get(kept.call_id)
    return ContextCallback(
        since=kept.joined_at,
        asked_at=kept.booked_at,
        waited_seconds=max(round(kept.kept(kept.ended_at or call.started_at)), 0),
        window_from=kept.from_at,
        window_until=kept.until_at,
        number=kept.number,
        caller=kept.caller,
        tries=kept.tries,
        story=dict(kept.story),
        call_id=kept.call_id,
        transcript=_transcript(before) if before else [],
    )
