"""Made-up customers: believable, the same everywhere, and never mixed with real ones."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, insert, select, update
from stdnum.es import dni

from data import luhn
from data.errors import SeedRefused
from data.ids import derived_id, new_id
from data.models import (
    AccountRow,
    AppointmentRow,
    AppointmentSlotRow,
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
from data.seeds import CUSTOMERS, DEMO_PIN, REFERENCE_DAY, SEED, demo_customers, made_up, seed
from data.store import Store
from ivr.identity.pins import HASHER
from tests.pace import quiet_seconds

ROWS = made_up(customers=CUSTOMERS, seed=SEED, today=REFERENCE_DAY)


def column(table: type, name: str) -> list[object]:
    return [row[name] for row in ROWS.tables[table].values()]


def fingerprint() -> str:
    """Of every row, table by table."""
    lines = [
        json.dumps([table.__tablename__, *map(str, key), {n: str(v) for n, v in values.items()}])
        for table, rows in sorted(ROWS.tables.items(), key=lambda one: one[0].__tablename__)
        for key, values in rows.items()
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def test_the_rows_are_the_same_on_every_machine() -> None:
    """Flow tests and documents quote these rows: a change must be seen, and be meant.

    If you meant it, take the new value from the failure.
    """
    assert fingerprint() == "c1c890df317425c3"


def test_more_customers_leave_the_first_ones_as_they_are() -> None:
    """A larger world contains the smaller one, so that seeding more later adds and changes nothing."""
    larger = made_up(customers=CUSTOMERS + 100, seed=SEED, today=REFERENCE_DAY)
    for table, rows in ROWS.tables.items():
        assert rows.items() <= larger.tables[table].items()


def test_seeding_twice_changes_nothing(store: Store) -> None:
    """Not even what has become of a row since the first time."""
    first = seed(store, customers=20)
    assert (first.added, first.customers) == (20, 20)
    with store.database.writing() as connection:
        connection.execute(
            update(AccountRow).where(AccountRow.balance_cents == 14230).values(balance_cents=7)
        )
        connection.execute(update(CustomerRow).where(CustomerRow.customer_number == "12807").values(name="X"))
    again = seed(store, customers=20, today=date(2027, 3, 1))
    assert (again.added, again.customers) == (0, 20)
    (lucia,) = store.accounts.of_customer("45716")
    antonio = store.customers.by_number("12807")
    assert lucia.balance_cents == 7
    assert antonio is not None and antonio.name == "X"
    assert seed(store, customers=25).added == 5


def test_200_customers_take_less_than_a_second(store: Store) -> None:
    """`make demo` seeds every time. Of this process's own time: others may have the machine."""
    assert quiet_seconds(lambda: seed(store)) < 1


def test_real_customers_are_not_mixed_with_made_up_ones(store: Store) -> None:
    """Seeding the production database by mistake is refused, and leaves nothing behind."""
    real = {
        "id": new_id(),
        "customer_number": "99999",
        "name": "R",
        "language": "es",
        "zone": "Europe/Madrid",
    }
    with store.database.writing() as connection:
        connection.execute(insert(CustomerRow).values(**real, origin="import"))
    with pytest.raises(SeedRefused, match="1 customers who are not made up"):
        seed(store)
    assert store.customers.by_number("45716") is None
    assert seed(store, customers=10, force=True).customers == 11


def test_a_number_that_is_taken_is_not_stolen(store: Store) -> None:
    """With --force too: a real customer whose number the seeds would use keeps it, all is taken back."""
    with store.database.writing() as connection:
        connection.execute(
            insert(CustomerRow).values(
                id=new_id(), customer_number="45716", name="R", language="es", zone="UTC", origin="import"
            )
        )
    with pytest.raises(SeedRefused, match="already belong to others"):
        seed(store, force=True)
    with store.database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(CustomerRow)) == 1
        assert connection.scalar(select(func.count()).select_from(DebtRow)) == 0


@pytest.mark.parametrize("customers", [-1, 0, 6, 8001, 10**9])
def test_impossible_numbers_of_customers(store: Store, customers: int) -> None:
    """Five digits hold so many and no more; the demo's are always among them."""
    with pytest.raises(SeedRefused, match="ask for 7 to 8000"):
        seed(store, customers=customers)


def test_the_largest_world_has_no_number_twice() -> None:
    """Customer, ticket and order numbers, telephones and ids stay unique up to the limit."""
    rows = made_up(customers=8000, seed=SEED, today=REFERENCE_DAY)
    for table, name in (
        (CustomerRow, "customer_number"),
        (TicketRow, "ticket_number"),
        (OrderRow, "order_number"),
        (PhoneNumberRow, "e164"),
        (DebtRow, "id"),
    ):
        values = [row[name] for row in rows.tables[table].values()]
        assert len(set(values)) == len(values) > 3000


def test_numbers_that_people_say_have_check_digits() -> None:
    """Five digits for customers, eight for cases, six for orders: all end in their check digit."""
    for table, name, length in (
        (CustomerRow, "customer_number", 5),
        (TicketRow, "ticket_number", 8),
        (OrderRow, "order_number", 6),
    ):
        numbers = [str(number) for number in column(table, name)]
        assert all(len(number) == length and luhn.is_valid(number) for number in numbers)


def test_no_telephone_can_be_anybodys() -> None:
    """A dialler pointed at the seeds by mistake must reach no one."""
    assert all(
        re.fullmatch(r"\+3475\d{7}|\+447700900\d{3}", str(number))
        for number in column(PhoneNumberRow, "e164")
    )


def test_the_accounts_add_up() -> None:
    """A balance is the sum of the open debts, and is due when the oldest of them is."""
    debts: dict[object, list[dict[str, object]]] = {}
    for debt in ROWS.tables[DebtRow].values():
        if debt["status"] == "open":
            debts.setdefault(debt["account_id"], []).append(debt)
    for account in ROWS.tables[AccountRow].values():
        own = debts.get(account["id"], [])
        assert account["balance_cents"] == sum(int(str(debt["amount_cents"])) for debt in own)
        assert account["due_on"] == min((debt["due_on"] for debt in own), default=None)


def test_statements_and_debts_agree() -> None:
    """What moved on an account since its beginning is what is owed now."""
    moved: Counter[object] = Counter()
    for row in ROWS.tables[MovementRow].values():
        moved[row["account_id"]] += int(str(row["amount_cents"]))
    for account in ROWS.tables[AccountRow].values():
        assert moved[account["id"]] == account["balance_cents"]


def test_there_is_something_to_book_and_something_to_move() -> None:
    """Slots on working days only, in the office's hours by its own clock; one place is Montserrat's."""
    slots = list(ROWS.tables[AppointmentSlotRow].values())
    begin = [row["begins_at"] for row in slots]
    local = [at.astimezone(ZoneInfo("Europe/Madrid")) for at in begin if isinstance(at, datetime)]
    assert len(local) == 60 and {at.isoweekday() for at in local} == {1, 2, 3, 4, 5}
    assert {at.hour for at in local} == {9, 10, 11, 12, 16, 17}
    assert sum(int(str(row["taken"])) for row in slots) == 1
    (number,) = column(AppointmentRow, "appointment_number")
    assert luhn.is_valid(str(number))


def test_the_identities_prove_themselves() -> None:
    """Their letters fit, so that flows take them; nobody has two. All have the PIN of the demo."""
    values = [str(value) for value in column(IdentityRow, "value") if value is not None]
    assert len(values) == len(set(values)) == 6 and all(map(dni.is_valid, values))
    hashes = [str(kept) for kept in column(IdentityRow, "secret_hash") if kept is not None]
    assert len(hashes) == len(demo_customers())
    assert HASHER.verify(hashes[0], DEMO_PIN) and len(set(hashes)) == 1


def test_the_company_is_believable() -> None:
    """Spanish first, some Catalan and English; many owe nothing, some are late in every stage."""
    languages = Counter(column(CustomerRow, "language"))
    assert languages["es"] > 120 and languages["ca"] > 15 and languages["en"] > 8
    stages = Counter(column(AccountRow, "stage"))
    assert {"none", "preventive", "early", "middle", "late"} <= stages.keys()
    balances = [int(str(balance)) for balance in column(AccountRow, "balance_cents")]
    assert 60 < balances.count(0) < 120
    assert len(set(balances)) > 60
    assert all(0 <= balance < 150_000 for balance in balances)
    assert len(set(column(TicketRow, "status"))) == 5
    assert len(set(column(OrderRow, "status"))) == 6
    assert {str(ZoneInfo(str(zone))) for zone in column(CustomerRow, "zone")} >= {
        "Europe/Madrid",
        "Atlantic/Canary",
    }
    assert len(set(column(CustomerRow, "name"))) > 180


def test_a_tickets_history_leads_to_its_status() -> None:
    """Steps follow each other in time; the last one is the ticket's status, and nothing is in the future."""
    steps: dict[object, list[dict[str, object]]] = {}
    for step in ROWS.tables[TicketStatusChangeRow].values():
        steps.setdefault(step["ticket_id"], []).append(step)
    for ticket in ROWS.tables[TicketRow].values():
        history = steps[ticket["id"]]
        times = [str(step["at"]) for step in history]
        assert times == sorted(times)
        assert (history[-1]["status"], history[-1]["at"]) == (ticket["status"], ticket["updated_at"])
        assert times[-1] < "2026-11-24"


def test_a_parcel_follows_its_order() -> None:
    """What is on its way or delivered has a parcel; who has it is known once it is delivered, not before."""
    parcels = {parcel["order_id"]: parcel for parcel in ROWS.tables[ShipmentRow].values()}
    sent = {"shipped", "out_for_delivery", "delivered"}
    for order in ROWS.tables[OrderRow].values():
        parcel = parcels.get(order["id"])
        assert (parcel is not None) == (order["status"] in sent)
        if parcel is not None:
            assert parcel["carrier"] == order["carrier"]
            assert parcel["expected_on"] == order["expected_on"]
            arrived = order["status"] == "delivered"
            assert (parcel["delivered_at"] == order["updated_at"]) == arrived
            assert (parcel["left_with"] is not None) == arrived
    assert set(column(ShipmentRow, "left_with")) == {None, "recipient", "neighbour", "pickup_point"}


def test_what_was_paid_came_in() -> None:
    """Every paid debt has its payment, on the day on which it was due."""
    paid = [debt for debt in ROWS.tables[DebtRow].values() if debt["status"] == "paid"]
    payments = Counter(
        (row["account_id"], row["amount_cents"], row["received_on"])
        for row in ROWS.tables[PaymentRow].values()
    )
    assert payments == Counter((debt["account_id"], debt["amount_cents"], debt["due_on"]) for debt in paid)
    assert payments.total() > 100


def test_the_demo_customers_stay() -> None:
    """One owes 142,30 €, one nothing, one speaks Catalan, one English, two share a telephone."""
    demo = demo_customers()
    assert demo[0].balance_cents == 14230 and demo[0].language == "es"
    assert any(customer.balance_cents == 0 for customer in demo)
    assert {customer.language for customer in demo} == {"es", "ca", "en"}
    assert max(Counter(customer.phone_number for customer in demo).values()) == 2


def test_derived_ids_are_uuids_of_version_7() -> None:
    """They must not be told from fresh ones by anything but their time."""
    one, other = derived_id("a", "b", at_ms=1_767_225_600_000), derived_id("ab", "", at_ms=0)
    assert one != other
    assert one.version == other.version == new_id().version == 7
    assert one.variant == new_id().variant
    assert one.int >> 80 == 1_767_225_600_000


def test_deleting_a_customer_takes_what_is_theirs(store: Store) -> None:
    """Foreign keys are enforced on every connection: erasing a person leaves no debts of nobody."""
    seed(store, customers=10)
    with store.database.writing() as connection:
        connection.execute(delete(CustomerRow))
    with store.database.reading() as connection:
        for table in (
            AccountRow,
            DebtRow,
            PaymentRow,
            TicketRow,
            TicketStatusChangeRow,
            OrderRow,
            ShipmentRow,
        ):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
