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
from dialogs.segments.rules import SegmentRules
from dialogs.slots import KINDS
from dialogs.spoken import say_digits

Scalar = str | int | bool | None

_CONFIDENCES = (0.95, 0.75, 0.6, 0.5, 0.4, 0.3)
"""From trusted to hardly: each band has one."""
_PHONE = "+34600000000"
_AMOUNTS = (12345, 4200, 100, 1, 99_999, 1_000_000)
"""Minor units."""
_TIMES = ("10:00", "17:30", "08:00", "21:15")
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


def answers(question: Collect, *, by_keys: bool, sentences: Sequence[str] = ()) -> Iterator[Act]:
    """What may answer the question, or just not: many, for the question to choose from. `sentences`: what
    else may be said there."""
    plain = list(numbers(question.keys.shortest, question.keys.longest))
    kind = KINDS.get(question.kind)
    told = kind.examples.get(question.language, ()) if kind else ()
    if by_keys:
        values = ["".join(sign for sign in value if sign.isdecimal()) for _said, value in told]
        values += [value.removeprefix("34") for value in values]
        for number in (*plain, *filter(None, values), "9", "99", "0", "*", "*0"):
            act = keying(number, question)
            if act is not None:
                yield act
        return
    examples = [said for said, _value in told]
    texts = [*examples, *(say_digits(number, question.language) for number in plain[:60])]
    texts += [f"no, {text}" for text in texts] + list(question.phrases[:400])
    texts = [*sentences, *texts]
    for confidence in _CONFIDENCES:
        for text in ("bla bla bla", "", *texts):
            yield saying(text, confidence)


def numbers(shortest: int, longest: int) -> Iterator[str]:
    """Digits of these lengths. Plain ones first; of each length some with every last digit, and so with any
    check digit."""
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
    types = declared(name, flows) or {}
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


def declared(name: str, flows: FlowSet) -> Mapping[str, ValueType] | None:
    """The fields of that look-up, identity or write; `None`: the catalogue has none of that name."""
    known = flows.catalogue
    schema = known.lookups.get(name) or known.identities.get(name) or known.writes.get(name)
    return None if schema is None else schema.fields


def within(name: str, found: Mapping[str, Scalar], flows: FlowSet) -> dict[str, Scalar]:
    """What was found, without what the catalogue does not declare: the flows see nothing of it."""
    fields = declared(name, flows)
    if fields is None:
        return dict(found)
    currencies = {f"{field}_currency" for field, kind in fields.items() if kind == "money"}
    return {field: value for field, value in found.items() if field in fields or field in currencies}


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
    elif kind == "time":
        yield from _TIMES
    elif kind == "digits":
        yield from numbers(len(value), len(value))
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


def made_up_entities(
    found: Mapping[str, Scalar], types: Mapping[str, ValueType], flows: FlowSet
) -> dict[str, Scalar]:
    """What was picked out of a caller's sentence; a word that a condition names is the flow's own."""
    conditions = [
        condition.source
        for flow in flows.flows.values()
        for step in flow.steps.values()
        for _way, condition in step.conditions()
    ]

    def stands_for(name: str, value: Scalar) -> Scalar:
        text, kind = str(value), types.get(name, "text")
        if any(f'"{text}"' in one or f"'{text}'" in one for one in conditions):
            return value
        if kind == "phone":
            return _PHONE
        if kind in ("digits", "code") or text.isdecimal():
            return next((one for one in numbers(len(text), len(text)) if one != text), value)
        return "Ejemplo" if kind == "text" else value

    return {name: stands_for(name, value) for name, value in found.items()}


def made_up_facts(history: Mapping[str, Scalar], rules: SegmentRules) -> dict[str, Scalar]:
    """What the rules go by of what was known of a caller, with made-up numbers for what is theirs.

    The figures and days that are left decide who they are taken for; the rest decides nothing, and tells a
    stranger what somebody owes.
    """
    named = rules.facts_named
    return {
        name: next(numbers(len(value), len(value)), value)
        if isinstance(value, str) and name.endswith(".number")
        else value
        for name, value in history.items()
        if name in named
    }
