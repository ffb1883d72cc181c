"""Who can be called: callees that the configuration declares, and those who wait on a line.

Rules:
1. One line takes one call. Whoever wants to be called again joins again; whoever wants two calls at
   once joins two lines.
2. A number whose lines are all taken is busy. One that had a line and has none is not registered; one
   that nobody ever took is unknown.
3. Who waits on a line goes before who is declared: a person sits down at a simulated telephone.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from esl.embedded.config import CalleeConfig
from esl.embedded.errors import LineError, NotPlacedError
from esl.embedded.line import CALL, FarEnd, Invitation, Line
from esl.embedded.simulated_callee import SimulatedCallee

if TYPE_CHECKING:
    from esl.embedded.switch import EmbeddedSwitch

Got = Callable[[bytes, bytes], None]
Lost = Callable[[str], None]
Reach = Callable[[Invitation, Got, Lost], FarEnd]
"""Makes a telephone ring; its frames are given to the first, its end is told to the second."""


class Callees:
    """Everybody who can be called on this switch."""

    def __init__(self, switch: EmbeddedSwitch) -> None:
        self._switch = switch
        self._waiting: dict[str, deque[Line]] = {}
        self._talking: Counter[str] = Counter()
        self._declared_talking: Counter[CalleeConfig] = Counter()
        self._known: set[str] = set()

    def wait(self, number: str, make_line: Callable[[Got, Lost], Line]) -> None:
        """Somebody waits to be called under that number, until they are, or their line ends."""
        lines = self._waiting.setdefault(number, deque())
        self._known.add(number)

        def got(kind: bytes, _body: bytes) -> None:
            raise LineError(f"who waits to be called does not send {kind!r}")

        def lost(_reason: str) -> None:
            if line in lines:
                lines.remove(line)
            line.close()

        line = make_line(got, lost)
        lines.append(line)

    def waiting(self, number: str) -> int:
        """Lines that can take a call now."""
        return len(self._waiting.get(number, ()))

    def close(self) -> None:
        """Nobody waits any more."""
        for lines in self._waiting.values():
            while lines:
                lines.popleft().close()

    def find(self, number: str, *, codecs: tuple[str, ...]) -> Reach:
        """How to reach who has the number. Raises `NotPlacedError` if nobody has it, or they are busy;
        a far end tells of both by SIP, so the leg may exist nevertheless."""
        if self.waiting(number):
            return lambda invitation, got, lost: self._call_line(number, invitation, got, lost)
        if self._talking[number]:
            raise NotPlacedError(f"{number[:40]} is on the telephone", cause="USER_BUSY")
        callee = next((each for each in self._switch.config.callees if each.matches(number)), None)
        if callee is None:
            if number in self._known:
                raise NotPlacedError(f"{number[:40]} has hung up their line", cause="USER_NOT_REGISTERED")
            raise NotPlacedError(f"nobody has the number {number[:40]}", cause="UNALLOCATED_NUMBER")
        if self._declared_talking[callee] >= callee.lines:
            raise NotPlacedError(f"{number[:40]} is on the telephone", cause="USER_BUSY")
        if not set(codecs) & set(callee.codecs):
            raise NotPlacedError("no codec in common", cause="INCOMPATIBLE_DESTINATION")
        return lambda _invitation, got, lost: self._call_declared(callee, got, lost)

    def exists(self, number: str) -> bool:
        """Whether the directory has such a user."""
        return number in self._known or any(each.matches(number) for each in self._switch.config.callees)

    def gone(self, number: str) -> bool:
        """Whether they had a line, and have none now."""
        declared = any(each.matches(number) for each in self._switch.config.callees)
        return not declared and not self.waiting(number) and not self._talking[number]

    def _call_line(self, number: str, invitation: Invitation, got: Got, lost: Lost) -> FarEnd:
        line = self._waiting[number].popleft()
        self._talking[number] += 1

        def ended(reason: str) -> None:
            self._talking[number] -= 1
            lost(reason)

        line.hand_over(got=got, lost=ended)
        line.send(CALL, invitation.model_dump_json().encode())
        return line

    def _call_declared(self, callee: CalleeConfig, got: Got, lost: Lost) -> FarEnd:
        self._declared_talking[callee] += 1

        def ended(reason: str) -> None:
            self._declared_talking[callee] -= 1
            lost(reason)

        return SimulatedCallee(callee, self._switch, got=got, lost=ended)
