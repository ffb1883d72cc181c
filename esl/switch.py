"""One call's leg on the switch, as the application sees it (the port that `esl.outbound` fulfils).

Rules:
1. Everything that happens on the leg arrives in one inbox, in the order in which it happened, so
   that the session is one greenlet with one place to wait.
2. `HungUp` is always the last event of an inbox, whatever ended the call: the caller, the switch,
   or a lost connection. After it, every command raises `CallEnded`.
3. Commands return as soon as the switch has accepted them; their end arrives as `Finished`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from esl.call_centre import CallCentre

SAMPLE_RATE = 8000
"""Hz; everywhere outside the speech engines."""
FRAME_BYTES = 320
"""20 ms of 16-bit little-endian mono at 8 kHz."""
FRAME_SECONDS = 0.02


@dataclass(frozen=True)
class Digit:
    """The caller pressed a key (`0`-`9`, `*`, `#`, `A`-`D`)."""

    key: str


@dataclass(frozen=True)
class Audio:
    """Live audio from the caller.

    `samples` is a whole number of 20 ms frames (16-bit little-endian mono, 8 kHz); `position` is the
    place of its first sample in the tap, in seconds since `start_listening`.
    """

    samples: bytes
    position: float


@dataclass(frozen=True)
class ListeningLost:
    """The live audio broke off (file gone, disk full): from here on only keys can be collected."""

    reason: str


@dataclass(frozen=True)
class Finished:
    """An application that was started with `command_id` has ended on the switch.

    `response` is FreeSWITCH's Application-Response: `FILE PLAYED`, `FILE NOT FOUND`, `_none_`, ...
    `variables` are the channel's variables at that moment (names without `variable_`).
    """

    command_id: str
    application: str
    response: str
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Held:
    """The caller has put us on hold: recording and live audio stand still until `TakenBack`."""


@dataclass(frozen=True)
class TakenBack:
    """The caller is back from hold."""


@dataclass(frozen=True)
class HungUp:
    """The leg is gone. `cause` is FreeSWITCH's (`NORMAL_CLEARING`, ...); `by_caller` tells who ended it.

    `cause` is `CONNECTION_LOST` where the socket broke without a hang-up: the switch then goes on
    with the dialplan's next action.
    """

    cause: str
    by_caller: bool


CallEvent = Digit | Audio | ListeningLost | Finished | Held | TakenBack | HungUp


class Inbox(Protocol):
    """The call's events (a `gevent.queue.Queue`).

    `get` raises `gevent.queue.Empty` after `timeout` seconds. The application may `put` events of its
    own (the end of a look-up), so that there is still one place to wait.
    """

    def get(self, block: bool = True, timeout: float | None = None) -> object: ...

    def put(self, item: object) -> None: ...

    def empty(self) -> bool: ...


class Call(Protocol):
    """A leg under control. All strings are data: nothing in them is expanded by the switch."""

    uuid: str
    caller_number: str
    """Digits and `+`; empty if withheld. Control characters are removed."""
    caller_name: str
    destination: str
    variables: Mapping[str, str]
    inbox: Inbox

    def answer(self) -> None:
        """Answers and waits until the switch has done so. Raises `CallEnded`."""

    def play(self, files: Sequence[Path]) -> str:
        """Plays the files one after the other without a gap; returns the command id of `Finished`."""

    def stop_playing(self) -> None:
        """Stops what plays now, at once; its `Finished` still arrives."""

    def start_listening(self) -> None:
        """Starts the live audio of the caller; `Audio` events follow until the end of the call."""

    def stop_listening(self) -> None: ...

    def start_recording(self, file: Path) -> None:
        """Records the call in stereo (caller left, system right, 8 kHz WAV) to an absolute path."""

    def start_voice_recording(self, file: Path) -> None:
        """Records the caller alone (mono, 8 kHz WAV) to an absolute path, beside whatever else goes on."""

    def stop_voice_recording(self) -> None:
        """Ends it; the file is complete once the switch has closed it. Without one, nothing to do."""

    def mask_recording(self) -> None:
        """Writes silence instead of sound, on both sides, with the timing kept; live audio goes on."""

    def unmask_recording(self) -> None: ...

    def stop_recording(self) -> None: ...

    def set_variable(self, name: str, value: str) -> None: ...

    def enqueue(self, queue: str) -> str:
        """Hands the caller to a call-centre queue; returns the command id of `Finished`."""

    def leave_queue(self) -> None:
        """Out of the queue, at once; its `Finished` follows. Nothing of ours may be playing."""

    def call_centre(self) -> CallCentre:
        """The tables of the switch's call centre."""

    def transfer(self, destination: str) -> str:
        """Sends the leg to another extension of the dialplan; the outbound socket ends with it."""

    def hang_up(self, cause: str = "NORMAL_CLEARING") -> None: ...

    def release(self) -> None:
        """Lets the leg go without ending it: the switch goes on with the dialplan's next action (the
        fallback queue). What the application cannot serve must never end in dead air."""
