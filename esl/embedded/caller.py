"""A caller made of code: joins a line, speaks and presses keys in real time, and hears the switch.

    caller = ScriptedCaller(switch.line_address, number="34600111222", destination="9100")
    caller.join()
    caller.wait_until_quiet()              # the greeting
    caller.speak(samples)                  # 8 kHz 16-bit mono, or a Path to a WAV
    caller.wait_until_quiet()
    caller.hang_up()
    caller.write_wav(path)                 # left: said, right: heard

Rules:
1. Time is the caller's own: position p is p/8000 seconds after joining. A frame is sent when its
   20 ms are over, as a telephone does, and what arrives is heard from that moment on.
2. Every wait has a deadline and raises `ScriptError`, except that a hang-up ends a wait for sound:
   then it returns False.
3. It never corrects what it hears: a late frame counts as late in every measurement.
"""

from __future__ import annotations

import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import gevent
import numpy as np
from gevent.event import Event

from esl.embedded.clock import Clock, RealClock
from esl.embedded.errors import LineError, ScriptError
from esl.embedded.line import (
    ANSWERED,
    AUDIO,
    HANGUP,
    HOLD,
    INFO_KEY,
    KEY,
    RINGING,
    Hello,
    Line,
    join,
    read_audio,
    read_key,
)
from esl.embedded.measure import LOUD, end_of_sound, first_loud
from esl.embedded.sounds import FRAME_SAMPLES, SILENCE, frames_of, read_samples
from esl.embedded.steps import (
    HangUp,
    Key,
    Silent,
    Sound,
    Speak,
    Step,
    TalkOver,
    WaitForPromptEnd,
    WaitForSound,
    WaitHangup,
)
from esl.switch import FRAME_SECONDS, SAMPLE_RATE


@dataclass
class Utterance:
    """Something the caller says: positions of its first sample and of the one after its last."""

    start: int = -1
    end: int = -1


class ScriptedCaller:
    """A caller. It belongs to the greenlet that drives it; two may not drive one."""

    def __init__(
        self,
        address: tuple[str, int],
        *,
        destination: str,
        number: str = "34600111222",
        name: str = "",
        variables: dict[str, str] | None = None,
        clock: Clock | None = None,
        ear: Callable[[bytes], None] | None = None,
    ) -> None:
        """`ear` is given every 20 ms of sound as it arrives, for a loudspeaker."""
        self._ear = ear
        self.hello = Hello(number=number, name=name, destination=destination, variables=variables or {})
        self.clock: Clock = clock or RealClock()
        self.uuid = ""
        self.hangup_cause: str | None = None
        self.answered = Event()
        self.ringing = Event()
        self.hung_up = Event()
        self.keys_heard = ""
        """Keys that the other side pressed."""
        self._address = address
        self._line: Line | None = None
        self._joined_at = 0.0
        self._said = bytearray()
        self._to_say: list[tuple[Utterance, list[bytes]]] = []
        self._heard = bytearray()
        self._offset: int | None = None
        self._late: dict[int, int] = {}
        self._last_loud = -1
        self._mark = 0
        self._changed = Event()
        self._ticker: gevent.Greenlet[[], None] | None = None

    # --- the call ------------------------------------------------------------------------------

    def join(self) -> None:
        """Calls. Raises `LineRefusedError`."""
        connection, self.uuid, rest = join(self._address, self.hello)
        self._joined_at = self.clock.now()
        self._line = Line(connection, got=self._got, lost=self._lost, rest=rest)
        self._ticker = gevent.spawn(self._tick)

    def __enter__(self) -> ScriptedCaller:
        self.join()
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()

    def hang_up(self, cause: str = "NORMAL_CLEARING") -> None:
        """Hangs up, if that has not happened yet."""
        if self._line is not None and not self.hung_up.is_set():
            self._line.send(HANGUP, cause.encode())
            self._end(cause)

    def vanish(self) -> None:
        """The line breaks without a word, as when a telephone loses its network."""
        if self._line is not None:
            self._line.close()
            self._end("NORMAL_CLEARING")

    def _end(self, cause: str) -> None:
        if not self.hung_up.is_set():
            self.hangup_cause = cause
            self.hung_up.set()
            self._changed.set()
            if self._line is not None:
                self._line.close()

    def _got(self, kind: bytes, body: bytes) -> None:
        if kind == AUDIO:
            self._hear(*read_audio(body))
        elif kind == ANSWERED:
            self.answered.set()
        elif kind == RINGING:
            self.ringing.set()
        elif kind == KEY:
            self.keys_heard += read_key(body)[0]
        elif kind == HANGUP:
            self._end(body.decode("ascii", "replace"))
        else:
            raise LineError(f"the switch does not send {kind!r}")
        self._changed.set()

    def _lost(self, _reason: str) -> None:
        self._end("NETWORK_OUT_OF_ORDER")

    def _tick(self) -> None:
        ticks = 0
        while not self.hung_up.is_set() and self._line is not None:
            ticks += 1
            self.clock.sleep(self._joined_at + ticks * FRAME_SECONDS - self.clock.now())
            position = len(self._said) // 2
            frame = self._next_to_say(position)
            self._said += frame
            self._line.send_audio(position, frame)

    def _next_to_say(self, position: int) -> bytes:
        if not self._to_say:
            return SILENCE
        utterance, frames = self._to_say[0]
        if utterance.start < 0:
            utterance.start = position
        frame = frames.pop(0)
        if not frames:
            self._to_say.pop(0)
            utterance.end = position + FRAME_SAMPLES
            self._mark = utterance.end
            self._changed.set()
        return frame

    def _hear(self, position: int, frame: bytes) -> None:
        arrived = self.position
        if self._offset is None:
            self._offset = arrived - position
        place = max(position + self._offset, 0)
        if arrived > place:
            self._late[place] = arrived - place
        heard = self._heard
        if len(heard) < place * 2:
            heard += bytes(place * 2 - len(heard))
        heard[place * 2 : place * 2 + len(frame)] = frame
        if self._ear is not None:
            self._ear(frame)
        if frame != SILENCE and int(np.abs(np.frombuffer(frame, "<i2").astype(np.int32)).max()) > LOUD:
            self._last_loud = place + FRAME_SAMPLES

    # --- doing ---------------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """Now, on the caller's timeline."""
        return max(round((self.clock.now() - self._joined_at) * SAMPLE_RATE), 0)

    def start_speaking(self, sound: Sound) -> Utterance:
        """Begins to speak and returns at once; `end` is set when it is over."""
        samples = read_samples(sound) if isinstance(sound, Path) else sound
        utterance = Utterance()
        frames = list(frames_of(samples))
        if frames:
            self._to_say.append((utterance, frames))
        else:
            utterance.start = utterance.end = len(self._said) // 2
        return utterance

    def speak(self, sound: Sound) -> Utterance:
        """Speaks to the end; returns early, with `end` -1, if the call ends."""
        utterance = self.start_speaking(sound)
        while utterance.end < 0 and not self.hung_up.is_set():
            self._rest(None)
        return utterance

    def key(self, digits: str, *, gap: float = 0.2, hold: float = 0.1, by_info: bool = False) -> None:
        """Presses keys; `gap` seconds pass after each, `hold` is how long each is held. `by_info`: as a
        telephone that sends them by SIP INFO."""
        for digit in digits:
            if self.hung_up.is_set() or self._line is None:
                return
            self._line.send(
                INFO_KEY if by_info else KEY, digit.encode() + round(hold * SAMPLE_RATE).to_bytes(2, "big")
            )
            self._mark = self.position
            self.clock.sleep(gap)

    def hold(self, direction: str = "sendonly") -> None:
        """Puts the other end on hold (`sendonly` with music, `inactive` without), or takes it back
        (`sendrecv`)."""
        if self._line is not None and not self.hung_up.is_set():
            self._line.send(HOLD, direction.encode())

    def silent(self, seconds: float) -> None:
        """Says nothing; returns early if the call ends."""
        self.clock.wait(self.hung_up, seconds)

    # --- waiting -------------------------------------------------------------------------------

    def wait_for_answer(self, timeout: float = 30.0) -> bool:
        """Whether the call was answered. Raises `ScriptError` after `timeout` seconds."""
        return self._wait(self.answered.is_set, timeout, "nobody answered")

    def wait_for_sound(self, timeout: float = 30.0) -> bool:
        """Waits for a sound since the caller last did something. False if the call ended first."""
        return self._wait(lambda: self._last_loud > self._mark, timeout, "nothing was heard")

    def wait_until_quiet(self, quiet: float = 0.8, timeout: float = 60.0) -> bool:
        """Waits for a sound and then `quiet` seconds without one. False if the call ended first."""
        began = self.clock.now()
        if not self.wait_for_sound(timeout):
            return False
        needed = round(quiet * SAMPLE_RATE)
        over = self._wait(
            lambda: self.position - self._last_loud >= needed,
            timeout - (self.clock.now() - began),
            "it did not become quiet",
            step=FRAME_SECONDS,
        )
        self._mark = self.position
        return over

    def talk_over(self, sound: Sound, *, after: float = 0.5) -> Utterance:
        """Waits for a prompt and speaks `after` seconds into it."""
        self.wait_for_sound()
        self.silent(after)
        return self.speak(sound)

    def wait_hangup(self, timeout: float = 60.0) -> str:
        """The hang-up cause. Raises `ScriptError` after `timeout` seconds."""
        if not self.clock.wait(self.hung_up, timeout):
            raise ScriptError(f"the call had not ended after {timeout:g} s")
        return self.hangup_cause or ""

    def _wait(
        self, done: Callable[[], bool], timeout: float, complaint: str, *, step: float | None = None
    ) -> bool:
        until = self.clock.now() + timeout
        while not done():
            if self.hung_up.is_set():
                return False
            if self.clock.now() >= until:
                raise ScriptError(f"{complaint} within {timeout:g} s")
            self._rest(until if step is None else min(until, self.clock.now() + step))
        return True

    def _rest(self, until: float | None) -> None:
        self.clock.wait(self._changed, None if until is None else until - self.clock.now())
        self._changed.clear()

    def run(self, script: Sequence[Step]) -> None:
        """Does the steps one after the other, until they are done or the call has ended."""
        for step in script:
            if self.hung_up.is_set():
                return
            self._do(step)

    def _do(self, step: Step) -> None:
        match step:
            case Speak(sound):
                self.speak(sound)
            case Key(digits, gap):
                self.key(digits, gap=gap)
            case Silent(seconds):
                self.silent(seconds)
            case WaitForPromptEnd(quiet, timeout):
                self.wait_until_quiet(quiet, timeout)
            case WaitForSound(timeout):
                self.wait_for_sound(timeout)
            case TalkOver(sound, after):
                self.talk_over(sound, after=after)
            case HangUp(cause):
                self.hang_up(cause)
            case WaitHangup(timeout):
                self.wait_hangup(timeout)

    # --- what was said and heard ---------------------------------------------------------------

    @property
    def said(self) -> bytes:
        """Everything the caller sent, from position 0."""
        return bytes(self._said)

    @property
    def heard(self) -> bytes:
        """Everything the caller heard, at the positions where it began to be heard."""
        return bytes(self._heard)

    def write_wav(self, path: Path) -> None:
        """Both directions as a stereo WAV: left what was said, right what was heard."""
        length = max(len(self._said), len(self._heard))
        both = np.zeros((length // 2, 2), "<i2")
        for column, samples in enumerate((self._said, self._heard)):
            both[: len(samples) // 2, column] = np.frombuffer(bytes(samples), "<i2")
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(both.tobytes())

    def _lateness(self, position: int) -> int:
        """Samples by which the frame that holds `position` came later than it should have."""
        offset = self._offset or 0
        frame = (position - offset) // FRAME_SAMPLES * FRAME_SAMPLES + offset
        return self._late.get(max(frame, 0), 0)

    def response_latency(self, position: int) -> float | None:
        """Seconds from `position` (the end of the caller's speech) to the first sample heard after it.

        None if nothing was heard. It must be quiet at `position` for this to mean a response.
        """
        first = first_loud(self.heard, start=position)
        return None if first is None else (first + self._lateness(first) - position) / SAMPLE_RATE

    def barge_in_latency(self, position: int, *, pause: float = 0.1) -> float | None:
        """Seconds from `position` (the onset of the caller's speech) until the prompt had stopped.

        0 if it was quiet already; None if the prompt never stopped.
        """
        end = end_of_sound(self.heard, start=position, pause=pause)
        if end is None:
            return None
        return (end + (self._lateness(end - 1) if end > position else 0) - position) / SAMPLE_RATE
