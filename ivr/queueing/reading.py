"""Reads `queues.yaml` into a plan, with all mistakes at once: line, column, and what to do.

Rules:
1. It lies beside the flows, because the same people edit it, or where `queues` in the settings says.
2. What a flow can name and the file does not declare is a mistake: nobody must be handed to a queue that
   nobody has thought about. A queue that no flow may name is told to whoever checks the file, and stops no
   server: the file serves more flows than those of one release.
3. A queue that nobody could ever serve is a mistake as soon as any agents are declared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dialogs.catalogue import Catalogue
from dialogs.errors import FlowsInvalid, Problem
from dialogs.misread import explain
from dialogs.segments.reading import FILE as SEGMENTS
from dialogs.segments.reading import read_rules
from dialogs.source import Source, nearest, read
from ivr.queueing.plan import NO_PLAN, OWN, Plan, QueuePlan
from ivr.queueing.written import (
    AgentFile,
    AnnounceFile,
    OverflowFile,
    QueueFile,
    QueuesFile,
    ServiceLevelFile,
)

FILE = "queues.yaml"
_PARTS: dict[str, list[str]] = {
    "announce": list(AnnounceFile.model_fields),
    "overflow": list(OverflowFile.model_fields),
    "service_level": list(ServiceLevelFile.model_fields),
}


def load_plan(file: Path | None, catalogue: Catalogue, besides: Collection[str] = ()) -> Plan:
    """The plan of that file; without one, every queue goes by the defaults. `besides`: queues that the switch
    has whatever the flows name. Raises `FlowsInvalid`."""
    if file is None:
        return replace(NO_PLAN, besides=frozenset(besides))
    plan, problems = _read(read(file), catalogue, segments_beside(file), besides)
    if problems:
        raise FlowsInvalid(problems)
    return plan


def misfits(file: Path | None, catalogue: Catalogue, besides: Collection[str] = ()) -> list[Problem]:
    """Why a server would not start with that file and these flows, in the words that it would end with."""
    try:
        load_plan(file, catalogue, besides)
    except FlowsInvalid as fault:
        return list(fault.problems)
    return []


def segments_beside(file: Path) -> frozenset[str] | None:
    """The names of the segments whose file lies beside; `None`: there is none, or it cannot be read."""
    beside = file.with_name(SEGMENTS)
    try:
        rules, problems = read_rules(read(beside)) if beside.is_file() else (None, [])
    except FlowsInvalid:
        return None
    return None if rules is None or problems else frozenset(one.name for one in rules.segments)


def read_plan(
    source: Source,
    catalogue: Catalogue,
    segments: frozenset[str] | None = None,
    besides: Collection[str] = (),
) -> tuple[Plan, list[Problem]]:
    """The plan, and what is wrong with the file; an empty plan if its shape is. Queues that no flow may name
    are among it."""
    plan, problems = _read(source, catalogue, segments, besides)
    return plan, sorted([*problems, *_unnamed(source, plan, catalogue)])


def _read(
    source: Source, catalogue: Catalogue, segments: frozenset[str] | None, besides: Collection[str]
) -> tuple[Plan, list[Problem]]:
    if not isinstance(source.content, dict):
        return NO_PLAN, [source.problem((), "these are no queues: begin with `queues:` and their names")]
    try:
        found = QueuesFile.model_validate(_with_text_keys(source.content))
    except ValidationError as fault:
        return NO_PLAN, sorted({_told(source, error) for error in fault.errors()})
    plan = Plan(
        {
            name: QueuePlan(name, one, catalogue.calendars.get(one.hours or ""))
            for name, one in found.queues.items()
        },
        dict(found.agents),
        besides=frozenset(besides),
    )
    return plan, sorted(_mistakes(source, plan, catalogue, segments))


def _with_text_keys(content: dict[Any, Any]) -> dict[Any, Any]:
    """Telephones are written as plain numbers."""
    agents = content.get("agents")
    if not isinstance(agents, dict):
        return content
    return {**content, "agents": {str(name): one for name, one in agents.items()}}


def _told(source: Source, error: ErrorDetails) -> Problem:
    known: list[str]
    match error["loc"]:
        case ("queues", str(), str(part), *_) if part in _PARTS and len(error["loc"]) > 3:
            known = _PARTS[part]
        case ("queues", str(), *_):
            known = list(QueueFile.model_fields)
        case ("agents", str(), *_):
            known = list(AgentFile.model_fields)
        case _:
            known = list(QueuesFile.model_fields)
    return explain(source, (), error, known)


def _mistakes(
    source: Source, plan: Plan, catalogue: Catalogue, segments: frozenset[str] | None
) -> Iterator[Problem]:
    for name in sorted(catalogue.queues - plan.queues.keys()):
        message = f"flows may name `{name}`, which is not declared: add it here, take it out of the catalogue"
        message += ", or set `flows` to a folder with a queues.yaml of its own"
        yield source.problem(("queues",), message)
    for name, queue in plan.queues.items():
        way = ("queues", name)
        if queue.written.hours is not None and queue.calendar is None:
            remedy = nearest(queue.written.hours, catalogue.calendars)
            yield source.problem((*way, "hours"), f"unknown calendar `{queue.written.hours}`: {remedy}")
        yield from _references(source, name, queue.written, plan)
        for segment in queue.written.priority if segments is not None else ():
            if segment not in (segments or ()):
                remedy = nearest(segment, segments or ())
                yield source.problem((*way, "priority", segment), f"unknown segment `{segment}`: {remedy}")
    for agent, theirs in plan.agents.items():
        for at, named in enumerate(theirs.queues):
            if named not in plan.names:
                message = f"unknown queue `{named}`: {nearest(named, plan.names)}"
                yield source.problem(("agents", agent, "queues", at), message)
    yield from _unserved(source, plan)


def _unnamed(source: Source, plan: Plan, catalogue: Catalogue) -> Iterator[Problem]:
    for name in plan.queues.keys() - catalogue.queues - _only_for_a_language(plan) - plan.besides:
        yield source.problem(
            ("queues", name), f"no flow may name `{name}`: {nearest(name, catalogue.queues)}"
        )


def _only_for_a_language(plan: Plan) -> set[str]:
    return {to for queue in plan.queues.values() for to in queue.written.in_language.values()}


def _references(source: Source, name: str, written: QueueFile, plan: Plan) -> Iterator[Problem]:
    way = ("queues", name)
    targets: Iterable[tuple[tuple[str | int, ...], str]] = [
        *(
            (("overflow", "to", at), to)
            for at, to in enumerate(written.overflow.to if written.overflow else ())
        ),
        *((("in_language", language), to) for language, to in written.in_language.items()),
    ]
    for key, to in targets:
        if to == name:
            yield source.problem((*way, *key), f"`{name}` cannot stand in for itself: name another queue")
        elif to not in plan.queues:
            yield source.problem((*way, *key), f"unknown queue `{to}`: {nearest(to, plan.queues)}")
        elif key[0] == "in_language" and plan.queues[to].written.in_language:
            message = f"`{to}` sends callers on by their language itself: let only one of the two do so"
            yield source.problem((*way, *key), message)


def _unserved(source: Source, plan: Plan) -> Iterator[Problem]:
    if not plan.agents or Path(source.file).with_name("agents.yaml").is_file():
        return  # who stands there is not known here: `ivr.agents.reading` looks
    served = {tier.queue for tier in plan.tiers() if tier.level == OWN}
    for name in plan.queues:
        if name not in served and name not in plan.besides:
            message = f"nobody serves `{name}`: give somebody its skills and languages, or add it to `queues`"
            yield source.problem(("queues", name), message)
