"""A sentence said to somebody whom we have called: they need not hear it out to object.

Rules:
1. It goes on while they speak. A nod, a "¿sí?", noise, people beside them stop nothing: only what it heeds
   (`Play.heeded`) does, as soon as it is understood. A key always stops it.
2. Whoever speaks as it ends is waited for, at most `HEARD_OUT` seconds: the call goes on, or ends, only then.
   Where a person takes over, nobody waits.
3. What is shorter than any objection is not even recognised: most of what is said into a sentence.
4. It is free speech to the recogniser. One that expects objections hears them in whatever is said.
5. Our own prompt that the line brings back is not listened to.
6. With a recogniser that takes no more, it is said as any other; the next question tries again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import structlog

from dialogs.effects import Heeded
from dialogs.numbers_hidden import hide_numbers
from dialogs.results import Heard, Match
from esl.switch import FRAME_BYTES, Audio, Call, Digit, Finished, ListeningLost
from ivr.clock import Clock
from ivr.living.answer_pause import SHORTEST_PAUSE
from ivr.living.attention import Attention, WorkEnded
from ivr.living.collected import Collected, heard_in
from ivr.living.interruptions import Interruption
from ivr.living.voicing import Voicing
from speech.endpointing import (
    Endpointer,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    TooLong,
)
from speech.errors import SpeechError
from speech.recognizer import Hypothesis, Reading, Recognizer, Utterance

log = structlog.get_logger(__name__)

HEARD_OUT = 4.0
"""Seconds after the end of the sentence."""
SHORTEST_OBJECTION = 0.4
"""Seconds of voice: "no está" has more."""
_FINAL_SILENCE = 0.7
_LONGEST = 8.0
"""Seconds that are recognised as one utterance."""
_EACH = 20.0
"""Seconds that it may take to be understood: nobody waits for it while the sentence goes on."""


class Sentence:
    """Performs one `Play` that heeds something."""

    def __init__(
        self,
        heeded: Heeded,
        *,
        call: Call,
        attention: Attention,
        recognizer: Recognizer,
        clock: Clock,
        voicing: Voicing,
    ) -> None:
        self._heeded = heeded
        self._call, self._attention, self._clock, self._voicing = call, attention, clock, voicing
        self._recognizer: Recognizer | None = recognizer
        self._ear = self._new_ear(0.0)
        self._utterance: Utterance | None = None
        self._interruption: Interruption | None = None
        self._so_far: tuple[Reading, ...] = ()
        self._paused = False
        self._files: Sequence[Path] = ()
        self._began = self._spoke_at = 0.0
        self._playing: str | None = None
        self._given_up_at = 0.0
        self._recognising: dict[object, Callable[[Hypothesis], Collected | None]] = {}
        self.echoes = False
        """The line has brought our prompt back."""

    def say(self, begin: Callable[[], str]) -> Collected | None:
        """Plays it by `begin` (which returns the command's id): what was said against it, or `None`.

        Raises `CallOverError`, `CallTooLongError`.
        """
        self._playing = begin()
        self._began, self._files = self._clock.now(), self._voicing.sounding
        try:
            while not self._over():
                collected = self._take(self._attention.next(self._patience()))
                if collected is not None:
                    if self._playing is not None:
                        self._call.stop_playing()
                    return collected
        finally:
            self._deaf()
        return None

    def _take(self, event: object) -> Collected | None:
        match event:
            case Finished(command_id=ended) if ended == self._playing:
                self._playing, longer = None, HEARD_OUT if self._heeded.heard_out else 0.0
                self._given_up_at = self._clock.now() + longer
            case Digit(key):
                self._attention.keys.append(key)
                self._deaf()
                if self._playing is not None:
                    self._call.stop_playing()
            case ListeningLost():
                self._deaf()
            case Audio():
                self._hear(event)
            case WorkEnded(token=token, value=value):
                judged = self._recognising.pop(token, None)
                return judged(value) if judged is not None and isinstance(value, Hypothesis) else None
        return None

    def _over(self) -> bool:
        if self._playing is not None:
            return False
        nobody = self._utterance is None and not self._recognising
        return nobody or self._clock.now() >= self._given_up_at

    def _patience(self) -> float:
        return 1.0 if self._playing is not None else max(0.0, self._given_up_at - self._clock.now())

    def _deaf(self) -> None:
        """Nothing more is heard in this sentence."""
        self._recognizer = None
        self._recognising.clear()
        if self._utterance is not None:
            self._utterance.cancel()
            self._utterance = None

    # Speech

    @staticmethod
    def _new_ear(start: float) -> Endpointer:
        return Endpointer(final_silence=_FINAL_SILENCE, initial_timeout=None, longest=_LONGEST, start=start)

    def _hear(self, audio: Audio) -> None:
        for start in range(0, len(audio.samples), FRAME_BYTES):
            if self._recognizer is None:
                return
            self._hear_frame(self._recognizer, audio.samples[start : start + FRAME_BYTES])

    def _hear_frame(self, recognizer: Recognizer, frame: bytes) -> None:
        if self._utterance is not None:
            self._utterance.feed(frame)
        if self._interruption is not None:
            self._interruption.take(frame)
        self._end_sooner()
        for happening in self._ear.push(frame):
            match happening:
                case SpeechStarted(at=at, audio=beginning) if self._playing is not None:
                    self._open(recognizer, at, beginning)
                case SpeechPaused() if self._utterance is not None:
                    self._utterance.pause()
                    self._so_far, self._paused = (), True
                    self._ear.wait(_FINAL_SILENCE)
                case SpeechResumed() if self._utterance is not None:
                    self._utterance.resume()
                    self._paused = False
                case SpeechEnded(speech_end=end, speech_seconds=seconds):
                    self._ended(end, seconds)
                case TooLong(at=at):
                    self._ended(at, _LONGEST)

    def _end_sooner(self) -> None:
        """In a pause behind what is an objection already; never in the middle of "no llamen más tarde"."""
        if not self._paused or self._utterance is None or self._utterance.so_far == self._so_far:
            return
        self._so_far = self._utterance.so_far
        if self._heeded.judge(heard_in(self._so_far)) is not None:
            self._ear.wait(SHORTEST_PAUSE)

    def _open(self, recognizer: Recognizer, at: float, beginning: bytes) -> None:
        self._spoke_at = self._when(at)
        self._interruption = Interruption(max(0.0, self._spoke_at - self._began))
        self._interruption.take(beginning)
        try:
            self._utterance = recognizer.open(language=self._heeded.language)
            self._utterance.feed(beginning)
        except SpeechError as lost:
            log.warning("sentence_unheard", reason=str(lost))
            self._deaf()

    def _when(self, position: float) -> float:
        """The call's time of a position in the audio, as far as it has been heard."""
        return self._clock.now() - (self._ear.position - position)

    def _ended(self, end: float, seconds: float) -> None:
        utterance, self._utterance = self._utterance, None
        interruption, self._interruption = self._interruption, None
        self._paused, ended_at, self._ear = False, self._when(end), self._new_ear(self._ear.position)
        if utterance is None or interruption is None:
            return
        if seconds < SHORTEST_OBJECTION:
            utterance.cancel()
        elif interruption.is_echo(self._files):
            log.info("echo", played=round(interruption.prompt_seconds, 1))
            utterance.cancel()
            self.echoes = True
            self._deaf()
        else:
            token = self._attention.beside(partial(_recognised, utterance))
            self._recognising[token] = partial(
                self._judged, began_at=self._spoke_at, ended_at=ended_at, decided_at=self._clock.now()
            )

    def _judged(
        self, hypothesis: Hypothesis, *, began_at: float, ended_at: float, decided_at: float
    ) -> Collected | None:
        heard = [(hide_numbers(one.text), round(one.confidence, 2)) for one in hypothesis.readings]
        log.debug("heard_over_it", said=heard)
        given: Heard = heard_in(hypothesis.readings)
        against: Match | None = self._heeded.judge(given)
        if against is None:
            return None
        return Collected(against, ended_at, given=given, began_at=began_at, decided_at=decided_at)


def _recognised(utterance: Utterance) -> Hypothesis | None:
    try:
        return utterance.finish(_EACH)
    except SpeechError as lost:
        log.warning("sentence_unheard", reason=str(lost))
        return None
    finally:
        utterance.cancel()
