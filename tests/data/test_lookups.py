"""What callers ask for: found right, or not found, whatever they say."""

from __future__ import annotations

from datetime import date

import pytest

from data import luhn
from data.seeds import DemoCustomer, demo_customers, seed
from data.store import Store


@pytest.fixture
def seeded(store: Store) -> Store:
    seed(store, customers=30)
    return store


@pytest.mark.parametrize("customer", demo_customers(), ids=lambda customer: customer.customer_number)
def test_the_demo_customers_owe_what_they_should(seeded: Store, customer: DemoCustomer) -> None:
    """The demonstration compares the spoken amount with this one."""
    status = seeded.accounts.of_customer(customer.customer_number)[0]
    assert (status.name, status.language, status.balance_cents, status.currency) == (
        customer.name,
        customer.language,
        customer.balance_cents,
        "EUR",
    )
    assert sum(debt.amount_cents for debt in status.debts) == status.balance_cents
    assert status.due_on == (status.debts[0].due_on if status.debts else None)


def test_the_first_demo_customer_is_lucia(seeded: Store) -> None:
    """Written out by hand, so that no change of the seeds passes unseen: documents name her."""
    (status,) = seeded.accounts.of_customer("45716")
    assert (status.name, status.balance_cents, status.currency, status.due_on, status.stage) == (
        "Lucía Fernández Ortega",
        14230,
        "EUR",
        date(2026, 11, 5),
        "early",
    )
    ticket = seeded.tickets.by_number("20264511")
    assert ticket is not None
    assert (ticket.customer_number, ticket.status) == ("45716", "in_progress")
    assert [change.status for change in ticket.history] == ["open", "in_progress"]
    assert ticket.history[-1].at == ticket.updated_at > ticket.opened_at == ticket.history[0].at
    order = seeded.orders.by_number("780346")
    assert order is not None
    assert (order.status, order.carrier, order.expected_on, order.total_cents) == (
        "shipped",
        "SEUR",
        date(2026, 11, 25),
        13485,
    )


def test_a_number_leads_to_everybody_who_shares_it(seeded: Store) -> None:
    """Caller ID is a hint: it may belong to one, to several, or to nobody."""
    shared = seeded.customers.by_phone_number("+34759000106")
    assert [person.customer_number for person in shared] == ["29389", "81646"]
    (lucia,) = seeded.customers.by_phone_number("+34759000101")
    assert lucia.name == "Lucía Fernández Ortega"
    assert lucia.phone_numbers == ("+34759000101",)
    assert seeded.customers.by_phone_number("+34999999999") == ()
    assert seeded.customers.by_number("45716") == lucia


@pytest.mark.parametrize(
    "number",
    [
        "",
        "4571",
        "45717",
        "045716",
        "45716 ",
        "４５７１６",
        "%",
        "' OR '1'='1",
        "4" * 10_000,
        "45716\0",
        "\ud800",
        "_____",
    ],
)
def test_what_is_no_number_is_not_found(seeded: Store, number: str) -> None:
    """Bad input of any kind is 'not found': no error, no wildcard, no other alphabet's digits."""
    assert seeded.accounts.of_customer(number) == ()
    assert seeded.customers.by_number(number) is None
    assert seeded.tickets.by_number(number) is None
    assert seeded.orders.by_number(number) is None
    assert seeded.customers.by_phone_number(number) == ()


@pytest.mark.parametrize(
    ("number", "right"),
    # Luhn's example in ISO/IEC 7812-1 and the classic test card, besides ours.
    [
        ("79927398713", True),
        ("4111111111111111", True),
        ("45716", True),
        ("45717", False),
        ("54716", False),
        ("", False),
        ("0", False),
        ("4571६", False),
        ("45-716", False),
    ],
)
def test_check_digits(number: str, right: bool) -> None:
    """A misheard digit or two swapped neighbours do not make another customer's number."""
    assert luhn.is_valid(number) is right


def test_every_single_misheard_digit_is_noticed() -> None:
    """All 45 wrong digits of a number fail: that is what the check digit is there for."""
    number = luhn.with_check_digit("4571")
    wrong = [
        number[:place] + digit + number[place + 1 :]
        for place in range(len(number))
        for digit in "0123456789"
        if digit != number[place]
    ]
    assert len(wrong) == 45 and not any(map(luhn.is_valid, wrong))
