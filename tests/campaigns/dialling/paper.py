"""A campaign on paper: people in a real database, and a switch whose telephones do what a script says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from data.bulk import insert_many
from data.campaigns import Campaign, Chosen, Sample
from data.ids import new_id
from data.models import AccountRow, CustomerPhoneNumberRow, CustomerRow, PhoneNumberRow
from data.records.dialling import Entry
from data.store import Store
from ivr.campaigns.contact_rules.gate import Gate
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.dialling.agents import AgentPacing, Floor
from ivr.campaigns.dialling.capacity import Capacity
from ivr.campaigns.dialling.dialler import Dialler
from ivr.campaigns.dialling.following import Following
from ivr.campaigns.dialling.line import Ending, NotDialled, Order, Trace
from ivr.campaigns.dialling.settings import TrunkSettings
from ivr.campaigns.dialling.stores import Stores
from ivr.campaigns.dialling.trying import Trying
from ivr.campaigns.strategies import CampaignFile

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
TRUNK = TrunkSettings(name="main", dial="user/{number}", channels=30, calls_per_second=200)
NOTHING = Rulebook(tuple(rule for rule in presets().rules if rule.id == "es.service"))


PROMISE = Ending(result="answered", cause="NORMAL_CLEARING", outcome="promise")


on_sqlite = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""What does not hang on how a database locks is played on one."""


@dataclass
class Time:
    """A clock that the test moves; whoever waits moves it, too."""

    at: datetime = MONDAY
    waited: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.at += timedelta(seconds=seconds)


@dataclass
class Telephones:
    """A switch and its callees on paper. It outlives the servers, as a real one does."""

    script: dict[str, list[Ending]] = field(default_factory=dict)
    """By number, what comes of each call; then they answer, and promise."""
    instant: Callable[[], None] = lambda: None
    """Told at each moment at which a server may die."""
    orders: list[Order] = field(default_factory=list)
    talked: list[str] = field(default_factory=list)
    apologies: list[str] = field(default_factory=list)
    gone: bool = False
    """Nobody reaches the switch."""
    before: Callable[[Callable[[], bool]], object] = lambda _answered: None
    """Happens when an order to dial was given and has not left; it may say that somebody has answered."""
    taken_back: list[UUID] = field(default_factory=list)

    def dial(self, order: Order, answered: Callable[[], bool]) -> Ending:
        self.before(answered)
        self.instant()  # the order has not left yet
        if self.gone:
            raise NotDialled("no connection")
        self.orders.append(order)
        self.instant()  # it rings, and we are gone
        left = self.script.get(order.number, [])
        ending = (
            left.pop(0) if left else Ending(result="answered", cause="NORMAL_CLEARING", outcome="promise")
        )
        if ending.result == "answered":
            if not answered():
                self.apologies.append(order.number)
                return Ending(result="dropped")
            self.instant()
            self.talked.append(order.number)
        self.instant()  # they talk, and we are gone
        return ending

    def trace(self, attempt_id: UUID, _owner: str) -> Trace:
        self.instant()
        return "gone" if attempt_id in {order.attempt_id for order in self.orders} else "never"

    def forget(self, attempt_id: UUID) -> None:
        self.instant()  # its end is on record, and we are gone

    def take_back(self, campaigns: Iterable[UUID]) -> None:
        self.taken_back += campaigns

    @property
    def rung(self) -> list[str]:
        return [order.number for order in self.orders]


@dataclass(frozen=True)
class World:
    """A campaign with its sample."""

    campaign: UUID
    sample: UUID
    people: tuple[UUID, ...]
    numbers: tuple[tuple[str, ...], ...]

    def entry(self, store: Store, person: int = 0) -> Entry:
        found = store.dial_list.get(self.sample, self.people[person])
        assert found is not None
        return found


def numbers_of(person: int, count: int = 1) -> tuple[str, ...]:
    """Landlines of Barcelona: one zone, so that each moment is lawful or not for all."""
    return tuple(f"+3493{rank}{person:06d}" for rank in range(1, count + 1))


def people_in(store: Store, numbers: Iterable[tuple[str, ...]]) -> tuple[UUID, ...]:
    """Customers with an account each, at these numbers."""
    people: list[UUID] = []
    phones: dict[str, UUID] = {}
    with store.database.writing() as connection:
        for n, theirs in enumerate(numbers):
            customer = new_id()
            people.append(customer)
            values = {"name": f"Persona {n}", "language": "es", "zone": "Europe/Madrid", "origin": "t"}
            number = f"{customer.hex[-12:]}"
            insert_many(connection, CustomerRow, [{"id": customer, "customer_number": number, **values}])
            money = {"balance_cents": 5000, "currency": "EUR", "stage": "early", "rank": 1}
            insert_many(connection, AccountRow, [{"id": new_id(), "customer_id": customer, **money}])
            for rank, e164 in enumerate(theirs, 1):
                if e164 not in phones:
                    phones[e164] = new_id()
                    insert_many(connection, PhoneNumberRow, [{"id": phones[e164], "e164": e164}])
                link = {"customer_id": customer, "phone_number_id": phones[e164], "rank": rank}
                insert_many(connection, CustomerPhoneNumberRow, [link])
    return tuple(people)


def campaign_of(
    store: Store,
    people: Iterable[UUID],
    numbers: Iterable[tuple[str, ...]],
    *,
    name: str = "reminder",
    at: datetime = MONDAY,
    running: bool = True,
    **declared: object,
) -> World:
    """A campaign about these people, running on a sample of them, or to be started."""
    people, numbers = tuple(people), tuple(numbers)
    written = {"base": "b", "flow": "f", "purpose": "service", "countries": ["ES"], "days": 5, **declared}
    file = CampaignFile.model_validate(written)
    store.campaigns.load("s", "b", (), at=at)
    base = store.campaigns.base("s", "b")
    assert base is not None
    campaign = Campaign(
        id=new_id(),
        strategy="s",
        name=name,
        base_id=base,
        purpose=file.purpose,
        declared=json.loads(json.dumps({"actor": "creditor", **file.model_dump(mode="json")})),
        state="created",
        created_at=at,
        created_by="t",
    )
    assert store.campaigns.create(campaign)
    sample = Sample(
        id=new_id(),
        campaign_id=campaign.id,
        name="monday",
        condition="true",
        rules_version="1",
        cut_at=at,
        cut_by="t",
    )
    chosen = [
        Chosen(customer_id=one, account_id=None, numbers=theirs)
        for one, theirs in zip(people, numbers, strict=True)
    ]
    assert store.campaigns.freeze(sample, chosen)
    if not running:
        return World(campaign.id, sample.id, people, numbers)
    assert store.dial_list.fill(sample.id, at=at) == len(people)
    assert store.dial_list.set_state(
        campaign.id, "running", before=("created",), at=at, by="t", sample_id=sample.id
    )
    return World(campaign.id, sample.id, people, numbers)


def world(store: Store, people: int = 1, *, numbers: int = 1, first: int = 0, **declared: object) -> World:
    """A campaign about so many people, running."""
    theirs = tuple(numbers_of(first + n, numbers) for n in range(people))
    return campaign_of(store, people_in(store, theirs), theirs, **declared)  # type: ignore[arg-type]  # a table


def server(
    store: Store,
    telephones: Telephones,
    time: Time,
    *,
    owner: str = "n1@here",
    trunk: TrunkSettings = TRUNK,
    rulebook: Rulebook = NOTHING,
    beside: Callable[[Callable[[], None]], None] = lambda work: work(),
    floor: Floor | None = None,
) -> Dialler:
    """One server. Work beside is done at once, unless the test wants it otherwise."""
    stores = Stores.of(store)
    gate = Gate(store.contacts, rulebook, now=time)
    zone = ZoneInfo("Europe/Madrid")
    agents = None
    if floor is not None:
        agents = AgentPacing(stores.dial_attempts, floor, rulebook, now=time, zone=zone)
    return Dialler(
        stores=stores,
        line=telephones,
        trunks=(trunk,),
        owner=owner,
        now=time,
        beside=beside,
        trying=Trying(stores, gate, now=time, wait=time.wait, zone=zone),
        following=Following(stores, now=time),
        capacity=Capacity(stores, now=time, agents=agents),
    )
