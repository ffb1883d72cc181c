"""Where speech begins and ends in a caller's audio: pure, frame by frame, in audio time only.

Rules:
1. No clock and no gevent: time is the number of frames seen, so a test runs in no time and a stalled
   network does not end an utterance.
2. A frame counts as voice if webrtcvad says so *and* it stands out from the line's own noise.
3. Speech begins after `min_speech` seconds of voice; what is handed over begins `pre_roll` seconds
   earlier, so that no first consonant is lost.
4. Once somebody speaks, only who is as near as they are goes on: a frame that is no louder than the others
   behind does not keep an utterance open. (Six people talking 20 dB below kept one in six open for ever.) Nor
   does somebody far softer than they were, for longer than a word's end. (A television 20 dB below did.)
5. Keys heard in the audio (DTMF tones) and clicks are not speech.
6. After a final event (`SpeechEnded`, `NothingSaid`, `TooLong`) an endpointer is spent. After `SpeechEnded`
   it may be reopened, for as long as nothing has been answered: then it hears who goes on (`SpeechResumed`).
   Whoever does is about as loud as before, and stands out from the pause; what is softer is behind.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import webrtcvad

from speech.sound import FRAME_BYTES, FRAME_SECONDS, SAMPLE_RATE, to_samples


@dataclass(frozen=True)
class SpeechStarted:
    """`at`: where the voice began; `audio`: from `pre_roll` before it up to and with this frame."""

    at: float
    audio: bytes


@dataclass(frozen=True)
class SpeechPaused:
    """The caller has fallen silent, and may go on. `at`: where the last voice was."""

    at: float


@dataclass(frozen=True)
class SpeechResumed:
    """The caller went on after `SpeechPaused`, or after `reopen`. `at`: this frame."""

    at: float


@dataclass(frozen=True)
class SpeechEnded:
    """The utterance is over. `at`: this frame; `speech_end`: where the last voice was.

    `speech_seconds`: how much of it was voice.
    """

    at: float
    speech_end: float
    speech_seconds: float


@dataclass(frozen=True)
class NothingSaid:
    """No speech within the initial time-out."""

    at: float


@dataclass(frozen=True)
class TooLong:
    """The utterance has reached its longest allowed duration: take what there is."""

    at: float


Event = SpeechStarted | SpeechPaused | SpeechResumed | SpeechEnded | NothingSaid | TooLong

_ONSET_WINDOW = 5
"""Frames in which `min_speech` of voice must lie."""
_RESUME_FRAMES = 2
"""Frames of voice, of the last three, that end a pause: one alone is a breath or a click."""
_ABOVE_FLOOR = 2.0
"""Voice is at least 6 dB above the line's noise."""
_QUIETEST = 10 ** (-52 / 20)
_LOUDEST_FLOOR = 10 ** (-38 / 20)
_STEADY = 2.2
_ABOVE_QUIET, _BELOW_LOUDEST = 4.0, 10 ** (-10 / 20)
"""Behind is what is less than 12 dB above the quiet moments of the last two seconds, and more than 10 dB
below the loudest: nothing that a quiet line brings."""
_LOUD_FRAMES = 5
"""How loud somebody speaks is the fifth loudest frame of their utterance: a bump is shorter."""
_FAR = 10 ** (-18 / 20)
"""Of that: whoever is softer is somebody else, across the room. People trail off by less (measured with
tests/speech/voices_behind.py: nobody who does by 15 dB is cut for it)."""
_TAIL_FRAMES = 15
"""For which softer voice is the caller's all the same: the end of a word."""
_AS_LOUD = 10 ** (-8.5 / 20)
"""Of the same: whoever goes on after the answer's end is not softer. People correct themselves aloud; the
peaks of a street 10 dB below them are softer."""
_ABOVE_PAUSE, _NEARLY_AS_LOUD = 10 ** (4 / 20), 10 ** (-1.4 / 20)
"""They are also 4 dB above the loudest of the pause that ended it, which is those who talk behind them (10 dB
below, six people began two answers in three anew within a second); but nobody need be louder than before."""
_DIES_AWAY = 6
"""Frames of that pause in which the smoothed level still knows the last word."""
_SMOOTHING = 0.7
"""Of a level from frame to frame: a weak consonant is a part of its word."""
_FLOOR_FRAMES = 100
"""Two seconds: the floor is the tenth percentile of the last two seconds, and follows the line."""


class Endpointer:
    """One question's ear. Feed it every frame, in order."""

    def __init__(
        self,
        *,
        final_silence: float = 0.7,
        initial_timeout: float | None = 6.0,
        longest: float = 12.0,
        min_speech: float = 0.06,
        pause_after: float = 0.24,
        pre_roll: float = 0.26,
        mode: int = 2,
        start: float = 0.0,
    ) -> None:
        """All in seconds of audio; `start` is the stream's position of the first frame.

        `initial_timeout` None: wait for ever, or until `arm` (while the prompt still plays).
        `mode`: webrtcvad's aggressiveness, 0 to 3 (measured: tests/speech/test_endpointing.py).
        """
        self._vad = webrtcvad.Vad(mode)
        self._final = _frames(final_silence)
        self._longest = _frames(longest)
        self._needed = max(1, _frames(min_speech))
        self._pause = min(_frames(pause_after), self._final)
        self._start = start
        self._count = 0
        self._deadline: int | None = None
        self._levels: deque[float] = deque(maxlen=_FLOOR_FRAMES)
        self._smooth: deque[float] = deque([0.0], maxlen=_FLOOR_FRAMES)
        self._behind = self._softer = 0.0
        """Smoothed levels up to which a frame belongs to what is behind; to nobody who goes on."""
        self._loudest: list[float] = []
        """The smoothed levels of the utterance's loudest voice after its onset, a heap."""
        self._onset = 0.0
        """The loudest of that."""
        self._near: deque[bool] = deque(maxlen=_ONSET_WINDOW)
        """Whether it was as loud as whoever is not far."""
        self._near_at = 0
        """The last frame of which that is certain."""
        self._reopened = False
        """It had ended; who goes on is awaited."""
        self._ended = 0
        """The frame of the last voice before that."""
        self._recent: deque[bytes] = deque(maxlen=_frames(pre_roll) + _ONSET_WINDOW)
        self._voices: deque[bool] = deque(maxlen=_ONSET_WINDOW)
        self._pre_roll = _frames(pre_roll)
        self._began: int | None = None
        self._last_voice = 0
        self._voiced = 0
        self._paused = False
        self._floor = _QUIETEST
        self.done = False
        """True after a final event."""
        if initial_timeout is not None:
            self.arm(initial_timeout)

    @property
    def position(self) -> float:
        """Seconds of the stream seen so far."""
        return self._start + self._count * FRAME_SECONDS

    @property
    def speaking(self) -> bool:
        """Whether speech has begun (and not ended)."""
        return self._began is not None and not self.done

    def arm(self, initial_timeout: float) -> None:
        """From here on the caller has this many seconds to begin (the prompt has ended)."""
        self._deadline = self._count + _frames(initial_timeout)

    def wait(self, final_silence: float) -> None:
        """From here on this many seconds of silence end the utterance: what was said so far tells."""
        self._final = max(_frames(final_silence), 1)

    def reopen(self) -> None:
        """After `SpeechEnded`, and for as long as that answer is not answered: who goes on is heard
        (`SpeechResumed`), and then all is as after a pause."""
        assert self.done and self._began is not None
        self.done, self._reopened, self._ended = False, True, self._last_voice
        pause = list(self._smooth)[-max(1, self._count - self._last_voice - _DIES_AWAY) :]
        theirs = self._loudness() or self._onset  # a plop is but an onset
        self._softer = max(_AS_LOUD * theirs, min(_ABOVE_PAUSE * max(pause), _NEARLY_AS_LOUD * theirs))
        self._voices.clear()

    @property
    def may_resume(self) -> bool:
        """After `reopen`: whether the last frames may be the beginning of more."""
        return self._reopened and any(list(self._voices)[-2:])

    @property
    def silence_before(self) -> float:
        """After `reopen`: seconds until now from the end of the answer, if somebody speaks at this moment or
        has perhaps just begun; 0 if nobody does."""
        speaks = any(self._voices) if self._reopened else self._ended > 0 and not self.done
        return (self._count - self._ended) * FRAME_SECONDS if speaks else 0.0

    def push(self, samples: bytes) -> list[Event]:
        """Takes whole frames (multiples of 320 bytes). Raises ValueError for any other length."""
        if len(samples) % FRAME_BYTES:
            raise ValueError(f"{len(samples)} bytes are not whole frames of {FRAME_BYTES}")
        events: list[Event] = []
        for place in range(0, len(samples), FRAME_BYTES):
            if self.done:
                break
            self._one(samples[place : place + FRAME_BYTES], events)
        return events

    def _one(self, frame: bytes, events: list[Event]) -> None:
        self._count += 1
        self._recent.append(frame)
        voice = self._is_voice(frame)
        if self._began is not None:
            voice = self._is_theirs(voice and self._smooth[-1] > self._behind)
        self._voices.append(voice)
        if self._began is None:
            self._await_onset(voice, events)
        elif self._reopened:
            self._await_more(voice, events)
        else:
            self._follow(voice, events)

    def _is_theirs(self, voice: bool) -> bool:
        """Whether a frame, which is voice or not, is the voice of whoever has begun to speak."""
        level = self._smooth[-1]
        if self._reopened:
            return voice and level > self._softer
        near = voice and level > _FAR * self._loudness()
        self._near.append(near)
        if sum(self._near) >= self._needed:
            self._near_at = self._count
        return near or (voice and self._count - self._near_at <= _TAIL_FRAMES)

    def _loudness(self) -> float:
        """Of whoever speaks; of a short word it is the median."""
        place = min(_LOUD_FRAMES, max(1, self._voiced // 2), len(self._loudest))
        return sorted(self._loudest)[-place] if place else 0.0

    def _frames_begun(self, voice: bool) -> int:
        """Frames since speech has begun with this one; 0: it has not."""
        if not voice or sum(self._voices) < self._needed:
            return 0
        back = len(self._voices) - list(self._voices).index(True)
        if is_keypad_tone(b"".join(list(self._recent)[-back:])):
            self._voices.clear()
            return 0
        return back

    def _await_onset(self, voice: bool, events: list[Event]) -> None:
        if back := self._frames_begun(voice):
            self._began = self._count - back
            self._last_voice = self._count
            self._voiced = sum(self._voices)
            levels = list(self._smooth)[-len(self._voices) :]
            self._onset = max(level for level, one in zip(levels, self._voices, strict=True) if one)
            audio = b"".join(list(self._recent)[-(back + self._pre_roll) :])
            events.append(SpeechStarted(self._at(self._began), audio))
            return
        if self._deadline is not None and self._count >= self._deadline:
            self.done = True
            events.append(NothingSaid(self.position))

    def _await_more(self, voice: bool, events: list[Event]) -> None:
        if self._frames_begun(voice):
            self._reopened = self._paused = False
            self._last_voice = self._count
            self._voiced += sum(self._voices)
            events.append(SpeechResumed(self.position))

    def _follow(self, voice: bool, events: list[Event]) -> None:
        assert self._began is not None
        if voice:
            self._voiced += 1
            heappush(self._loudest, self._smooth[-1])
            if len(self._loudest) > _LOUD_FRAMES:
                heappop(self._loudest)
        quiet = self._count - self._last_voice
        if voice and (not self._paused or sum(list(self._voices)[-3:]) >= _RESUME_FRAMES):
            self._last_voice = self._count
            if self._paused:
                self._paused = False
                events.append(SpeechResumed(self.position))
        elif quiet >= self._final:
            self.done = True
            events.append(
                SpeechEnded(self.position, self._at(self._last_voice), self._voiced * FRAME_SECONDS)
            )
            return
        elif quiet >= self._pause and not self._paused:
            self._paused = True
            events.append(SpeechPaused(self._at(self._last_voice)))
        if self._count - self._began >= self._longest:
            self.done = True
            events.append(TooLong(self.position))

    def _is_voice(self, frame: bytes) -> bool:
        samples = np.frombuffer(frame, "<i2").astype(np.float32)
        samples -= samples.mean()  # a line's DC offset is no noise, and would hide the voice
        level = math.sqrt(float(samples.dot(samples)) / len(samples)) / 32768.0
        self._levels.append(level)
        self._smooth.append(_SMOOTHING * self._smooth[-1] + (1 - _SMOOTHING) * level)
        if self._count % 10 == 1:  # sorting a hundred numbers fifty times a second would be waste
            ranked = sorted(self._levels)
            tenth, most = ranked[len(ranked) // 10], ranked[len(ranked) * 9 // 10]
            # Noise is steady, speech is not: a tenth percentile far below the rest is the line's
            # noise between words, but never more than what a telephone line's noise can be.
            steady = most < tenth * _STEADY
            self._floor = max(_QUIETEST, tenth if steady else min(tenth, _LOUDEST_FLOOR))
            self._behind = min(_ABOVE_QUIET * tenth, _BELOW_LOUDEST * max(self._smooth))
        return bool(self._vad.is_speech(frame, SAMPLE_RATE)) and level > self._floor * _ABOVE_FLOOR

    def _at(self, count: int) -> float:
        return self._start + count * FRAME_SECONDS


def _frames(seconds: float) -> int:
    return round(seconds / FRAME_SECONDS)


_LOW = (697, 770, 852, 941)
_HIGH = (1209, 1336, 1477, 1633)


def is_keypad_tone(pcm: bytes) -> bool:
    """Whether nearly all energy is in one low and one high tone of the keypad (ITU-T Q.23)."""
    samples = to_samples(pcm)
    if len(samples) < 160:
        return False
    shaped = samples * np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(shaped, 4096)) ** 2
    total = float(spectrum.sum())
    if total <= 0:
        return False
    width = max(4, round(2.2 * 4096 / len(samples)))
    shares = [
        max(float(spectrum[max(0, c - width) : c + width + 1].sum()) for c in _bins(tones)) / total
        for tones in (_LOW, _HIGH)
    ]
    return sum(shares) > 0.85 and min(shares) > 0.1


def _bins(tones: tuple[int, ...]) -> list[int]:
    return [round(tone * 4096 / SAMPLE_RATE) for tone in tones]
