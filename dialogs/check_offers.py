"""Whoever comes back from a queue without a person is offered something: nobody hears "all lines are busy"
and is hung up on.

Rules:
1. Every way out of a queue without a person (`busy`, `closed`, `left`, `error`, every `overflow`, every key)
   is followed, through other flows too, as far as a step that gives the caller something (`_OFFERS`). A
   hang-up before that is a problem.
2. `busy: {offer: callback}` is such an offer; what comes after a no to it may be a goodbye.
3. What could not be read may be an offer: nothing is told of it here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dialogs.errors import Problem
from dialogs.flow import Flow, FlowSet
from dialogs.graph import FlowGraph
from dialogs.nodes.callback import Callback
from dialogs.nodes.case import Case
from dialogs.nodes.hangup import Hangup
from dialogs.nodes.message import Message
from dialogs.nodes.notify import Notify
from dialogs.nodes.question import Question
from dialogs.nodes.queue import Queue
from dialogs.nodes.record import Record
from dialogs.nodes.shortcut import Shortcut
from dialogs.nodes.step import Step
from dialogs.nodes.subflow import Subflow
from dialogs.nodes.transfer import Transfer
from dialogs.nodes.unread import Unread
from dialogs.nodes.verify import Verify
from dialogs.nodes.write import Write

_OFFERS: tuple[type[Step], ...] = (
    *(Callback, Case, Message, Notify, Queue, Question, Record, Shortcut, Transfer, Verify, Write),
    Unread,
)
"""Somebody takes care, is told, or the caller is asked what they want."""
_TAKEN_CARE_OF = frozenset({"handed", "offered", "declined"})
"""Exits of a queue behind which a caller had a person, or an offer."""
_REMEDY = (
    "write `busy: {offer: callback, declined: …}`, or lead to a callback, a message, a menu, another queue or"
    " a transfer first"
)


def check_offers(flows: FlowSet) -> Iterator[Problem]:
    """Every way out of every queue."""
    ways = _Ways(flows)
    for flow in flows.flows.values():
        for name, step in flow.steps.items():
            for way_out, target in ways.graph(flow).exits[name] if isinstance(step, Queue) else ():
                if target is None or way_out.label in _TAKEN_CARE_OF:
                    continue
                end = ways.without_an_offer(flow, target)
                if end is None:
                    continue
                of = "" if end.flow is flow else f" (in `{end.flow.name}`)"
                offers = "hangs up on" if target == end.step else "offers nothing to"
                before = "" if target == end.step else f" before the call ends{of}"
                message = f"`{target}` {offers} whoever has waited{before}"
                yield flow.problem(name, way_out.way, f"{message}: {_REMEDY}")


@dataclass(frozen=True)
class _End:
    flow: Flow
    step: str


@dataclass
class _Reach:
    """What is reached from a step without an offer on the way."""

    end: _End | None = None
    comes_back: bool = False
    """Whether the flow runs off its page."""


@dataclass
class _Ways:
    flows: FlowSet
    _graphs: dict[str, FlowGraph] = field(default_factory=dict)
    _through: dict[str, _Reach] = field(default_factory=dict)
    _callers: dict[str, list[tuple[Flow, str]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for flow in self.flows.flows.values():
            for name, step in flow.steps.items():
                if isinstance(step, Subflow):
                    self._callers[step.subflow].append((flow, name))

    def graph(self, flow: Flow) -> FlowGraph:
        return self._graphs.setdefault(flow.name, FlowGraph(flow))

    def without_an_offer(self, flow: Flow, step: str) -> _End | None:
        """Where the call ends before anything is offered; `None`: it does not."""
        left, seen = [(flow, self._reach(flow, [step]))], set[tuple[str, str]]()
        while left:
            here, reach = left.pop()
            if reach.end is not None:
                return reach.end
            for caller, used in self._callers[here.name] if reach.comes_back else ():
                if (caller.name, used) in seen:
                    continue
                seen.add((caller.name, used))
                graph = self.graph(caller)
                on = self._reach(caller, graph.targets(used))
                on.comes_back |= used in graph.falls
                left.append((caller, on))
        return None

    def _reach(self, flow: Flow, start: Iterable[str]) -> _Reach:
        reach = _Reach()
        graph, left, seen = self.graph(flow), list(start), set[str]()
        while left:
            name = left.pop()
            step = flow.steps.get(name)
            if name in seen or step is None or isinstance(step, _OFFERS):
                continue
            seen.add(name)
            if isinstance(step, Hangup):
                reach.end = reach.end or _End(flow, name)
                continue
            if isinstance(step, Subflow):
                through = self._of(step.subflow)
                reach.end = reach.end or through.end
                if not through.comes_back:
                    continue
            reach.comes_back |= name in graph.falls
            left += graph.targets(name)
        return reach

    def _of(self, name: str) -> _Reach:
        """Through a whole flow that is used. Of one that uses itself, which is told elsewhere, nothing."""
        if name not in self._through:
            self._through[name] = _Reach()
            flow = self.flows.flows.get(name)
            if flow is not None:
                self._through[name] = self._reach(flow, [flow.first])
        return self._through[name]
