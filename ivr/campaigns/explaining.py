"""Everything that stands against a contact, for whoever asks: the rules, and what the dialler looks at beside
them. A campaign asks the same things one by one, in the transaction that decides (`data.dial_attempts`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from data.store import Store
from ivr.campaigns.contact_rules.contact import Block, Blocked, Decision, Reason
from ivr.campaigns.contact_rules.gate import Gate, Wish
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.samples import EXCLUSIONS

DEBT, NUMBER = "house.debt", "house.number"


def look_at_all(store: Store, rulebook: Rulebook, wish: Wish, at: datetime, zone: str) -> Decision:
    """Whether the contact may be made at that moment, and whatever forbids it. `zone` is the company's."""
    decision = Gate(store.contacts, rulebook, now=lambda: at).look(wish)
    against = tuple(_of_campaigns(store, wish, at.astimezone(ZoneInfo(zone))))
    if not against:
        return decision
    of_rules = decision.why if isinstance(decision, Blocked) else ()
    return Blocked(why=(*against, *of_rules), next_lawful=None)


def _of_campaigns(store: Store, wish: Wish, here: datetime) -> Iterator[Block]:
    if wish.channel == "call":
        if (why := store.customers.blocked(wish.to)) is not None:
            yield _block(NUMBER, "number", f"calls with this number are blocked: {why}")
        if (why := store.customers.why_retired(wish.to)) is not None:
            yield _block(NUMBER, "number", f"the number is retired: {why or 'nobody wrote why'}")
    if wish.purpose != "collection":
        return
    whom = store.contacts.whom(wish.to, customer_id=wish.customer_id)
    reasons = (store.dial_attempts.against(one, here.date()) for one in whom.customer_ids)
    for reason in dict.fromkeys(one for one in reasons if one):
        yield _block(DEBT, "debt", EXCLUSIONS.get(reason, "they are forgotten"))


def _block(rule: str, reason: Reason, told: str) -> Block:
    return Block(rule=rule, reason=reason, told=told, until=None)
