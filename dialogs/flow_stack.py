"""Where a conversation stands: the step that runs, the flows that wait above it, and the ways back to them.

Rules:
1. A flow that uses another waits in `above`, at its step, until the other is over.
2. A step that somebody has left in between (`dialogs.asides`) waits as it is, with all that it has heard;
   it is forgotten where the call goes on above it.
3. Whoever leaves a step by another way than its exit closes it: nothing runs on where nobody is.
4. Which exit is taken, and what becomes of a fault, is the engine's to say (`dialogs.engine`).
"""

from __future__ import annotations

from dialogs import asides
from dialogs.call import Call, Visit
from dialogs.effects import Collect
from dialogs.errors import DialogError
from dialogs.flow import DEEPEST_NESTING, Flow, FlowSet
from dialogs.nodes.step import Exit, Step
from dialogs.nodes.subflow import Subflow
from dialogs.nodes.understand import Understand

MOST_STEPS = 5000
"""Steps that one conversation goes through."""


class FlowStack:
    """The flows that a call is in. `call.flow` and `call.step`: where it is now; only this moves them."""

    def __init__(self, call: Call, flows: FlowSet) -> None:
        self._call = call
        self._flows = flows
        self.above: list[tuple[Flow, str]] = []
        """Flows that wait for the one below to come back, each with its step; the outermost first."""
        self.running: asides.Running | None = None
        """The step that runs now; `None`: the one that the call stands at has not begun."""
        self._asked: list[tuple[Flow, str, list[tuple[Flow, str]]]] = []
        """Questions in the order in which they were put, for `back`."""
        self._waiting: list[asides.Waiting] = []
        self._steps = 0
        self._returned = False
        """The subflow of this step is over: it is not entered again."""

    @property
    def step(self) -> Step:
        return self._call.flow.steps[self._call.step]

    @property
    def in_between(self) -> bool:
        """Whether a step waits until something else is done."""
        return bool(self._waiting)

    @property
    def full(self) -> bool:
        """No flow can wait above another any more."""
        return len(self.above) >= DEEPEST_NESTING

    @property
    def worn_out(self) -> bool:
        """The call has gone through more steps than any has."""
        return self._steps > MOST_STEPS

    @property
    def heeds_objections(self) -> bool:
        """Whether one of these flows says where an objection to being called leads."""
        return any(flow.objection for flow in (self._call.flow, *(flow for flow, _ in self.above)))

    def exit(self, label: str) -> Exit:
        """That exit of the step. Raises `DialogError` if it has none."""
        for way_out in self.step.exits():
            if way_out.label == label:
                return way_out
        raise DialogError(f"step `{self._call.step}` has no exit `{label}`")

    # --- forward ---

    def go(self, step: str) -> None:
        """To that step of this flow. Raises `DialogError` where the call has gone through too many."""
        self._steps += 1
        if self.worn_out:
            raise DialogError("the call has gone through too many steps")
        self.running = None
        self._call.step = step
        self._visit()
        if self.step.takes_input:
            place = (self._call.flow, step, list(self.above))
            if not self._asked or self._asked[-1] != place:
                self._asked.append(place)

    def begin(self) -> Step:
        """The step that has to run now: a subflow is entered, at its first step, unless it has come back."""
        while isinstance(self.step, Subflow) and not self._returned:
            self._enter(self.step.subflow)
        return self.step

    def run(self, step: Step) -> asides.Running:
        """It runs from here on."""
        self._returned = False
        self.running = step.run(self._call)
        return self.running

    def come_back(self) -> None:
        """To the step that waits for this flow: its subflow is over, or what was wanted in between."""
        self._call.flow, self._call.step = self.above.pop()
        if self._waiting and self._waiting[-1].depth == len(self.above):
            waiting = self._waiting.pop()
            self._call.in_between = self.in_between
            self._visit()
            self.running = asides.resumed(self._call, waiting)
        else:
            self._returned = True

    # --- out of turn ---

    def close(self) -> None:
        """The step that runs is left."""
        if self.running is not None:
            self.running.close()
        self.running = None

    def forget_waiting(self, depth: int = 0) -> None:
        """No step waits any more that lies at that depth or deeper."""
        while self._waiting and self._waiting[-1].depth >= depth:
            self._waiting.pop().running.close()
        self._call.in_between = self.in_between

    def jump(self, flow: Flow, step: str) -> None:
        """To that step, with nothing above it."""
        self.close()
        self._call.leave("@jump")
        self._call.flow, self.above, self._returned = flow, [], False
        self.forget_waiting()
        self.go(step)

    def go_in_between(self, collect: Collect, wish: asides.Wish, wanted: str) -> None:
        """To that flow, while the step that runs waits at this question."""
        assert self.running is not None, "a question is put by a step that runs"
        slots, depth = dict(self._call.slots), len(self.above)
        self._waiting.append(
            asides.Waiting(self.running, collect, self._call.within, slots, depth, wish.back, wish.place)
        )
        self._call.leave("@aside")
        self._call.within, self._call.in_between = "", True
        self._enter(wanted)

    def go_instead(self, wish: asides.Wish, intent: str) -> None:
        """Back to the open question above, as if this had answered it; its exit is still to take."""
        assert wish.depth is not None, "the wish answers a question above"
        self.close()
        self._call.leave("@instead")
        self._call.flow = self.above[wish.depth][0]
        del self.above[wish.depth :]
        self._call.step, self._call.within = wish.question, ""
        self._visit()
        if isinstance(self.step, Understand):
            self.step.take(self._call, wish.asked.text, intent)

    def object(self) -> None:
        """Where the innermost flow that says so leads whoever wants no more calls."""
        self._call.leave("@objection")
        while self._call.flow.objection is None:
            self._call.flow, _step = self.above.pop()
        self.forget_waiting(len(self.above))
        self._call.within, self._returned = "", False
        self.go(self._call.flow.objection)

    def back(self) -> None:
        """To the question before this one; at the first question, the same again."""
        self._call.leave("@back")
        if len(self._asked) > 1:
            self._asked.pop()
            self._call.flow, step, above = self._asked[-1]
            self.above = list(above)
            self.forget_waiting(len(self.above))
            self.go(step)
        else:
            self.go(self._call.step)

    def _enter(self, name: str) -> None:
        if self.full:
            raise DialogError("subflows are nested too deeply")
        self.above.append((self._call.flow, self._call.step))
        self._call.begin(self._flows.flow(name))
        self.go(self._call.flow.first)

    def _visit(self) -> None:
        self._call.trace.path.append(Visit(self._call.flow.name, self._call.step, self._call.language))
