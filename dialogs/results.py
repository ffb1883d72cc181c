"""What came of an effect. What the caller does wrong is a result; exceptions are for faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Band = Literal["sure", "check", "unsure"]
"""How far to trust what was heard: go on, ask back, or treat it as not understood."""


@dataclass(frozen=True)
class Alternative:
    """One reading of an utterance; `confidence` runs from 0 to 1 and need not be calibrated."""

    text: str
    confidence: float


@dataclass(frozen=True)
class Heard:
    """What the recogniser made of one utterance, best first. No alternatives: sound, but no words."""

    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True)
class Keyed:
    """The keys that the caller pressed, terminator removed."""

    keys: str


@dataclass(frozen=True)
class Match:
    """An answer. `value` is the slot's (digits as text, `yes`/`no`, a menu's choice id).

    `said` is what was heard or keyed, for people to read; `band` is `sure` for keys.
    """

    value: str
    said: str
    by: Literal["voice", "keys"]
    confidence: float = 1.0
    band: Band = "sure"
    others: tuple[str, ...] = ()
    parts: Mapping[str, Match] = field(default_factory=dict)
    """The answers to a form's slots, where one sentence has answered several."""
    clip: str = ""
    """Where its sound is kept, if the question wanted that: a path below the recordings folder."""


@dataclass(frozen=True)
class NoMatch:
    """Something was said or keyed that does not answer the question.

    `reason` is empty, or tells what is wrong with an answer that was well understood: `no_such_date` for
    the 31st of June, `check_letter`, `too_large` … (each kind of answer documents its own).
    """

    said: str = ""
    reason: str = ""


@dataclass(frozen=True)
class NoInput:
    """Nothing was said or keyed in time."""


@dataclass(frozen=True)
class Played:
    """The prompt was heard to its end, or the caller cut it short."""

    interrupted: bool = False


@dataclass(frozen=True)
class Found:
    """A look-up's answer; the values are builtins, money in minor units with `<name>_currency`."""

    record: Mapping[str, str | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Missing:
    """The look-up worked, and there is no such thing."""


@dataclass(frozen=True)
class Slow:
    """No answer within the deadline."""


@dataclass(frozen=True)
class Failed:
    """The back end refused or broke; `reason` is for the log, never for the caller's ear."""

    reason: str


@dataclass(frozen=True)
class Handed:
    """A person has answered. The call is theirs: what the flow says after this, the caller does not hear."""


@dataclass(frozen=True)
class NobodyFree:
    """The queue gave the caller back: `timeout`, `no_agents`, `left` (by key), `closed`, or `overflow`."""

    reason: Literal["timeout", "no_agents", "left", "closed", "overflow"]
    chosen: str = ""
    """The key, or which overflow."""


@dataclass(frozen=True)
class Unreached:
    """The destination did not take the call, and the caller is back."""

    reason: Literal["busy", "no_answer", "rejected"]


@dataclass(frozen=True)
class Locked:
    """Too many wrong answers: nobody can pass for this identity for a while."""


@dataclass(frozen=True)
class Understood:
    """What the caller may mean, the most likely first; confidences run from 0 to 1."""

    intents: tuple[tuple[str, float], ...]
    entities: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Recorded:
    """What the caller said is kept. `reference` is a path below the recordings folder."""

    reference: str
    seconds: float


@dataclass(frozen=True)
class CaseOpened:
    """The case's reference: 8 digits, the last of which is a check digit (Luhn)."""

    reference: str


@dataclass(frozen=True)
class Written:
    """It is done in the company's system; `record` is what that answered, as a look-up's."""

    record: Mapping[str, str | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Noted:
    """It is not done yet, and nothing will be forgotten: it is tried until it is done."""


@dataclass(frozen=True)
class Refused:
    """It works, and the rules of the house do not allow it; `reason` is for the log. Of a write it is a code
    that flows branch on."""

    reason: str = ""


@dataclass(frozen=True)
class Done:
    """The effect has no answer."""


Answer = Match | NoMatch | NoInput
Result = (
    Match
    | NoMatch
    | NoInput
    | Played
    | Found
    | Missing
    | Slow
    | Failed
    | Handed
    | NobodyFree
    | Unreached
    | Locked
    | Understood
    | Recorded
    | CaseOpened
    | Written
    | Noted
    | Refused
    | Done
)
