"""Messages as errands of the outbox: one try each time, and in the end what has become of the message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection

from data.messages import State
from data.records import Claimed
from data.store import Store
from ivr.clock import Clock
from ivr.messenger.message import Carrier, DeliveryFailed, Message, ledger_id
from ivr.outbox import Arrived, Declined, Ending, Kind, NotYet

PATIENCE = timedelta(hours=36)
"""Longer than a provider's bad weekend night; what comes later than that surprises more than it serves."""
AT_ONCE = 8
"""Messages of one channel, and to one webhook, that are carried at the same time."""


def errands_of(store: Store, carriers: Mapping[str, Carrier], clock: Clock) -> dict[str, Kind]:
    """How the outbox carries each channel."""
    return {
        channel: _Channel(store, carrier, clock).kind(in_order=channel == "webhook")
        for channel, carrier in carriers.items()
    }


class _Channel:
    def __init__(self, store: Store, carrier: Carrier, clock: Clock) -> None:
        self._store, self._carrier, self._clock = store, carrier, clock

    def kind(self, *, in_order: bool) -> Kind:
        """`in_order`: programs that are told of a call are told in its order; people read what there is."""
        return Kind(carry=self._carry, over=self._over, patience=PATIENCE, at_once=AT_ONCE, in_order=in_order)

    def _carry(self, errand: Claimed) -> Ending:
        try:
            return Arrived({"reference": self._carrier.deliver(Message.from_body(errand.body))})
        except DeliveryFailed as failed:
            return Declined(failed.reason) if failed.final else NotYet(failed.reason, failed.again_in)

    def _over(self, connection: Connection, errand: Claimed, ending: Ending) -> None:
        """Notes at the message, and in the ledger of contacts, what has become of it."""
        state: State = "failed"
        match ending:
            case Arrived(record) if self._carrier.sends:
                state, detail = "sent", str(record["reference"])
            case Arrived(record):
                detail = f"not sent, written to {record['reference']}"
            case _:
                detail = ending.reason
        at, key = self._clock.utc(), errand.idempotency_key
        contact_id = None if errand.kind == "webhook" else ledger_id(key)
        self._store.messages.settle_within(
            connection, key, state, at=at, detail=detail, contact_id=contact_id
        )
