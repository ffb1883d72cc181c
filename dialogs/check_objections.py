"""Whoever is called may object at every question, and is not called any more.

Rules:
1. It holds for a flow with a `purpose`, and for those that a strategy's campaign calls people with
   (`Catalogue.calling`), if they or a flow that they use ask anything.
2. `objection` is a step of the flow itself, and behind it `write: do_not_call` is done.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.catalogue import Catalogue
from dialogs.errors import Problem
from dialogs.flow import Flow, FlowSet
from dialogs.graph import FlowGraph, flows_within
from dialogs.nodes.subflow import Subflow
from dialogs.nodes.unread import Unread
from dialogs.nodes.write import Write
from dialogs.source import nearest

_NOTED = "do_not_call"
_REMEDY = f"lead it to `write: {_NOTED}`, or to a subflow that does it (`subflow: {_NOTED}`)"


def check_objections(flows: FlowSet, catalogue: Catalogue) -> Iterator[Problem]:
    """Flows that call people without a way for objections, and ways that note nothing."""
    for flow in flows.flows.values():
        if flow.objection is not None:
            yield from _of_way(flow, flow.objection, flows)
        elif _calls(flow, catalogue) and _asks(flow, flows):
            yield flow.source.problem(
                ("flow",),
                "this flow calls people, and whoever says that they want no more calls is not heard at its"
                f" questions: write `objection: STEP` beside `person`, and {_REMEDY}",
            )


def _calls(flow: Flow, catalogue: Catalogue) -> bool:
    return flow.purpose is not None or flow.name in catalogue.calling


def _asks(flow: Flow, flows: FlowSet) -> bool:
    within = (flows.flows[name] for name in flows_within(flows, flow.name))
    return any(step.takes_input for one in within for step in one.steps.values())


def _of_way(flow: Flow, name: str, flows: FlowSet) -> Iterator[Problem]:
    if name in flow.unread:
        return
    if name not in flow.steps:
        remedy = nearest(name, flow.steps)
        yield flow.source.problem(("objection",), f"`objection: {name}` is no step of this flow: {remedy}")
    elif not _notes(flow, name, flows):
        yield flow.source.problem(
            ("objection",), f"behind `{name}` nobody is noted who wants no more calls: {_REMEDY}"
        )


def _notes(flow: Flow, first: str, flows: FlowSet) -> bool:
    """Whether it is noted on some way from there, also in a flow that is used on it."""
    graph, left, seen = FlowGraph(flow), [first], set[str]()
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        step = flow.steps[name]
        used = flows_within(flows, step.subflow) if isinstance(step, Subflow) else set[str]()
        steps = [step, *(inner for one in used for inner in flows.flows[one].steps.values())]
        if any(isinstance(one, Unread) or _writes(one) for one in steps):
            return True
        left += graph.targets(name)
    return False


def _writes(step: object) -> bool:
    return isinstance(step, Write) and step.write == _NOTED
