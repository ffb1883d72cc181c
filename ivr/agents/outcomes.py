"""Outcomes and script forms as declared, and whether what an agent filled in fits them. Pure.

It becomes plain JSON: text, numbers, booleans; money in minor units; days and moments in ISO 8601.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dialogs.spoken import minor_digits
from ivr.agents.outcomes_written import FieldFile, OutcomeFile, QuestionFile, StrategyFile
from ivr.errors import IvrError
from ivr.messenger.settings import is_address

LONGEST = 2000
DAYS_BACK, DAYS_AHEAD = 0, 30
"""Of days and moments with an outcome, where the field says nothing: what is agreed is to come, and soon."""
_PHONE = re.compile(r"\+?[0-9][0-9 .-]{4,20}")
_MONEY = re.compile(r"[0-9]{1,9}([.,][0-9]{1,2})?")
Filled = Mapping[str, Any]


class AnswersUnfit(IvrError):
    """What was filled in does not fit; `problems`: field → what to do."""

    code = "answers_unfit"

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(
            "; ".join(f"{name}: {what}" for name, what in problems.items()), "Correct it and close again"
        )


class OutcomeUnknown(IvrError):
    """There is no such outcome for this queue."""

    code = "outcome_unknown"


@dataclass(frozen=True)
class Outcomes:
    """All of `outcomes.yaml`."""

    strategies: Mapping[str, StrategyFile] = field(default_factory=dict)
    forms: Mapping[str, Sequence[QuestionFile]] = field(default_factory=dict)

    def strategy_of(self, queue: str) -> str | None:
        """The strategy that a queue serves; `None`: its contacts end without an outcome."""
        return next((name for name, one in self.strategies.items() if queue in one.queues), None)

    def outcome(self, queue: str, code: str) -> tuple[str, OutcomeFile]:
        """The strategy, and the outcome. Raises `OutcomeUnknown`."""
        name = self.strategy_of(queue)
        if name is None:
            raise OutcomeUnknown(
                f"Contacts of {queue} have no outcomes", "Declare them in outcomes.yaml, or close without one"
            )
        known = self.strategies[name].outcomes
        if code not in known:
            raise OutcomeUnknown(
                f"{code[:60]!a} is no outcome of {name}", f"Choose one of {', '.join(known)}"
            )
        return name, known[code]

    def form_of(self, queue: str) -> tuple[str, Sequence[QuestionFile]]:
        """The script form of a queue's contacts, with its name; none: empty."""
        name = self.strategy_of(queue)
        form = self.strategies[name].form if name else None
        return (form, self.forms[form]) if form else ("", ())


@dataclass(frozen=True)
class When:
    """The moment at which something is filled in, and how the house counts."""

    now: datetime
    zone: str
    currency: str


def read_fields(
    fields: Mapping[str, FieldFile], given: Filled, when: When
) -> tuple[dict[str, Any], dict[str, str]]:
    """What was given, as it is kept, and field → what is wrong. Whoever takes it looks at both."""
    problems: dict[str, str] = {}
    kept: dict[str, Any] = {}
    for name in given.keys() - fields.keys():
        problems[str(name)[:60]] = f"there is no such field; there are {', '.join(fields) or 'none'}"
    for name, wanted in fields.items():
        value = given.get(name)
        if value is None or value == "":
            if wanted.required:
                problems[name] = "must be filled in"
            continue
        try:
            kept[name] = _in_bounds(wanted, _read(wanted, value, when), when)
        except ValueError as wrong:
            problems[name] = str(wrong)
    return kept, problems


def agreed(fields: Mapping[str, FieldFile]) -> dict[str, FieldFile]:
    """Fields of an outcome, with the days that hold where nothing else is declared."""
    return {
        name: one
        if one.type not in ("date", "moment")
        else one.model_copy(
            update={
                "days_back": DAYS_BACK if one.days_back is None else one.days_back,
                "days_ahead": DAYS_AHEAD if one.days_ahead is None else one.days_ahead,
            }
        )
        for name, one in fields.items()
    }


def _in_bounds(wanted: FieldFile, value: Any, when: When) -> Any:
    """The value. Raises `ValueError` for a day that is too early or too late, with what is possible."""
    if wanted.type not in ("date", "moment"):
        return value
    at = datetime.fromisoformat(value)
    today = when.now.astimezone(ZoneInfo(when.zone)).date()
    day = at.astimezone(ZoneInfo(when.zone)).date() if wanted.type == "moment" else at.date()
    first = None if wanted.days_back is None else today - timedelta(days=wanted.days_back)
    last = None if wanted.days_ahead is None else today + timedelta(days=wanted.days_ahead)
    until = "" if last is None else f" until {last}"
    if wanted.type == "moment" and wanted.days_back == 0 and at < when.now:
        raise ValueError(f"is past: choose a moment from now{until}")
    if first is not None and day < first:
        raise ValueError(f"is past: choose a day from {first}{until}")
    if last is not None and day > last:
        raise ValueError(f"is too far ahead: choose a day until {last}")
    return value


def asked(form: Sequence[QuestionFile], given: Filled) -> Iterator[QuestionFile]:
    """The fields that are to be filled in, by what earlier ones hold."""
    for question in form:
        if all(_holds(given.get(name), wanted) for name, wanted in question.only_if.items()):
            yield question


def read_form(
    form: Sequence[QuestionFile], given: Filled, when: When, *, complete: bool
) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers to a script form as they are kept, and what is wrong; `complete`: what is required must be
    there. What a form does not ask, because of another answer, is left out.
    """
    fields: dict[str, FieldFile] = {}
    for one in asked(form, given):
        fields[one.field] = one if complete else one.model_copy(update={"required": False})
    known = {one.field for one in form}
    told = {name: value for name, value in given.items() if name in fields or name not in known}
    return read_fields(fields, told, when)


def _holds(value: Any, wanted: str | bool | list[str]) -> bool:
    if isinstance(wanted, list):
        return value in wanted
    return bool(value == wanted)


def _read(wanted: FieldFile, value: Any, when: When) -> Any:
    match wanted.type:
        case "boolean":
            if not isinstance(value, bool):
                raise ValueError("write true or false")
            return value
        case "number":
            if isinstance(value, bool):
                raise ValueError("write a number")
            try:
                number = float(str(value))
            except ValueError:
                raise ValueError("write a number") from None
            if not math.isfinite(number):
                raise ValueError("write a number")
            return int(number) if number.is_integer() else number
        case "money":
            return _money(str(value).strip(), minor_digits(when.currency))
        case _:
            return _text(wanted, str(value).strip())


def _text(wanted: FieldFile, text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    match wanted.type:
        case "choice" if text not in wanted.options:
            raise ValueError(f"choose one of {', '.join(wanted.options)}")
        case "date":
            return _iso(text, date.fromisoformat, "a day as 2026-12-31")
        case "moment":
            moment = _iso(text, datetime.fromisoformat, "a moment as 2026-12-31T17:30+01:00")
            if datetime.fromisoformat(moment).tzinfo is None:
                raise ValueError("add the zone: 2026-12-31T17:30+01:00")
            return moment
        case "phone" if not _PHONE.fullmatch(text):
            raise ValueError("write a telephone number")
        case "email" if not is_address(text):
            raise ValueError("write an e-mail address")
    return text


def _iso(text: str, read: Any, shape: str) -> str:
    try:
        return str(read(text).isoformat())
    except ValueError:
        raise ValueError(f"write {shape}") from None


def _money(text: str, digits: int) -> int:
    """Minor units."""
    found = _MONEY.fullmatch(text)
    if not found or len((found[1] or ".")[1:]) > digits:
        raise ValueError("write an amount as 142,30" if digits else "write a whole amount as 142")
    return int(Decimal(text.replace(",", ".")).scaleb(digits))
