"""Whoever is called may object at every question and in every sentence, and is not called any more.

Rules:
1. It holds for those that a strategy calls people with (`Catalogue.calling`), and for a flow with a
   `purpose` if it or a flow that it uses asks anything: what is left on a machine does not.
2. `objection` is a step of the flow itself, and behind it `write: do_not_call` is done.
3. A choice with `interrupts` stands in such a flow, at a menu to which a sentence leads, and has in each
   language something of two words: one word interrupts nothing (`dialogs.barge_in`).
"""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.barge_in import interrupting, menu_behind
from dialogs.catalogue import Catalogue
from dialogs.errors import Problem
from dialogs.flow import Flow, FlowSet
from dialogs.graph import FlowGraph, flows_within
from dialogs.nodes.menu import Menu
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
        elif flow.name in catalogue.calling or (flow.purpose is not None and _asks(flow, flows)):
            yield flow.source.problem(
                ("flow",),
                "this flow calls people, and whoever says that they want no more calls is not heard:"
                f" write `objection: STEP` beside `person`, and {_REMEDY}",
            )
        for name, step in flow.steps.items():
            if isinstance(step, Menu):
                yield from _of_interruptions(flow, name, step)


def _of_interruptions(flow: Flow, name: str, menu: Menu) -> Iterator[Problem]:
    marked = [choice for choice, one in menu.choices.items() if one.interrupts]
    before = [one for one in flow.steps if one != name and menu_behind(flow, one) == name]
    for choice in marked:
        way = ("choices", choice, "interrupts")
        if flow.objection is None:
            remedy = "write `objection: STEP` beside `person`, or take it out"
            yield flow.problem(name, way, f"nobody listens in the sentences of this flow: {remedy}")
        elif not before:
            yield flow.problem(
                name, way, f"no sentence leads to `{name}`: put a `say` before it, or take it out"
            )
        for language in flow.languages if flow.objection is not None and before else ():
            if language in menu.choices[choice].phrases and choice not in interrupting(flow, name, language):
                remedy = "one word interrupts nothing: add a phrase of two words or more, or take it out"
                yield flow.problem(name, ("choices", choice, "phrases", language), remedy)


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
