"""One question on a live call: the prompt plays, the caller speaks or keys, an answer comes of it.

Rules:
1. Keys always win: the first key stops the prompt and ends speech recognition for this question.
2. Speech stops the prompt as soon as it is certain that it is speech (barge-in), where the flow allows.
3. Time is the caller's: silence and speech are measured in the audio, not by the clock.
4. Sound that is no interruption (a nod, a cough, our own echo) lets the prompt go on: `interruptions`.
5. The pause that ends an answer follows what is understood so far, also while it lasts: a yes, or a number
   that is complete, ends sooner, one that is not gets more time.
6. Nobody waits in silence for the recogniser: before two seconds have passed since their words, and again as
   long as it takes, they hear that it takes a moment. A key ends that wait.
7. No recogniser: the call goes on by keys. An utterance that cannot be taken, is lost or late counts as not
   understood, as soon as the caller has said it, and the next one is tried again.
8. What began before the question's turn is no part of an answer to it: `floor`.
9. Who goes on while the words are awaited, before we have said anything, has given one answer: all of it is
   recognised.
10. Whoever talks on beyond the longest time is judged by what they have said, and told (`talks_on`): what is
    said to them next would be cut at its first syllable.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from dialogs.effects import Collect
from dialogs.numbers_hidden import hide_numbers
from dialogs.results import Heard, NoInput, NoMatch
from esl.switch import Audio, Call, Digit, Finished, ListeningLost
from ivr.clock import Clock
from ivr.living.attention import Attention, SpokeOnError
from ivr.living.collected import Collected, heard_in
from ivr.living.floor import LAST_WORDS, Behind, Ear, Floor
from ivr.living.hearing import IntoPrompts
from ivr.living.interruptions import LONGEST_COUGH, Interruption, is_no_answer
from ivr.living.keyed import KeyedAnswer
from ivr.living.said import Said
from ivr.living.voicing import Voicing
from ivr.living.words_awaited import WordsAwaited
from speech.endpointing import (
    Endpointer,
    Event,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    TooLong,
)
from speech.errors import SpeechError
from speech.recognizer import Hypothesis, Recognizer
from speech.sound import FRAME_SECONDS, frames_of

log = structlog.get_logger(__name__)


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
        voicing: Voicing | None = None,
        floor: Floor | None = None,
        into_prompts: IntoPrompts = "answer",
    ) -> None:
        """`voicing`: without it no prompt goes on after a nod, and nobody is told to wait. `floor`: without
        it nobody is waited for. `into_prompts`: what speaks into them."""
        self._voicing = voicing
        self._collect = collect
        self._floor = floor
        self._interruptible = into_prompts == "answer"
        into_it = collect.barge_in and self._interruptible
        self._over_it = None if into_it or into_prompts == "echo" else Ear()
        self._too_soon: Behind | None = None
        """Who spoke before they had heard what is asked, and goes on: perhaps a television."""
        self._call = call
        self._attention = attention
        self._clock = clock
        self._recognizer = recognizer if collect.voice else None
        self._endpointer = self._new_ear(0.0)
        self._interruption: Interruption | None = None
        self._files: Sequence[Path] = ()
        self._play_began = 0.0
        self._echoes = into_prompts == "echo"
        self._said: Said | None = None
        self._frames: deque[bytes] = deque()
        """What the line has brought and nobody has looked at."""
        self._keys = KeyedAnswer(collect, attention, clock)
        self._playing: str | None = None
        self._silence_until = 0.0
        self._recognizer_lost = False
        self._unheard = False
        """The caller speaks, and no worker takes it."""
        self._spoke_at: float | None = None

    def ask(self, ready: Callable[[], Callable[[], str | None]]) -> Collected:
        """Puts the question and waits for the answer. `ready` makes the prompt and gives what plays it, which
        returns the command's id: whoever speaks while it is being made is waited for.

        Raises `CallOverError`, `CallTooLongError`.
        """
        try:
            if not self._keys.typed_ahead():
                self._put(ready())
            self._wait_for_silence_from_now()
            return replace(self._collected(), echoes=self._echoes)
        finally:
            self._attention.judged(but_last=self._endpointer.silence_before)
            self._drop_said()

    def _put(self, play: Callable[[], str | None]) -> None:
        if not self._awaited():
            self._playing = play()
            self._play_began = self._clock.now()
            self._files = self._voicing.sounding if self._voicing else ()

    def _awaited(self) -> bool:
        """Waits for whoever is speaking; whether they have keyed an answer meanwhile."""
        if self._floor is None or self._recognizer is None:
            return False
        match self._floor.awaited():
            case "echo":
                self._echoes = True
            case Ear() as theirs:
                self._interruptible = False
                self._over_it = None if self._echoes else theirs
        if self._attention.listening_lost:
            self._listen_no_more()
        if self._collect.keep:
            self._attention.keys.clear()  # keyed before the question: no answer to it
        return self._keys.typed_ahead()

    def _collected(self) -> Collected:
        while True:
            if self._keys.over:
                answer, given = self._keys.judged()
                return Collected(answer, self._clock.now(), self._recognizer_lost, given)
            event = self._attention.next(self._patience())
            match event:
                case Digit(key) if self._collect.keys.longest:
                    self._key(key)
                case Audio() if self._listens():
                    if (collected := self._hear(event.samples)) is not None:
                        return collected
                case Audio(samples=samples) if self._over_it is not None:
                    self._over_it.push(samples)
                case ListeningLost():
                    self._listen_no_more()
                case Finished(command_id=ended) if ended == self._playing:
                    self._playing = None
                    self._begin_to_listen()
                    self._wait_for_silence_from_now()
                case _:
                    pass
            if self._nothing_came():
                return Collected(NoInput(), None, self._recognizer_lost)

    def _key(self, key: str) -> None:
        self._stop_prompt()
        self._unheard = False
        self._drop_said()
        self._keys.press(key)

    # Time

    def _patience(self) -> float:
        if self._keys.begun:
            return self._keys.left
        if self._playing is not None or self._speaks:
            return 1.0
        return max(0.0, self._silence_until - self._clock.now())

    def _wait_for_silence_from_now(self) -> None:
        self._silence_until = self._clock.now() + self._collect.initial_timeout

    def _nothing_came(self) -> bool:
        waits = self._playing is None and not self._speaks and not self._keys.begun
        return waits and self._clock.now() >= self._silence_until

    @property
    def _speaks(self) -> bool:
        return self._said is not None or self._unheard or self._too_soon is not None

    # Speech

    def _listens(self) -> bool:
        if self._recognizer is None or self._keys.begun:
            return False
        into_it = self._collect.barge_in and self._interruptible and not self._echoes
        return self._playing is None or into_it

    def _begin_to_listen(self) -> None:
        """At the end of a prompt that nobody may speak into, perhaps in the middle of a word."""
        over_it, self._over_it = self._over_it, None
        if over_it is None or self._recognizer is None or self._keys.begun:
            return
        if not over_it.speaking or over_it.is_echo(self._files):
            return
        self._endpointer, began = over_it.endpointer, over_it.began
        self._endpointer.wait(self._collect.final_silence)
        self._spoke_at = self._when(began)
        if over_it.seconds > LAST_WORDS:
            self._too_soon = Behind(bytes(over_it.sound))
        else:
            self._begin_answer(bytes(over_it.sound))

    def _hear(self, samples: bytes) -> Collected | None:
        self._frames += frames_of(samples)
        while self._frames:
            collected = self._hear_frame(self._frames.popleft())
            if collected is not None:
                return collected
        return None

    def _hear_frame(self, frame: bytes) -> Collected | None:
        if self._too_soon and (over_them := frames_of(self._too_soon.spoken_over(frame))):
            self._too_soon = None
            self._endpointer = self._new_ear(self._endpointer.position - (len(over_them) - 1) * FRAME_SECONDS)
            self._frames.extendleft(reversed(over_them))
            return None
        if self._interruption is not None:
            self._interruption.take(frame)
        if self._said is not None:
            self._said.feed(frame)
            if (pause := self._said.pause_to_wait()) is not None:
                self._endpointer.wait(pause)
        for happening in self._endpointer.push(frame):
            if (collected := self._happened(happening)) is not None:
                return collected
        return None

    def _happened(self, happening: Event) -> Collected | None:
        match happening:
            case SpeechStarted(at=at, audio=beginning):
                self._spoke_at = self._when(at)
                self._interrupt(self._spoke_at, beginning)
                self._begin_answer(beginning)
            case SpeechPaused() if self._said is not None:
                self._said.pause()
                self._endpointer.wait(self._collect.final_silence)
            case SpeechResumed() if self._said is not None:
                self._said.resume()
            case SpeechEnded() | TooLong() if not self._speaks:
                pass  # nobody takes answers any more
            case SpeechEnded(speech_end=end, speech_seconds=seconds) if self._too_soon:
                return self._not_heard_out(self._when(end), seconds)
            case SpeechEnded(speech_end=end, speech_seconds=seconds):
                self._endpointer.reopen()
                return self._recognise(self._when(end), seconds)
            case TooLong(at=at) if self._too_soon:
                collected = self._not_heard_out(self._when(at), self._collect.longest_utterance)
                return replace(collected, talks_on=True) if collected is not None else None
            case TooLong(at=at):
                collected = self._recognise(self._when(at), self._collect.longest_utterance)
                return replace(collected, talks_on=True) if collected is not None else None
        return None

    def _not_heard_out(self, ended_at: float, seconds: float) -> Collected | None:
        """Whoever has spoken over the question is asked again; a cough is nothing."""
        self._too_soon, self._endpointer = None, self._new_ear(self._endpointer.position)
        self._wait_for_silence_from_now()
        if seconds < LONGEST_COUGH:
            return None
        return Collected(NoMatch(), ended_at, began_at=self._spoke_at)

    def _new_ear(self, start: float) -> Endpointer:
        return Endpointer(
            final_silence=self._collect.final_silence,
            initial_timeout=None,
            longest=self._collect.longest_utterance,
            start=start,
        )

    def _interrupt(self, began: float, beginning: bytes) -> None:
        """Speech stops the prompt, and keeps what is needed to tell whether it was an interruption."""
        if self._playing is not None and self._voicing is not None:
            self._interruption = Interruption(max(0.0, began - self._play_began))
            self._interruption.take(beginning)
        self._stop_prompt()

    def _when(self, position: float) -> float:
        """The call's time of a position in the audio, as far as it has been heard."""
        return self._clock.now() - (self._endpointer.position - position)

    def _begin_answer(self, beginning: bytes) -> None:
        if self._recognizer is None:  # lost while this stretch of audio was being heard
            return
        try:
            self._said = Said(self._recognizer, self._collect, beginning, self._endpointer, self._frames)
        except SpeechError as lost:
            self._not_taken(lost)

    def _not_taken(self, lost: SpeechError) -> None:
        log.warning("recognition_lost", reason=str(lost))
        self._said = None
        self._recognizer_lost = self._unheard = True

    def _drop_said(self) -> None:
        if self._said is not None:
            self._said.cancel()
            self._said = None

    def _recognise(self, ended_at: float, seconds: float) -> Collected | None:
        """The answer to what was said for so many `seconds`; None if the question goes on."""
        unheard, self._unheard = self._unheard, False
        interruption, decided_at = self._interruption, self._clock.now()
        if interruption is not None and interruption.is_echo(self._files):
            self._drop_said()
            return self._brought_back(interruption, ended_at)
        try:
            hypothesis = self._words_of(self._said, decided_at - ended_at) if self._said else None
        except SpokeOnError:
            self._go_on()
            return None
        self._said = self._interruption = None
        if self._attention.keys and self._keys.typed_ahead():
            return None  # keys win, also over speech that is already being recognised
        if hypothesis is None:
            return Collected(NoMatch(), ended_at, unheard, decided_at=decided_at, began_at=self._spoke_at)
        collected = self._judged(hypothesis, ended_at, decided_at)
        if interruption is not None and self._is_aside(collected, seconds) and self._gone_on(interruption):
            return None
        return collected

    def _judged(self, hypothesis: Hypothesis, ended_at: float, decided_at: float) -> Collected:
        if not self._collect.sensitive:
            # Not judged yet: what may be a PIN beside the answer is hidden whatever is asked.
            heard = [(hide_numbers(one.text), round(one.confidence, 2)) for one in hypothesis.readings]
            log.debug("heard", said=heard)
        given = heard_in(hypothesis.readings)
        answer = self._collect.judge(given)
        return Collected(answer, ended_at, given=given, decided_at=decided_at, began_at=self._spoke_at)

    def _is_aside(self, collected: Collected, seconds: float) -> bool:
        """A nod or a cough, and no answer."""
        answer, given = collected.answer, collected.given
        if not isinstance(given, Heard) or isinstance(answer, NoInput):
            return False
        return is_no_answer(answer, given, seconds, self._collect.language)

    def _words_of(self, said: Said, silence: float) -> Hypothesis | None:
        """Raises `SpokeOnError`, and what ends a call."""
        wait = WordsAwaited(self._call, self._attention, self._clock, self._voicing)
        keys = bool(self._collect.keys.longest)
        return wait.words_of(said, silence=silence, until_key=keys)

    def _go_on(self) -> None:
        """What they had said was not all."""
        log.info("spoke_on")
        try:
            if self._said is not None:
                self._said.go_on()
        except SpeechError as lost:
            self._not_taken(lost)

    def _brought_back(self, interruption: Interruption, ended_at: float) -> Collected | None:
        """The line's echo of our prompt: from now on speech into prompts counts no more."""
        self._interruption = None
        log.info("echo", played=round(interruption.prompt_seconds, 1))
        self._echoes = True
        return None if self._gone_on(interruption) else Collected(NoMatch(), ended_at)

    def _gone_on(self, interruption: Interruption) -> bool:
        """Whether the prompt goes on from where it stopped; the question then waits as before."""
        assert self._voicing is not None
        at = interruption.goes_on_at
        self._playing = self._voicing.go_on(self._files, at)
        if self._playing is None:
            return False
        self._play_began = self._clock.now() - at
        self._endpointer = self._new_ear(self._endpointer.position)
        return True

    def _listen_no_more(self) -> None:
        self._recognizer, self._unheard, self._too_soon = None, False, None
        self._drop_said()
        self._wait_for_silence_from_now()

    def _stop_prompt(self) -> None:
        if self._playing is not None:
            self._call.stop_playing()
            self._playing = None
