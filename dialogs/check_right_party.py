"""In a collection nobody hears a word of a debt before they have proved that it is theirs.

Rules:
1. It holds for a flow with `purpose: collection`, and for those that a strategy names for a campaign that
   collects (`Catalogue.collecting`): also for what they leave on answering machines.
2. Every way is followed from the flow's beginning, also into other flows, until a `verify` has succeeded on
   it (or a `branch` has found that it has: `caller.proved == "…"`). Whatever may be said, read back or sent
   before that has no debt word (`dialogs.debt_words`), and no value that tells of one.
3. Who wants a person comes to the flow's person from any question; who wants something else, to its asides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dialogs.catalogue import Catalogue
from dialogs.debt_words import debt_word
from dialogs.errors import Problem
from dialogs.expressions import Template
from dialogs.flow import Flow, FlowSet
from dialogs.graph import FlowGraph
from dialogs.nodes.ask import Ask
from dialogs.nodes.branch import Branch
from dialogs.nodes.greet import Greet
from dialogs.nodes.menu import Menu
from dialogs.nodes.promise import Promise
from dialogs.nodes.set import Set
from dialogs.nodes.shortcut import Shortcut
from dialogs.nodes.step import NEXT, Exit, Step, Way
from dialogs.nodes.subflow import Subflow
from dialogs.nodes.unread import Unread
from dialogs.nodes.verify import Verify
from dialogs.source import capped

Said = tuple[Way, Mapping[str, Template]]
_TELLING = frozenset(
    {
        "account",
        "accounts",
        "one_account",
        "movements",
        "payment_terms",
        "debt",
        "debts",
        "promise",
        "promises",
    }
)
"""Look-ups of which every field tells that somebody owes."""
_WHY_CALLED = frozenset({"caller.campaign", "caller.strategy", "caller.purpose", "caller.reason"})
_REMEDY = "put it behind the `verify`, or write it so that nobody learns of a debt"


def check_right_party(flows: FlowSet, catalogue: Catalogue) -> Iterator[Problem]:
    """Every flow that collects, with all that it leads to. A place that two of them come to is told once."""
    gate, told = _Gate(flows, catalogue), set[Problem]()
    for flow in flows.flows.values():
        if flow.purpose == "collection" or flow.name in catalogue.collecting:
            for problem in gate.problems(flow):
                if problem not in told:
                    told.add(problem)
                    yield problem


@dataclass
class _Reach:
    """Where somebody may be in a flow who has come into it without a proof."""

    steps: tuple[str, ...] = ()
    comes_back: bool = False
    """Whether it may come back without one."""


@dataclass
class _Gate:
    flows: FlowSet
    catalogue: Catalogue
    _reached: dict[str, _Reach] = field(default_factory=dict)

    def problems(self, root: Flow) -> Iterator[Problem]:
        """What is said too early in that flow, and in those that it leads to."""
        for at, flow in enumerate(self._together(root)):
            yield from capped(self._in_flow(flow, begins=at == 0), flow.source)

    def _together(self, root: Flow) -> list[Flow]:
        """The flow and all that are entered from it without a proof, each once."""
        found, left = {root.name: root}, [root]
        while left:
            for name in self._entered_from(left.pop()):
                flow = self.flows.flows.get(name)
                if flow is not None and name not in found:
                    found[name] = flow
                    left.append(flow)
        return list(found.values())

    def _entered_from(self, flow: Flow) -> Iterator[str]:
        steps = [flow.steps[name] for name in self.reach(flow).steps]
        yield from (step.subflow for step in steps if isinstance(step, Subflow))
        # In the flows below its asides hold, too.
        if flow.asides is not None and any(step.takes_input or isinstance(step, Subflow) for step in steps):
            yield from flow.asides.intents.values()

    # --- ways ---

    def reach(self, flow: Flow) -> _Reach:
        """Worked out once for each flow; of one that leads to itself, which is told elsewhere, nothing."""
        if flow.name not in self._reached:
            self._reached[flow.name] = _Reach()
            self._reached[flow.name] = self._spread(flow)
        return self._reached[flow.name]

    def _spread(self, flow: Flow) -> _Reach:
        graph, left, seen, comes_back = FlowGraph(flow), [flow.first], dict[str, None](), False
        while left:
            name = left.pop()
            if name in seen:
                continue
            seen[name] = None
            step = flow.steps[name]
            if flow.person in flow.steps and not isinstance(step, Set):
                left.append(flow.person)
            objection = flow.objection
            if objection is not None and objection in flow.steps and not isinstance(step, Set):
                left.append(objection)
            for way_out, target in graph.exits[name]:
                if self._proved_by(step, way_out):
                    continue
                comes_back |= graph.falls.get(name) == way_out
                if target is not None:
                    left.append(target)
        return _Reach(tuple(name for name in flow.steps if name in seen), comes_back)

    def _proved_by(self, step: Step, way_out: Exit) -> bool:
        """Whether whoever leaves by that exit has proved who they are."""
        if isinstance(step, Verify):
            return way_out.label == NEXT
        if isinstance(step, Branch):
            return step.proved_by(way_out.label) is not None
        if isinstance(step, Subflow):
            child = self.flows.flows.get(step.subflow)
            return child is not None and not self.reach(child).comes_back
        return False

    # --- words ---

    def _in_flow(self, flow: Flow, *, begins: bool) -> Iterator[Problem]:
        if begins and flow.recording_notice is not None:
            yield from self._of_head(flow, ("recording_notice",), flow.recording_notice)
        reached = self.reach(flow).steps
        steps = [flow.steps[name] for name in reached]
        if flow.asides is not None and any(step.takes_input or isinstance(step, Subflow) for step in steps):
            yield from self._of_head(flow, ("asides", "back"), flow.asides.back)
        for name in reached:
            step = flow.steps[name]
            if isinstance(step, Unread):
                continue
            for way, message in (*self._words(self._said(step)), *self._told_otherwise(step)):
                yield flow.problem(name, way, message)

    def _of_head(self, flow: Flow, way: Way, words: Mapping[str, Template]) -> Iterator[Problem]:
        for place, message in self._words([(way, words)]):
            yield flow.source.problem(place, message)

    def _said(self, step: Step) -> Iterator[Said]:
        """All that is said at a step, and what is sent."""
        yield from step.prompts()
        yield from step.written()
        segments = self.flows.segments
        if isinstance(step, Greet):
            yield from ((("greet",), one.greeting) for one in segments.segments if one.greeting)
        if isinstance(step, Shortcut):
            known = ((name, segments.shortcuts.get(name)) for name in step.to)
            yield from ((("to", name), one.ask) for name, one in known if one is not None)

    def _words(self, said: Iterable[Said]) -> Iterator[tuple[Way, str]]:
        for way, words in said:
            for language, template in words.items():
                spoken = "".join(part if isinstance(part, str) else " · " for part in template.parts)
                word = debt_word(spoken, language)
                value = next(filter(self._tells, template.names), None)
                if word is not None:
                    yield (*way, language), f"`{word}` is said before `verify` has succeeded: {_REMEDY}"
                elif value is not None:
                    yield (*way, language), f"`{{{value}}}` is told before `verify` has succeeded: {_REMEDY}"

    def _told_otherwise(self, step: Step) -> Iterator[tuple[Way, str]]:
        """What a step tells without words of its own: by what it asks for, reads back, or hands on."""
        if isinstance(step, Ask) and step.kind.value_type == "money":
            yield ("type",), f"an amount is asked for before `verify` has succeeded: {_REMEDY}"
        if isinstance(step, Promise):
            yield ("promise",), f"a payment is promised before `verify` has succeeded: {_REMEDY}"
        if isinstance(step, Set):
            for way, template in step.templates():
                value = next(filter(self._tells, template.names), None)
                if value is not None:
                    yield way, f"`{{{value}}}` is handed on before `verify` has succeeded: {_REMEDY}"
        for name, choice in step.choices.items() if isinstance(step, Menu) else ():
            for language, phrases in choice.phrases.items():
                word = debt_word(phrases[0], language) if phrases else None
                if word is not None:
                    told = f"`{word}` may be read back before `verify` has succeeded"
                    yield ("choices", name, "phrases", language), f"{told}: {_REMEDY}"

    def _tells(self, name: str) -> bool:
        lookup, dot, _ = name.partition(".")
        return (
            name in _WHY_CALLED or (bool(dot) and lookup in _TELLING) or self.flows.types.get(name) == "money"
        )
