"""How long each kind of data is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How many days each kind of data is kept; `None`: for ever. What is done: `data.protection.ageing`."""

    recordings: int | None = 90
    """Recorded calls, answers that callers left as messages, and files that no call knows."""
    transcripts: int | None = 365
    """What was said and keyed, word for word."""
    callers: int | None = 730
    """Who a call was from (the call itself stays as a figure), and what their number shall get next time."""
    messages: int | None = 365
    """That a message was sent, and messages that were written to the folder instead."""
    callbacks: int | None = 90
    """Who was called back, from the end on; one that is open stays."""
    queues: int | None = 730
    """Stays in queues (without a name), and calls that agents missed."""
    work: int | None = 365
    """Work items that are done, with the points of a review."""
    agents: int | None = 730
    """When agents were there, whom they had and how that ended, alerts and repairs."""
    contacts: int | None = 1095
    """That the company contacted somebody, of every channel; no law that is known here asks for more."""
    segments: int | None = 365
    verification: int | None = 90
    """Tries to prove who one is, and locks that are over."""
    consents: int | None = 1825
    """With their clips, from the day on which a newer one counts; the one that counts stays."""
    tickets: int | None = 1825
    """What is resolved or closed, with its notes and voice notes, from its last change on."""
    orders: int | None = 2190
    """What was delivered or cancelled, from its last change on."""
    accounts: int | None = 2190
    """Movements, payments, paid debts, promises that are over; the account stays."""
    appointments: int | None = 365
    """With their times, from the day of the appointment on."""
    outbox: int | None = 30
    """What has been carried, and keys of changes that were made."""
    given_up: int | None = 365
    """What the outbox gave up, and nobody took up again or dropped."""
    spool: int | None = 90
    """Lines that were set aside because nobody could read them."""
    prompts: int | None = 30
    """Sounds of what was read out, from the last time on: names and amounts may be among them."""
    audit: int | None = 1825
