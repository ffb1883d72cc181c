"""Which names have a value for certain at every step: no value is used before it is there.

Rules:
1. A value is there if it was filled on every way that leads to the step.
2. A flow's person step is reached from any step that may ask or fail: from all but `set`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import and_

from dialogs.catalogue import HOURS, Catalogue
from dialogs.errors import Problem
from dialogs.flow import Flow, FlowSet
from dialogs.graph import FlowGraph
from dialogs.nodes.set import Set
from dialogs.nodes.step import NEXT, Exit, Step
from dialogs.nodes.subflow import Subflow
from dialogs.nodes.unread import Unread
from dialogs.source import capped

Names = frozenset[str]


def bounded(problems: Iterator[Problem], flow: Flow) -> Iterator[Problem]:
    """The first `MOST_PROBLEMS` of one kind in one flow."""
    yield from capped(problems, flow.source)


def in_order(flows: FlowSet) -> list[str]:
    """Flows so that each stands after those that it uses. Raises `RecursionError` for circles."""
    order: list[str] = []
    state: dict[str, str] = {}

    def visit(name: str) -> None:
        if state.get(name) == "open":
            raise RecursionError
        if name in state or name not in flows.flows:
            return
        state[name] = "open"
        for step in flows.flows[name].steps.values():
            if isinstance(step, Subflow):
                visit(step.subflow)
        state[name] = "done"
        order.append(name)

    for name in flows.flows:
        visit(name)
    return order


class Filled:
    """Which names have a value for certain, at every step of every flow.

    A set of names is a number with one bit for each: two thousand steps with two thousand names take
    half a megabyte.
    """

    def __init__(self, flows: FlowSet, catalogue: Catalogue, used: Names) -> None:
        self.flows, self.catalogue, self.used = flows, catalogue, used
        self._bits: dict[str, int] = {}
        self.everything = self._set(name for flow in flows.flows.values() for name in _names_in(flow))
        """What an unread step, or a flow that is not there, may have filled."""
        self.graphs = {name: FlowGraph(flow) for name, flow in flows.flows.items()}
        self.gives: dict[str, int] = {}
        """What a flow has filled for certain when it comes back."""
        self.entry: dict[str, int] = {}

    def _set(self, names: Iterable[str]) -> int:
        found = 0
        for name in names:
            found |= 1 << self._bits.setdefault(name, len(self._bits))
        return found

    def problems(self) -> Iterator[Problem]:
        order = in_order(self.flows)
        for name in order:
            at = self._spread(name, 0)
            ends = [
                self._after(name, step, out, at[step])
                for step, out in self.graphs[name].falls.items()
                if step in at
            ]
            self.gives[name] = reduce(and_, ends) if ends else 0
        for name in reversed(order):
            flow = self.flows.flows[name]
            # A flow that only an unread step may use is entered with nobody knows what.
            at = self._spread(name, self.entry.get(name, self.everything if name in self.used else 0))
            for step_name, filled in at.items():
                step = flow.steps[step_name]
                if isinstance(step, Subflow):
                    known = self.entry.get(step.subflow)
                    self.entry[step.subflow] = filled if known is None else known & filled
            yield from bounded(
                (problem for step in at for problem in self._unfilled(flow, step, at)),
                flow,
            )

    def _after(self, flow: str, step_name: str, way_out: Exit, filled: int) -> int:
        step = self.flows.flows[flow].steps[step_name]
        if isinstance(step, Unread) or (isinstance(step, Subflow) and step.subflow not in self.flows.flows):
            return self.everything
        filled |= self._set(step.fills(self.catalogue, way_out.label))
        if isinstance(step, Subflow):
            filled |= self.gives.get(step.subflow, 0)
        return filled

    def _spread(self, name: str, entry: int) -> dict[str, int]:
        """From the entries along every exit, until nothing changes; each round only takes names away."""
        graph = self.graphs[name]
        flow = graph.flow
        at: dict[str, int] = {flow.first: entry}
        left = [flow.first]

        def come(target: str, filled: int) -> None:
            known = at.get(target)
            now = filled if known is None else known & filled
            if now != known:
                at[target] = now
                left.append(target)

        while left:
            step = left.pop()
            # Whoever asks for a person, or meets a fault, comes from here with what is filled here.
            if flow.person in flow.steps and not isinstance(flow.steps[step], Set):
                come(flow.person, at[step])
            if (
                flow.objection is not None
                and flow.objection in flow.steps
                and not isinstance(flow.steps[step], Set)
            ):
                come(flow.objection, at[step])
            for way_out, target in graph.exits[step]:
                if target is not None:
                    come(target, self._after(name, step, way_out, at[step]))
        return at

    def _unfilled(self, flow: Flow, name: str, at: Mapping[str, int]) -> Iterator[Problem]:
        step, filled = flow.steps[name], at[name]
        for way, used in _uses(step):
            if (
                used.startswith(("caller.", f"{HOURS}."))
                or used in step.filled_before()
                or self._set([used]) & filled
            ):
                continue
            if used in self.flows.types and not flow.doubles:
                source, how = used.partition(".")[0], self._lacking(flow, name, used, at)
                yield flow.problem(
                    name,
                    way,
                    f"`{used}` may be used before it is filled{how}: lead every way here through `{source}`",
                )

    def _lacking(self, flow: Flow, name: str, used: str, at: Mapping[str, int]) -> str:
        """By which way one comes here without it."""
        for before in at:
            for way_out, target in self.graphs[flow.name].exits[before]:
                if target == name and not self._set([used]) & self._after(
                    flow.name, before, way_out, at[before]
                ):
                    label = "" if way_out.label == NEXT else f" by `{way_out.label}`"
                    return f" (`{before}` leads here{label} without it)"
        return ""


def _uses(step: Step) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The names that a step uses, and where."""
    yield from step.needs()
    for way, words in (*step.prompts(), *step.written()):
        yield from (((*way, language), used) for language, t in words.items() for used in t.names)
    yield from ((way, used) for way, template in step.templates() for used in template.names)
    yield from ((way, used) for way, condition in step.conditions() for used in condition.names)


def _names_in(flow: Flow) -> Iterator[str]:
    for step in flow.steps.values():
        yield from (used for _way, used in _uses(step))
