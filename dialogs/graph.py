"""A flow as a graph: every exit of every step, and where it leads. The checker and the diagrams read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from dialogs.flow import Flow, FlowSet
from dialogs.nodes.step import END, PERSON, Exit
from dialogs.nodes.subflow import Subflow


def flows_within(flows: FlowSet, name: str) -> set[str]:
    """The flow, and all that run within it; those that are there."""
    found: set[str] = set()
    left = [name]
    while left:
        flow = flows.flows.get(left.pop())
        if flow is not None and flow.name not in found:
            found.add(flow.name)
            left += [step.subflow for step in flow.steps.values() if isinstance(step, Subflow)]
    return found


class FlowGraph:
    """A flow's exits with their targets worked out."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        names = list(flow.steps)
        following = dict(pairwise(names))
        self.exits: dict[str, list[tuple[Exit, str | None]]] = {}
        """Step → its exits, each with the step that it leads to, or `None`: out of the flow."""
        self.ends: set[str] = set()
        """Steps that can leave the flow for good, to a queue or to whoever called it."""
        self.falls: dict[str, Exit] = {}
        """Steps that can run off the end of the page."""
        for name, step in flow.steps.items():
            self.exits[name] = [(way_out, self._target(name, way_out, following)) for way_out in step.exits()]
            if any(target is None for _, target in self.exits[name]):
                self.ends.add(name)

    def _target(self, name: str, way_out: Exit, following: Mapping[str, str]) -> str | None:
        target = way_out.target
        if target == PERSON:
            target = self.flow.person if self.flow.person in self.flow.steps else END
        if target is None:
            target = following.get(name)
            if target is None:
                self.falls[name] = way_out
        if target is None or target in self.flow.steps:
            return target
        return self.flow.unread.get(target)

    def targets(self, name: str) -> Iterator[str]:
        for _, target in self.exits[name]:
            if target is not None:
                yield target

    def reached(self) -> set[str]:
        left = [self.flow.first]
        if self.flow.person in self.flow.steps:
            left.append(self.flow.person)
        if self.flow.objection is not None and self.flow.objection in self.flow.steps:
            left.append(self.flow.objection)
        seen: set[str] = set()
        while left:
            name = left.pop()
            if name not in seen:
                seen.add(name)
                left += self.targets(name)
        return seen
