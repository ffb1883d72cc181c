"""The wait for a recogniser's words, which no caller spends in silence.

Rules:
1. Two seconds after their last word, the pause that ended the answer included, callers have heard that it
   takes a moment, and hear it again as long as it takes.
2. A key ends the wait: it is an answer by itself.
3. So does the caller who goes on before anything was said to them: what they had said was not all. Once we
   have spoken, it is our turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from esl.switch import Audio, Call, Digit
from ivr.clock import Clock
from ivr.living.attention import Attention, DeadlineError, KeyedError, SpokeOnError
from ivr.living.meanwhile import Meanwhile
from ivr.living.said import Said
from ivr.living.voicing import Voicing
from speech.errors import RecognizerTimeout, SpeechError
from speech.recognizer import Hypothesis
from speech.sound import FRAME_SECONDS

log = structlog.get_logger(__name__)

DEADLINE = 6.0
"""Seconds to wait for the words after the caller has ended; then it counts as not understood."""
PATIENCE = 1.2
"""Seconds of waiting after which the caller hears something."""
LONGEST_SILENCE = 1.8
"""Seconds since the caller's last word after which they hear it at the latest: half a second after a number's
pause, for instance."""
SHORTEST_PATIENCE = 0.3
REST = 1.4
"""Seconds between two of those sentences."""

MOMENT = 4
"""Frames after which it is certain whether somebody has begun to speak."""


@dataclass(frozen=True)
class WordsAwaited:
    """One call's. `voicing`: without it nobody is told to wait."""

    call: Call
    attention: Attention
    clock: Clock
    voicing: Voicing | None

    def words_of(self, said: Said, *, silence: float, until_key: bool) -> Hypothesis | None:
        """What was said; None if the words do not come in time, or for a key, which is kept.

        `silence`: seconds since the caller's last word. `until_key`: keys can answer.
        Raises `SpokeOnError`, `CallOverError`, `CallTooLongError`, `CallEnded`.
        """
        filling, utterance = self._filling(silence), said.utterance

        def spoke_on(samples: bytes) -> bool:
            return said.goes_on(samples) and not (filling is not None and filling.begun)

        try:
            words = self.attention.during(
                lambda: utterance.finish(DEADLINE),
                DEADLINE + 1.0,
                filling,
                until_key=until_key,
                until_sound=spoke_on,
            )
            if filling is None or not filling.begun:  # else it is our turn, and its end is awaited
                self._heard_begin(said, spoke_on)
            return words
        except KeyedError:
            if filling is not None:
                filling.stop(words=True)
        except (RecognizerTimeout, DeadlineError) as late:
            log.warning("recognition_late", reason=str(late) or "no answer in time")
        except SpeechError as lost:
            # The worker died with these words, twice: ask again. If none comes back, `open` will say so.
            log.warning("recognition_lost", reason=str(lost))
        finally:
            utterance.cancel()
            if filling is not None and filling.sounding is not None and not self.attention.over:
                self.attention.until_finished(filling.sounding, on_sound=said.goes_on)
        return None

    def _heard_begin(self, said: Said, spoke_on: Callable[[bytes], bool]) -> None:
        """Raises `SpokeOnError` if the sound that came with the words is the beginning of more."""
        for _frame in range(MOMENT):
            if not said.may_go_on:
                return
            match self.attention.next(FRAME_SECONDS):
                case Audio(samples=samples) if spoke_on(samples):
                    raise SpokeOnError
                case Digit(key):
                    self.attention.keys.append(key)
                    return

    def _filling(self, silence: float) -> Meanwhile | None:
        if self.voicing is None:
            return None
        return Meanwhile(
            self.call,
            self.clock,
            words=self.voicing.one_moment,
            music=None,
            after=min(PATIENCE, max(SHORTEST_PATIENCE, LONGEST_SILENCE - silence)),
            rest=REST,
            person=False,
        )
