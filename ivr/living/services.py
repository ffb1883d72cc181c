"""What a call is performed with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from dialogs.flow import FlowSet
from ivr.callers.knowing import Acquaintance
from ivr.clock import Clock
from ivr.living.back_end_work import Filler, Lookups, Writes
from ivr.living.voicing import Prompts
from ivr.moments import Watch
from ivr.performers import Performers
from ivr.queueing.context_settings import HandoverSettings
from ivr.queueing.people import People
from speech.recognizer import Recognizer

NO_FLOWS = FlowSet({})


class Reserved(Protocol):
    """An agent who is on the line already, and waits for whoever this call is."""

    def put_through(self, customer_leg: str) -> bool:
        """Whether the two talk now; false: the agent is gone, or the switch could not."""


@dataclass(frozen=True)
class CalledBack:
    """Whom we have called, and why."""

    ahead: float
    """Seconds that they are ahead in every queue: all that they have waited, and their base score."""
    story: Mapping[str, Any] = field(default_factory=dict)
    """What they had said as they asked for it."""
    asked_at: datetime | None = None
    waited: float = 0.0
    """Seconds, in all, without the time until a moment that they have chosen."""
    chosen: bool = False
    """Whether they are called at a time of their choice."""
    tries: int = 0
    """How often they were called in vain before."""
    reserved: Reserved | None = None


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
    agent_within: float | None = None
    """Seconds that whoever is on the line waits in a queue at most, because we have called them; `None`: as
    long as the queue says."""
    site_language: str = "es"
    """The company's."""
    flows: Callable[[], FlowSet] = lambda: NO_FLOWS
    """As they are published now: what agents are told of segments and intents stands in them."""
    called_back: CalledBack | None = None
    """Whoever is on the line was called at their place; `None`: they have called, and whether they keep one
    is looked for (`performers.callbacks`)."""
