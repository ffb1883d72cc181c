"""Reads `back_ends.yaml`: every mistake in one run, each with file, line, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dialogs.errors import FlowsInvalid, Problem
from dialogs.misread import explain, told_once
from dialogs.source import Source, nearest, read
from ivr.back_ends.declared import (
    Auth,
    Basic,
    Breaking,
    DeclaredLookup,
    DeclaredWrite,
    FieldOf,
    HttpLookup,
    HttpSystem,
    HttpWrite,
    Name,
    OwnHeader,
    Part,
    RefusalAt,
    SqlLookup,
    SqlSystem,
    SqlWrite,
    System,
)
from ivr.back_ends.of_a_call import CALL_OUTCOME, OF_A_CALL
from ivr.back_ends.queries import bound_names
from ivr.back_ends.templates import names_in

Way = tuple[str | int, ...]
OwnModel = TypeVar("OwnModel", bound=BaseModel)
IDEMPOTENCY_KEY = "idempotency_key"
"""Bound in a statement of a write, beside its values."""
_SECTIONS = ("systems", "lookups", "writes")
_INSIDE: Mapping[str, type[BaseModel]] = {
    "auth": Auth,
    "basic": Basic,
    "header": OwnHeader,
    "breaker": Breaking,
    "reason": RefusalAt,
}


@dataclass(frozen=True)
class Declared:
    """What the file declares."""

    systems: Mapping[str, System] = field(default_factory=dict)
    lookups: Mapping[str, DeclaredLookup] = field(default_factory=dict)
    writes: Mapping[str, DeclaredWrite] = field(default_factory=dict)


class _Named(Part):
    name: Name


def read_back_ends(file: Path) -> Declared:
    """The file. Raises `FlowsInvalid` with every mistake."""
    source = read(file)
    if not isinstance(source.content, dict):
        raise FlowsInvalid(
            [source.problem((), "this declares nothing: begin with `systems:` (docs/back-ends.md)")]
        )
    reader = _Reader(source)
    declared = reader.declared()
    problems = [*reader.problems, *_contradictions(source, declared, reader.unread)]
    if problems:
        raise FlowsInvalid(sorted(problems))
    return declared


class _Reader:
    """One file, entry by entry, so that each mistake is told beside the keys of its own kind."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.problems: list[Problem] = []
        self.unread: set[str] = set()
        """Systems that are there and could not be read."""

    def declared(self) -> Declared:
        content = self._source.content
        for key in content:
            if key not in _SECTIONS:
                self._problem((key,), f"unknown key `{key}`: {nearest(key, _SECTIONS)}")
        systems: dict[str, System] = {}
        for name, entry in self._entries("systems"):
            model: type[System] = SqlSystem if "database" in entry else HttpSystem
            if (system := self._read(model, ("systems", name), entry)) is None:
                self.unread.add(name)
            else:
                systems[name] = system
        lookups: dict[str, DeclaredLookup] = {}
        for name, entry in self._entries("lookups"):
            asked: type[DeclaredLookup] = SqlLookup if "query" in entry else HttpLookup
            if (lookup := self._read(asked, ("lookups", name), entry)) is not None:
                lookups[name] = lookup
        writes: dict[str, DeclaredWrite] = {}
        for name, entry in self._entries("writes"):
            told: type[DeclaredWrite] = SqlWrite if "statement" in entry else HttpWrite
            if (write := self._read(told, ("writes", name), entry)) is not None:
                writes[name] = write
        return Declared(systems, lookups, writes)

    def _entries(self, section: str) -> Iterator[tuple[str, dict[str, Any]]]:
        entries = self._source.content.get(section) or {}
        if not isinstance(entries, dict):
            self._problem(
                (section,), f"`{section}` holds names with what belongs to them: write `name:` below"
            )
            return
        for name, entry in entries.items():
            try:
                _Named(name=name)
            except ValidationError:
                self._problem(
                    (section, name), f"`{name}` is not a name in lower case, such as `crm`: rename it"
                )
                continue
            if isinstance(entry, dict):
                yield name, entry
            else:
                self._problem((section, name), f"`{name}` says nothing: write its keys below it")

    def _read(self, model: type[OwnModel], way: Way, entry: dict[str, Any]) -> OwnModel | None:
        try:
            return model.model_validate(entry)
        except ValidationError as fault:
            self.problems += [self._explain(model, way, error) for error in told_once(fault.errors())]
            return None

    def _explain(self, model: type[BaseModel], way: Way, error: ErrorDetails) -> Problem:
        loc = tuple(part for part in error["loc"] if not str(part).startswith(("function-", "[", "dict")))
        inside: type[BaseModel] = model
        for part in loc[:-1]:
            inside = _INSIDE.get(str(part), inside)
        if len(loc) > 2 and loc[0] == "fields":
            inside = FieldOf
        cleaned = error.copy()
        cleaned["loc"] = loc
        return explain(self._source, way, cleaned, list(inside.model_fields), model=inside)

    def _problem(self, way: Way, message: str) -> None:
        self.problems.append(self._source.problem(way, message))


def _contradictions(source: Source, declared: Declared, unread: set[str]) -> Iterator[Problem]:
    """What one entry alone cannot tell."""
    entries: list[tuple[Way, DeclaredLookup | DeclaredWrite]] = [
        *((("lookups", name), one) for name, one in declared.lookups.items()),
        *((("writes", name), one) for name, one in declared.writes.items()),
    ]
    for way, entry in entries:
        if way[0] == "writes" and way[1] in declared.lookups and entry.fields:
            yield source.problem(
                way, f"`{way[1]}` is a look-up too: its fields would be taken for this one's"
            )
        yield from _of_system(source, way, entry, declared, unread)
        given = entry.by if isinstance(entry, HttpLookup | SqlLookup) else list(entry.values)
        yield from _places(source, way, entry, given)
        yield from _places_in_answer(source, way, entry)
    if (told := declared.writes.get(CALL_OUTCOME)) is not None:
        yield from _of_ended_calls(source, ("writes", CALL_OUTCOME), told)


def _of_ended_calls(source: Source, way: Way, entry: DeclaredWrite) -> Iterator[Problem]:
    """What is told of every call that is over: no flow gives its values."""
    if not entry.later:
        what = "nobody waits for it: take `later: false` out"
        yield source.problem((*way, "later"), what)
    for name, kind in entry.values.items():
        known = OF_A_CALL.get(name)
        if known is None:
            what = f"`{name}` is nothing that is known of a call: {nearest(name, OF_A_CALL)}"
            yield source.problem((*way, "values", name), what)
        elif known != kind:
            yield source.problem((*way, "values", name), f"`{name}` is {known} here: write `{name}: {known}`")


def _of_system(
    source: Source,
    way: Way,
    entry: DeclaredLookup | DeclaredWrite,
    declared: Declared,
    unread: set[str],
) -> Iterator[Problem]:
    if entry.system in unread:
        return
    system = declared.systems.get(entry.system)
    over_sql = isinstance(entry, SqlLookup | SqlWrite)
    if system is None:
        remedy = nearest(entry.system, declared.systems)
        yield source.problem((*way, "system"), f"there is no system `{entry.system}`: {remedy}")
    elif over_sql != isinstance(system, SqlSystem):
        speaks, wants = (
            ("HTTP", "get: /path") if not isinstance(system, SqlSystem) else ("SQL", "query: SELECT …")
        )
        if way[0] == "writes":
            wants = "put: /path" if speaks == "HTTP" else "statement: UPDATE …"
        yield source.problem((*way, "system"), f"`{entry.system}` is asked over {speaks}: write `{wants}`")
    elif isinstance(system, SqlSystem) and isinstance(entry, SqlWrite) and not system.writes:
        what = f"`{entry.system}` is read only: add `writes: true` to it, if its user may write"
        yield source.problem((*way, "system"), what)


def _places(
    source: Source, way: Way, entry: DeclaredLookup | DeclaredWrite, given: list[str]
) -> Iterator[Problem]:
    """Every value has a place, and every place a value."""
    used: dict[str, Way]
    if isinstance(entry, SqlLookup | SqlWrite):
        key = "query" if isinstance(entry, SqlLookup) else "statement"
        text = entry.query if isinstance(entry, SqlLookup) else entry.statement
        used = dict.fromkeys(bound_names(text), (*way, key))
        if isinstance(entry, SqlWrite):
            used.pop(IDEMPOTENCY_KEY, None)
        shown = ":{}"
    else:
        method, path = entry.request
        used = dict.fromkeys(names_in(entry.send), (*way, "send"))
        used.update(dict.fromkeys(path.names, (*way, method.lower())))
        shown = "{{{}}}"
    for name, place in used.items():
        if name not in given:
            yield source.problem(place, f"nothing is given as `{name}`: {nearest(name, given)}")
    key = "by" if isinstance(entry, HttpLookup | SqlLookup) else "values"
    for name in given:
        if name not in used:
            sign = shown.format(name)
            yield source.problem(
                (*way, key), f"`{name}` is asked for and never sent: write `{sign}` where it goes"
            )


def _places_in_answer(source: Source, way: Way, entry: DeclaredLookup | DeclaredWrite) -> Iterator[Problem]:
    over_sql = isinstance(entry, SqlLookup | SqlWrite)
    if isinstance(entry, SqlWrite) and entry.fields:
        yield source.problem((*way, "fields"), "a statement gives nothing back: take `fields` out")
        return
    for name, one in entry.fields.items():
        code = one.currency is not None and len(one.currency) == 3 and one.currency.isupper()
        for key, place in (("at", one.at), ("currency", None if code else one.currency)):
            if place is None:
                continue
            if over_sql and place.startswith("/"):
                yield source.problem(
                    (*way, "fields", name, key), f"a column has no `/`: write `{place.strip('/')}`"
                )
            elif not over_sql and not place.startswith("/"):
                yield source.problem(
                    (*way, "fields", name, key), f"a place in JSON begins with `/`: write `/{place}`"
                )
        if one.type == "money" and f"{name}_currency" in entry.fields:
            yield source.problem(
                (*way, "fields", f"{name}_currency"), f"`{name}` brings its currency: take this field out"
            )
