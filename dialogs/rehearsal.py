"""Scripted calls, read from `*.test.yaml` (`dialogs.rehearsal_format`) and checked: ready to be played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dialogs.check_tests import check_names, check_settings, check_steps
from dialogs.errors import FlowsInvalid, Problem
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.misread import explain, told_once
from dialogs.outside import Outside
from dialogs.partly import without
from dialogs.rehearsal_format import Expect, Settings, TestEntry, TestFile, TestStep
from dialogs.segments.golden import GOLDEN
from dialogs.segments.reading import FILE as SEGMENTS
from dialogs.source import Source, named_below, nearest, read
from dialogs.stand_in import Data, Staff

ENDING = ".test.yaml"
MOST_PROBLEMS = 100
"""Of one file that are told; each costs time, and a hostile file has thousands."""


@dataclass(frozen=True)
class Script:
    """One scripted call in one language, ready to be played."""

    name: str
    file: str
    line: int
    flow: str
    language: str
    facts: Facts
    agents: Staff
    data: Data
    outside: Outside
    steps: tuple[TestStep, ...]
    lines: tuple[int, ...]


def test_files(paths: list[Path]) -> list[Path]:
    """The test files that the paths name: files as they are, a flow's own, folders with all in them."""
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            files.update(dict.fromkeys(named_below(path, ENDING)))
        elif path.name.endswith(".flow.yaml"):
            beside = path.with_name(path.name.removesuffix(".flow.yaml") + ENDING)
            files.update(dict.fromkeys([beside] if beside.exists() else []))
        else:
            files[path] = None
    return [file for file in files if file.name not in (GOLDEN, SEGMENTS)]


test_files.__test__ = False  # type: ignore[attr-defined]  # pytest must not take it for a test


def load_scripts(files: list[Path], flows: FlowSet) -> list[Script]:
    """All scripts of the files. Raises `FlowsInvalid` with every mistake."""
    scripts: list[Script] = []
    problems: list[Problem] = []
    for file in files:
        try:
            source = read(file)
            scripts += scripts_of(source, flows)
        except FlowsInvalid as fault:
            problems += fault.problems
    if problems:
        raise FlowsInvalid(problems)
    return scripts


def misshapen(files: list[Path]) -> list[Problem]:
    """What is wrong with test files by themselves, whatever flows they name.

    For the run in which the flows have mistakes, too, and no name in them can be trusted.
    """
    problems: list[Problem] = []
    for file in files:
        try:
            source = read(file)
            _model_of(source).model_validate(source.content)
        except ValidationError as fault:
            problems += _told(source, _model_of(source), fault.errors())[:MOST_PROBLEMS]
        except FlowsInvalid as fault:
            problems += fault.problems
    return list(dict.fromkeys(problems))


def _model_of(source: Source) -> type[TestEntry] | type[TestFile]:
    """One test, or several. Raises `FlowsInvalid`: neither."""
    content = source.content
    if not isinstance(content, dict):
        raise FlowsInvalid([source.problem((), "this is no test: begin with `flow: name` and `tests:`")])
    for one, other, kind in (("test", "tests", list), ("tests", "test", str)):
        if isinstance(content.get(one), kind) and other not in content:
            raise FlowsInvalid([source.problem((one,), f"unknown key `{one}`: did you mean `{other}`?")])
    return TestEntry if "test" in content else TestFile


def scripts_of(source: Source, flows: FlowSet) -> list[Script]:
    """The scripts of one file. Raises `FlowsInvalid` with every mistake."""
    content, model = source.content, _model_of(source)
    try:
        scripts, problems = _scripts(source, model.model_validate(content), flows)
    except ValidationError as fault:
        scripts, problems = [], _told(source, model, fault.errors())
        try:  # the names in what is left are checked in the same run
            wrong = {_loc(error) for error in fault.errors()}
            rest = model.model_validate(without(content, wrong))
            problems += _scripts(source, rest, flows)[1] if ("flow",) not in wrong else []
        except ValidationError:
            pass
    problems = list(dict.fromkeys(problems))  # what stands at the top is wrong once, and not in each test
    if len(problems) > MOST_PROBLEMS:
        more = f"there are more than {MOST_PROBLEMS} mistakes in this file: correct the first ones"
        problems = [*problems[:MOST_PROBLEMS], source.problem((), more)]
    if problems:
        raise FlowsInvalid(problems)
    return scripts


def _scripts(
    source: Source, found: TestEntry | TestFile, flows: FlowSet
) -> tuple[list[Script], list[Problem]]:
    """The scripts, and the mistakes in what they name: so many that it is clear that there are too many."""
    entries = (
        [((), found)]
        if isinstance(found, TestEntry)
        else [(("tests", at), entry) for at, entry in enumerate(found.tests)]
    )
    problems = _first(check_settings(source, (), found, flows)) if isinstance(found, TestFile) else []
    scripts: list[Script] = []
    if isinstance(found, TestFile) and found.flow is not None and found.flow not in flows.flows:
        # Told once, and not again for each test of the file.
        remedy = nearest(found.flow, flows.flows)
        return [], [*problems, source.problem(("flow",), f"there is no flow `{found.flow}`: {remedy}")]
    problems += _first(check_names(source, [(way, entry.test) for way, entry in entries]))
    for way, entry in entries:
        if len(problems) > MOST_PROBLEMS:
            break
        problems += _first(check_settings(source, way, entry, flows))
        spoken = {one for flow in flows.flows.values() for one in flow.languages}
        languages = [one for one in _languages(entry, found, flows) if one in spoken]
        problems += _first(check_steps(source, way, entry, flows, languages))
        outcome = list(_entry(source, way, entry, found, flows))
        problems += [item for item in outcome if isinstance(item, Problem)]
        scripts += [item for item in outcome if isinstance(item, Script)]
    return scripts, problems


def _languages(entry: TestEntry, top: Settings, flows: FlowSet) -> list[str]:
    """The languages that a test is played in: by default the flow's first."""
    flow = flows.flows.get(entry.flow or top.flow or "")
    return entry.language or top.language or ([flow.languages[0]] if flow else [])


def _first(problems: Iterator[Problem]) -> list[Problem]:
    return list(islice(problems, MOST_PROBLEMS + 1))


def _told(source: Source, model: type[BaseModel], errors: list[ErrorDetails]) -> list[Problem]:
    """One problem for each place: a key that may be a word or a list is wrong once, as a word."""
    told: dict[tuple[str | int, ...], ErrorDetails] = {}
    for error in told_once(errors):
        loc = _loc(error)
        if loc not in told or error["type"] == "literal_error":
            told[loc] = error
    return [_explain(source, model, error) for error in islice(told.values(), MOST_PROBLEMS + 1)]


def _loc(error: ErrorDetails) -> tuple[str | int, ...]:
    """Where it is, without the kinds of value that were tried there."""
    tried = ("str", "dict[", "function-", "literal[", "list[")
    return tuple(part for part in error["loc"] if not str(part).startswith(tried))


def _explain(source: Source, model: type[BaseModel], error: ErrorDetails) -> Problem:
    loc = _loc(error)
    known: dict[str, type[BaseModel]] = {
        "expect": Expect,
        "outside": Outside,
        "steps": TestStep,
        "tests": TestEntry,
    }
    parent = next((known[str(part)] for part in reversed(loc[:-1]) if str(part) in known), model)
    cleaned: ErrorDetails = error.copy()
    cleaned["loc"] = loc
    return explain(source, (), cleaned, list(parent.model_fields), model=parent, examples=_EXAMPLES)


_EXAMPLES: Mapping[str, str] = {
    "data": 'what look-ups find: `{account: {"45716": {balance: 100}}}`',
    "caller": '`{number: "+34600000000"}`',
    "expect": "`{step: tell}`",
    "slots": "`{customer_number: 45716}`",
    "say": "a text, or one for each language",
    "": "`{name: value}`",
}
"""What is right in a test, where a list or a word stands instead."""


def _entry(
    source: Source, way: tuple[str | int, ...], entry: TestEntry, top: Settings, flows: FlowSet
) -> Iterator[Script | Problem]:
    name = entry.flow or top.flow or ""
    flow = flows.flows.get(name)
    if flow is None:
        remedy = nearest(name, flows.flows)
        yield source.problem(
            (*way, "flow"), f"there is no flow `{name}`: {remedy}" if name else f"`flow` is missing: {remedy}"
        )
        return
    zone = ZoneInfo(entry.zone or top.zone or "Europe/Madrid")
    now = datetime.fromisoformat(entry.now or top.now or "2026-11-23T10:00").replace(tzinfo=zone)
    region = entry.region or top.region or "ES"
    data = {**top.data, **entry.data}
    lines = tuple(source.place((*way, "steps", at)).line for at in range(len(entry.steps)))
    for language in _languages(entry, top, flows):
        if language not in flow.languages:
            remedy = nearest(language, flow.languages)
            where = (*way, "language") if entry.language else ("language",)
            yield source.problem(where, f"`{name}` does not speak `{language}`: {remedy}")
            continue
        recorded = next((one.recorded for one in (entry, top) if one.recorded is not None), True)
        history = {**(top.history or {}), **(entry.history or {})}
        facts = Facts(language, _caller(entry, top), now, region, recorded=recorded, history=history)
        yield Script(
            entry.test,
            source.file,
            source.place(way).line,
            name,
            language,
            facts,
            entry.agents or top.agents or "free",
            data,
            entry.outside or top.outside or Outside(),
            tuple(entry.steps),
            lines,
        )


def _caller(entry: TestEntry, top: Settings) -> Mapping[str, str | int | bool | None]:
    return {
        "number": "",
        "name": "",
        "segment": "",
        "attested": "none",
        **(top.caller or {}),
        **(entry.caller or {}),
    }
