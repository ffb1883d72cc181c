"""What is told of a call while it lasts, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from data.records.cleaning import Cleaning, Scalar, clean_scalars, code, finite, one_of, utc
from data.text import MASK, clean, clean_name, clean_number, clean_text

Direction = Literal["inbound", "outbound"]
Who = Literal["system", "caller"]
TurnKind = Literal[
    "said", "match", "no_match", "no_input", "keys", "recorded", "lookup", "queue", "deed", "handover", "hold"
]
"""`recorded`: the text is the path of what the caller said, below the recordings folder. `handover`: they
come to a queue, and what is known of them then goes with them. `hold`: they put us on hold, for
`latency_ms`."""
_NAMED = ("lookup", "queue", "deed", "handover")
"""Kinds of turn whose text is a name out of the flow, never an answer."""
EndedBy = Literal["caller", "system", "agent", "unknown"]

SERVER_LOST = "SERVER_LOST"
"""Hang-up cause of calls that a crash left open, until their real ending is known."""
MOST_STEPS = 1000
"""Steps of one call that are kept."""
MOST_READINGS = 10
"""Readings of one utterance that are kept."""


def _reading(reading: Reading) -> Reading:
    return Reading(text=clean_text(reading.text), confidence=finite(reading.confidence) or 0.0)


@dataclass(frozen=True, kw_only=True)
class CallBegun(Cleaning):
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
    sip_call_id: str = ""
    """The Call-ID of its INVITE, which whoever calls can choose; empty: there is none."""

    def __post_init__(self) -> None:
        one_of(self.direction, Direction, "direction")
        self._set(
            started_at=utc(self.started_at),
            switch_uuid=code(self.switch_uuid),
            sip_call_id=clean(self.sip_call_id, 200),
            caller_number=clean_number(self.caller_number),
            caller_name=clean_name(self.caller_name),
            destination=clean_number(self.destination),
            language=code(self.language)[:16],
            node_id=code(self.node_id),
            flow=code(self.flow),
            flow_version=code(self.flow_version),
            caller_facts=clean_scalars(self.caller_facts),
        )


@dataclass(frozen=True, kw_only=True)
class CallAnswered(Cleaning):
    """We picked up (inbound) or the person did (outbound)."""

    call_id: UUID
    at: datetime

    def __post_init__(self) -> None:
        self._set(at=utc(self.at))


@dataclass(frozen=True, kw_only=True)
class CallProved(Cleaning):
    """Whoever is on the line has proved who they are. Noted at once: its end may never be told."""

    call_id: UUID
    verified: str
    """By which proof of the catalogue."""
    customer_id: UUID

    def __post_init__(self) -> None:
        self._set(verified=code(self.verified)[:60])


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One reading of an utterance, as the recogniser gave it."""

    text: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Turn(Cleaning):
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
    """From the end of the caller's speech to the beginning of the answer; of a hold, how long it lasted."""
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
        one_of(self.who, Who, "who")
        one_of(self.kind, TurnKind, "kind")
        secret = self.sensitive
        self._set(
            step=code(self.step),
            text=(MASK if self.text else "") if secret and self.kind not in _NAMED else clean_text(self.text),
            confidence=finite(self.confidence),
            flow=code(self.flow),
            language=code(self.language)[:16],
            result=code(self.result)[:20],
            universal=code(self.universal)[:40],
            heard=() if secret else tuple(_reading(one) for one in self.heard[:MOST_READINGS]),
            keys=None if secret or self.keys is None else clean_text(self.keys),
            asked={name: MASK if secret else clean_text(value) for name, value in self.asked.items()},
            found=clean_scalars(self.found),
        )


@dataclass(frozen=True, kw_only=True)
class CallStep(Cleaning):
    """A step of a flow that a call went through, once."""

    flow: str
    step: str
    language: str
    left_by: str = ""
    """The label of the exit, or what took the caller elsewhere: `@person`, `@back`, `@language`,
    `@objection`, `@interrupts`, `@fault`;
    `@end`: the call came to its end in the flow that this step runs. Empty: the caller was gone before."""
    no_input: int = 0
    """How often the caller was silent at it."""
    no_match: int = 0
    """How often the caller was not understood at it."""

    def __post_init__(self) -> None:
        self._set(
            flow=code(self.flow),
            step=code(self.step),
            language=code(self.language)[:16],
            left_by=code(self.left_by),
        )


@dataclass(frozen=True, kw_only=True)
class CallEnded(Cleaning):
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
    recorded_ms: int | None = None
    """How much sound the recording should hold: the time since it began, without that on hold."""
    flow: str | None = None
    flow_version: str | None = None
    customer_id: UUID | None = None
    """Who it turned out to be."""
    segment: str | None = None
    segment_reason: str | None = None
    rules_version: str | None = None
    """Of the segments' rules."""
    verified: str | None = None
    """Which proof they passed."""
    path: tuple[CallStep, ...] = ()
    """The steps that the call went through, in order; of more than `MOST_STEPS` the first ones."""

    def __post_init__(self) -> None:
        one_of(self.ended_by, EndedBy, "ended_by")
        self._set(
            path=tuple(self.path[:MOST_STEPS]),
            at=utc(self.at),
            hangup_cause=code(self.hangup_cause),
            outcome=None if self.outcome is None else code(self.outcome),
            language=None if self.language is None else code(self.language)[:16],
            flow=None if self.flow is None else code(self.flow),
            flow_version=None if self.flow_version is None else code(self.flow_version),
            segment=None if self.segment is None else code(self.segment)[:40],
            segment_reason=None if self.segment_reason is None else clean_text(self.segment_reason),
            rules_version=None if self.rules_version is None else code(self.rules_version),
            verified=None if self.verified is None else code(self.verified)[:60],
        )


@dataclass(frozen=True, kw_only=True)
class CallRecord:
    """A call as the database remembers it, with its turns in order."""

    call_id: UUID
    switch_uuid: str
    sip_call_id: str
    direction: str
    caller_number: str
    caller_name: str
    destination: str
    language: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    """With the cause `SERVER_LOST` a bound: the last sign of a call whose end nobody saw (its last turn, or
    the last change of its recording). It lasted at least so long."""
    hangup_cause: str | None
    ended_by: str | None
    outcome: str | None
    node_id: str
    flow: str
    flow_version: str
    recording: str | None
    recorded_ms: int | None
    """How much sound the recording should hold at least; `None`: nobody saw the end, or there is none."""
    written_ms: int | None
    """How much sound the switch had written, noted when the recording was converted and thereby trimmed."""
    release: int | None
    caller_facts: Mapping[str, Scalar]
    customer_id: UUID | None
    segment: str
    segment_reason: str
    rules_version: str
    verified: str
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
