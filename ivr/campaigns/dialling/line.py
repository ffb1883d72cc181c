"""The port by which people are called: what goes out, what comes back, and what is known of a lost one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from data.records.dialling import DialResult

Trace = Literal["never", "up", "gone"]


class NotDialled(Exception):
    """The order has surely not left: the switch is not there, or refuses the command."""


class LineLost(Exception):
    """The switch was lost while it dialled: nobody knows how that ended, and the lease lapses."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """Somebody to be called now."""

    attempt_id: UUID
    """The uuid of their leg."""
    campaign_id: UUID
    customer_id: UUID
    number: str
    """E.164, checked."""
    caller_id: str | None
    dial: str
    """The trunk's dial string."""
    ring: int
    """Seconds."""
    flow: str
    campaign: str
    strategy: str
    purpose: str
    queue: str = ""
    """Whose agents talk with them; empty: the flow alone."""
    agent_within: float = 0.0
    """Seconds from the queue's beginning within which an agent must be there; 0: no such bound."""
    on_machine: str = ""
    """The flow that is left on an answering machine; empty: nothing is."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a call ended."""

    result: DialResult
    cause: str = ""
    outcome: str = ""
    agent: str = ""
    call_id: UUID | None = None


class DiallingLine(Protocol):
    """Who calls. (On the switch: an originated leg, `origination_uuid` = `attempt_id`.)"""

    def dial(self, order: Order, answered: Callable[[], bool]) -> Ending:
        """Calls, and returns once the call is over. `answered` is asked when somebody is on the line: false,
        and they are let go with an apology. Raises `NotDialled`, `LineLost`."""

    def trace(self, attempt_id: UUID, owner: str) -> Trace:
        """What is known of that leg: it never was there, it is up, or it is gone (or it cannot be known).
        `owner`: who had it dialled, `NODE@SWITCH`."""

    def forget(self, attempt_id: UUID) -> None:
        """Its end is on record: nobody will ask for its trace."""

    def take_back(self, campaigns: Iterable[UUID]) -> None:
        """Ends the calls of these campaigns that nobody has answered yet."""
