"""Made-up answers and data that stand for real ones in a test, so that nobody's are in it.

Rules:
1. An answer is of the right kind: the question itself judges it.
2. Data keep the flow's way: every condition of the flows that looks at a value decides as it did, and a
   text that a condition names is no person's and stays.
3. What cannot be made up so is told, and the caller of this room decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from stdnum import luhn

from dialogs.catalogue import ValueType
from dialogs.effects import Collect
from dialogs.errors import ConditionUndecidable
from dialogs.expressions import Condition, Values
from dialogs.flow import FlowSet
from dialogs.results import Alternative, Heard, Keyed
from dialogs.slots import KINDS
from dialogs.spoken import say_digits

Scalar = str | int | bool | None

PERSONAL_KINDS = frozenset({"digits", "phone"})
"""Types of answers that tell who somebody is, even if they were wrong by a digit."""
_CONFIDENCES = (0.95, 0.75, 0.6, 0.5, 0.4, 0.3)
"""From trusted to hardly: each band has one."""
_PHONE = "+34600000000"
_AMOUNTS = (12345, 4200, 100, 1, 99_999, 1_000_000)
"""Minor units."""
_DAYS = (30, 10, 3, 1, 90, 400)


@dataclass(frozen=True)
class Act:
    """Something that a caller can say or key, as a test writes it, and as a question hears it."""

    written: Mapping[str, str | float]
    given: Heard | Keyed


def saying(text: str, confidence: float) -> Act:
    """Said, and heard with that confidence (0 to 1)."""
    return Act(
        {"say": text, "confidence": round(confidence, 3)},
        Heard((Alternative(text, round(confidence, 3)),)),
    )


def keying(keys: str, question: Collect) -> Act | None:
    """Keyed, as `play` gives it to the question; `None` where that would be two answers."""
    if not question.keys.longest or len(keys.removesuffix(question.keys.terminator)) > question.keys.longest:
        return None
    return Act({"key": keys}, Keyed(keys[: question.keys.longest].removesuffix(question.keys.terminator)))


def answers(question: Collect, *, by_keys: bool) -> Iterator[Act]:
    """What may answer the question, or just not: many, for the question to choose from."""
    numbers = list(_numbers(question.keys.shortest, question.keys.longest))
    kind = KINDS.get(question.kind)
    told = kind.examples.get(question.language, ()) if kind else ()
    if by_keys:
        values = ["".join(sign for sign in value if sign.isdecimal()) for _said, value in told]
        values += [value.removeprefix("34") for value in values]
        for number in (*numbers, *filter(None, values), "9", "99", "0", "*", "*0"):
            act = keying(number, question)
            if act is not None:
                yield act
        return
    examples = [said for said, _value in told]
    texts = [*examples, *(say_digits(number, question.language) for number in numbers[:60])]
    texts += [f"no, {text}" for text in texts] + list(question.phrases[:400])
    for confidence in _CONFIDENCES:
        for text in ("", "bla bla bla", *texts):
            yield saying(text, confidence)


def _numbers(shortest: int, longest: int) -> Iterator[str]:
    """Plain ones first; among them, of each length, some with every last digit (and so any check digit)."""
    for length in dict.fromkeys((longest, shortest)):
        if not 0 < length <= 32:
            continue
        for first in "1203456789":
            body = f"{first}{'0' * (length - 2)}" if length > 1 else ""
            for last in (luhn.calc_check_digit(body) if body else first, *"0123456789"):
                yield body + last if length > 1 else first


@dataclass(frozen=True)
class Substitution:
    """A record with made-up values, and the fields that had to stay as they were."""

    record: Mapping[str, Scalar]
    stayed: tuple[str, ...]


def substituted(
    name: str, found: Mapping[str, Scalar], flows: FlowSet, values: Values, *, today: date, hidden: str
) -> Substitution:
    """The record of a look-up with made-up values.

    `values`: what conditions know so far; `hidden`: the mask, which always gives way to a value.
    """
    schema = flows.catalogue.lookups.get(name) or flows.catalogue.identities.get(name)
    types: Mapping[str, ValueType] = schema.fields if schema is not None else {}
    conditions = [
        condition
        for flow in flows.flows.values()
        for step in flow.steps.values()
        for _way, condition in step.conditions()
    ]
    table: dict[str, Scalar] = {**values, **{f"{name}.{field}": value for field, value in found.items()}}
    truth = dict(table)
    stayed: list[str] = []
    for field, value in found.items():
        key = f"{name}.{field}"
        about = [condition for condition in conditions if key in condition.names]
        wanted = [_holds(condition, truth) for condition in about]
        for candidate in _candidates(value, field, types.get(field, "text"), about, today, hidden):
            table[key] = candidate
            if value == hidden or [_holds(condition, table) for condition in about] == wanted:
                break
        else:
            table[key] = value
            stayed.append(field)
    return Substitution({field: table[f"{name}.{field}"] for field in found}, tuple(stayed))


def _candidates(
    value: Scalar, field: str, kind: ValueType, about: Sequence[Condition], today: date, hidden: str
) -> Iterator[Scalar]:
    if value is None or isinstance(value, bool) or field.endswith("_currency") or value == 0:
        yield value
    elif isinstance(value, int):
        yield from (number if value > 0 else -number for number in _AMOUNTS)
    elif kind in ("number", "money"):
        yield from _AMOUNTS  # it was masked
    elif kind == "date":
        yield from _dates(value, today)
    elif kind == "boolean":
        yield from (True, False)
    elif kind == "phone":
        yield _PHONE
    elif kind == "digits":
        yield from _numbers(len(value), len(value))
    elif value != hidden and any(f'"{value}"' in one.source or f"'{value}'" in one.source for one in about):
        yield value
    else:
        yield from ("Ejemplo", "Otro ejemplo", "x")


def _dates(value: str, today: date) -> Iterator[str]:
    try:
        away = (date.fromisoformat(value[:10]) - today).days
    except ValueError:
        away = 1
    if away == 0:
        yield today.isoformat()
    for days in _DAYS:
        yield (today + timedelta(days=days if away > 0 else -days)).isoformat()


def _holds(condition: Condition, values: Values) -> bool | None:
    """`None`: not to be decided with these values."""
    try:
        return condition.holds(values)
    except ConditionUndecidable:
        return None


def made_up_facts(history: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """What was known of a caller, with made-up numbers for what is theirs; figures and days tell nobody."""
    return {
        name: next(_numbers(len(value), len(value)), value)
        if isinstance(value, str) and name.endswith(".number")
        else value
        for name, value in history.items()
    }
