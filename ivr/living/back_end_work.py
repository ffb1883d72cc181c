"""What a call asks the company's systems for and has done there: beside the call, with something to hear."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

import gevent
import structlog

from dialogs.effects import Lookup, Prompt, Write
from dialogs.engine import Conversation
from dialogs.results import Failed, Found, Match, Missing, Noted, Refused, Slow, Written
from dialogs.universals import PERSON
from esl.switch import Call
from ivr import moments
from ivr.call_record import CallRecord, masked, place_in, tells
from ivr.clock import Clock
from ivr.identity.verification import Verification
from ivr.living import meanwhile
from ivr.living.attention import Attention, DeadlineError
from ivr.living.meanwhile import Meanwhile, PersonWanted
from ivr.lookups.whose import guessed_at
from ivr.moments import Watch
from ivr.occasion import Occasion
from speech.synthesizer import Waiting

log = structlog.get_logger(__name__)
T = TypeVar("T")

AHEAD = 0.3
"""Seconds after which what will be said to whoever waits is made, a value in it perhaps: most are answered by
then, and need nothing."""
GRACE = 0.5
"""Seconds that a back end has beyond its deadline to say itself that it was too slow."""
NOTING = 4.0
"""Seconds that a write has beyond its deadline until it is on a disk: the own database may be slow, too."""

LookedUp = Found | Missing | Slow | Failed
Done = Written | Noted | Refused | Failed


class Lookups(Protocol):
    """What is asked."""

    def ask(self, name: str, by: Mapping[str, str], *, deadline: float, sensitive: bool) -> LookedUp:
        """Blocks cooperatively; whoever asks keeps the deadline (seconds) too. `sensitive`: a sensitive
        answer is among what it is asked by."""


class Writes(Protocol):
    """Who has things done."""

    def write(self, write: Write, occasion: Occasion) -> Done:
        """Blocks cooperatively, for about the write's deadline. What has begun is done or noted, also if
        nobody waits for it any more."""


@dataclass(frozen=True)
class Filler:
    """How waiting is filled in this installation."""

    after: float = 1.5
    """Seconds of silence before it begins."""
    music: Path | None = None
    """A WAV that the switch can play."""


@dataclass(frozen=True)
class Counter:
    """Where a call turns to, and what fills the time."""

    lookups: Lookups
    writes: Writes | None
    filler: Filler
    speak: Callable[[Prompt, str, Waiting], str | None]
    """Begins to say a prompt at a step to somebody who has heard nothing for so long; returns the command's
    id, `None` if there is no voice."""
    make_ahead: Callable[[Prompt], None]
    """Makes what will have to be said if they wait."""
    identity: Verification | None = None
    """Counts who guesses; `None`: nobody is there who has a count."""


class BackEndWork:
    """The look-ups and writes of one call."""

    def __init__(
        self,
        call: Call,
        *,
        attention: Attention,
        conversation: Conversation,
        record: CallRecord,
        clock: Clock,
        watch: Watch,
        counter: Counter,
    ) -> None:
        self._call, self._attention, self._conversation = call, attention, conversation
        self._record, self._clock, self._watch = record, clock, watch
        self._counter = counter

    def look_up(self, lookup: Lookup) -> LookedUp | Match:
        """What came of it; a `Match` is the caller's wish for a person.

        Raises `CallEnded`, `CallOverError`, `CallTooLongError`.
        """
        asked_at = self._clock.now()
        secrets = self._conversation.secrets
        sensitive = any(tells(value, secrets) for value in lookup.by.values())
        result: LookedUp | Match
        try:
            result = self._during(
                lookup,
                lambda: self._asked(lookup, sensitive=sensitive),
                lookup.deadline + GRACE,
                person=True,
            )
        except DeadlineError:
            result = Slow()
        except PersonWanted:
            result = Match(PERSON, meanwhile.PERSON, "keys")
        self._tell(lookup, result, secrets, sensitive=sensitive, seconds=self._clock.now() - asked_at)
        return result

    def _asked(self, lookup: Lookup, *, sensitive: bool) -> LookedUp:
        """The answer; what a number and a postcode open is given only to who has not guessed too often."""
        back_ends, counting = self._counter.lookups, self._counter.identity

        def ask() -> LookedUp:
            return back_ends.ask(lookup.name, lookup.by, deadline=lookup.deadline, sensitive=sensitive)

        thing = guessed_at(lookup.name, lookup.by)
        if thing is None or counting is None:
            return ask()
        return counting.guarded(thing, self._occasion(lookup.step), ask)

    def _occasion(self, step: str) -> Occasion:
        return Occasion(
            call_id=UUID(self._record.call_id),
            caller_number=self._call.caller_number,
            flow=self._conversation.position.flow,
            step=step,
            language=self._conversation.language,
        )

    def write(self, write: Write) -> Done:
        """What came of it. Raises `CallEnded`, `CallOverError`, `CallTooLongError`."""
        writes = self._counter.writes
        if writes is None:
            log.error("not_installed", call=self._record.call_id, step=write.step, deed="Write")
            return Failed("Write is not installed")
        occasion = self._occasion(write.step)
        result: Done
        try:
            result = self._during(
                write, lambda: writes.write(write, occasion), write.deadline + NOTING, person=False
            )
        except DeadlineError:
            result = Failed(f"neither done nor noted within {write.deadline:g} s")
        if isinstance(result, Failed):
            log.error("write_failed", call=self._record.call_id, write=write.name, reason=result.reason)
        return result

    def _during(self, effect: Lookup | Write, work: Callable[[], T], deadline: float, *, person: bool) -> T:
        """The work, with something to hear if it takes long; what sounds then comes to an end first."""
        waiting, ahead = Waiting(), None
        words = (lambda: self._counter.speak(effect.filler, effect.step, waiting)) if effect.filler else None
        if effect.filler:
            soon = self._clock.wait_seconds(AHEAD)
            ahead = gevent.spawn_later(soon, self._counter.make_ahead, effect.filler)
        filler = self._counter.filler
        filling = Meanwhile(
            self._call, self._clock, words=words, music=filler.music, after=filler.after, person=person
        )
        try:
            done = self._attention.during(work, deadline, filling)
        except (DeadlineError, PersonWanted):
            self._quieten(filling)
            raise
        finally:
            if ahead is not None:
                ahead.kill(block=False)
        self._quieten(filling)
        return done

    def _quieten(self, filling: Meanwhile) -> None:
        if filling.sounding is not None:
            filling.stop()
            self._attention.until_finished(filling.sounding)

    def _tell(
        self,
        lookup: Lookup,
        result: LookedUp | Match,
        secrets: Collection[str],
        *,
        sensitive: bool,
        seconds: float,
    ) -> None:
        """Into the record; what is the answer to a sensitive question is masked there by its value."""
        name = "left" if isinstance(result, Match) else type(result).__name__.lower()
        if isinstance(result, Failed):
            log.warning("lookup_failed", call=self._record.call_id, lookup=lookup.name, reason=result.reason)
        self._record.looked_up(
            place_in(self._conversation, lookup.step),
            lookup.name,
            asked=lookup.by,
            result=name,
            found=masked(result.record if isinstance(result, Found) else {}, secrets),
            sensitive=sensitive,
            seconds=seconds,
        )
        self._watch(moments.LookedUp(self._record.call_id, lookup.step, lookup.name, name, seconds))
