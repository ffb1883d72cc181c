"""What happens in a call, told while it happens: to the terminal, the figures, and whoever watches live.

A moment holds what may be shown: the answer to a sensitive question is already masked in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MASK = "•••"
"""Stands for the answer to a sensitive question, wherever a person or a file could see it."""


@dataclass(frozen=True)
class CallBegan:
    """A call was admitted."""

    call_id: str
    caller_number: str
    destination: str


@dataclass(frozen=True)
class SystemSpoke:
    """A prompt begins to play. `listening`: an answer is expected to it (`kind` says of what kind)."""

    call_id: str
    step: str
    text: str
    """As a person reads it: "142,30 €"."""
    words: tuple[str, ...]
    """As it is spoken, stretch by stretch: "ciento cuarenta y dos euros …"; masked where sensitive."""
    language: str
    listening: bool
    kind: str = ""


@dataclass(frozen=True)
class CallerAnswered:
    """What came of a question. `result`: match, no_match or no_input.

    `latency` is the time in seconds from the end of the caller's speech (or the last key) until the
    answer was understood.
    """

    call_id: str
    step: str
    result: str
    said: str
    value: str
    by: str
    confidence: float
    band: str
    latency: float
    flow: str = ""
    """In which the question stands."""
    recognition: float = 0.0
    """The last part of `latency`: seconds from the decision that speech had ended until it was understood."""


@dataclass(frozen=True)
class LookedUp:
    """A back end was asked. `result`: found, missing, slow or failed."""

    call_id: str
    step: str
    name: str
    result: str
    seconds: float


@dataclass(frozen=True)
class HandedOver:
    """The caller was handed to a queue (`result` empty), or the queue has ended (`result` set)."""

    call_id: str
    step: str
    queue: str
    result: str


@dataclass(frozen=True)
class CallerRecorded:
    """What the caller said was kept in a file of its own: a message, a complaint."""

    call_id: str
    step: str
    file: Path
    seconds: float


@dataclass(frozen=True)
class CallOver:
    """The call has ended, its record is complete. `by`: caller, system or switch."""

    call_id: str
    cause: str
    by: str
    outcome: str
    seconds: float
    recording: Path | None


Moment = CallBegan | SystemSpoke | CallerAnswered | LookedUp | HandedOver | CallerRecorded | CallOver
Watch = Callable[[Moment], None]


def nobody_watches(_moment: Moment) -> None:
    """The default: moments go nowhere."""


class Watchers:
    """Those who watch the calls of a server; each may watch one caller's next call and no other."""

    def __init__(self, *watchers: Watch) -> None:
        self._watchers = list(watchers)

    def tell(self, moment: Moment) -> None:
        """To be given to the server as its `Watch`."""
        for watch in list(self._watchers):
            watch(moment)

    def add(self, watch: Watch) -> None:
        self._watchers.append(watch)

    def add_for_caller(self, number: str, watch: Watch) -> None:
        """Tells `watch` the moments of the next call from `number`, and of no other."""
        calls: set[str] = set()

        def filtered(moment: Moment) -> None:
            if isinstance(moment, CallBegan) and not calls and moment.caller_number == number:
                calls.add(moment.call_id)
            if moment.call_id in calls:
                watch(moment)

        self.add(filtered)
