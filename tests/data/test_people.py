"""What people correct of themselves; accounts, promises, consents, suppression, and who read what."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select

from data.errors import RecordRefused
from data.exchange.gathered import ListedCustomer
from data.exchange.loading import Terms, load
from data.ids import new_id
from data.models import AccountRow, CustomerPhoneNumberRow, MovementRow
from data.records import AuditEntry, Consent, Customer, Errand, OwnData, Promise, Refused, Request
from data.seeds import seed
from data.store import Store
from tests.data.conftest import NOW
from tests.plans import plans_of

ASKED = Request(at=NOW)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def seeded(store: Store) -> Store:
    seed(store, customers=10)
    return store


def test_own_data_are_corrected_one_by_one(seeded: Store) -> None:
    """What is not said stays; an empty text removes; what a caller says is cleaned, and only data."""
    data = OwnData(email="lucia@example.org", address="C/ Mayor, 1'); DROP TABLE customers;--", town="Vic")
    lucia = seeded.customers.correct("45716", data, ASKED)
    assert isinstance(lucia, Customer)
    assert (lucia.email, lucia.town, lucia.postal_code) == ("lucia@example.org", "Vic", "28014")
    assert lucia.address == "C/ Mayor, 1'); DROP TABLE customers;--"
    again = seeded.customers.correct("45716", OwnData(email="", language="ca"), ASKED)
    assert isinstance(again, Customer)
    assert (again.email, again.town, again.language) == (None, "Vic", "ca")
    assert seeded.customers.by_id(lucia.id) == again
    assert seeded.customers.correct("99999", OwnData(town="Vic"), ASKED) == Refused("unknown")


def test_a_new_number_is_tried_first(seeded: Store) -> None:
    """Also one that others have; who verified it is kept."""
    lucia = seeded.customers.put_phone_number_first("45716", "+34759000106", ASKED, verified_by="code_by_sms")
    assert isinstance(lucia, Customer)
    assert lucia.phone_numbers == ("+34759000106", "+34759000101")
    assert [person.customer_number for person in seeded.customers.by_phone_number("+34759000106")] == [
        "29389",
        "45716",
        "81646",
    ]
    back = seeded.customers.put_phone_number_first("45716", "+34759000101", ASKED)
    assert isinstance(back, Customer)
    assert back.phone_numbers == ("+34759000101", "+34759000106")
    with seeded.database.reading() as connection:
        rows = connection.execute(
            select(CustomerPhoneNumberRow).where(CustomerPhoneNumberRow.customer_id == lucia.id)
        ).all()
    assert {(row.verified_by, row.verified_at) for row in rows} == {("code_by_sms", NOW), (None, None)}


def test_what_is_no_number_is_refused_by_the_table(seeded: Store) -> None:
    """Whoever calls this has the number in E.164; a mistake does not get in."""
    with pytest.raises(RecordRefused):
        seeded.customers.put_phone_number_first("45716", "600111222", ASKED)


def test_why_a_number_is_blocked(seeded: Store) -> None:
    """Also one that nobody has; with the reason, until it is unblocked."""
    assert seeded.customers.blocked("+34600999888") is None
    seeded.callers.block("+34600999888", at=NOW, why="nuisance")
    assert seeded.customers.blocked("+34600999888") == "nuisance"
    seeded.callers.unblock("+34600999888")
    assert seeded.customers.blocked("+34600999888") is None


def test_what_a_number_asked_for_is_remembered(seeded: Store) -> None:
    """The last word counts."""
    assert seeded.customers.settings("+34759000101") == {}
    seeded.customers.remember("+34759000101", "language", "ca", at=NOW)
    seeded.customers.remember("+34759000101", "language", "en", at=NOW)
    assert seeded.customers.settings("+34759000101") == {"language": "en"}


def test_several_accounts_are_told_in_their_order(seeded: Store) -> None:
    """The first one is what a flow without choice tells; each has its own movements."""
    lucia = seeded.customers.by_number("45716")
    assert lucia is not None
    second = new_id()
    with seeded.database.writing() as connection:
        connection.execute(
            insert(AccountRow).values(
                id=second,
                customer_id=lucia.id,
                balance_cents=500,
                currency="EUR",
                stage="none",
                label="móvil",
                last_digits="0101",
                rank=2,
            )
        )
        connection.execute(
            insert(MovementRow),
            [
                {
                    "id": new_id(),
                    "account_id": second,
                    "at": NOW + n * MINUTE,
                    "amount_cents": 100 * (-1) ** n,
                    "currency": "EUR",
                    "concept": f"línea {n}",
                    "kind": "bill",
                }
                for n in range(7)
            ],
        )
    accounts = seeded.accounts.of_customer("45716")
    assert [(one.label, one.last_digits, one.balance_cents) for one in accounts] == [
        ("", "", 14230),
        ("móvil", "0101", 500),
    ]
    assert [one.concept for one in seeded.accounts.movements("45716", label="móvil", most=2)] == [
        "línea 6",
        "línea 5",
    ]
    first = seeded.accounts.movements("45716", label="", most=99)
    assert len(first) == 6 and not any(one.concept.startswith("línea") for one in first)
    assert len(seeded.accounts.movements("45716")) == 5


def test_a_promise_to_pay(seeded: Store) -> None:
    """Open until somebody sees the money; in the account's currency."""
    answer = seeded.accounts.promise(
        "45716", amount_cents=14230, promised_for=date(2026, 12, 1), request=Request(at=NOW, key="p")
    )
    assert isinstance(answer, Promise)
    assert (answer.amount_cents, answer.currency, answer.status, answer.made_at) == (
        14230,
        "EUR",
        "open",
        NOW,
    )
    assert seeded.accounts.promises("45716") == (answer,)


@pytest.mark.parametrize(
    ("number", "label", "cents", "day", "reason"),
    [
        ("99999", "", 1, date(2026, 12, 1), "unknown"),
        ("45716", "yacht", 1, date(2026, 12, 1), "unknown"),
        ("45716", "", 0, date(2026, 12, 1), "nothing"),
        ("45716", "", 1, date(2026, 11, 22), "past"),
    ],
)
def test_a_promise_that_is_none(
    seeded: Store, number: str, label: str, cents: int, day: date, reason: str
) -> None:
    """Nothing is noted that nobody can keep."""
    answer = seeded.accounts.promise(number, amount_cents=cents, promised_for=day, request=ASKED, label=label)
    assert answer == Refused(reason)
    assert seeded.accounts.promises(number) == ()


def consent(**changes: object) -> Consent:
    values: dict[str, object] = {
        "kind": "contract",
        "given": True,
        "terms_version": "2026-10",
        "text": "¿Acepta el contrato?",
        "answer": "sí, acepto",
        "language": "es",
        "at": NOW,
        "e164": "+34759000101",
        "clip": "consents/a.wav",
        "clip_sha256": "0" * 64,
        "call_id": new_id(),
    }
    return Consent(**{**values, **changes})  # type: ignore[arg-type]  # a table of keyword arguments


def test_a_consent_is_evidence(seeded: Store) -> None:
    """Everything comes back as it was said; taking it back adds a row, and the newest counts."""
    lucia = seeded.customers.by_number("45716")
    assert lucia is not None
    given = consent(customer_id=lucia.id)
    key = seeded.consents.note(given)
    found = seeded.consents.by_id(key)
    assert found is not None
    assert {**vars(found), "id": None} == vars(given)
    assert seeded.consents.newest("contract", customer_id=lucia.id) == found
    seeded.consents.note(consent(customer_id=lucia.id, given=False, at=NOW + MINUTE, clip=None))
    newest = seeded.consents.newest("contract", e164="+34759000101")
    assert newest is not None and not newest.given
    assert len(seeded.consents.of(customer_id=lucia.id, e164="+34759000101")) == 2
    assert given.call_id is not None
    assert seeded.consents.of_call(given.call_id) == (found,)
    assert seeded.consents.newest("marketing", customer_id=lucia.id) is None


def test_a_consent_of_nobody_is_refused() -> None:
    """Evidence that belongs to nobody proves nothing."""
    with pytest.raises(ValueError, match="customer, a number or a call"):
        consent(e164=None, call_id=None)


def test_whom_not_to_contact_is_known_by_hash_alone(seeded: Store, store_url: str) -> None:
    """The number is nowhere in the table; another server of the same database knows it too."""
    assert seeded.suppressions.add("number", "+34759000101", reason="asked in a call", at=NOW)
    assert not seeded.suppressions.add("number", "+34759000101", reason="again", at=NOW)
    other = Store(store_url)
    assert other.suppressions.contains("number", "+34759000101")
    assert not other.suppressions.contains("person", "+34759000101")
    assert not other.suppressions.contains("number", "+34759000102")
    with other.database.reading() as connection:
        assert "759000101" not in repr(connection.exec_driver_sql("SELECT * FROM suppressions").all())
    assert other.suppressions.remove("number", "+34759000101")
    assert not seeded.suppressions.contains("number", "+34759000101")
    other.close()


def test_who_read_what_is_on_record(seeded: Store) -> None:
    """Newest first, by person; what a caller can choose cannot forge a line."""
    person = new_id()
    entry = AuditEntry(
        at=NOW,
        who="call\nroot",
        action="read",
        what="accounts: balance",
        why="balance.tell",
        customer_id=person,
    )
    later = AuditEntry(at=NOW + MINUTE, who="ana", action="export", what="customers", why="court")
    seeded.audit.note(entry, later)
    assert seeded.audit.of_customer(person) == (entry,)
    assert entry.who == "call root"
    assert seeded.audit.latest(5) == (later, entry)
    seeded.audit.note()


@pytest.mark.parametrize("make", [Request, lambda **words: Errand(kind="", target="", body={}, **words)])
def test_a_time_without_a_zone_is_refused(make: type[Request]) -> None:
    """In whose hours?"""
    with pytest.raises(ValueError, match="without a zone"):
        make(at=NOW.replace(tzinfo=None), **({} if make is Request else {"idempotency_key": "k"}))


def test_numbers_with_letters_are_found_by_an_index(store: Store) -> None:
    """In whatever case they come: neither who says one nor a list with them has the whole table read."""
    said = plans_of(store, "customers", lambda: store.verifications.person("customer_number", "C-2"))
    listed = [ListedCustomer(number, [row], {"name": "Ana"}) for row, number in enumerate(("C2", "C3"), 2)]
    terms = Terms(at=NOW, today=NOW.date(), origin="import")
    loaded = plans_of(store, "customers", lambda: load(store, listed, terms))
    for plans in (said, loaded):
        exact, any_case = plans[:2]
        assert "customer_number" in exact
        assert "ix_customers_lower_customer_number" in any_case
