"""A believable company to try things on: its customers, debts, tickets and orders, none of them real.

Rules:
1. The same seed gives the same rows with the same ids; seeding again changes nothing, whatever has
   become of the rows meanwhile.
2. Made-up people are not mixed with real ones, unless that is asked for.
3. `demo_customers()` never change: demonstrations, flow tests and documents name them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, func, select

from data import luhn
from data import seed_words as words
from data.bulk import insert_missing
from data.errors import RecordRefused, SeedRefused
from data.models import (
    AccountRow,
    AppointmentChangeRow,
    AppointmentRow,
    AppointmentSlotRow,
    Base,
    CustomerPhoneNumberRow,
    CustomerRow,
    DebtRow,
    IdentityRow,
    MovementRow,
    OrderRow,
    PaymentRow,
    PhoneNumberRow,
    ShipmentRow,
    TicketRow,
    TicketStatusChangeRow,
)
from data.seed_draw import add_drawn_customer, customer_number
from data.seed_rows import (
    CURRENCY,
    MOST_CUSTOMERS,
    NO_DETAILS,
    ONLY,
    ORIGIN,
    REFERENCE_DAY,
    OwnDetails,
    Rows,
    Which,
    add_account,
    add_customer,
    add_order,
    add_ticket,
)
from data.seed_slots import Slot, add_appointment, add_slots
from data.store import Store

SEED = 2026
DEMO_PIN = "7302"
"""Of every one of `demo_customers()`; whoever is not made up never gets it."""
_DEMO_PIN_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$noltia76dQzJsN3EpAR4QA$XL0HQCEKwV6t/G5JNqtN08DQmNrSKGMUpfU1bzNjfUo"
)
"""Kept as it came: hashed anew, seeding twice would not give the same rows."""
CUSTOMERS = 200
_TABLES: tuple[type[Base], ...] = (
    CustomerRow,
    PhoneNumberRow,
    CustomerPhoneNumberRow,
    AccountRow,
    DebtRow,
    PaymentRow,
    TicketRow,
    TicketStatusChangeRow,
    OrderRow,
    ShipmentRow,
    IdentityRow,
    MovementRow,
    AppointmentSlotRow,
    AppointmentRow,
    AppointmentChangeRow,
)
"""Parents before children."""


@dataclass(frozen=True, kw_only=True)
class DemoCustomer:
    """A made-up customer who is there after every seeding, with what they owe."""

    customer_number: str
    name: str
    language: str
    phone_number: str
    debts: tuple[tuple[int, int], ...]
    """(days late on the day of the seeds, cents) of each open debt."""
    why: str
    """What this one is good for."""
    zone: str = "Europe/Madrid"
    currency: str = CURRENCY
    ticket_number: str | None = None
    ticket_days: tuple[int, ...] = (4, 3)
    """Days before the seeds' day at which the ticket took each step of its way."""
    ticket_subject: int = 0
    order_number: str | None = None
    order_age: int = 3
    """Days before the seeds' day at which the order was placed."""
    order_carrier: str | None = "SEUR"
    """`None`: the order was cancelled."""

    own: OwnDetails = NO_DETAILS
    account: Which = ONLY
    second_account: tuple[Which, tuple[tuple[int, int], ...]] | None = None
    appointment_number: str | None = None

    @property
    def balance_cents(self) -> int:
        return sum(cents for _, cents in self.debts)


@dataclass(frozen=True)
class Seeded:
    """What a seeding did."""

    added: int
    """Customers that were not there before."""
    customers: int
    """Customers in the database now."""


_DEMO = (
    DemoCustomer(
        customer_number="45716",
        name="Lucía Fernández Ortega",
        language="es",
        phone_number="+34759000101",
        debts=((18, 7450), (-8, 6780)),
        why="owes 142,30 €, has an open ticket and an order on its way",
        ticket_number="20264511",
        order_number="780346",
        own=OwnDetails(
            email="lucia.fernandez@example.org",
            address="Calle Cervantes, 12, 3º B",
            postal_code="28014",
            town="Madrid",
            birth_date=date(1984, 3, 12),
            dni="00000001R",
        ),
    ),
    DemoCustomer(
        customer_number="12807",
        name="Antonio Ruiz Gallego",
        language="es",
        phone_number="+34759000102",
        debts=(),
        why="owes nothing; the order was cancelled",
        order_number="780353",
        order_age=2,
        order_carrier=None,
        own=OwnDetails(
            email=None,
            address="Calle Real, 3",
            postal_code="41001",
            town="Sevilla",
            birth_date=date(1957, 11, 2),
            dni="00000014Z",
        ),
    ),
    DemoCustomer(
        customer_number="30460",
        name="Montserrat Puig Serra",
        language="ca",
        phone_number="+34759000103",
        debts=((-3, 8705),),
        why="speaks Catalan, owes 87,05 € that are due in three days; the order arrives today",
        ticket_number="20264529",
        ticket_days=(6, 5, 2),
        ticket_subject=3,
        order_number="780361",
        order_age=4,
        order_carrier="MRW",
        own=OwnDetails(
            email="montserrat.puig@example.org",
            address="Carrer Major, 7, 1r 2a",
            postal_code="17001",
            town="Girona",
            birth_date=date(1969, 6, 24),
            dni="00000022E",
        ),
        account=Which(label="fibra", last_digits="3046"),
        second_account=(Which(label="mòbil", last_digits="0103", rank=2), ((-10, 1200),)),
        appointment_number="45710027",
    ),
    DemoCustomer(
        customer_number="77024",
        name="Emily Carter",
        language="en",
        phone_number="+447700900104",
        debts=((41, 10925), (11, 10950)),
        why="speaks English, owes 218.75 €, calls from abroad; the order was delivered",
        ticket_number="20264537",
        ticket_days=(9, 8, 5, 1),
        ticket_subject=2,
        order_number="780379",
        order_age=8,
        order_carrier="Correos Express",
        own=OwnDetails(
            email="emily.carter@example.org",
            address="Calle Larios, 5",
            postal_code="29005",
            town="Málaga",
            birth_date=date(1976, 9, 3),
        ),
    ),
    DemoCustomer(
        customer_number="65193",
        name="José Manuel Cabrera Suárez",
        language="es",
        phone_number="+34759000105",
        debts=((131, 34980), (101, 34330), (71, 34330)),
        why="owes 1.036,40 €, late, and lives an hour behind Madrid",
        zone="Atlantic/Canary",
        ticket_number="20264545",
        ticket_days=(0,),
        ticket_subject=4,
        order_number="780387",
        order_age=1,
        own=OwnDetails(
            email=None,
            address="Calle Triana, 40",
            postal_code="35002",
            town="Las Palmas",
            birth_date=date(1990, 1, 31),
            dni="00000035N",
        ),
    ),
    DemoCustomer(
        customer_number="29389",
        name="Rosario Molina Cano",
        language="es",
        phone_number="+34759000106",
        debts=((5, 60),),
        why="owes 0,60 €, shares the telephone with 81646",
        own=OwnDetails(
            email=None,
            address="Calle Feria, 9",
            postal_code="41003",
            town="Sevilla",
            birth_date=date(1948, 8, 15),
            dni="00000049A",
        ),
    ),
    DemoCustomer(
        customer_number="81646",
        name="Álvaro Herrera Molina",
        language="es",
        phone_number="+34759000106",
        debts=((5, 2100),),
        why="owes 21,00 €, shares the telephone with 29389",
        own=OwnDetails(
            email=None,
            address="Calle Feria, 9",
            postal_code="41003",
            town="Sevilla",
            birth_date=date(1992, 4, 5),
            dni="00000051M",
        ),
    ),
)


def demo_customers() -> tuple[DemoCustomer, ...]:
    """The customers that every seeding contains; the first one owes 142,30 €."""
    return _DEMO


def seed(
    store: Store,
    *,
    customers: int = CUSTOMERS,
    seed: int = SEED,
    today: date = REFERENCE_DAY,
    force: bool = False,
) -> Seeded:
    """Fills an upgraded database with `customers` made-up customers, the demo's among them.

    `today` is the day that the rows' dates are arranged around. Raises `SeedRefused` if there are
    customers who are not made up (unless `force`), or if the numbers are taken.
    """
    if not len(_DEMO) <= customers <= MOST_CUSTOMERS:
        raise SeedRefused(
            f"{customers} customers cannot be made up", remedy=f"ask for {len(_DEMO)} to {MOST_CUSTOMERS}"
        )
    rows = made_up(customers=customers, seed=seed, today=today)
    try:
        with store.database.writing() as connection:
            _insist_on_no_real_ones(connection, force=force)
            before = _count(connection)
            for table in _TABLES:
                if some := rows.tables.get(table):
                    insert_missing(connection, table, list(some.values()))
            after = _count(connection)
    except RecordRefused as clash:
        raise SeedRefused(
            "numbers of the made-up customers already belong to others",
            remedy="use the seed of the first time, or an empty database",
        ) from clash
    return Seeded(added=after - before, customers=after)


def made_up(*, customers: int, seed: int, today: date) -> Rows:
    """The rows themselves: pure, the same for the same arguments."""
    rows = Rows(seed=seed, today=today)
    slots = add_slots(rows)
    for customer in _DEMO:
        _add_demo(rows, customer, slots)
    reserved = {customer.customer_number for customer in _DEMO}
    index = 0
    while len(rows.tables[CustomerRow]) < customers:
        if customer_number(index) not in reserved:
            add_drawn_customer(rows, index)
        index += 1
    return rows


def _add_demo(rows: Rows, customer: DemoCustomer, slots: list[Slot]) -> None:
    assert luhn.is_valid(customer.customer_number)
    customer_id: UUID = add_customer(
        rows,
        number=customer.customer_number,
        name=customer.name,
        language=customer.language,
        zone=customer.zone,
        phone_numbers=[customer.phone_number],
        own=replace(customer.own, pin_hash=_DEMO_PIN_HASH),
    )
    number, language = customer.customer_number, customer.language
    paid = ((172, 7450), (202, 6990))
    add_account(
        rows, number=number, language=language, unpaid=customer.debts, paid=paid, which=customer.account
    )
    if customer.second_account:
        which, debts = customer.second_account
        add_account(rows, number=number, language=language, unpaid=debts, instalment=True, which=which)
    if customer.ticket_number:
        add_ticket(
            rows,
            number=customer.ticket_number,
            customer_id=customer_id,
            language=customer.language,
            subject=customer.ticket_subject,
            days=customer.ticket_days,
        )
    if customer.appointment_number:
        add_appointment(rows, number=customer.appointment_number, customer_id=customer_id, slot=slots[4])
    if customer.order_number:
        add_order(
            rows,
            number=customer.order_number,
            customer_id=customer_id,
            language=customer.language,
            products=words.PRODUCTS[:2],
            age=customer.order_age,
            address="Calle Cervantes, 12, 28015 Madrid",
            carrier=customer.order_carrier,
        )


def _insist_on_no_real_ones(connection: Connection, *, force: bool) -> None:
    real = connection.scalar(select(func.count()).where(CustomerRow.origin != ORIGIN)) or 0
    if real and not force:
        raise SeedRefused(
            f"the database holds {real} customers who are not made up",
            remedy="seed another database, or insist with --force",
        )


def _count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(CustomerRow)) or 0
