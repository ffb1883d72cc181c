"""In which call something is done, for whoever does it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class ServedCustomer:
    """The customer for whom something is done: in a call, one who has proved to be it."""

    customer_id: UUID
    customer_number: str


@dataclass(frozen=True)
class Occasion:
    """A step of a call."""

    call_id: UUID
    caller_number: str
    """As it is shown to us; empty if withheld."""
    flow: str
    step: str
    language: str
    person: ServedCustomer | None = None
    """Who the caller is, as far as they have proved it."""
    proof: str = ""
    """By which identity of the catalogue they have proved it."""
    called: bool = False
    """Whether it was we who called."""
    strategy: str = ""
    campaign: str = ""
    """For which campaign; empty: for none."""
