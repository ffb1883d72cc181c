"""A call by voice at the designer's desk: a person with a headset, or a WAV file, on the embedded switch.

Rules:
1. The caller joins the switch's line as a telephone would; nothing tells the server what was said but the
   sound.
2. A file's speech is cut at its pauses, and each piece is said when the system waits for an answer and has
   stopped speaking. What was not understood is said again, as people do, at most `MOST_TRIES` times; a "did
   you say …?" is agreed to by key. `play_straight` plays the file as it is, from the moment of the answer.
3. A file that has nothing left to say is silent until the call is over, at most `PATIENCE`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import gevent
from gevent.queue import Empty, Queue

from esl.embedded.caller import ScriptedCaller
from esl.embedded.errors import ScriptError
from esl.embedded.measure import spans_of_sound
from esl.switch import SAMPLE_RATE
from ivr.moments import CallerAnswered, CallOver, Moment, SystemSpoke
from ivr.workshop.sound_device import Device
from speech.sound import seconds_of

PAUSE = 0.8
"""Seconds of quiet in a file that part one answer from the next."""
MARGIN = 0.1
"""Seconds of quiet that stay around a piece."""
MY_TURN = 0.6
"""Seconds of quiet after a question that tell a caller from a file to speak."""
MOST_TRIES = 3
YES_KEY = "1"
PATIENCE = 120.0
"""Seconds after which a caller who has nothing left to say hangs up."""
_PUMP = 0.01
"""Seconds between two looks at the microphone."""


def pieces_of(samples: bytes) -> list[bytes]:
    """The answers in a recording: its speech, cut at the pauses."""
    margin = round(MARGIN * SAMPLE_RATE)
    return [
        samples[max(0, begin - margin) * 2 : (end + margin) * 2]
        for begin, end in spans_of_sound(samples, pause=PAUSE)
    ]


class FileCaller:
    """Says the pieces of a recording, one to each question."""

    def __init__(
        self,
        caller: ScriptedCaller,
        pieces: Sequence[bytes],
        tell: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """`tell` hears what the caller does."""
        self._caller = caller
        self._left = list(pieces)
        self._tell = tell
        self._tries = 0
        self._asked: tuple[str, str] = ("", "")
        """Step and kind of the last question."""
        self._moments: Queue[Moment] = Queue()

    def watch(self, moment: Moment) -> None:
        """Takes a moment of this caller's call."""
        self._moments.put(moment)

    def play(self, patience: float = PATIENCE) -> CallOver | None:
        """Calls, answers until the call is over or nothing has happened for too long (`None`)."""
        with self._caller:
            while True:
                try:
                    moment = self._moments.get(timeout=patience)
                except Empty:
                    self._tell("hangs up: nothing has happened for too long")
                    return None
                match moment:
                    case CallOver():
                        return moment
                    case CallerAnswered(result="match") if self._tries:
                        self._next()
                    case SystemSpoke(listening=True):
                        self._answer(moment)

    def _next(self) -> None:
        self._left, self._tries = self._left[1:], 0

    def _answer(self, spoke: SystemSpoke) -> None:
        before, self._asked = self._asked, (spoke.step, spoke.kind)
        read_back = spoke.kind == "yes_no" and before[0] == spoke.step and before[1] != "yes_no"
        if not self._left and not read_back:
            return
        try:
            if not self._caller.wait_until_quiet(MY_TURN):
                return
        except ScriptError:
            return  # the question was never heard: nobody answers it
        if read_back:
            self._asked = before
            self._tell(f"agrees: keys {YES_KEY}")
            self._caller.key(YES_KEY)
            return
        if self._tries >= MOST_TRIES:
            self._next()
            if not self._left:
                return
        self._tries += 1
        seconds = seconds_of(self._left[0])
        self._tell(f"speaks for {seconds:.1f} s (try {self._tries}, {len(self._left) - 1} answers left)")
        self._caller.speak(self._left[0])


def play_straight(caller: ScriptedCaller, samples: bytes, patience: float = PATIENCE) -> None:
    """Calls and plays the recording as it is, then listens until the call is over or patience ends."""
    with caller:
        if caller.wait_for_answer():
            caller.speak(samples)
            caller.silent(patience)


def converse(caller: ScriptedCaller, device: Device, typed: Iterable[str] | None = None) -> None:
    """A person speaks and listens until the call is over.

    `typed`: lines that a person types meanwhile: keys, or `/hangup`; reading them may wait, but must let
    other greenlets run.

    Raises `CannotPlay` if the device is lost; the call is hung up then.
    """
    with caller:
        hand = gevent.spawn(_press, caller, typed or ())
        try:
            _speak(caller, device)
        finally:
            hand.kill()


def _speak(caller: ScriptedCaller, device: Device) -> None:
    while not caller.hung_up.is_set():
        while (frame := device.read()) is not None:
            caller.start_speaking(frame)
        caller.hung_up.wait(_PUMP)


def _press(caller: ScriptedCaller, typed: Iterable[str]) -> None:
    for line in typed:
        words = line.strip().removeprefix("/key").strip()
        if words == "/hangup":
            caller.hang_up()
        elif words and not set(words) - set("0123456789*#"):
            caller.key(words)
