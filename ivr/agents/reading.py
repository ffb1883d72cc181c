"""Reads `agents.yaml` into a roster, with all mistakes at once: line, column, and what to do.

Rules:
1. It lies beside `queues.yaml`. Without it, whoever `queues.yaml` names is an agent.
2. One telephone belongs to one agent: of two who share one, nobody could tell who has answered.
3. An outside number is called only if the operator allows it (`agents.outside` in ivr.yaml).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dialogs.errors import FlowsInvalid, Problem
from dialogs.misread import explain
from dialogs.source import Source, nearest, read
from ivr.agents.roster import OWN_REASONS, Roster, joined, with_all
from ivr.agents.written import AgentEntry, AgentsFile, AlertFile, HoldOffFile, PauseFile, PlaceFile, TellFile
from ivr.queueing.plan import OWN, Plan

FILE = "agents.yaml"
LEAST_WRAP_UP = 10
"""Seconds in which a customer's telephone is answered. Where agents are free sooner after a call, a few of
them fall behind at a surge if they are called before the customer (docs/measurements.md, Callbacks)."""
_PARTS: dict[str, type[BaseModel]] = {"agents": AgentEntry, "pauses": PauseFile, "alerts": AlertFile}


def load_roster(
    file: Path | None, plan: Plan, *, allowed: Collection[str] = (), dial: str = ""
) -> tuple[Roster, Plan]:
    """The roster of that file, and the plan with its people in it. `allowed`: outside numbers; `dial`: how
    they are dialled. Raises `FlowsInvalid`."""
    if file is None:
        return with_all(Roster(outside=dial, allowed=frozenset(allowed)), plan), plan
    roster, problems = read_roster(read(file), plan, allowed=allowed, dial=dial)
    if problems:
        raise FlowsInvalid(problems)
    return roster, joined(plan, roster)


def read_roster(
    source: Source, plan: Plan, *, allowed: Collection[str] = (), dial: str = ""
) -> tuple[Roster, list[Problem]]:
    """The roster, and what is wrong with the file; an empty one if its shape is."""
    if not isinstance(source.content, dict):
        return Roster(), [source.problem((), "these are no agents: begin with `agents:` and their digits")]
    try:
        found = AgentsFile.model_validate(source.content)
    except ValidationError as fault:
        return Roster(), sorted({_told(source, error) for error in fault.errors()})
    roster = Roster(
        found.agents, found.pauses, found.wrap_up, found.hold_off, found.alerts, dial, frozenset(allowed)
    )
    problems = sorted(_mistakes(source, roster, plan, allowed))
    return with_all(roster, plan), problems


def _told(source: Source, error: ErrorDetails) -> Problem:
    known: type[BaseModel]
    match error["loc"]:
        case ("agents", _, "queues", *_):
            known = PlaceFile
        case ("alerts", _, "tell", *_):
            known = TellFile
        case ("hold_off", *_):
            known = HoldOffFile
        case (str(part), _, *_) if part in _PARTS:
            known = _PARTS[part]
        case _:
            known = AgentsFile
    return explain(source, (), error, list(known.model_fields))


def hardly_wrap_up(roster: Roster, plan: Plan) -> list[str]:
    """Agents who are free again too soon after a call for callbacks that call the agent first (seconds in
    `LEAST_WRAP_UP`), in the file's order. `plan`: without the people of the roster."""
    served: dict[str, list[str]] = {}
    for tier in joined(plan, roster).tiers():
        served.setdefault(tier.agent, []).append(tier.queue)
    return [
        agent
        for agent, queues in served.items()
        if min(roster.wrap_up(agent, queue) for queue in queues) < LEAST_WRAP_UP
    ]


def _mistakes(source: Source, roster: Roster, plan: Plan, allowed: Collection[str]) -> Iterator[Problem]:
    for agent, entry in roster.agents.items():
        way = ("agents", _written(source, agent))
        if agent in plan.agents:
            yield source.problem(
                way, f"`{agent}` stands in queues.yaml, too: take them out of one of the two"
            )
        for queue in entry.queues:
            if queue not in plan.names:
                message = f"unknown queue `{queue}`: {nearest(queue, plan.names)}"
                yield source.problem((*way, "queues", queue), message)
        contact = entry.contact or ""
        if contact.startswith("+") and contact not in allowed:
            message = (
                f"`{contact}` is not allowed: ask your operator to add it to `agents.outside` in ivr.yaml"
            )
            yield source.problem((*way, "contact"), message)
        elif contact.startswith("+") and not roster.outside:
            message = f"`{contact}` cannot be called: there is no trunk; ask your operator for a gateway"
            yield source.problem((*way, "contact"), message)
    yield from _shared(source, roster, plan)
    full = joined(plan, roster)
    served = {tier.queue for tier in full.tiers() if tier.level == OWN}
    for queue in plan.queues if full.agents else ():
        if queue not in served and queue not in plan.besides:
            message = (
                f"nobody serves `{queue}` first: give somebody its skills and languages, or level 0 there"
            )
            yield source.problem(("agents",), message)
    yield from _pauses(source, roster)
    for queue in roster.wrap_ups.keys() - plan.names:
        yield source.problem(("wrap_up", queue), f"unknown queue `{queue}`: {nearest(queue, plan.names)}")
    for name, alert in roster.alerts.items():
        for at, queue in enumerate(alert.queues):
            if queue not in plan.queues:
                message = f"unknown queue `{queue}`: {nearest(queue, plan.queues)}"
                yield source.problem(("alerts", name, "queues", at), message)


def _written(source: Source, agent: str) -> str | int:
    """The key as it stands in the file: digits may be a number there."""
    return int(agent) if ("agents", int(agent)) in source.places else agent


def _shared(source: Source, roster: Roster, plan: Plan) -> Iterator[Problem]:
    everybody = with_all(roster, plan)
    held = Counter(everybody.contact(agent) for agent in everybody.agents)
    for agent in roster.agents:
        contact = roster.contact(agent)
        if held[contact] > 1:
            message = f"{contact} is somebody else's telephone, too: one telephone belongs to one agent"
            yield source.problem(("agents", _written(source, agent), "contact"), message)


def _pauses(source: Source, roster: Roster) -> Iterator[Problem]:
    keys = Counter(one.key for one in roster.pauses.values() if one.key is not None)
    for name, one in roster.pauses.items():
        if name in OWN_REASONS:
            yield source.problem(("pauses", name), f"`{name}` is a reason of the server's own: rename it")
        if one.key is not None and keys[one.key] > 1:
            yield source.problem(
                ("pauses", name, "key"), f"key {one.key} is another pause's, too: choose another"
            )
