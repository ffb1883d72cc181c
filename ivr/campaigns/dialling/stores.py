"""What the dialler asks of the database."""

from __future__ import annotations

from dataclasses import dataclass

from data.campaigns import Campaigns
from data.consents import Suppressions
from data.contact_hours import ContactHours
from data.dial_attempts import DialAttempts
from data.dial_list import DialList
from data.pacing_turns import PacingTurns
from data.people import Customers
from data.previews import Previews
from data.store import Store
from data.trunks import Trunks


@dataclass(frozen=True)
class Stores:
    """Each blocks; a server has them ask in its thread pool."""

    campaigns: Campaigns
    dial_list: DialList
    dial_attempts: DialAttempts
    trunks: Trunks
    pacing_turns: PacingTurns
    previews: Previews
    contact_hours: ContactHours
    customers: Customers
    suppressions: Suppressions

    @classmethod
    def of(cls, store: Store) -> Stores:
        return cls(
            campaigns=store.campaigns,
            dial_list=store.dial_list,
            dial_attempts=store.dial_attempts,
            trunks=store.trunks,
            pacing_turns=store.pacing_turns,
            previews=store.previews,
            contact_hours=store.contact_hours,
            customers=store.customers,
            suppressions=store.suppressions,
        )
