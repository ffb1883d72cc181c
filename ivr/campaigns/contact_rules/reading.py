"""Reads rule files into a rulebook, with all mistakes at once: line, column, and what to do.

Rules:
1. Shipped presets lie beside this file; a company's own in `contact_rules` of its home. Both have one form.
2. Versions of one rule follow each other day by day: a gap between two, or two that hold at once, is refused.
3. An own rule has a name of its own: a preset cannot be replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dialogs.errors import FlowsInvalid, Problem
from dialogs.misread import explain, told_once
from dialogs.source import Source, read
from ivr.campaigns.contact_rules import written
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.contact_rules.written import Rule, RulesFile

PRESETS = Path(__file__).with_name("presets")
_PARTS: dict[str, Any] = {
    "windows": written.Window,
    "holidays": written.Holidays,
    "caps": written.Cap,
    "cooldowns": written.Cooldown,
    "exclusivity": written.Exclusivity,
    "consent": written.ConsentNeeded,
    "registries": written.Registry,
    "caller_id": written.CallerId,
    "abandon": written.Abandon,
}


@cache
def presets() -> Rulebook:
    """What is shipped. Raises `FlowsInvalid`, which a test of the house rules out."""
    return load_rulebook(None)


def load_rulebook(own: Path | None) -> Rulebook:
    """The presets, and the company's own rules of that folder if there is one. Raises `FlowsInvalid`."""
    rules, problems = _shipped()
    if own is not None and own.is_dir():
        more, wrong = read_rules(sorted(own.glob("*.yaml")), taken=frozenset(one.id for one in rules))
        rules, problems = (*rules, *more), [*problems, *wrong]
    if problems:
        raise FlowsInvalid(problems)
    return Rulebook(tuple(rules))


@cache
def _shipped() -> tuple[tuple[Rule, ...], list[Problem]]:
    """The presets, read once in a process; with what is wrong with them."""
    return read_rules(sorted(PRESETS.glob("*.yaml")))


def read_rules(
    files: Iterable[Path], *, taken: frozenset[str] = frozenset()
) -> tuple[tuple[Rule, ...], list[Problem]]:
    """The rules of these files, and what is wrong with them. `taken`: names that are others'."""
    found: list[tuple[Rule, Source, int]] = []
    problems: list[Problem] = []
    for file in files:
        try:
            source = read(file)
        except FlowsInvalid as fault:
            problems += fault.problems
            continue
        try:
            rules = RulesFile.model_validate(source.content).rules
        except ValidationError as fault:
            problems += sorted({_told(source, error) for error in told_once(_at_the_root(fault.errors()))})
            continue
        found += [(rule, source, n) for n, rule in enumerate(rules)]
    problems += [
        source.problem(
            ("rules", n, "id"), f"`{rule.id}` is a preset's name: choose another, own rules only forbid more"
        )
        for rule, source, n in found
        if rule.id in taken
    ]
    problems += _ill_dated(found)
    return tuple(rule for rule, _, _ in found), problems


def _at_the_root(errors: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Without what follows from another one: a list is short because its only rule could not be read, and
    hours are not `any` either."""
    places = [error["loc"] for error in errors]
    for error in errors:
        loc = error["loc"]
        within = any(one != loc and one[: len(loc)] == loc for one in places)
        beside = any(one != loc and one[: len(loc) - 1] == loc[:-1] for one in places)
        if error["type"] == "too_short" and within:
            continue
        if error["type"] == "literal_error" and str(loc[-1]).startswith("literal[") and beside:
            continue
        yield error


def _told(source: Source, error: ErrorDetails) -> Problem:
    way = error["loc"]
    model = RulesFile if len(way) < 2 else Rule
    if len(way) > 3 and str(way[2]) in _PARTS:
        model = _PARTS[str(way[2])]
    if not way and not isinstance(source.content, dict):
        return source.problem((), "these are no contact rules: begin with `rules:` and a list")
    # What a rule says of itself as a whole stands at its name.
    if error["type"] == "value_error" and len(way) == 2:
        message = str(error["msg"]).removeprefix("Value error, ")
        return source.problem((*way, "id"), message)
    return explain(source, (), error, list(model.model_fields))


def _ill_dated(found: Sequence[tuple[Rule, Source, int]]) -> Iterator[Problem]:
    names = dict.fromkeys(rule.id for rule, _, _ in found)
    for name in names:
        versions = sorted((one for one in found if one[0].id == name), key=lambda one: one[0].valid_from)
        for (before, _, _), (after, source, n) in pairwise(versions):
            way = ("rules", n, "valid_from")
            if before.valid_to is None or after.valid_from <= before.valid_to:
                yield source.problem(
                    way, f"two versions of `{name}` hold on {after.valid_from}: end the older before"
                )
            elif after.valid_from > before.valid_to + timedelta(days=1):
                gap = before.valid_to + timedelta(days=1)
                yield source.problem(
                    way, f"nothing of `{name}` holds on {gap}, a gap: begin this version then"
                )
