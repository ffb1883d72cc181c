"""The calls that this server lives now, as they are told while they happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from ivr import moments
from ivr.moments import Moment


@dataclass(frozen=True)
class LiveCall:
    """One of them."""

    call_id: str
    caller_number: str
    destination: str
    began: datetime
    step: str = ""
    """The last one of which something was told."""
    queue: str = ""
    """Where they wait, or were handed over."""
    with_person: bool = False


class LiveCalls:
    """Told by `watch`; asked by anybody."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """`now`: in UTC."""
        self._now = now
        self._calls: dict[str, LiveCall] = {}

    def watch(self, moment: Moment) -> None:
        """To be given to the server."""
        match moment:
            case moments.CallBegan(call_id, number, destination):
                self._calls[call_id] = LiveCall(call_id, number, destination, self._now())
            case moments.CallOver(call_id=call_id):
                self._calls.pop(call_id, None)
            case moments.HandedOver(call_id=call_id, step=step, queue=queue, result=result):
                waits = result in ("", "handed")
                handed = result == "handed"
                self._change(call_id, step=step, queue=queue if waits else "", with_person=handed)
            case _:
                self._change(moment.call_id, step=moment.step)

    def _change(self, call_id: str, **values: object) -> None:
        call = self._calls.get(call_id)
        if call is not None:
            self._calls[call_id] = replace(call, **values)  # type: ignore[arg-type] # named as the fields are

    def __len__(self) -> int:
        return len(self._calls)

    def all(self) -> list[LiveCall]:
        """The oldest first."""
        return list(self._calls.values())
