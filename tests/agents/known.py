"""What the database says of an agent, where a test knows that there is something."""

from __future__ import annotations

from data.records import Contact, Presence
from data.store import Store


def presence_of(store: Store, agent: str) -> Presence:
    presence = store.agents.presence(agent)
    assert presence is not None, f"{agent} was never here"
    return presence


def contact_of(store: Store, agent: str) -> Contact:
    """The one in hand."""
    contact = store.agents.in_hand(agent)
    assert contact is not None, f"{agent} has nobody in hand"
    return contact
