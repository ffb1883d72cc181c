"""Who understands a live call: Rasa where it is there and answers, else the built-in engine, in one turn.

A caller waits once. The first engine has `FIRST` of the time; if it has not answered, or is known to be
broken (a circuit breaker), the built-in engine answers in a millisecond of what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import gevent
import structlog

from dialogs.asides import STEP as ASIDES
from dialogs.effects import Understand
from dialogs.nodes.matters import CHECK
from dialogs.results import Failed, Understood
from ivr.back_ends.breaker import Breaker
from ivr.understanding.built_in import BuiltIn
from ivr.understanding.examples import OUT_OF_SCOPE
from ivr.understanding.port import Meaning, Understander, UnderstandingFailed
from ivr.understanding.readings import MOST_READINGS, together
from ivr.understanding.unheard import Unheard

log = structlog.get_logger(__name__)

FIRST = 0.5
"""Share of the deadline after which the first engine is given up."""
FAILURES = 3
"""In a row, after which the first engine is left alone."""
REST = 20.0
"""Seconds for which it is."""
AFTER_WAITING = 5.0
"""Seconds for which it is not asked once it has let somebody wait in vain: a sentence is understood in up to
five parts, and its caller waits once."""


class Understanding:
    """The engines of a server."""

    def __init__(
        self,
        built_in: BuiltIn,
        first: Understander | None = None,
        *,
        now: Callable[[], float],
        unheard: Unheard | None = None,
    ) -> None:
        """`first`: is asked before the built-in engine. `now`: seconds of a clock that never goes back.

        `unheard`: keeps what was not understood."""
        self._unheard = unheard
        self._built_in = built_in
        self._first = first
        self._now = now
        self._let_wait: dict[str, float] = {}
        """By language: when the first engine last let somebody wait in vain."""
        self._breakers: Mapping[str, Breaker] = {
            language: Breaker(failures=FAILURES, rest=REST, now=now)
            for language in (first.languages() if first else ())
        }
        self._preparing: gevent.Greenlet[[], None] | None = None

    def languages(self) -> Sequence[str]:
        """Those that somebody understands."""
        return tuple(sorted({*self._built_in.languages(), *self._breakers}))

    def prepare(self) -> None:
        """Has the models loaded, or trained, beside what goes on; the first caller need not wait."""
        if self._preparing is None:
            self._preparing = gevent.spawn(self._prepare)

    def parse(self, text: str, language: str, *, deadline: float) -> Meaning:
        """The meaning, by whoever can tell it. Raises `UnderstandingFailed`."""
        breaker, asked_at = self._breakers.get(language), self._now()
        waited = asked_at - self._let_wait.get(language, -AFTER_WAITING) < AFTER_WAITING
        entered = breaker.enter() if breaker and not waited else None
        if self._first is not None and breaker is not None and entered is not None:
            try:
                meaning = self._first.parse(text, language, deadline=deadline * FIRST)
            except UnderstandingFailed as failed:
                breaker.failed(entered)
                if self._now() - asked_at >= deadline * FIRST:
                    self._let_wait[language] = self._now()
                log.warning("understanding_fell_back", language=language, reason=str(failed))
            except BaseException:
                breaker.left(entered)
                raise
            else:
                breaker.succeeded(entered)
                return meaning
        return self._built_in.parse(text, language, deadline=deadline * (1 - FIRST))

    def understand(self, asked: Understand) -> Understood | Failed:
        """What a flow asks: only the intents and entities that it can use."""
        try:
            meaning = self._read(asked)
        except UnderstandingFailed as failed:
            log.error("not_understood", step=asked.step, reason=str(failed))
            return Failed("no engine understands just now")
        # Who has understood what, and how surely; never what was said.
        log.debug(
            "understood",
            step=asked.step,
            engine=meaning.engine,
            intent=meaning.intent,
            confidence=round(meaning.confidence, 2),
        )
        wanted = {name for name in asked.intents if name != OUT_OF_SCOPE}
        ranked = tuple((name, sure) for name, sure in meaning.intents if name in wanted)
        # An answer that may be an aside is mostly no matter at all: only open questions teach.
        if self._unheard is not None and asked.name != ASIDES and not (ranked and ranked[0][1] >= CHECK):
            self._unheard.keep(
                asked.text, asked.language, lambda word: self._built_in.knows(word, asked.language)
            )
        return Understood(
            ranked,
            {one.name: one.value for one in meaning.entities if one.name in asked.entities},
        )

    def _read(self, asked: Understand) -> Meaning:
        """What all readings mean. Beside the first they are the built-in engine's, which takes a millisecond
        for each. Raises `UnderstandingFailed`."""
        meanings = [self.parse(asked.text, asked.language, deadline=asked.deadline)]
        try:
            for other in asked.beside[: MOST_READINGS - 1]:
                left = asked.deadline * (1 - FIRST) / MOST_READINGS
                meanings.append(self._built_in.parse(other, asked.language, deadline=left))
        except UnderstandingFailed as failed:
            log.warning("readings_left_out", language=asked.language, reason=str(failed))
        return together(meanings, asked.language)

    def close(self) -> None:
        """Closes the engines."""
        if self._preparing is not None:
            self._preparing.kill()
        self._built_in.close()
        if self._first is not None:
            self._first.close()

    def make_ready(self) -> None:
        """Waits until the built-in engine has its models; where it cannot, its answers tell so."""
        try:
            self._built_in.prepare()
        except UnderstandingFailed as failed:
            log.error("understanding_not_ready", reason=str(failed))

    def _prepare(self) -> None:
        self.make_ready()
        try:
            if self._first is not None:
                self._first.prepare()
        except UnderstandingFailed as failed:
            log.warning("first_engine_not_ready", reason=str(failed))
