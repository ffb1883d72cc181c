"""Who has answered a call that we placed: the dialler asks, and waits for a machine's tone.

    heard = WhoAnswers(call, clock)
    answering = heard.detect()                    # at most three seconds
    match answering.kind:
        case "human" | "unknown":                 # unknown: nothing was heard; a person, as far as we know
            Session(call, ...).live()
        case "machine" | "beep":
            if heard.wait_for_tone().how != "gone":
                call.play([neutral_message])
        case "fax":
            call.hang_up()

Rules:
1. It runs in the call's own greenlet: the live audio of all calls has one reader already.
2. Only sound is taken from the inbox. All else stays there in its order, the hang-up last, so that whoever
   lives the call next misses nothing.
3. A key is a person's: a machine presses none.
4. Sound that does not come is `unknown`, by the clock, and never a machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import structlog
from gevent.queue import Empty

from esl.errors import CallEnded
from esl.switch import Audio, Call, Digit, HungUp, ListeningLost
from ivr.clock import Clock
from speech.answering import (
    DECIDE_WITHIN,
    TONE_WITHIN,
    AnswerDetector,
    Answering,
    Event,
    FellSilent,
    ToneEnded,
)

log = structlog.get_logger(__name__)

LATE = 0.5
"""Seconds by the clock that the sound may be behind, before the verdict is given without it."""


@dataclass(frozen=True)
class GreetingOver:
    """The machine listens, or nobody does. `after_seconds`: of call time since `detect` began.

    `how`: `tone`, its tone is over and it records; `silence`, it has said all and no tone came (or a firm
    that answers with a sentence waits for us); `time`, it talks on; `fax`; `gone`, the call is over.
    Only where it is `tone` or `silence` is a message heard.
    """

    how: Literal["tone", "silence", "time", "fax", "gone"]
    after_seconds: float
    evidence: str


class WhoAnswers:
    """One answered call. `detect` first, once; then, for a machine, `wait_for_tone`."""

    def __init__(self, call: Call, clock: Clock, *, detector: AnswerDetector | None = None) -> None:
        self._call = call
        self._clock = clock
        self._detector = detector or AnswerDetector()
        self._began = clock.now()
        self._kept: list[object] = []
        self._found: list[Event] = []
        self._deaf = ""
        """Why there is no sound any more; empty while there is."""

    def detect(self) -> Answering:
        """Who it is, in at most three seconds of sound. Raises nothing: whoever hangs up meanwhile, or is
        not heard, is `unknown`, and the inbox tells of the hang-up."""
        self._began = self._clock.now()
        try:
            self._call.start_listening()
            answering = self._until_known(self._began + DECIDE_WITHIN + LATE)
        except CallEnded:
            answering = self._unknown("the call is over")
        finally:
            self._give_back()
        log.info("answered_by", kind=answering.kind, evidence=answering.evidence)
        return answering

    def wait_for_tone(self, within: float = TONE_WITHIN) -> GreetingOver:
        """When a message can be left on the machine that `detect` has found: at the latest `within` seconds
        after the answer. Raises nothing."""
        try:
            over = self._until_over(self._began + within)
        finally:
            self._give_back()
        log.info("greeting_over", how=over.how, evidence=over.evidence)
        return over

    def _until_known(self, deadline: float) -> Answering:
        while True:
            for event in self._found:
                if isinstance(event, Answering):
                    self._found.remove(event)
                    return event
            if self._deaf:
                return self._unknown(self._deaf)
            match self._next(deadline):
                case Digit(key):
                    return Answering("human", self._detector.position, f"the key {key}")
                case HungUp(cause):
                    return self._unknown(f"they hung up: {cause}")
                case None if self._clock.now() >= deadline:
                    heard = self._detector.position
                    return self._unknown(f"only {heard:.1f} s of sound came in {DECIDE_WITHIN + LATE:g} s")

    def _until_over(self, deadline: float) -> GreetingOver:
        while True:
            for event in self._found:
                match event:
                    case ToneEnded(hertz=hertz):
                        return self._over("tone", f"a tone of {hertz:.0f} Hz")
                    case FellSilent():
                        return self._over("silence", "its words are over, no tone came")
                    case Answering(kind="fax", evidence=evidence):
                        return self._over("fax", evidence)
            self._found.clear()
            if self._deaf:
                return self._over("time", self._deaf)
            if self._detector.done or self._clock.now() >= deadline:
                return self._over("time", "no tone came in time")
            match self._next(deadline):
                case HungUp(cause):
                    return self._over("gone", cause)

    def _next(self, deadline: float) -> object:
        """The next event but sound, which goes to the detector; `None` after any wait."""
        left = max(0.0, deadline - self._clock.now())
        try:
            event = self._call.inbox.get(timeout=self._clock.wait_seconds(left))
        except Empty:
            return None
        if isinstance(event, Audio):
            self._found += self._detector.push(event.samples)
            return None
        self._kept.append(event)
        if isinstance(event, ListeningLost):
            self._deaf = event.reason
            return None
        return event

    def _give_back(self) -> None:
        """Rule 2. Nothing else runs between here and its end, so that no event comes in between."""
        kept, self._kept = self._kept, []
        if not kept:
            return
        while True:
            try:
                kept.append(self._call.inbox.get(block=False))
            except Empty:
                break
        for event in kept:
            self._call.inbox.put(event)

    def _unknown(self, evidence: str) -> Answering:
        return Answering("unknown", self._detector.position, evidence)

    def _over(self, how: Literal["tone", "silence", "time", "fax", "gone"], evidence: str) -> GreetingOver:
        return GreetingOver(how, self._clock.now() - self._began, evidence)
