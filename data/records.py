"""What goes into the database and what comes out: plain, frozen, without a trace of the ORM.

Rules:
1. Times carry a zone; a time without one is refused (`ValueError`), and everything becomes UTC.
2. Text that a caller can choose is cleaned here, on the way in, so that no other path exists: neither
   the database nor the spool ever sees a control character or a sensitive answer.
3. Money is an integer in minor units of an ISO 4217 currency (`balance_cents` is yen for JPY).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal, get_args
from uuid import UUID

from data.text import MASK, clean, clean_name, clean_number, clean_text

Direction = Literal["inbound", "outbound"]
Who = Literal["system", "caller"]
TurnKind = Literal["said", "match", "no_match", "no_input", "keys", "recorded", "lookup", "queue", "deed"]
"""`recorded`: the text is the path of what the caller said, below the recordings folder."""
Scalar = str | int | bool | None
_NAMED = ("lookup", "queue", "deed")
"""Kinds of turn whose text is a name out of the flow, never an answer."""
EndedBy = Literal["caller", "system", "agent", "unknown"]

SERVER_LOST = "SERVER_LOST"
"""Hang-up cause of calls that a crash left open, until their real ending is known."""
LONGEST_CODE = 120
"""Characters of a step, flow, cause, outcome, node or switch id."""
MOST_STEPS = 1000
"""Steps of one call that are kept."""
MOST_READINGS = 10
"""Readings of one utterance that are kept."""


def utc(time: datetime) -> datetime:
    """The same instant in UTC. Raises `ValueError` for a time without a zone."""
    if time.tzinfo is None or time.utcoffset() is None:
        raise ValueError(f"time without a zone: {time.isoformat()}")
    return time.astimezone(UTC)


def _one_of(value: str, allowed: object, name: str) -> None:
    if value not in get_args(allowed):
        raise ValueError(f"{name} must be one of {', '.join(get_args(allowed))}, not {value!r}")


def _code(text: str) -> str:
    return clean(text, LONGEST_CODE)


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _reading(reading: Reading) -> Reading:
    return Reading(text=clean_text(reading.text), confidence=_finite(reading.confidence) or 0.0)


def _clean_scalars(values: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {name: clean_text(value) if isinstance(value, str) else value for name, value in values.items()}


class _Cleaning:
    """Lets a frozen record put itself in order while it is being made."""

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, kw_only=True)
class CallBegun(_Cleaning):
    """A call reached us (or we dialled it)."""

    call_id: UUID
    """Ours, `data.ids.new_id()`. A leg that comes back to us is a new call."""
    switch_uuid: str
    direction: Direction
    caller_number: str
    """As it came; empty if withheld."""
    caller_name: str
    destination: str
    language: str
    started_at: datetime
    node_id: str
    """The server process that lives the call; stays the same when it is restarted."""
    flow: str = ""
    flow_version: str = ""
    recording: str | None = None
    """Path below the recordings folder."""
    release: int | None = None
    """The published release of the flows; `None` if they came from a folder."""
    caller_facts: Mapping[str, Scalar] = field(default_factory=dict)
    """What flows were told of the caller beside number and name."""

    def __post_init__(self) -> None:
        _one_of(self.direction, Direction, "direction")
        self._set(
            started_at=utc(self.started_at),
            switch_uuid=_code(self.switch_uuid),
            caller_number=clean_number(self.caller_number),
            caller_name=clean_name(self.caller_name),
            destination=clean_number(self.destination),
            language=_code(self.language)[:16],
            node_id=_code(self.node_id),
            flow=_code(self.flow),
            flow_version=_code(self.flow_version),
            caller_facts=_clean_scalars(self.caller_facts),
        )


@dataclass(frozen=True, kw_only=True)
class CallAnswered(_Cleaning):
    """We picked up (inbound) or the person did (outbound)."""

    call_id: UUID
    at: datetime

    def __post_init__(self) -> None:
        self._set(at=utc(self.at))


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One reading of an utterance, as the recogniser gave it."""

    text: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Turn(_Cleaning):
    """One thing that happened: the system said something, or the caller answered; a look-up or a queue ended.

    With its flow, step, language and result, calls can be counted; with what was heard, keyed and found
    beside them, a call can be played again.
    """

    n: int
    """Counts from 1 within the call; a second turn with the same number is the same turn."""
    at_ms: int
    """Milliseconds since the call began (`started_at`)."""
    who: Who
    step: str
    text: str
    kind: TurnKind
    confidence: float | None = None
    """0 to 1, as the recogniser gave it."""
    latency_ms: int | None = None
    """From the end of the caller's speech to the beginning of the answer."""
    sensitive: bool = False
    """The text is replaced by a mask of fixed length at once, what was heard and keyed is dropped, and
    what a look-up was asked by is masked; nobody can read it back."""
    flow: str = ""
    language: str = ""
    """The one that is spoken at this step."""
    result: str = ""
    """Of an answer: `match`, `no_match`, `no_input`; of a look-up: `found`, `missing`, `slow`, `failed`; of
    a queue: `handed`, `failed`, or why nobody came. Empty for what was said."""
    by: Literal["", "voice", "keys"] = ""
    """How the caller answered."""
    band: Literal["", "sure", "check", "unsure"] = ""
    """How far an answer was trusted."""
    universal: str = ""
    """What was asked for instead of an answer (`@person`, `@repeat` …); no secret at any question."""
    heard: tuple[Reading, ...] = ()
    """Best first. Of an open question that was understood: what it may mean."""
    keys: str | None = None
    asked: Mapping[str, str] = field(default_factory=dict)
    """What a look-up was asked by."""
    found: Mapping[str, Scalar] = field(default_factory=dict)
    """What it found."""

    def __post_init__(self) -> None:
        _one_of(self.who, Who, "who")
        _one_of(self.kind, TurnKind, "kind")
        secret = self.sensitive
        self._set(
            step=_code(self.step),
            text=(MASK if self.text else "") if secret and self.kind not in _NAMED else clean_text(self.text),
            confidence=_finite(self.confidence),
            flow=_code(self.flow),
            language=_code(self.language)[:16],
            result=_code(self.result)[:20],
            universal=_code(self.universal)[:40],
            heard=() if secret else tuple(_reading(one) for one in self.heard[:MOST_READINGS]),
            keys=None if secret or self.keys is None else clean_text(self.keys),
            asked={name: MASK if secret else clean_text(value) for name, value in self.asked.items()},
            found=_clean_scalars(self.found),
        )


@dataclass(frozen=True, kw_only=True)
class CallStep(_Cleaning):
    """A step of a flow that a call went through, once."""

    flow: str
    step: str
    language: str
    left_by: str = ""
    """The label of the exit, or what took the caller elsewhere: `@person`, `@back`, `@language`, `@fault`;
    `@end`: the call came to its end in the flow that this step runs. Empty: the caller was gone before."""
    no_input: int = 0
    """How often the caller was silent at it."""
    no_match: int = 0
    """How often the caller was not understood at it."""

    def __post_init__(self) -> None:
        self._set(
            flow=_code(self.flow),
            step=_code(self.step),
            language=_code(self.language)[:16],
            left_by=_code(self.left_by),
        )


@dataclass(frozen=True, kw_only=True)
class CallEnded(_Cleaning):
    """The call is over. What is `None` keeps the value from the beginning."""

    call_id: UUID
    at: datetime
    hangup_cause: str
    """FreeSWITCH's: `NORMAL_CLEARING`, ..."""
    ended_by: EndedBy
    outcome: str | None = None
    """The company's code for how the contact ended (tipificación)."""
    language: str | None = None
    """The one that was spoken last."""
    recording: str | None = None
    flow: str | None = None
    flow_version: str | None = None
    path: tuple[CallStep, ...] = ()
    """The steps that the call went through, in order; of more than `MOST_STEPS` the first ones."""

    def __post_init__(self) -> None:
        _one_of(self.ended_by, EndedBy, "ended_by")
        self._set(
            path=tuple(self.path[:MOST_STEPS]),
            at=utc(self.at),
            hangup_cause=_code(self.hangup_cause),
            outcome=None if self.outcome is None else _code(self.outcome),
            language=None if self.language is None else _code(self.language)[:16],
            flow=None if self.flow is None else _code(self.flow),
            flow_version=None if self.flow_version is None else _code(self.flow_version),
        )


@dataclass(frozen=True, kw_only=True)
class CallRecord:
    """A call as the database remembers it, with its turns in order."""

    call_id: UUID
    switch_uuid: str
    direction: str
    caller_number: str
    caller_name: str
    destination: str
    language: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    hangup_cause: str | None
    ended_by: str | None
    outcome: str | None
    node_id: str
    flow: str
    flow_version: str
    recording: str | None
    release: int | None
    caller_facts: Mapping[str, Scalar]
    turns: tuple[Turn, ...]

    @property
    def finished(self) -> bool:
        return self.ended_at is not None

    @property
    def seconds(self) -> float | None:
        """From the beginning to the end; `None` while the call lasts. Never negative."""
        if self.ended_at is None:
            return None
        return max(0.0, (self.ended_at - self.started_at).total_seconds())


@dataclass(frozen=True, kw_only=True)
class Customer:
    customer_number: str
    name: str
    language: str
    zone: str
    """IANA time zone, for the hours at which they may be called."""
    phone_numbers: tuple[str, ...]
    """E.164, in order of chance to reach them."""


@dataclass(frozen=True, kw_only=True)
class Debt:
    concept: str
    amount_cents: int
    currency: str
    due_on: date
    stage: str
    status: str


@dataclass(frozen=True, kw_only=True)
class Payment:
    amount_cents: int
    currency: str
    received_on: date
    method: str
    """`direct_debit`, `card`, `transfer`, `cash`."""


@dataclass(frozen=True, kw_only=True)
class AccountStatus:
    """What a customer owes. A positive balance is owed by the customer, a negative one to them."""

    customer_number: str
    name: str
    language: str
    balance_cents: int
    currency: str
    due_on: date | None
    """When the next (or the oldest unpaid) payment is due; `None` if nothing is."""
    stage: str
    """Stage of arrears: `none`, `preventive`, `early`, `middle`, `late`, `pre_judicial`, `judicial`."""
    debts: tuple[Debt, ...]
    """The open ones, oldest first."""
    last_payment: Payment | None

    def overdue_cents(self, today: date) -> int:
        """What should have been paid before `today`, in minor units."""
        return sum(debt.amount_cents for debt in self.debts if debt.due_on < today)

    def next_due_on(self, today: date) -> date | None:
        """When the next payment is due that is not late; `None` if none is to come."""
        return min((debt.due_on for debt in self.debts if debt.due_on >= today), default=None)


@dataclass(frozen=True, kw_only=True)
class TicketChange:
    status: str
    at: datetime
    note: str


@dataclass(frozen=True, kw_only=True)
class TicketStatus:
    ticket_number: str
    customer_number: str
    name: str
    language: str
    topic: str
    """`internet`, `telephone`, `television`, `mobile`, `bill`, `contract`, `other`."""
    subject: str
    """In the customer's words and language."""
    status: str
    """`open`, `in_progress`, `waiting_customer`, `resolved`, `closed`."""
    opened_at: datetime
    updated_at: datetime
    promised_on: date | None
    history: tuple[TicketChange, ...]
    """Oldest first; the last one gives `status` and `updated_at`."""


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """One parcel of an order."""

    carrier: str
    tracking_number: str | None
    status: str
    """`in_transit`, `out_for_delivery`, `delivered`, `returned`."""
    shipped_at: datetime
    expected_on: date | None
    delivered_at: datetime | None
    left_with: str | None
    """`recipient`, `neighbour`, `pickup_point`; `None` until it is delivered."""


@dataclass(frozen=True, kw_only=True)
class OrderStatus:
    order_number: str
    customer_number: str
    name: str
    language: str
    items: str
    status: str
    """`placed`, `preparing`, `shipped`, `out_for_delivery`, `delivered`, `cancelled`."""
    placed_at: datetime
    updated_at: datetime
    expected_on: date | None
    carrier: str | None
    total_cents: int
    currency: str
    shipments: tuple[Shipment, ...]
    """The parcels; none before it is shipped."""

    def is_late(self, today: date) -> bool:
        """Whether it should have arrived before `today`, and has not."""
        under_way = self.status not in {"delivered", "cancelled"}
        return under_way and self.expected_on is not None and self.expected_on < today
