"""A look-up in a call: asked beside it, with something to hear if it takes long, and told to the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from dialogs.effects import Lookup
from dialogs.engine import Conversation
from dialogs.results import Failed, Found, Match, Missing, Slow
from dialogs.universals import PERSON
from esl.switch import Call
from ivr import meanwhile, moments
from ivr.attention import Attention, DeadlineError
from ivr.clock import Clock
from ivr.meanwhile import Meanwhile, PersonWanted
from ivr.moments import Watch
from ivr.records import CallRecord, masked, place_in, tells

log = structlog.get_logger(__name__)

GRACE = 0.25
"""Seconds that a back end has beyond its deadline to say itself that it was too slow."""

Outcome = Found | Missing | Slow | Failed


class Lookups(Protocol):
    """The back ends."""

    def ask(self, name: str, by: Mapping[str, str], *, deadline: float, sensitive: bool) -> Outcome:
        """Blocks cooperatively; whoever asks keeps the deadline (seconds) too. `sensitive`: a sensitive
        answer is among what it is asked by."""


class Speak(Protocol):
    """Begins to say a look-up's filler."""

    def __call__(self, lookup: Lookup) -> str:
        """The command's id."""


@dataclass(frozen=True)
class Filler:
    """How waiting is filled in this installation."""

    after: float = 1.5
    """Seconds of silence before it begins."""
    music: Path | None = None
    """A WAV that the switch can play."""


@dataclass(frozen=True)
class Asked:
    """What is asked, and what fills the time."""

    lookups: Lookups
    speak: Speak
    filler: Filler


class LookingUp:
    """The look-ups of one call."""

    def __init__(
        self,
        call: Call,
        *,
        attention: Attention,
        conversation: Conversation,
        record: CallRecord,
        clock: Clock,
        watch: Watch,
        asked: Asked,
    ) -> None:
        self._call, self._attention, self._conversation = call, attention, conversation
        self._record, self._clock, self._watch = record, clock, watch
        self._asked = asked

    def perform(self, lookup: Lookup) -> Outcome | Match:
        """What came of it; a `Match` is the caller's wish for a person.

        Raises `CallEnded`, `CallOverError`, `CallTooLongError`.
        """
        asked_at = self._clock.now()
        secrets = self._conversation.secrets
        sensitive = any(tells(value, secrets) for value in lookup.by.values())
        words = (lambda: self._asked.speak(lookup)) if lookup.filler else None
        filling = Meanwhile(
            self._call,
            self._clock,
            words=words,
            music=self._asked.filler.music,
            after=self._asked.filler.after,
        )
        result: Outcome | Match
        try:
            result = self._attention.during(
                lambda: self._asked.lookups.ask(
                    lookup.name, lookup.by, deadline=lookup.deadline, sensitive=sensitive
                ),
                lookup.deadline + GRACE,
                filling,
            )
        except DeadlineError:
            result = Slow()
        except PersonWanted:
            result = Match(PERSON, meanwhile.PERSON, "keys")
        if filling.sounding is not None:
            filling.stop()
            self._attention.until_finished(filling.sounding)
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
        )
        took = self._clock.now() - asked_at
        self._watch(moments.LookedUp(self._record.call_id, lookup.step, lookup.name, name, took))
        return result
