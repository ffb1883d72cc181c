"""Whose turn it is when a question's begins: what was begun before it is no answer to it, whole or in part.

Rules:
1. Whoever speaks as a question is about to be put is waited for, at most `HEARD_OUT` seconds, and not twice
   in a row: they would not hear it, and the rest of their sentence would be taken for an answer's beginning.
2. Over the last `LAST_WORDS` seconds of a prompt that nobody may speak into, an answer counts, and whole:
   they have heard what is asked. What began before counts not at all, however it goes on. What is put to
   somebody who was waited for in vain is such a prompt.
3. Who has spoken into such a prompt for a while and is then spoken over, much louder, is behind the caller: a
   television. What is said over them is the caller's, and counts.
4. Our own prompt that the line brings back is nobody's turn.
"""

from __future__ import annotations

import wave
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from esl.switch import FRAME_BYTES, Audio, Digit, ListeningLost
from ivr.clock import Clock
from ivr.living.attention import Attention
from ivr.living.interruptions import Interruption
from ivr.living.voicing import Voicing
from speech.endpointing import Endpointer, SpeechEnded, SpeechStarted, TooLong

HEARD_OUT = 1.8
"""Seconds: with them, nobody who has fallen silent waits for two."""
LAST_WORDS = 0.5
"""Seconds: answers begin so early where the end of a question can be foreseen."""
_PAUSE = 0.4
"""Seconds of silence after which it is our turn."""
_BEHIND_FRAMES = 100
"""Two seconds: who has spoken for less may only raise their voice."""
_NEARER = 10 ** (5 / 20)
"""Louder than their loudest syllable by this."""
_STEADY_FRAMES = 5
"""Of which the mean level counts: a syllable, and no click."""
_KEPT_FRAMES = 20
_LONGEST = 12.0
"""Seconds, as of an answer; who goes on has begun anew."""


class Ear:
    """Who speaks at this moment, since when, and what they have said so far."""

    def __init__(self) -> None:
        self.endpointer = self._new(0.0)
        self.began = 0.0
        """Position in the audio, in seconds."""
        self.sound = bytearray()
        """From a moment before they began."""

    @staticmethod
    def _new(start: float) -> Endpointer:
        return Endpointer(final_silence=_PAUSE, initial_timeout=None, longest=_LONGEST, start=start)

    @property
    def speaking(self) -> bool:
        """Whether somebody does, or has fallen silent only now."""
        return self.endpointer.speaking

    @property
    def seconds(self) -> float:
        """For how long."""
        return self.endpointer.position - self.began

    def push(self, samples: bytes) -> None:
        """Whole frames, in order."""
        for at in range(0, len(samples), FRAME_BYTES):
            frame = samples[at : at + FRAME_BYTES]
            if self.speaking:
                self.sound += frame
            for happening in self.endpointer.push(frame):
                match happening:
                    case SpeechStarted(at=began, audio=beginning):
                        self.began, self.sound = began, bytearray(beginning)
                    case SpeechEnded() | TooLong():
                        self.endpointer = self._new(self.endpointer.position)

    def is_echo(self, files: Sequence[Path]) -> bool:
        """Whether it is the end of that prompt, coming back now."""
        interruption = Interruption(max(0.0, _seconds_of(files) - self.seconds))
        interruption.take(bytes(self.sound))
        return interruption.is_echo(files)


class Behind:
    """Who has been speaking for a while, to tell from them somebody who is nearer to the telephone."""

    def __init__(self, sound: bytes) -> None:
        """`sound`: of theirs, until now; too little tells nothing."""
        frames = [sound[at : at + FRAME_BYTES] for at in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES)]
        self._longer = len(frames) >= _BEHIND_FRAMES
        self._recent: deque[bytes] = deque(frames, maxlen=_KEPT_FRAMES)
        levels = np.array([_level(frame) for frame in frames[-_BEHIND_FRAMES:]])
        loud = (
            np.convolve(levels, np.ones(_STEADY_FRAMES) / _STEADY_FRAMES, "valid") if self._longer else levels
        )
        self._most = _NEARER * float(np.max(loud, initial=0.0))

    def spoken_over(self, frame: bytes) -> bytes:
        """Their sound from a moment before, with the next frame as its end, once somebody else is louder by
        far; else nothing."""
        self._recent.append(frame)
        lately = list(self._recent)
        levels = [_level(one) for one in lately[-_STEADY_FRAMES:]]
        nearer = self._longer and sum(levels) / _STEADY_FRAMES > self._most
        return b"".join(lately) if nearer else b""


def _level(frame: bytes) -> float:
    samples = np.frombuffer(frame, "<i2").astype(np.float32)
    return float(np.std(samples))


class Floor:
    """One call's."""

    def __init__(self, attention: Attention, clock: Clock, voicing: Voicing | None) -> None:
        self._attention, self._clock, self._voicing = attention, clock, voicing
        self._talks_on = False
        """Somebody spoke on beyond the last wait: a television, or somebody beside them."""

    def awaited(self) -> Ear | Literal["free", "echo"]:
        """Waits until nobody speaks, or for a key, which is kept. The ear of who goes on; `echo`: it is us.

        Raises `CallOverError`, `CallTooLongError`.
        """
        ear = Ear()
        self._attention.catch_up()
        ear.push(self._attention.lately)
        if not ear.speaking:
            self._talks_on = False
            return "free"
        if self._voicing is not None and ear.is_echo(self._voicing.sounding):
            return "echo"
        ends_at = self._clock.now() + (0.0 if self._talks_on else HEARD_OUT)
        while ear.speaking and (left := ends_at - self._clock.now()) > 0:
            match self._attention.next(left):
                case Audio(samples=samples):
                    ear.push(samples)
                case Digit(key):
                    self._attention.keys.append(key)
                    return "free"
                case ListeningLost():
                    return "free"
        self._talks_on = ear.speaking
        return ear if self._talks_on else "free"


def _seconds_of(files: Sequence[Path]) -> float:
    seconds = 0.0
    for file in files:
        try:
            with wave.open(str(file), "rb") as sound:
                seconds += sound.getnframes() / sound.getframerate()
        except (OSError, EOFError, wave.Error):
            continue
    return seconds
