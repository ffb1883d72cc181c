"""Segments that nobody can ever be in, because an earlier one has them all; and values that no fact has.

Rules:
1. The first match wins. A segment is never reached if whoever fits it fits one above it: `overdue > 5` below
   `overdue > 0`, or the same condition twice.
2. It is tried with values around those that the two conditions name, which decide every comparison with them.
   What needs too many is not judged, and no segment is called unreachable for want of a value.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from dialogs.catalogue import ValueType
from dialogs.errors import ConditionUndecidable
from dialogs.expressions import Condition
from dialogs.segments.facts import ABSENT, OUTCOMES
from dialogs.segments.rules import Segment

MOST_CALLS = 500
"""What earlier calls are counted up to (`data.caller_statements`)."""
_WITHIN = r"last_\d+_(?:hours|days)"
MOST_TRIED = 2000
"""Combinations of values that are tried for two conditions."""
Value = str | int | float | bool | None
_LANGUAGES = ("person.language", "calls.language")


class FactValues:
    """Which values facts can have, where that is more than a type."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = tuple(languages)

    def all_of(self, name: str) -> tuple[str, ...]:
        """Every value that the fact can have; empty: they are not counted."""
        return (*self._languages, "") if name in _LANGUAGES and self._languages else ()

    def lengths(self, name: str) -> frozenset[int]:  # noqa: ARG002 -- as of questions
        """Facts have no answers' lengths."""
        return frozenset()


def odd_value(condition: Condition, outcomes: frozenset[str]) -> str | None:
    """A code that a fact is compared with and never has, and what to write. Agents' outcomes are not known
    here: of an outcome only what is nearly one of the flows' is doubted."""
    for one in condition.comparisons():
        if mistake := _beyond_count(one.name, one.value, condition.source):
            return mistake
        if not isinstance(one.value, str) or not one.equality or not one.value:
            continue
        if one.name == "number.country" and not re.fullmatch("[A-Z]{2}", one.value):
            return f'`number.country` is never "{one.value}": write two capital letters, such as "ES"'
        if one.name == "calls.last_outcome" and one.value not in outcomes:
            close = get_close_matches(one.value, sorted(outcomes), n=1, cutoff=0.85)
            if close:
                return f'no call ends with the outcome "{one.value}": did you mean `{close[0]}`?'
    return None


def _beyond_count(name: str, value: Value, source: str) -> str | None:
    """Calls are not counted for ever: what is beyond is never so, and nobody would learn of it."""
    group, _, which = name.partition(".")
    counted = group == OUTCOMES or (group == "calls" and (which == "ever" or re.fullmatch(_WITHIN, which)))
    if not counted or not isinstance(value, (int, float)):
        return None
    more = re.search(rf"{re.escape(name)} *> *{MOST_CALLS}(?![\d.])", source)
    if value > MOST_CALLS or more:
        return f"`{name}` is counted up to {MOST_CALLS} and is never more: write `>= {MOST_CALLS}`, or less"
    return None


def never_reached(segments: Sequence[Segment], types: Mapping[str, ValueType]) -> Iterator[tuple[int, int]]:
    """Places of segments that nobody comes to, each with the place of the one above that takes them all."""
    for at, segment in enumerate(segments):
        for above in range(at):
            one, other = segment.when, segments[above].when
            if one and other and _takes_all(other, one, types):
                yield at, above
                break


def _takes_all(above: Condition, below: Condition, types: Mapping[str, ValueType]) -> bool:
    """Whether the upper one holds wherever the lower one does."""
    names = tuple(dict.fromkeys((*above.names, *below.names)))
    if not set(above.names) & set(below.names) or not set(names) <= set(types):
        return False
    tried = [_values(name, types, (above, below)) for name in names]
    combinations = 1
    for values in tried:
        combinations *= len(values)
    if combinations > MOST_TRIED or _compares_names(above) or _compares_names(below):
        return False
    met = False
    for values in itertools.product(*tried):
        table = dict(zip(names, values, strict=True))
        if _holds(below, table):
            met = True
            if not _holds(above, table):
                return False
    return met


def _holds(condition: Condition, table: Mapping[str, Value]) -> bool:
    try:
        return condition.holds({name: table[name] for name in condition.names})  # type: ignore[misc] # rule-engine counts in floats, too
    except ConditionUndecidable:
        return False  # what is unknown does not hold


def _values(name: str, types: Mapping[str, ValueType], conditions: Sequence[Condition]) -> tuple[Value, ...]:
    """Values of a fact that decide what these conditions compare it with; `None`: it is not known."""
    unknown = (None,) if ABSENT.get(name, 0) is None and not name.startswith(f"{OUTCOMES}.") else ()
    if types[name] == "boolean":
        return (True, False, *unknown)
    named = [one.value for condition in conditions for one in condition.comparisons() if one.name == name]
    if types[name] in ("number", "money"):
        numbers = [one for one in named if isinstance(one, (int, float)) and not isinstance(one, bool)]
        return (*dict.fromkeys(one + step for one in numbers or [0] for step in (-1, 0, 1)), *unknown)
    texts = [one for one in named if isinstance(one, str)]
    # What stands in no condition, before and behind all that does: dates are compared as text.
    return (*dict.fromkeys((*texts, "", "~")), *unknown)


def _compares_names(condition: Condition) -> bool:
    """Whether two facts are compared with each other, which these values do not decide."""
    alone = r"(v_[a-z0-9_]+)\s*(?:==|!=|<=|>=|<|>)\s*(v_[a-z0-9_]+)"
    return re.search(alone, condition.flat) is not None
