"""Actions on paper: people with mobiles in a real database, a campaign with actions, a server that acts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select, update

from data.ids import new_id
from data.models import AccountRow, CallRow, CustomerPhoneNumberRow, OutboxRow, PromiseRow
from data.records import utc
from data.records.actions import Action
from data.store import Store
from ivr.agents.shown import House
from ivr.campaigns.actions.performing import Performing, Terms
from ivr.campaigns.actions.verdicts import Verdict
from ivr.campaigns.contact_rules.gate import Gate
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.messenger.settings import LimitSettings
from ivr.queueing.callback_rules import CallbackSettings
from tests.campaigns.dialling.paper import MONDAY, World, campaign_of, people_in

NOTED = {"text": {"es": "{name}: anotado, {amount} el {day}.", "ca": "Anotat."}, "subject": {"es": "Anotado"}}
PLAIN = {"text": {"es": "Llámenos, {name}."}, "subject": {"es": "Aurora"}}
LEASE = timedelta(seconds=60)


def mobiles(count: int, first: int = 0) -> tuple[tuple[str, ...], ...]:
    """One of Spain for each."""
    return tuple((f"+3461{first + n:07d}",) for n in range(count))


@dataclass
class Desk:
    """One server's actions, by a clock that the test moves."""

    store: Store
    at: datetime = MONDAY
    owner: str = "n1"
    rulebook: Rulebook = field(default_factory=presets)
    limits: LimitSettings = field(default_factory=LimitSettings)

    def now(self) -> datetime:
        return self.at

    def performing(self) -> Performing:
        terms = Terms(
            house=House(),
            language="es",
            limits=self.limits,
            callbacks=CallbackSettings(),
            messages_to=frozenset({"ES"}),
        )
        gate = Gate(self.store.contacts, self.rulebook, now=self.now)
        return Performing(self.store, gate, self.rulebook, terms, owner=self.owner, now=self.now)

    def step(self) -> list[tuple[Action, Verdict]]:
        """Does what is due."""
        performing = self.performing()
        claimed = self.store.actions.claim(self.owner, at=self.at, lease=LEASE, most=100)
        return [(one, performing.perform(one)) for one in claimed]

    def standing(self, campaign: UUID) -> list[tuple[str, str, str, str]]:
        """Outcome, kind, state and result of each action, the oldest first."""
        found = reversed(self.store.actions.of_campaign(campaign))
        return [(one.outcome, one.kind, one.state, one.result) for one in found]

    def errands(self) -> list[tuple[str, str]]:
        """Kind and target of all that lies in the outbox."""
        with self.store.database.reading() as connection:
            rows = connection.execute(select(OutboxRow.kind, OutboxRow.target).order_by(OutboxRow.id))
            return [(row.kind, row.target) for row in rows]


def campaign(
    store: Store,
    numbers: Iterable[tuple[str, ...]],
    *,
    proved: bool = True,
    name: str = "reminder",
    people: tuple[UUID, ...] = (),
    **declared: object,
) -> World:
    """A campaign that runs, about people with these numbers; `proved`: that these are theirs."""
    numbers = tuple(numbers)
    people = people or people_in(store, numbers)
    if proved:
        with store.database.writing() as connection:
            mine = update(CustomerPhoneNumberRow).where(CustomerPhoneNumberRow.customer_id.in_(people))
            connection.execute(mine.values(verified_by="agent"))
    return campaign_of(store, people, numbers, name=name, **declared)  # type: ignore[arg-type]  # a table


def account_of(store: Store, customer: UUID) -> UUID:
    with store.database.reading() as connection:
        return connection.scalars(select(AccountRow.id).where(AccountRow.customer_id == customer)).one()


def promise(
    store: Store, customer: UUID, campaign: UUID | None, due: date, *, at: datetime = MONDAY, **more: object
) -> UUID:
    """A promise of fifty euros, as a call has left it."""
    values: dict[str, object] = {
        "id": new_id(),
        "customer_id": customer,
        "account_id": account_of(store, customer),
        "amount_cents": 5000,
        "currency": "EUR",
        "promised_for": due,
        "made_at": utc(at),
        "status": "open",
        "campaign_id": campaign,
    } | more
    with store.database.writing() as connection:
        connection.execute(insert(PromiseRow).values(**values))
    return UUID(str(values["id"]))


def proved_call(store: Store, customer: UUID, number: str, *, at: datetime = MONDAY) -> UUID:
    """A call in which they have proved who they are."""
    call = new_id()
    values = {
        "id": call,
        "switch_uuid": str(call),
        "direction": "outbound",
        "caller_number": number,
        "caller_name": "",
        "destination": "",
        "language": "es",
        "started_at": utc(at),
        "node_id": "n1",
        "flow": "f",
        "flow_version": "1",
        "customer_id": customer,
        "verified": "dni",
    }
    with store.database.writing() as connection:
        connection.execute(insert(CallRow).values(**values))
    return call
