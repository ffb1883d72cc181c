"""Several engines for one utterance: another one is asked where the first is unsure, or in its place if lost.

Rules:
1. The second engine costs a decode only where the first one has a reading that it half believes. What the
   first one refuses (noise, other words) stays refused.
2. The caller waits `WITHIN` seconds more at most; a second opinion that is late or lost is none.
3. An engine that is lost in an utterance is replaced by the next one that can take it, within `AFTER_LOSS`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from speech.errors import RecognizerLost, SpeechError
from speech.recognizer import Hypothesis, Reading, Utterance
from speech.utterances import LONGEST_KEPT

Opening = Callable[[], Utterance]

UNSURE = 0.5
"""Confidence of the best reading below which another engine is asked."""
NEAR = 0.15
"""So near a second reading is to the first one that they cannot be told apart."""
WITHIN = 1.2
"""Seconds; a decode of Whisper takes 0.2 to 0.7."""
AFTER_LOSS = 2.0
"""Seconds that a caller waits for the second engine where the first one was lost."""


class SecondOpinion:
    """Fulfils the `Utterance` port over several."""

    def __init__(
        self, first: Utterance, ask: Opening | None = None, *, stand_ins: Sequence[Opening] = ()
    ) -> None:
        """`ask` opens the same utterance on the engine of the second opinion, `stand_ins` on those that
        answer where the first one is lost; each may raise `RecognizerLost`."""
        self._first = first
        self._ask = ask
        self._stand_ins = stand_ins
        self._sound = bytearray()

    def feed(self, samples: bytes) -> None:
        """8 kHz samples. Never blocks."""
        self._first.feed(samples)
        if len(self._sound) + len(samples) <= LONGEST_KEPT:
            self._sound += samples

    def pause(self) -> None:
        """The caller fell silent."""
        self._first.pause()

    def resume(self) -> None:
        """The caller went on."""
        self._first.resume()

    @property
    def so_far(self) -> tuple[Reading, ...]:
        """What the first engine has understood so far."""
        return self._first.so_far

    def finish(self, timeout: float) -> Hypothesis:
        """The better of two answers, where two were needed. Raises `RecognizerLost`, `RecognizerTimeout`."""
        began = time.monotonic()
        try:
            heard = self._first.finish(timeout)
        except RecognizerLost:
            lost_at = time.monotonic()
            for opening in self._stand_ins:
                left = min(AFTER_LOSS - (time.monotonic() - lost_at), timeout - (time.monotonic() - began))
                if left > 0 and (other := self._other(opening, left)) is not None:
                    return replace(other, wait_seconds=time.monotonic() - began)
            raise
        left = timeout - (time.monotonic() - began)
        if self._ask is None or not unsure(heard) or left <= 0:
            return heard
        other = self._other(self._ask, min(WITHIN, left))
        if other is None:
            return heard
        return replace(better(heard, other), wait_seconds=time.monotonic() - began)

    def cancel(self) -> None:
        """Nobody wants the answer any more."""
        self._first.cancel()

    def _other(self, opening: Opening, within: float) -> Hypothesis | None:
        try:
            utterance = opening()
        except SpeechError:
            return None
        try:
            utterance.feed(bytes(self._sound))
            return utterance.finish(within)
        except SpeechError:
            return None
        finally:
            utterance.cancel()


def unsure(heard: Hypothesis) -> bool:
    """Whether another engine should be asked."""
    if not heard.readings:
        return False
    best, *others = heard.readings
    return best.confidence < UNSURE or bool(others and best.confidence - others[0].confidence < NEAR)


def better(first: Hypothesis, second: Hypothesis) -> Hypothesis:
    """Both engines' readings, those of the surer one in front; where they agree, that reading is surer."""
    if not second.readings:
        return first
    believed = {reading.text: reading.confidence for reading in first.readings}
    for reading in second.readings:
        known = believed.get(reading.text)
        # Two engines that err in different ways and say the same are both wrong only by chance.
        agreed = reading.confidence if known is None else 1 - (1 - known) * (1 - reading.confidence)
        believed[reading.text] = agreed
    ranked = sorted(believed.items(), key=lambda one: -one[1])
    engine = f"{first.engine}+{second.engine}"
    return replace(first, readings=tuple(Reading(text, sure) for text, sure in ranked[:5]), engine=engine)
