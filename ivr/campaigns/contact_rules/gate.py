"""The one way out: every contact of the company, of any channel, is judged here by what is on record.

Rules:
1. `look` tells; `admit` judges and notes in one transaction, so that of two servers one is second.
2. What is admitted counts from then on as a conversation, until `settle` says what it was.
3. What a person asks for in a call is an exception: noted with where they asked, and counted by no rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from data.contacts import Contacts
from data.ids import new_id
from data.records.contacts import NewContact, OnRecord, Whom
from ivr.campaigns.contact_rules.contact import (
    Allowed,
    Block,
    Blocked,
    Contact,
    Decision,
    Ledger,
    Lookup,
    Past,
    Person,
    Said,
)
from ivr.campaigns.contact_rules.deciding import decide, of_the_house
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.contact_rules.written import Actor, Channel, Purpose
from ivr.numbers import NotCalled, checked


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A contact that somebody wants to make."""

    to: str
    """E.164, or an e-mail address."""
    channel: Channel
    purpose: Purpose
    actor: Actor = "creditor"
    customer_id: UUID | None = None
    debt_id: UUID | None = None
    automated: bool = True
    caller_id: str | None = None
    asked_for: str = ""
    """Where they asked for it; empty: nobody did."""
    law_of: str = ""
    """Of an e-mail: a telephone number of theirs (E.164), whose country says which law holds."""
    campaign_id: UUID | None = None
    call_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """The contact may be made, and is noted."""

    contact_id: UUID
    """For `settle`."""
    allowed: Allowed


class Gate:
    """Judges contacts by the rules and the ledger. Its methods block for as long as the database takes."""

    def __init__(self, contacts: Contacts, rulebook: Rulebook, *, now: Callable[[], datetime]) -> None:
        """`now`: in UTC."""
        self._contacts, self._rulebook, self._now = contacts, rulebook, now

    def look(self, wish: Wish, *, at: datetime | None = None) -> Decision:
        """Whether it may be made (at that moment, or now), and when otherwise; nothing is noted."""
        moment = at or self._now()
        whom = self._contacts.whom(wish.to, customer_id=wish.customer_id)
        record = self._contacts.on_record(whom, since=moment - self._rulebook.look_back)
        return self._judge(wish, whom, record, moment)

    def admit(
        self,
        wish: Wish,
        *,
        contact_id: UUID | None = None,
        also: Callable[[Connection, Whom], None] = lambda _connection, _whom: None,
    ) -> Admitted | Blocked:
        """Lets a contact be made now, and notes it; or why not.

        `also`: what else is noted with it, in the same transaction; what it raises takes everything back.
        """
        now = self._now()
        whom = self._contacts.whom(wish.to, customer_id=wish.customer_id)

        def judge(record: OnRecord) -> tuple[Admitted | Blocked, NewContact | None]:
            match self._judge(wish, whom, record, now):
                case Blocked() as blocked:
                    return blocked, None
                case Allowed() as allowed:
                    new = self._new(wish, allowed, now, contact_id)
                    return Admitted(contact_id=new.id, allowed=allowed), new

        since = now - self._rulebook.look_back
        return self._contacts.admit(
            whom, since=since, judge=judge, also=lambda connection: also(connection, whom)
        )

    def settle(self, contact_id: UUID, *, conversation: bool, result: str) -> None:
        """What became of a contact that was admitted."""
        self._contacts.settle(contact_id, conversation=conversation, result=result)

    def withdraw(self, contact_id: UUID) -> None:
        """It was surely never made."""
        self._contacts.withdraw(contact_id)

    def _judge(self, wish: Wish, whom: Whom, record: OnRecord, at: datetime) -> Decision:
        ledger = ledger_of(record, whom)
        if wish.asked_for and wish.channel != "call":
            # Whatever country it goes to: whoever sends it has looked at the address.
            if objections := tuple(of_the_house(wish.channel, wish.purpose, ledger)):
                return Blocked(why=objections, next_lawful=None)
            return Allowed(rules=(), exception=wish.asked_for)
        try:
            number = checked(wish.law_of or wish.to, region=None, countries=None)
        except NotCalled as refused:
            told = f"the number is not called ({refused.reason})"
            return Blocked(
                why=(Block(rule="house.number", reason="number", told=told, until=None),), next_lawful=None
            )
        contact = Contact(
            person=Person(key=whom.key, zone=whom.zone, region=whom.region, born=whom.born),
            number=number,
            channel=wish.channel,
            purpose=wish.purpose,
            actor=wish.actor,
            debt=None if wish.debt_id is None else str(wish.debt_id),
            automated=wish.automated,
            caller_id=wish.caller_id,
            asked_for=wish.asked_for,
        )
        return decide(self._rulebook, contact, at=at, ledger=ledger)

    def _new(self, wish: Wish, allowed: Allowed, at: datetime, contact_id: UUID | None) -> NewContact:
        return NewContact(
            id=contact_id or new_id(),
            at=at,
            customer_id=wish.customer_id,
            address=wish.to,
            channel=wish.channel,
            purpose=wish.purpose,
            debt_id=wish.debt_id,
            asked_for=wish.asked_for,
            rules=" ".join((*allowed.rules, self._rulebook.version)),
            campaign_id=wish.campaign_id,
            call_id=wish.call_id,
        )


def ledger_of(record: OnRecord, whom: Whom) -> Ledger:
    """What the database has, as the rules ask for it."""
    return Ledger(
        contacts=tuple(
            Past(
                at=one.at,
                channel=one.channel,
                number=one.address,
                debt=None if one.debt_id is None else str(one.debt_id),
                conversation=one.conversation,
                # Nobody named: it may have been them.
                theirs=one.customer_id is None or one.customer_id in whom.customer_ids,
            )
            for one in record.contacts
        ),
        do_not_call=record.suppressed,
        consents={
            kind: Said(given=one.given, at=one.at, proof=one.proof) for kind, one in record.consents.items()
        },
        registries={name: Lookup(listed=one.listed, at=one.at) for name, one in record.registries.items()},
    )
