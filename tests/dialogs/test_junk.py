"""Whatever stands where something else belongs: a mistake with its line, in words, never a crash."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialogs.catalogue import load_catalogue
from dialogs.errors import FlowsInvalid, Problem
from dialogs.flow import FlowSet
from dialogs.loader import assemble, load_flows
from dialogs.rehearsal import scripts_of
from dialogs.source import Source, read

FOLDER = Path(__file__).parent / "wrong"
SHIPPED = Path(__file__).parents[2] / "dialogs" / "flows"
JUNK: list[Any] = [
    *(None, True, 0, -1, 7, 1.5, 10**17, "", " ", "x", "no", "Ñ ñ", "a b", "{", "{}", "{x", "[", "a: b"),
    *("*", "0", "12", "@person", [], [None], ["a"], [[]], {}, {"a": None}, {"es": None}, {"es": ["a"]}),
    *({"": ""}, {"a": {"b": {"c": []}}}, [{}], "a" * 300),
]
"""What people leave behind while they write, and what nobody would."""
NO_WORD_FOR_A_DESIGNER = re.compile(
    r"\bNone\b|\bTrue\b|\bFalse\b|\bdict\b|\bstr\b|\bfloat\b|Error\b|Traceback"
)


def ways(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in the file."""
    if way:
        yield way
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield from ways(below, (*way, key))


def with_junk(source: Source, way: tuple[str | int, ...], junk: Any) -> Source:
    """The same file with that in its place."""
    content = deepcopy(source.content)
    inside = content
    for part in way[:-1]:
        inside = inside[part]
    inside[way[-1]] = junk
    return replace(source, content=content)


def complain_in_words(problems: list[Problem], junk: Any) -> None:
    for problem in problems:
        assert problem.line >= 1
        assert len(str(problem)) < 1000
        if not isinstance(junk, str):
            assert not NO_WORD_FOR_A_DESIGNER.search(problem.message), problem.message


Read = Callable[[Source], list[Problem]]


def check(source: Source, read_it: Read, *, seed: int, count: int) -> None:
    """Some places of a sound file, each with something that does not belong there."""
    chance = random.Random(seed)
    places = list(ways(source.content))
    for _ in range(count):
        way, junk = chance.choice(places), chance.choice(JUNK)
        try:
            problems = read_it(with_junk(source, way, junk))
        except Exception as crash:
            raise AssertionError(f"{way}: {junk!r}") from crash
        complain_in_words(problems, junk)


def flow_problems(source: Source) -> list[Problem]:
    return assemble([source], load_catalogue(FOLDER / "catalogue.yaml"))[1]


def problems_of_tests(flows: FlowSet) -> Read:
    def read_it(source: Source) -> list[Problem]:
        try:
            scripts_of(source, flows)
        except FlowsInvalid as told:
            return list(told.problems)
        return []

    return read_it


@pytest.mark.parametrize("count", [100, pytest.param(5000, marks=pytest.mark.long)])
def test_junk_in_a_flow(count: int) -> None:
    """A flow with nearly every kind of step."""
    source = read(FOLDER / "26-unreachable.flow.yaml", "shop.flow.yaml")
    check(source, flow_problems, seed=count, count=count)


@pytest.mark.parametrize("count", [150, pytest.param(5000, marks=pytest.mark.long)])
@pytest.mark.parametrize("file", ["balance.test.yaml", "after_hours.test.yaml"])
def test_junk_in_a_test(file: str, count: int) -> None:
    """Times, data, silences, turns and what is expected."""
    flows = load_flows([SHIPPED], load_catalogue(SHIPPED / "catalogue.yaml"))
    check(read(SHIPPED / file), problems_of_tests(flows), seed=count, count=count)
