"""Makes the rows of made-up customers: the same ones for the same seed, on every machine and Python.

Rules:
1. Who drawn customers are is decided in `data.seed_draw`; here is what belongs to somebody.
2. An account's balance is the sum of its open debts, and its stage and due date those of the oldest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from data import seed_words as words
from data.arrears import stage_of
from data.ids import derived_id
from data.models import (
    AccountRow,
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

REFERENCE_DAY = date(2026, 11, 23)
"""The day of demonstrations and tests, whose clocks stand there, too; `ivr db seed` takes the present day."""
MOST_CUSTOMERS = 8000
"""Five digits, the first not zero and the last a check digit, leave room for 9,000."""
ORIGIN = "seed"
CURRENCY = "EUR"

_BORN_MS = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
STEPS = ("open", "in_progress", "waiting_customer", "resolved", "closed")
_ORDER_BY_AGE = ("placed", "preparing", "shipped", "shipped", "out_for_delivery")


@dataclass
class Rows:
    """What is to be inserted, by table."""

    seed: int
    today: date
    tables: dict[type[Base], dict[tuple[object, ...], dict[str, object]]] = field(default_factory=dict)

    def id(self, kind: str, name: str) -> UUID:
        return derived_id(str(self.seed), kind, name, at_ms=_BORN_MS)

    def add(self, table: type[Base], *key: object, **values: object) -> None:
        """One row; a second one with the same key is the same row."""
        self.tables.setdefault(table, {}).setdefault(key, values)

    def at(self, day: date, minutes: float) -> datetime:
        """A moment of `day`, in minutes after 8:00 UTC (an hour or two later in Spain)."""
        return datetime(day.year, day.month, day.day, 8, tzinfo=UTC) + timedelta(minutes=int(minutes))


@dataclass(frozen=True, kw_only=True)
class OwnDetails:
    """What a person may be asked for, or may correct."""

    email: str | None = None
    address: str | None = None
    postal_code: str | None = None
    town: str | None = None
    birth_date: date | None = None
    dni: str | None = None
    pin_hash: str | None = None


NO_DETAILS = OwnDetails()


def add_customer(
    rows: Rows,
    *,
    number: str,
    name: str,
    language: str,
    zone: str,
    phone_numbers: Sequence[str],
    own: OwnDetails = NO_DETAILS,
) -> UUID:
    """A person, how to reach them, and what proves who they are."""
    customer_id = rows.id("customer", number)
    rows.add(
        CustomerRow,
        number,
        id=customer_id,
        customer_number=number,
        name=name,
        language=language,
        zone=zone,
        origin=ORIGIN,
        email=own.email,
        address=own.address,
        postal_code=own.postal_code,
        town=own.town,
        birth_date=own.birth_date,
    )
    _add_proofs(rows, customer_id, number, own)
    for rank, e164 in enumerate(phone_numbers, start=1):
        phone_id = rows.id("phone", e164)
        rows.add(PhoneNumberRow, e164, id=phone_id, e164=e164)
        rows.add(
            CustomerPhoneNumberRow,
            number,
            e164,
            customer_id=customer_id,
            phone_number_id=phone_id,
            rank=rank,
        )
    return customer_id


def _add_proofs(rows: Rows, customer_id: UUID, number: str, own: OwnDetails) -> None:
    for kind, value, secret_hash in (("dni", own.dni, None), ("pin", None, own.pin_hash)):
        if value is None and secret_hash is None:
            continue
        rows.add(
            IdentityRow,
            number,
            kind,
            id=rows.id("identity", f"{number} {kind}"),
            customer_id=customer_id,
            kind=kind,
            value=value,
            secret_hash=secret_hash,
            set_at=datetime.fromtimestamp(_BORN_MS / 1000, UTC),
            set_by=ORIGIN,
        )


@dataclass(frozen=True, kw_only=True)
class Which:
    """What tells a customer's accounts apart."""

    label: str = ""
    last_digits: str = ""
    rank: int = 1


ONLY = Which()
"""The only account of a customer."""


def add_account(
    rows: Rows,
    *,
    number: str,
    language: str,
    unpaid: Sequence[tuple[int, int]],
    paid: Sequence[tuple[int, int]] = (),
    instalment: bool = False,
    which: Which = ONLY,
) -> None:
    """An account with its debts, each as (days late today, cents), and what moved on it."""
    name = number if which.rank == 1 else f"{number} {which.rank}"
    account_id = rows.id("account", name)
    oldest = max((late for late, _ in unpaid), default=None)
    rows.add(
        AccountRow,
        name,
        id=account_id,
        customer_id=rows.id("customer", number),
        balance_cents=sum(cents for _, cents in unpaid),
        currency=CURRENCY,
        due_on=None if oldest is None else rows.today - timedelta(days=oldest),
        stage="none" if oldest is None else stage_of(oldest),
        label=which.label,
        last_digits=which.last_digits,
        rank=which.rank,
    )
    for status, debts in (("open", unpaid), ("paid", paid)):
        for count, (late, cents) in enumerate(debts):
            due = rows.today - timedelta(days=late)
            issued = due - timedelta(days=20)
            month = words.MONTHS[language][(issued.month - 2) % 12]
            concept = f"{words.CONCEPTS[language][instalment]} {month}"
            _add_movement(rows, account_id, f"{name} {status} {count}", issued, cents, concept, "bill")
            debt = {"concept": concept, "amount_cents": cents, "issued_on": issued, "due_on": due}
            debt["stage"] = stage_of(late) if status == "open" else "none"
            _add_debt(rows, account_id, name, status, count, debt)
    for count, (late, cents) in enumerate(paid):
        on = rows.today - timedelta(days=late)
        _add_payment(rows, account_id, name, count=count, on=on, cents=cents, method=_method_of(number))
        _add_movement(
            rows, account_id, f"{name} payment {count}", on, -cents, words.PAID[language], "payment"
        )


def _add_debt(
    rows: Rows, account_id: UUID, name: str, status: str, count: int, debt: dict[str, object]
) -> None:
    key = rows.id("debt", f"{name} {status} {count}")
    rows.add(
        DebtRow,
        name,
        status,
        count,
        id=key,
        account_id=account_id,
        currency=CURRENCY,
        status=status,
        **debt,
    )


def _method_of(number: str) -> str:
    return words.METHODS[int(number) % len(words.METHODS)]


def _add_payment(
    rows: Rows, account_id: UUID, name: str, *, count: int, on: date, cents: int, method: str
) -> None:
    rows.add(
        PaymentRow,
        name,
        count,
        id=rows.id("payment", f"{name} {count}"),
        account_id=account_id,
        amount_cents=cents,
        currency=CURRENCY,
        received_on=on,
        method=method,
    )


def _add_movement(
    rows: Rows, account_id: UUID, name: str, on: date, cents: int, concept: str, kind: str
) -> None:
    rows.add(
        MovementRow,
        name,
        id=rows.id("movement", name),
        account_id=account_id,
        at=rows.at(on, 0),
        amount_cents=cents,
        currency=CURRENCY,
        concept=concept,
        kind=kind,
    )


def add_ticket(
    rows: Rows, *, number: str, customer_id: UUID, language: str, subject: int, days: Sequence[int]
) -> None:
    """A ticket whose history has one step for each of `days` (days before today, falling)."""
    ticket_id = rows.id("ticket", number)
    moments = [
        rows.at(rows.today - timedelta(days=before), 17 * (n + 1) + int(number[-3:]) % 40)
        for n, before in enumerate(days)
    ]
    status = STEPS[len(days) - 1]
    rows.add(
        TicketRow,
        number,
        id=ticket_id,
        ticket_number=number,
        customer_id=customer_id,
        topic=words.TOPICS[subject],
        subject=words.SUBJECTS[language][subject],
        status=status,
        opened_at=moments[0],
        updated_at=moments[-1],
        promised_on=None if status in {"resolved", "closed"} else rows.today + timedelta(days=2),
    )
    for n, at in enumerate(moments):
        rows.add(
            TicketStatusChangeRow,
            number,
            n,
            ticket_id=ticket_id,
            n=n + 1,
            status=STEPS[n],
            at=at,
            note=words.NOTES[language][STEPS[n]],
        )


def add_order(
    rows: Rows,
    *,
    number: str,
    customer_id: UUID,
    language: str,
    products: Sequence[words.Product],
    age: int,
    address: str,
    carrier: str | None,
) -> None:
    """An order placed `age` days ago; after five days it is delivered. Without carrier: cancelled."""
    cancelled = carrier is None
    delivered = age >= len(_ORDER_BY_AGE)
    status = "delivered" if delivered else _ORDER_BY_AGE[age]
    if cancelled:
        status = "cancelled"
    placed = rows.today - timedelta(days=age)
    last = min(age, 1 if cancelled else 5)
    rows.add(
        OrderRow,
        number,
        id=rows.id("order", number),
        order_number=number,
        customer_id=customer_id,
        items=", ".join(product.name(language) for product in products),
        status=status,
        placed_at=rows.at(placed, int(number[-3:]) % 480),
        updated_at=rows.at(placed + timedelta(days=last), int(number[-3:]) % 480 + 5),
        expected_on=None if cancelled else placed + timedelta(days=5),
        carrier=None if age < 2 else carrier,
        delivery_address=address,
        total_cents=sum(product.cents for product in products),
        currency=CURRENCY,
    )
    if age >= 2 and carrier is not None:
        _add_shipment(rows, number=number, placed=placed, status=status, carrier=carrier)


def _add_shipment(rows: Rows, *, number: str, placed: date, status: str, carrier: str) -> None:
    """The one parcel of an order: on its way two days after, delivered five days after it was placed."""
    delivered = status == "delivered"
    rows.add(
        ShipmentRow,
        number,
        1,
        id=rows.id("shipment", f"{number} 1"),
        order_id=rows.id("order", number),
        n=1,
        carrier=carrier,
        tracking_number=f"{carrier[:2].upper()}{int(number) * 7919:010d}",
        status="in_transit" if status == "shipped" else status,
        shipped_at=rows.at(placed + timedelta(days=2), int(number[-3:]) % 480),
        expected_on=placed + timedelta(days=5),
        delivered_at=rows.at(placed + timedelta(days=5), int(number[-3:]) % 480 + 5) if delivered else None,
        left_with=words.LEFT_WITH[int(number) % len(words.LEFT_WITH)] if delivered else None,
    )
