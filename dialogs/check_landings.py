"""Nobody goes round for ever: a question that is given up leads on, and the flow's person is one."""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.errors import Problem
from dialogs.flow import Flow, FlowSet
from dialogs.graph import FlowGraph, flows_within
from dialogs.nodes.callback import Callback
from dialogs.nodes.case import Case
from dialogs.nodes.lookup import Lookup
from dialogs.nodes.message import Message
from dialogs.nodes.question import Question
from dialogs.nodes.queue import Queue
from dialogs.nodes.step import END, PERSON, Step
from dialogs.nodes.subflow import Subflow
from dialogs.nodes.transfer import Transfer
from dialogs.nodes.unread import Unread


def check_landings(flows: FlowSet) -> Iterator[Problem]:
    """Every question that is given up, and every flow's person."""
    for flow in flows.flows.values():
        graph = FlowGraph(flow)
        yield from _given_up_in_a_round(graph, flows)
        if not (_talks_to_nobody(flow) or _reaches_people(flows, flow, flow.person)):
            yield flow.source.problem(
                ("person",),
                f"`person: {flow.person}` leads to nobody: lead it to a queue, a transfer, a callback, a"
                " message or a case",
            )


def _talks_to_nobody(flow: Flow) -> bool:
    """Whether no caller can want a person there: it asks nothing, or its person is a queue, or those who call
    are the people themselves, who key an agent's number."""
    steps = flow.steps.values()
    of_agents = any(isinstance(step, Lookup) and step.lookup == _AGENT for step in steps)
    return flow.person not in flow.steps or of_agents or not any(step.takes_input for step in steps)


_AGENT = "agent"
_PEOPLE = (Queue, Transfer, Callback, Message, Case)
"""Steps behind which somebody takes care."""


_IN_THE_CALL = (Queue, Transfer)
"""Of these, those where it is a person who takes over the call."""


def without_a_person(flows: FlowSet, name: str) -> Iterator[str]:
    """Of a flow and all that it uses, those in which nobody can have a person in the same call: a flow that
    asks something, by its `person`; one that asks nothing must hand over by itself."""
    within = [flows.flows[one] for one in sorted(flows_within(flows, name))]
    asking = [flow for flow in within if any(step.takes_input for step in flow.steps.values())]
    for flow in asking:
        of_queue = flow.person not in flow.steps
        if not (of_queue or _reaches_people(flows, flow, flow.person, in_the_call=True)):
            yield flow.name
    if name in flows.flows and not asking:
        flow = flows.flows[name]
        if not _reaches_people(flows, flow, flow.first, in_the_call=True):
            yield name


def _reaches_people(flows: FlowSet, flow: Flow, step: str, *, in_the_call: bool = False) -> bool:
    """Whether somebody takes care on some way from there, also in a flow that is used on it. `in_the_call`: a
    callback or a case is not enough, nor that the flow comes back to one of which nothing is known."""
    people = _IN_THE_CALL if in_the_call else _PEOPLE
    seen: set[tuple[str, str]] = set()
    left = [(flow, step)]
    graphs: dict[str, FlowGraph] = {}
    while left:
        here, name = left.pop()
        if (here.name, name) in seen:
            continue
        seen.add((here.name, name))
        one = here.steps[name]
        if isinstance(one, (*people, Unread)):
            return True
        if isinstance(one, Subflow):
            child = flows.flows.get(one.subflow)
            if child is None:
                return True
            left.append((child, child.first))
        graph = graphs.setdefault(here.name, FlowGraph(here))
        for way_out, target in graph.exits[name]:
            if target is not None:
                left.append((here, target))
            elif way_out.target == PERSON or (way_out.target != END and not in_the_call):
                return True  # a queue, the flow that this one comes back to, or what is told as missing
    return False


_GIVEN_UP = frozenset({"failed", "silent", "not_at_hand"})


def _given_up_in_a_round(graph: FlowGraph, flows: FlowSet) -> Iterator[Problem]:
    """Questions that whoever does not answer comes back to for ever, without a person on the way."""
    ways = {name: set(_unanswered(graph, name, step, flows)) for name, step in graph.flow.steps.items()}
    left = dict(ways)
    while ended := {name for name, targets in left.items() if not targets & left.keys()}:
        for name in ended:
            del left[name]
    told: set[str] = set()
    for name in left:
        step = graph.flow.steps[name]
        if not isinstance(step, Question) or name in told:
            continue
        behind = _behind(ways, name)
        if name not in behind:
            continue
        told |= behind
        through = next(iter(ways[name] & (behind | {name})), name)
        by = "" if through == name else f" by way of `{through}`"
        yield graph.flow.problem(
            name,
            ("failed",),
            f"whoever does not answer `{name}` comes back to it for ever{by}: lead `failed` to a person",
        )


def _unanswered(graph: FlowGraph, name: str, step: Step, flows: FlowSet) -> Iterator[str]:
    """Where a caller goes from a step who answers nothing."""
    if isinstance(step, (*_PEOPLE, Unread)):
        return
    if isinstance(step, Subflow) and _comes_to_people(flows, step):
        return
    asks = isinstance(step, Question)
    for way_out, target in graph.exits[name]:
        # `again` counts how often it is taken.
        if target is not None and (way_out.label in _GIVEN_UP if asks else way_out.label != "again"):
            yield target


def _comes_to_people(flows: FlowSet, step: Subflow) -> bool:
    child = flows.flows.get(step.subflow)
    return child is None or _reaches_people(flows, child, child.first)


def _behind(ways: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    left = list(ways[start])
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += ways[name]
    return seen
