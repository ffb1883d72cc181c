"""The interface of all modes, and the careful one.

Rules:
1. A pacer is asked often (each second, and after each event), and says how many calls to begin at that
   moment. The dialler may begin fewer: its trunk's limits, the law's hours and caps per person are its own.
2. What a dialler counts (free agents, ringing calls) is the truth; what was observed serves only to foretell.
3. Inbound callers come first: while one waits, nothing is dialled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.campaigns.pacing.events import Event


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is the case at a moment, counted by the dialler over all servers of the campaign."""

    free_agents: int
    """Agents who could take a call now, without those whom a preview or a callback has reserved."""
    ringing: int
    """Calls for these agents that were begun and are not answered yet; who was claimed to be called too."""
    of_others: int = 0
    """How many of the ringing are other campaigns'."""
    waiting: int = 0
    """Live answers that have no agent yet: each will take one of the free."""
    callers_waiting: int = 0
    """Inbound callers who wait for the same agents."""


class Pacer(Protocol):
    """Says how many calls to begin."""

    def observe(self, event: Event) -> None:
        """What happened, in the order in which it did; calls that were never told before are no mistake."""
        ...

    def to_dial(self, now: datetime, standing: Standing) -> int:
        """How many calls to begin at that moment: 0 or more."""
        ...


def one_each(standing: Standing) -> int:
    """One call for each agent who is free and has none: nobody answers to silence unless an agent leaves."""
    if standing.callers_waiting:
        return 0
    return max(0, standing.free_agents - standing.waiting - standing.ringing)


class Progressive:
    """One call for each free agent."""

    def observe(self, event: Event) -> None:
        """Nothing is learned: what is free and rings is told each time."""

    def to_dial(self, now: datetime, standing: Standing) -> int:  # noqa: ARG002 -- other modes need the moment
        """The free agents, less those for whom a call rings or waits."""
        return one_each(standing)
