"""What a call is performed with."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.callers.knowing import Acquaintance
from ivr.clock import Clock
from ivr.living.back_end_work import Filler, Lookups, Writes
from ivr.living.voicing import Prompts
from ivr.moments import Watch
from ivr.performers import Performers
from ivr.queueing.context_settings import HandoverSettings
from ivr.queueing.people import People
from speech.recognizer import Recognizer


@dataclass(frozen=True)
class Services:
    """The same for all calls of a server."""

    prompts: Prompts
    recognizer: Recognizer | None
    lookups: Lookups
    clock: Clock
    watch: Watch
    longest_call: float
    """Seconds."""
    writes: Writes | None = None
    """`None`: nobody is there who has things done."""
    filler: Filler = field(default_factory=Filler)
    """What callers hear while a back end takes its time."""
    caller: Acquaintance | None = None
    """Whoever calls; `None`: nobody asks."""
    performers: Performers = field(default_factory=Performers)
    people: People | None = None
    """What is known of the queues; `None`: the switch alone keeps them."""
    handover: HandoverSettings = field(default_factory=HandoverSettings)
    """What reaches an agent's telephone with a call."""
    site_language: str = "es"
    """The company's."""
    kept: float | None = None
    """Seconds that whoever is on the line is ahead in every queue: a place that they have kept; `None`: it is
    looked for (`performers.callbacks`)."""
