"""Who answers an outgoing call: a person, an answering machine, a fax; and when a machine's tone has come.

A person says a word or two and waits; a machine begins soon and goes on. So the length of the first stretch
of speech decides, and the pause behind it. (The idea is as old as diallers; the figures were tuned on the
tuning half of `ivr eval answering`, and are measured on the other.)

Rules:
1. Pure, frame by frame, in audio time only; `decide_within` seconds after the answer there is a verdict.
2. In doubt it is a person: to leave a person hanging is worse than to talk to a machine.
3. After a machine's verdict the detector goes on listening for the tone, or for the silence of one without.
4. A tone is one steady line of the spectrum; a fax is known by its frequencies (ITU-T T.30: 2,100 Hz of who
   is called, 1,100 Hz of who calls).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np

from speech.endpointing import Endpointer, SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted
from speech.sound import FRAME_BYTES, FRAME_SECONDS, SAMPLE_RATE, to_samples

Kind = Literal["human", "machine", "beep", "fax", "unknown"]
"""`beep`: a machine that says nothing, or whose greeting was over, and whose tone has just ended."""

LONGEST_HUMAN = 2.0
"""Seconds of speech without a pause, beyond which it is a machine."""
PAUSE_OF_HUMANS = 0.8
"""Seconds of silence behind a greeting: whoever says "¿diga?" waits for us."""
DECIDE_WITHIN = 3.0
TONE_WITHIN = 40.0
"""Seconds that a machine's greeting may last."""
SILENT_AFTER_GREETING = 2.5
"""Seconds of silence behind a machine's words, after which no tone is to be expected. A tone follows within
one or two; a firm that answers with a long sentence waits for us by then."""
_NEVER = 3600.0
_FAR = 0.14
"""Of the loudest frame: what is 17 dB below it is not the speaker."""
_NEARER = 4.0
_ATTACK = 0.5
"""Seconds in which whoever has begun softly ("the person …") may grow louder and is still the same one."""
_AUDIBLE = 10 ** (-60 / 20)
_FORGET = 0.995
"""Each frame: the loudest one is half forgotten in three seconds."""
_SILENCE = bytes(FRAME_BYTES)
_QUIET_TONE = 10 ** (-40 / 20)
_SHORTEST_TONE = 0.14
_SHORTEST_FAX = 0.36
_FAX = (1100.0, 2100.0)
_LOST_FRAMES = 2
_BROKEN = 25
"""Frames that a fax's tone may be away: what is shorter than `_SHORTEST_FAX` is a machine's only then."""
_FAX_OFF = 35.0
_LINE = 0.88
"""Share of the energy in one line of the spectrum, and of what lies within 60 Hz of it."""
_STEADY = 30.0
"""Hertz that a tone may wander from one frame to the next."""
_BAND = (350.0, 3000.0)


@dataclass(frozen=True)
class Answering:
    """Who it is. `after_seconds`: of sound since the answer; `evidence`: one line, for logs and tuning."""

    kind: Kind
    after_seconds: float
    evidence: str


@dataclass(frozen=True)
class ToneEnded:
    """The machine's tone is over: now it records. `at`: seconds of sound since the answer."""

    at: float
    hertz: float


@dataclass(frozen=True)
class FellSilent:
    """The machine's words are over, and no tone came. `at`: seconds of sound since the answer."""

    at: float


Event = Answering | ToneEnded | FellSilent


class AnswerDetector:
    """Listens to one answered call. Feed it every frame from the answer on."""

    def __init__(
        self,
        *,
        longest_human: float = LONGEST_HUMAN,
        pause: float = PAUSE_OF_HUMANS,
        decide_within: float = DECIDE_WITHIN,
        tone_within: float = TONE_WITHIN,
        silent_after: float = SILENT_AFTER_GREETING,
    ) -> None:
        """All in seconds of audio."""
        self._longest_human = longest_human
        self._decide_within = decide_within
        self._tone_within = tone_within
        self._pause = pause
        self._silent_after = silent_after
        self._count = 0
        self._endpointer = self._new_ear()
        self._tone = _Tone()
        self._began: float | None = None
        self._paused = False
        self._near = _Nearest()
        self.verdict: Answering | None = None
        self.done = False
        """Nothing more will come: a verdict that needs no tone, a tone, a silence, or its time is over."""

    def push(self, samples: bytes) -> list[Event]:
        """Takes whole frames of 320 bytes; gives what has become known."""
        found: list[Event] = []
        for place in range(0, len(samples) - FRAME_BYTES + 1, FRAME_BYTES):
            if self.done:
                break
            frame = samples[place : place + FRAME_BYTES]
            self._count += 1
            self._listen_for_tones(frame, found)
            if not self.done:
                self._listen_to_speech(frame, found)
        return found

    @property
    def position(self) -> float:
        """Seconds heard so far."""
        return self._count * FRAME_SECONDS

    def _listen_for_tones(self, frame: bytes, found: list[Event]) -> None:
        ended = self._tone.push(frame)
        if self._tone.is_fax:
            # Also where its greeting was taken for a machine's: nobody speaks to a fax.
            self.done = True
            found.append(self._decide("fax", f"a tone of {self._tone.hertz:.0f} Hz"))
        elif ended is not None:
            if self.verdict is None:
                # Before any verdict a tone is a machine's: people do not beep.
                found.append(self._decide("beep", f"a tone of {ended:.0f} Hz"))
            self.done = True
            found.append(ToneEnded(self.position, ended))
        elif self.verdict is not None and self.position > self._tone_within:
            self.done = True

    def _listen_to_speech(self, frame: bytes, found: list[Event]) -> None:
        frame, louder = self._near.push(frame)
        if self.verdict is None and self._began is not None:
            nearer = louder and self.position - self._began > _ATTACK
            if nearer or self._tone.sounding:
                # Until now it was somebody else in the room, or the tone, which the other half judges.
                self._began, self._endpointer = None, self._new_ear()
        for event in self._endpointer.push(frame):
            match event:
                case SpeechStarted(at=at):
                    self._began, self._paused = at, False
                case SpeechPaused():
                    self._paused = True
                case SpeechResumed():
                    self._paused = False
                case SpeechEnded(speech_end=end):
                    self._fell_silent(end, found)
                    return
        if self.verdict is None:
            self._decide_by_time(found)

    def _fell_silent(self, speech_end: float, found: list[Event]) -> None:
        self.done = True
        if self.verdict is None:
            found.append(self._decide("human", f"{speech_end - (self._began or 0.0):.1f} s, then a pause"))
        else:
            found.append(FellSilent(self.position))

    def _decide_by_time(self, found: list[Event]) -> None:
        if self._began is not None and not self._paused and self.position - self._began > self._longest_human:
            found.append(self._decide("machine", f"{self._longest_human:g} s without a pause"))
            self._endpointer.wait(self._silent_after)
        elif self.position >= self._decide_within:
            if self._began is None:
                found.append(self._decide("unknown", "nobody speaks"))
            else:
                found.append(self._decide("human", "a late and short answer"))
            self.done = True

    def _new_ear(self) -> Endpointer:
        return Endpointer(
            final_silence=self._pause, initial_timeout=None, longest=_NEVER, start=self._count * FRAME_SECONDS
        )

    def _decide(self, kind: Kind, evidence: str) -> Answering:
        self.verdict = Answering(kind, self.position, evidence)
        return self.verdict


class _Nearest:
    """Keeps whoever holds the telephone, and silences who is far from it: a television, a street."""

    def __init__(self) -> None:
        self._loudest = 0.0

    def push(self, frame: bytes) -> tuple[bytes, bool]:
        """The frame, or silence in its place; and whether somebody much nearer has begun to speak."""
        samples = to_samples(frame)
        level = float(np.std(samples))
        louder = self._loudest > _AUDIBLE and level > _NEARER * self._loudest
        self._loudest = max(level, self._loudest * _FORGET)
        return (frame if level >= _FAR * self._loudest else _SILENCE), louder


class _Tone:
    """One steady line of the spectrum, and how long it has lasted."""

    def __init__(self) -> None:
        self._window: deque[bytes] = deque(maxlen=2)
        self._frames = 0
        self._miss = 0
        self.hertz = 0.0

    @property
    def sounding(self) -> bool:
        """Whether a tone is there just now."""
        return self._frames * FRAME_SECONDS >= _SHORTEST_TONE and self._miss < _LOST_FRAMES

    @property
    def is_fax(self) -> bool:
        """Whether it has lasted long enough at a fax's frequency."""
        return self._like_a_fax and self._frames * FRAME_SECONDS >= _SHORTEST_FAX

    @property
    def _like_a_fax(self) -> bool:
        return any(abs(self.hertz - wanted) < _FAX_OFF for wanted in _FAX)

    def push(self, frame: bytes) -> float | None:
        """The frequency of a tone that has just ended; else None."""
        self._window.append(frame)
        hertz = _line_of(b"".join(self._window))
        if hertz is not None and (not self._frames or abs(hertz - self.hertz) < _STEADY):
            self.hertz = hertz
            self._frames += 1
            self._miss = 0
            return None
        self._miss += 1
        long_enough = self._frames * FRAME_SECONDS >= _SHORTEST_TONE
        # One bad frame is a lost packet. A fax's tone that breaks off goes on: a machine's would be over.
        broken = _BROKEN if long_enough and self._like_a_fax else _LOST_FRAMES
        if self._frames and self._miss < broken:
            return None
        ended = self.hertz if long_enough else None
        self._frames = self._miss = 0
        if hertz is not None:
            self.hertz, self._frames = hertz, 1
        return ended


def _line_of(pcm: bytes) -> float | None:
    """The frequency that holds nearly all energy of 40 ms; None if there is none."""
    samples = to_samples(pcm)
    if len(samples) < 320 or float(np.abs(samples).max()) < _QUIET_TONE:
        return None
    size = 1024
    spectrum = np.abs(np.fft.rfft((samples - samples.mean()) * np.hanning(len(samples)), size)) ** 2
    top = int(spectrum.argmax())
    hertz = top * SAMPLE_RATE / size
    if not _BAND[0] <= hertz <= _BAND[1]:
        return None
    width = round(60 * size / SAMPLE_RATE)
    share = float(spectrum[max(0, top - width) : top + width + 1].sum()) / max(float(spectrum.sum()), 1e-12)
    return hertz if share > _LINE else None
