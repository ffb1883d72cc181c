"""Catalogues and tests as people write them wrongly: one line each, in the words of that kind of file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.catalogue import load_catalogue
from dialogs.errors import FlowsInvalid, Problem
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.rehearsal import scripts_of
from dialogs.source import MOST_PROBLEMS, parse

BALANCE = Path(__file__).parent / "balance"


def catalogue(text: str, place: Path) -> tuple[Problem, ...]:
    file = place / "catalogue.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FlowsInvalid) as fault:
        load_catalogue(file)
    return fault.value.problems


@pytest.mark.parametrize(
    ("text", "line", "remedy"),
    [
        ("lookups:\n  a: {by: number, fields: {b: text}}\n", 2, "write a list: `[number]`"),
        ("queues: {billing: 1}\n", 1, "write a list: `[billing]`"),
        ("lookups: [a]\n", 1, "write each with its keys: `account: {by:"),
        ("lookups:\n  a: {by: [b], fields: [c]}\n", 2, "write each with its type: `{name: text"),
        ("destinations: [shop]\n", 1, "write each with its number: `{shop: 2001}`"),
        ("lookups:\n  a:\n    by: [b]\n    fields: {c: money}\n", 4, "add `c_currency: text`"),
    ],
)
def test_a_catalogue_gets_remedies_of_catalogues(text: str, line: int, remedy: str, tmp_path: Path) -> None:
    """Nothing about languages, and nothing about how a flow asks a look-up."""
    (problem,) = catalogue(text, tmp_path)
    assert (problem.line, remedy in problem.message) == (line, True), problem


@pytest.fixture(scope="module")
def flows() -> FlowSet:
    return load_flows([BALANCE], load_catalogue(BALANCE / "catalogue.yaml"))


def wrong_test(text: str, flows: FlowSet) -> tuple[Problem, ...]:
    with pytest.raises(FlowsInvalid) as fault:
        scripts_of(parse(text, "main.test.yaml"), flows)
    return fault.value.problems


TWO = """flow: main
tests:
  - test: a
    steps: [{hang_up: true}]
  - test: b
    steps: [{hang_up: true}]
"""


@pytest.mark.parametrize(
    ("text", "line", "remedy"),
    [
        (TWO.replace("tests:", "test:"), 2, "unknown key `test`: did you mean `tests`?"),
        (TWO.replace("- test: b", "- tests: b"), 5, "unknown key `tests`: did you mean `test`?"),
        ("flow: main\ntests: a\nsteps: [{hang_up: true}]\n", 2, "unknown key `tests`: did you mean `test`?"),
        (TWO.replace("test: b", "test: a"), 5, "another test is called “a” (line 3): give this one another"),
        (TWO.replace("flow: main\n", "flow: main\ncaller: [ana]\n"), 2, "write `{number:"),
    ],
)
def test_a_test_file_gets_remedies_of_tests(text: str, line: int, remedy: str, flows: FlowSet) -> None:
    """What a test is, and what its keys are."""
    (problem,) = wrong_test(text, flows)
    assert (problem.line, remedy in problem.message) == (line, True), problem


DAY = """flow: main
languages: [es]
person: billing
steps:
  - {ask: day, type: date, prompt: {es: "¿Qué día?"}}
  - hangup: normal
"""


def test_a_value_that_no_slot_can_have_is_not_expected(tmp_path: Path) -> None:
    """A test that waits for the 27th of month 13 would never pass."""
    (tmp_path / "main.flow.yaml").write_text(DAY, encoding="utf-8")
    (tmp_path / "catalogue.yaml").write_text("queues: [billing]\n", encoding="utf-8")
    flows = load_flows([tmp_path], load_catalogue(tmp_path / "catalogue.yaml"))
    text = "flow: main\ntest: a\nsteps:\n  - say: mañana\n  - expect: {slots: {day: 2026-13-27}}\n"
    (problem,) = wrong_test(text, flows)
    assert (problem.line, "a day that no calendar has" in problem.message) == (5, True), problem


def test_a_thousand_mistakes_are_a_hundred_and_a_word(tmp_path: Path) -> None:
    """Doubled keys and unknown keys: who has made so many has made one many times."""
    for lines in ("queues: [a]\n" * 1000, "".join(f"nothing_{at}: 1\n" for at in range(1000))):
        problems = catalogue(lines, tmp_path)
        assert len(problems) == MOST_PROBLEMS + 1
        assert any("more than 100 mistakes" in one.message for one in problems)
