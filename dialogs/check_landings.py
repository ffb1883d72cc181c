"""Whoever leaves a queue because it takes too long lands somewhere: nobody is hung up on for that.

`busy` itself may end the call (the switch has given the caller back, and a flow may have said all there is to
say); an `overflow` and a key are ways that the flow offers, and lead to something.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.errors import Problem
from dialogs.flow import Flow, FlowSet
from dialogs.nodes.hangup import Hangup
from dialogs.nodes.queue import Queue

_LANDING = "a callback, a message, a menu, another queue or a transfer"


def check_landings(flows: FlowSet) -> Iterator[Problem]:
    """Every overflow, and every key of those who wait."""
    for flow in flows.flows.values():
        for name, step in flow.steps.items():
            if isinstance(step, Queue):
                yield from _hung_up(flow, name, step)


def _hung_up(flow: Flow, name: str, step: Queue) -> Iterator[Problem]:
    for way_out in step.exits():
        if not way_out.label.startswith(("overflow ", "key ")):
            continue
        target = flow.steps.get(str(way_out.target))
        if isinstance(target, Hangup):
            message = f"`{way_out.target}` hangs up on whoever has waited: lead to {_LANDING}"
            yield flow.problem(name, way_out.way, message)
