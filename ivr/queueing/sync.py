"""Brings a running switch in step with `queues.yaml`: what differs, and the changes in order.

Rules:
1. The difference is computed from the switch's own tables, so that a second run changes nothing.
2. mod_callcenter takes queues from its files only (`queue load|reload`), agents and tiers by command: where
   the files are old, that is said, with the command that renews them.
3. Nothing that people are using is taken away: an agent in a call and a queue in which somebody waits stay,
   and are told.
4. Only names of our domain are touched; whatever else the switch has is somebody else's.

Source: mod_callcenter.c, `cc_config_api_function` of 1.11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Literal

from esl import commands
from esl.call_centre import AgentRow, CallCentre, QueueRow, TierRow
from esl.freeswitch.configuration import QUEUE_DOMAIN, Agent, Queue
from esl.wire import Command
from ivr.queueing.plan import OWN, Plan

MAX_NO_ANSWER = 3
"""Calls that a telephone may leave unanswered before its agent is put on a break."""
RENEW = "write the switch's files anew with `ivr freeswitch init DIR --force`, then sync again"
Kind = Literal["add", "change", "remove", "stays"]


@dataclass(frozen=True)
class Change:
    """One difference, and the commands that end it, in order. None: it cannot be ended now, for `why`."""

    kind: Kind
    what: str
    """`queue billing`, `agent 1001`, `agent 1001 in billing`."""
    detail: str = ""
    commands: tuple[Command, ...] = ()
    why: str = ""

    @property
    def of_queue(self) -> bool:
        return self.what.startswith("queue ")

    def __str__(self) -> str:
        sign = {"add": "+", "change": "~", "remove": "-", "stays": "="}[self.kind]
        return " ".join(filter(None, (sign, self.what, self.detail, f"({self.why})" if self.why else "")))


@dataclass(frozen=True)
class Outcome:
    """What was changed, what was refused (one line each, with the remedy), and what still differs."""

    changes: tuple[Change, ...]
    refused: tuple[str, ...]
    left: tuple[Change, ...]


@dataclass(frozen=True)
class Wanted:
    """What the switch should have."""

    queues: tuple[Queue, ...]
    agents: tuple[Agent, ...]


def wanted(
    plan: Plan,
    others: Sequence[Queue] = (),
    telephones: Sequence[Agent] = (),
    contacts: Mapping[str, str] = MappingProxyType({}),
) -> Wanted:
    """What the plan means for the switch; `others` and `telephones` are of `freeswitch` in the settings, and
    give way to what the plan declares under the same name; only the queues that a telephone serves are kept
    beside those that the plan gives its agent. `contacts`: dial strings by agent."""
    queues = {queue.name: queue for queue in others}
    for name in plan.queues:
        queues[name] = queue_of(plan, name)
    agents = {agent.name: agent for agent in telephones}
    for name in plan.agents:
        declared, telephone = agent_of(plan, name, contacts), agents.get(name)
        agents[name] = declared if telephone is None else serving(declared, telephone.queues)
    return Wanted(tuple(queues.values()), tuple(agents.values()))


def serving(agent: Agent, queues: Sequence[str]) -> Agent:
    """The agent, who also serves those queues; where they serve one already, its level stays."""
    known = {queue for queue, _ in agent.tiers}
    return replace(agent, queues=(*agent.queues, *(queue for queue in queues if queue not in known)))


def queue_of(plan: Plan, name: str) -> Queue:
    """A declared queue as the switch's configuration has it."""
    written = plan.queues[name].written
    return Queue(
        name,
        written.strategy,
        written.longest_wait,
        written.longest_wait_without_agents,
        level_wait=written.overflow.after if written.overflow else 0,
        music=None if written.music is None else PurePosixPath(written.music),
    )


def agent_of(plan: Plan, name: str, contacts: Mapping[str, str] = MappingProxyType({})) -> Agent:
    """A declared agent, with their tiers; `contacts`: dial strings of those who have one of their own."""
    tiers = [tier for tier in plan.tiers() if tier.agent == name]
    return Agent(
        name,
        tuple(tier.queue for tier in tiers if tier.level == OWN),
        helps=tuple((tier.queue, tier.level) for tier in tiers if tier.level != OWN),
        wrap_up=plan.agents[name].wrap_up,
        positions=tuple((tier.queue, tier.position) for tier in tiers if tier.position != 1),
        contact=contacts.get(name, ""),
    )


def differences(centre: CallCentre, goal: Wanted) -> list[Change]:
    """What to change, in the order in which it must be done. Raises `CommandRefusedError`, `WireError`."""
    queues, agents, tiers = centre.queues(), centre.agents(), centre.tiers()
    return [
        *_queues(goal, queues),
        *_agents(goal, agents),
        *_tiers(goal, tiers, agents),
        *_gone_agents(goal, agents),
        *_gone_queues(goal, queues, centre),
    ]


def bring_in_step(centre: CallCentre, goal: Wanted) -> Outcome:
    """Makes the switch what it should be. Raises `CommandRefusedError`, `WireError`."""
    changes = differences(centre, goal)
    queues = [one for one in changes if one.of_queue and one.kind in ("add", "change")]
    refused = apply(centre, queues)
    if queues:  # loading a queue brings back the agents and tiers of the files (`load_queue`)
        changes = [*queues, *(one for one in differences(centre, goal) if one not in queues)]
    refused += apply(centre, [one for one in changes if one not in queues])
    left = differences(centre, goal)
    for one in left:
        if one.of_queue and one.commands and not any(line.startswith(f"{one.what}:") for line in refused):
            refused.append(f"{one}: the switch's files are old: {RENEW}")
    return Outcome(tuple(changes), tuple(refused), tuple(left))


def apply(centre: CallCentre, changes: Sequence[Change]) -> list[str]:
    """Makes the changes; one line for each that the switch refuses, with what to do."""
    if any(one.of_queue and one.commands for one in changes):
        centre.tell(commands.reload_xml())
    refused = []
    for change in changes:
        for command in change.commands:
            answer = centre.tell(command)
            if answer:
                remedy = RENEW if "Queue not found" in answer else "see the switch's log"
                refused.append(f"{change.what}: {answer}: {remedy}")
                break
    return refused


def in_domain(name: str) -> str:
    return f"{name}@{QUEUE_DOMAIN}"


def ours(name: str) -> str | None:
    bare, at, domain = name.rpartition("@")
    return bare if at and domain == QUEUE_DOMAIN else None


def _queues(goal: Wanted, there: dict[str, QueueRow]) -> Iterator[Change]:
    for queue in goal.queues:
        name, row = in_domain(queue.name), there.get(in_domain(queue.name))
        if row is None:
            yield Change(
                "add", f"queue {queue.name}", commands=(commands.call_centre("queue", "load", name),)
            )
            continue
        pairs = (
            ("strategy", row.strategy, queue.strategy),
            ("longest_wait", row.longest_wait, queue.longest_wait),
            (
                "longest_wait_without_agents",
                row.longest_wait_without_agents,
                queue.longest_wait_without_agents,
            ),
            ("overflow after", row.level_wait, queue.level_wait),
            ("music", row.music, row.music if queue.music is None else str(queue.music)),
        )
        detail = ", ".join(f"{key} {old} → {new}" for key, old, new in pairs if old != new)
        if detail:
            command = commands.call_centre("queue", "reload", name)
            yield Change("change", f"queue {queue.name}", detail, (command,))


def _agents(goal: Wanted, there: dict[str, AgentRow]) -> Iterator[Change]:
    for agent in goal.agents:
        name, row = in_domain(agent.name), there.get(in_domain(agent.name))
        settings = {
            "contact": agent.dial,
            "max_no_answer": str(MAX_NO_ANSWER),
            "wrap_up_time": str(agent.wrap_up),
        }
        if row is None:
            made = [commands.call_centre("agent", "add", name, "callback")]
            made += [
                commands.call_centre("agent", "set", key, name, value) for key, value in settings.items()
            ]
            yield Change("add", f"agent {agent.name}", commands=tuple(made))
            continue
        now = {
            "contact": row.contact,
            "max_no_answer": str(row.max_no_answer),
            "wrap_up_time": str(row.wrap_up),
        }
        changed = {key: value for key, value in settings.items() if now[key] != value}
        if changed:
            yield Change(
                "change",
                f"agent {agent.name}",
                ", ".join(f"{key} {now[key] or 'nothing'} → {value}" for key, value in changed.items()),
                tuple(
                    commands.call_centre("agent", "set", key, name, value) for key, value in changed.items()
                ),
            )


def _tiers(
    goal: Wanted, there: dict[tuple[str, str], TierRow], agents: dict[str, AgentRow]
) -> Iterator[Change]:
    wanted_ones = {
        (in_domain(queue), in_domain(agent.name)): (level, agent.position(queue))
        for agent in goal.agents
        for queue, level in agent.tiers
    }
    for (queue, agent), (level, position) in wanted_ones.items():
        row, what = there.get((queue, agent)), f"agent {ours(agent)} in {ours(queue)}"
        if row is None:
            command = commands.call_centre("tier", "add", queue, agent, str(level), str(position))
            yield Change("add", what, f"at level {level}", (command,))
        elif row.level != level:
            command = commands.call_centre("tier", "set", "level", queue, agent, str(level))
            yield Change("change", what, f"level {row.level} → {level}", (command,))
        elif row.position != position:
            command = commands.call_centre("tier", "set", "position", queue, agent, str(position))
            yield Change("change", what, f"position {row.position} → {position}", (command,))
    kept = {in_domain(agent.name) for agent in goal.agents}
    for queue, agent in there.keys() - wanted_ones.keys():
        if ours(queue) is None or ours(agent) is None or (agent not in kept and agent in agents):
            continue  # whoever goes takes their tiers with them
        command = commands.call_centre("tier", "del", queue, agent)
        yield Change("remove", f"agent {ours(agent)} from {ours(queue)}", commands=(command,))


def _gone_agents(goal: Wanted, there: dict[str, AgentRow]) -> Iterator[Change]:
    kept = {in_domain(agent.name) for agent in goal.agents}
    for name, row in there.items():
        if name in kept or ours(name) is None:
            continue
        if row.state not in ("Waiting", "Idle"):
            yield Change("stays", f"agent {ours(name)}", why="is in a call: sync again afterwards")
        else:
            command = commands.call_centre("agent", "del", name)
            yield Change("remove", f"agent {ours(name)}", commands=(command,))


def _gone_queues(goal: Wanted, there: dict[str, QueueRow], centre: CallCentre) -> Iterator[Change]:
    kept = {in_domain(queue.name) for queue in goal.queues}
    for name in there.keys() - kept:
        if ours(name) is None:
            continue
        inside = centre.membership(name)
        waiting = inside.doubted + sum(member.waits for member in inside.rows)
        if waiting:
            yield Change("stays", f"queue {ours(name)}", why=f"{waiting} wait there: sync again afterwards")
        else:
            command = commands.call_centre("queue", "unload", name)
            yield Change("remove", f"queue {ours(name)}", commands=(command,))
