"""One question on a live call: the prompt plays, the caller speaks or keys, an answer comes of it.

Rules:
1. Keys always win: the first key stops the prompt and ends speech recognition for this question.
2. Speech stops the prompt as soon as it is certain that it is speech (barge-in), where the flow allows.
3. Time is the caller's: silence and speech are measured in the audio, not by the clock.
4. No recogniser, or one that can take no utterance: the question, and the call, go on by keys. An utterance
   that is lost or late counts as not understood, and the next one is tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from dialogs.effects import Collect
from dialogs.results import Alternative, Heard, Keyed, Match, NoInput, NoMatch
from esl.switch import FRAME_BYTES, Audio, Call, Digit, Finished, ListeningLost
from ivr.attention import Attention, DeadlineError
from ivr.clock import Clock
from speech.endpointing import (
    Endpointer,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    TooLong,
)
from speech.errors import RecognizerTimeout, SpeechError
from speech.recognizer import Hypothesis, Recognizer, Utterance

log = structlog.get_logger(__name__)

RECOGNITION_DEADLINE = 6.0
"""Seconds to wait for the words after the caller has ended; then it counts as not understood."""
STAR_KEYS = 2
"""Keys of a sequence that begins with a star: `*` repeats, `*0` asks for a person."""


@dataclass(frozen=True)
class Collected:
    """An answer, and when the caller had ended it (call time, seconds; None if nothing came)."""

    answer: Match | NoMatch | NoInput
    ended_at: float | None
    recognizer_lost: bool = False
    given: Heard | Keyed | None = None
    """What was judged; None if nothing was heard or keyed, or the recogniser gave no answer."""


class Question:
    """Performs one `Collect`."""

    def __init__(
        self,
        collect: Collect,
        *,
        call: Call,
        attention: Attention,
        recognizer: Recognizer | None,
        clock: Clock,
    ) -> None:
        self._collect = collect
        self._call = call
        self._attention = attention
        self._clock = clock
        self._recognizer = recognizer if collect.voice else None
        self._endpointer = Endpointer(
            final_silence=collect.final_silence,
            initial_timeout=None,
            longest=collect.longest_utterance,
        )
        self._utterance: Utterance | None = None
        self._keys: list[str] = []
        self._playing: str | None = None
        self._silence_until = 0.0
        self._keys_until = 0.0
        self._recognizer_lost = False

    def ask(self, play: Callable[[], str | None]) -> Collected:
        """Plays the prompt by `play` (which returns the command id) and waits for the answer.

        Raises `CallOverError`, `CallTooLongError`.
        """
        try:
            if not self._typed_ahead():
                self._playing = play()
            self._wait_for_silence_from_now()
            return self._collected()
        finally:
            if self._utterance is not None:
                self._utterance.cancel()

    def _collected(self) -> Collected:
        while True:
            if self._keys and (self._keys_complete() or self._clock.now() >= self._keys_until):
                return self._judge_keys()
            event = self._attention.next(self._patience())
            match event:
                case Digit(key) if self._collect.keys.longest:
                    self._key(key)
                case Audio() if self._listens():
                    if (collected := self._hear(event)) is not None:
                        return collected
                case ListeningLost():
                    self._listen_no_more()
                case Finished(command_id=ended) if ended == self._playing:
                    self._playing = None
                    self._wait_for_silence_from_now()
                case _:
                    pass
            if self._nothing_came():
                return Collected(NoInput(), None, self._recognizer_lost)

    # Keys

    def _typed_ahead(self) -> bool:
        if not self._collect.keys.longest:
            return False
        while self._attention.keys and not (self._keys and self._keys_complete()):
            self._keys.append(self._attention.keys.popleft())
        self._wait_for_the_next_key()
        return bool(self._keys)

    def _key(self, key: str) -> None:
        self._stop_prompt()
        if self._utterance is not None:
            self._utterance.cancel()
            self._utterance = None
        self._keys.append(key)
        self._wait_for_the_next_key()

    def _wait_for_the_next_key(self) -> None:
        """By the clock: live audio goes on arriving while a caller thinks about the next key."""
        self._keys_until = self._clock.now() + self._collect.keys.inter_digit_timeout

    def _keys_complete(self) -> bool:
        keys = self._collect.keys
        if keys.terminator and self._keys[-1] == keys.terminator:
            return True
        longest = min(keys.longest, STAR_KEYS) if self._keys[0] == "*" else keys.longest
        return len(self._keys) >= longest

    def _judge_keys(self) -> Collected:
        pressed = "".join(self._keys)
        terminator = self._collect.keys.terminator
        if terminator and pressed != terminator:
            if not pressed.endswith(terminator):
                self._attention.forget_next(terminator)  # "45716#": the # belongs to this answer
            pressed = pressed.removesuffix(terminator)
        given = Keyed(pressed)
        return Collected(self._collect.judge(given), self._clock.now(), self._recognizer_lost, given)

    # Time

    def _patience(self) -> float:
        if self._keys:
            return max(0.0, self._keys_until - self._clock.now())
        if self._playing is not None or self._utterance is not None:
            return 1.0
        return max(0.0, self._silence_until - self._clock.now())

    def _wait_for_silence_from_now(self) -> None:
        self._silence_until = self._clock.now() + self._collect.initial_timeout

    def _nothing_came(self) -> bool:
        waits = self._playing is None and self._utterance is None and not self._keys
        return waits and self._clock.now() >= self._silence_until

    # Speech

    def _listens(self) -> bool:
        if self._recognizer is None or self._keys:
            return False
        return self._playing is None or self._collect.barge_in

    def _hear(self, audio: Audio) -> Collected | None:
        for start in range(0, len(audio.samples), FRAME_BYTES):
            collected = self._hear_frame(audio.samples[start : start + FRAME_BYTES])
            if collected is not None:
                return collected
        return None

    def _hear_frame(self, frame: bytes) -> Collected | None:
        if self._utterance is not None:
            self._utterance.feed(frame)
        for happening in self._endpointer.push(frame):
            match happening:
                case SpeechStarted(audio=beginning):
                    self._stop_prompt()
                    self._open_utterance(beginning)
                case SpeechPaused() if self._utterance is not None:
                    self._utterance.pause()
                case SpeechResumed() if self._utterance is not None:
                    self._utterance.resume()
                case SpeechEnded(speech_end=end):
                    return self._recognise(self._when(end))
                case TooLong(at=at):
                    return self._recognise(self._when(at))
        return None

    def _when(self, position: float) -> float:
        """The call's time of a position in the audio, as far as it has been heard."""
        return self._clock.now() - (self._endpointer.position - position)

    def _open_utterance(self, beginning: bytes) -> None:
        if self._recognizer is None:  # lost while this stretch of audio was being heard
            return
        try:
            self._utterance = self._recognizer.open(
                language=self._collect.language,
                phrases=self._collect.phrases,
                words=self._collect.words,
            )
            self._utterance.feed(beginning)
        except SpeechError as lost:
            log.warning("recognition_lost", reason=str(lost))
            self._recognizer_lost = True
            self._listen_no_more()

    def _recognise(self, ended_at: float) -> Collected | None:
        utterance, self._utterance = self._utterance, None
        if utterance is None:
            return None
        try:
            hypothesis = self._attention.during(
                lambda: utterance.finish(RECOGNITION_DEADLINE), RECOGNITION_DEADLINE + 1.0
            )
        except (RecognizerTimeout, DeadlineError) as late:
            log.warning("recognition_late", reason=str(late) or "no answer in time")
            return Collected(NoMatch(), ended_at)
        except SpeechError as lost:
            # The worker died with these words, twice: ask again. If none comes back, `open` will say so.
            log.warning("recognition_lost", reason=str(lost))
            return Collected(NoMatch(), ended_at)
        finally:
            utterance.cancel()
        if not self._collect.sensitive:
            log.debug("heard", said=[(one.text, round(one.confidence, 2)) for one in hypothesis.readings])
        if self._attention.keys and self._typed_ahead():
            return None  # keys win, also over speech that is already being recognised
        given = _heard(hypothesis)
        return Collected(self._collect.judge(given), ended_at, given=given)

    def _listen_no_more(self) -> None:
        self._recognizer = None
        if self._utterance is not None:
            self._utterance.cancel()
            self._utterance = None
        self._wait_for_silence_from_now()

    def _stop_prompt(self) -> None:
        if self._playing is not None:
            self._call.stop_playing()
            self._playing = None


def _heard(hypothesis: Hypothesis) -> Heard:
    """Speech's words become the dialog's: the only place where the two meet."""
    return Heard(tuple(Alternative(reading.text, reading.confidence) for reading in hypothesis.readings))
