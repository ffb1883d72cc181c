"""Conditions that cannot be meant: names of nothing, values that a name never has, and what is always so.

Rules:
1. What a name is compared with is one of its values: a day for a date, `yes` or `no`, digits of the
   question's length, cents for an amount.
2. A condition is true for some values and false for others; this is tried with values around those that it
   names, which decide every comparison with them.
3. Of two same conditions in a branch the second is never asked.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol

from dialogs.catalogue import ValueType
from dialogs.check_values import value_mistake
from dialogs.check_words import Known
from dialogs.errors import ConditionUndecidable, Problem
from dialogs.expressions import Comparison, Condition
from dialogs.flow import Flow, FlowSet
from dialogs.nodes.ask import Ask
from dialogs.nodes.form import Form
from dialogs.nodes.set import Set
from dialogs.nodes.step import Step
from dialogs.slots.card_last4 import CardLast4
from dialogs.slots.choice import OneOf
from dialogs.slots.digits import Digits
from dialogs.slots.kind import SlotKind
from dialogs.slots.postcode import Postcode
from dialogs.slots.yes_no import YesNo
from dialogs.source import nearest

MOST_TRIED = 400
"""Combinations of values that are tried for one condition; one that needs more is not judged."""
Value = str | int | float | bool


class Possible(Protocol):
    """Which values names can have, where that is more than a type."""

    def all_of(self, name: str) -> tuple[str, ...]:
        """Every value that the name can have; empty: they are not counted."""

    def lengths(self, name: str) -> frozenset[int]:
        """How many digits it has; empty: any number."""


class Answers:
    """What the questions of a set can be answered with, where that is more than a type."""

    def __init__(self, flows: FlowSet) -> None:
        steps = [step for flow in flows.flows.values() for step in flow.steps.values()]
        self._kinds: dict[str, list[SlotKind]] = {}
        for step in steps:
            for ask in (step,) if isinstance(step, Ask) else step.slots if isinstance(step, Form) else ():
                self._kinds.setdefault(ask.ask, []).append(ask.kind)
        for name in {name for step in steps if isinstance(step, Set) for name in step.set}:
            self._kinds.pop(name, None)  # which may set it to anything

    def all_of(self, name: str) -> tuple[str, ...]:
        """Every value that the name can have; empty: they are not counted."""
        found: dict[str, None] = {}
        for kind in self._kinds.get(name, ()):
            if isinstance(kind, YesNo):
                found.update(dict.fromkeys(("yes", "no")))
            elif isinstance(kind, OneOf):
                found.update(dict.fromkeys(kind.choices))
            else:
                return ()
        return tuple(found)

    def lengths(self, name: str) -> frozenset[int]:
        """How many digits an answer has; empty: any number."""
        found: set[int] = set()
        for kind in self._kinds.get(name, ()):
            keys = kind.keys()
            if not isinstance(kind, (Digits, Postcode, CardLast4)):
                return frozenset()
            found.update(range(keys.shortest, keys.longest + 1))
        return frozenset(found)


def check_conditions(flow: Flow, name: str, step: Step, known: Known, answers: Answers) -> Iterator[Problem]:
    """The conditions of a step."""
    before: dict[str, int] = {}
    for at, (way, condition) in enumerate(step.conditions(), 1):
        lacking = list(filter(known.lacks, condition.names))
        for missing in lacking:
            message = known.message(missing)
            if condition.compares_with(missing):
                message += f'; if `{missing}` is text, it needs quotes: write "{missing}"'
            yield flow.problem(name, way, message)
        if not all(used in known.types for used in condition.names):
            continue
        mistake = condition.mistake(known.types) or cannot_be_meant(condition, known.types, answers)
        first = before.setdefault(condition.flat.replace(" ", ""), at)
        if mistake is None and first != at:
            mistake = f"`{condition.shown}` stands here twice, and the second is never asked: remove it"
        if mistake:
            yield flow.problem(name, way, mistake)


def cannot_be_meant(condition: Condition, types: Mapping[str, ValueType], answers: Possible) -> str | None:
    """What no name can be, and what is always so; the types fit already."""
    for one in condition.comparisons():
        found = _cannot_be(one, types[one.name], answers) if one.name in types else None
        if found:
            return found
    return _always(condition, types, answers)


def _cannot_be(one: Comparison, kind: ValueType, answers: Possible) -> str | None:
    """Why the name never has that value."""
    name, value = one.name, one.value
    if isinstance(value, float):
        return _pointed(name, value, kind)
    if not isinstance(value, str):
        return None
    if kind in ("date", "time"):
        return value_mistake(name, kind, value)
    possible = answers.all_of(name)
    if possible and value not in possible and one.equality:
        return f'`{name}` is never "{value}": {nearest(value, possible)}'
    lengths = answers.lengths(name)
    if lengths and one.equality and (not value.isdecimal() or len(value) not in lengths):
        least, most = min(lengths), max(lengths)
        many = f"{least}" if least == most else f"{least} to {most}"
        return f'`{name}` has {many} digits and is never "{value}": write so many digits'
    return None


def _pointed(name: str, value: float, kind: ValueType) -> str | None:
    """What is wrong with a figure that has a point. Who writes 3.000 may mean three thousand."""
    thousand = value * 1000
    if kind == "money":
        also = f", or {thousand * 100:.0f} for {thousand:.0f}" if value.is_integer() else ""
        cents = f"write {round(value * 100)} for {value:.2f}{also}"
        return f"`{name}` is counted in cents, and `{value:g}` has decimals: {cents}"
    if kind == "number" and value.is_integer():
        return f"`{name}` is counted whole, and `{value}` has decimals: write {value:.0f}, or {thousand:.0f}"
    return None


def _always(condition: Condition, types: Mapping[str, ValueType], answers: Possible) -> str | None:
    """Whether it is true, or false, whatever the values are."""
    tried = [deciding_values(name, condition, types, answers) for name in condition.names]
    combinations = 1
    for values in tried:
        combinations *= len(values)
    if combinations > MOST_TRIED:
        return None
    found: set[bool] = set()
    for values in itertools.product(*tried):
        try:
            found.add(condition.holds(dict(zip(condition.names, values, strict=True))))  # type: ignore[arg-type] # rule-engine counts in floats, too
        except ConditionUndecidable:
            return None
        if len(found) > 1:
            return None
    truth = "true" if found == {True} else "false"
    return f"`{condition.shown}` is always {truth}: remove it, or correct what it compares"


def deciding_values(
    name: str, condition: Condition, types: Mapping[str, ValueType], answers: Possible
) -> Sequence[Value]:
    """Values of that name that decide its comparisons in every way that they can be decided."""
    kind = types[name]
    if kind == "boolean":
        return (True, False)
    possible = answers.all_of(name)
    if possible:
        return possible
    alone = len(condition.names) == 1
    same = [one.value for one in condition.comparisons() if alone or types.get(one.name) == kind]
    if kind in ("number", "money"):
        numbers = [one for one in same if isinstance(one, (int, float)) and not isinstance(one, bool)]
        return tuple(dict.fromkeys(one + step for one in numbers or [0] for step in (-1, 0, 1)))
    texts = [one for one in same if isinstance(one, str)]
    if kind == "date":
        days = [date.fromisoformat(one) for one in texts] or [date(2026, 1, 1)]
        near = (day + timedelta(days=step) for day in days for step in (-1, 0, 1))
        return tuple(dict.fromkeys(day.isoformat() for day in near))
    return tuple(dict.fromkeys((*texts, "", "~", "~~")))
