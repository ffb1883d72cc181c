"""Who answers a call of ours: day and month of birth, or the end of the DNI. From whoever calls us, never."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from data.ids import new_id
from data.models import CustomerRow
from dialogs.results import Failed, Found, Locked, Missing
from ivr.identity.proofs import normalised
from ivr.identity.verification import Verified
from ivr.occasion import Occasion
from tests.identity.conftest import ANA, BOB, Counter


def tried(counter: Counter, claims: dict[str, str], *, called: bool = True, call: object = None) -> Verified:
    there = Occasion(new_id(), "+34600000001", "right_party", "verify", "es", called=called)
    if call is not None:
        there = Occasion(call, "+34600000001", "right_party", "verify", "es", called=called)  # type: ignore[arg-type]  # its key
    return counter.verification.verify("right_party", {"customer_number": ANA, **claims}, there)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("1980-03-15", Found),
        ("2026-03-15", Found),
        ("1503", Found),
        ("0315", Missing),
        ("1980-04-15", Missing),
        ("", Missing),
        ("12", Missing),
    ],
)
def test_day_and_month_whatever_the_year(counter: Counter, said: str, kind: type) -> None:
    """As it is said (a date, whose year nobody asked for) and as it is keyed."""
    verified = tried(counter, {"birth_day": said})
    assert type(verified.result) is kind
    assert (verified.person is not None) is (kind is Found)


@pytest.mark.parametrize(("said", "kind"), [("678", Found), ("679", Missing), ("", Missing)])
def test_the_end_of_the_dni(counter: Counter, said: str, kind: type) -> None:
    """The last three figures, without the letter."""
    assert type(tried(counter, {"dni_ending": said}).result) is kind


@pytest.mark.parametrize(
    "claims", [{"birth_day": "1503"}, {"dni_ending": "678"}, {"birth_day": "1503", "pin": "7302"}]
)
def test_whoever_calls_us_proves_nothing_by_it(counter: Counter, claims: dict[str, str]) -> None:
    """A day of birth is in every social network: it takes a number of theirs that we have dialled."""
    verified = tried(counter, claims, called=False)
    assert isinstance(verified.result, Failed)
    assert verified.person is None


def test_wrong_days_lock_the_call(counter: Counter) -> None:
    """As wrong PINs do: nobody goes through the days of the year."""
    call = new_id()
    ends = [type(tried(counter, {"birth_day": f"{day:02d}04"}, call=call).result) for day in range(1, 5)]
    assert ends == [Missing, Missing, Locked, Locked]
    assert isinstance(tried(counter, {"birth_day": "1503"}, call=call).result, Locked)


def test_what_is_no_day_stays_what_it_is() -> None:
    """Nothing that is said becomes somebody's day by accident."""
    assert normalised({"birth_day": "drop table"})["birth_day"] == "drop table"


@pytest.mark.parametrize("number", ["M2", "q7", "b-12/3", "w.1_2"])
def test_whatever_a_list_calls_a_customer(counter: Counter, number: str) -> None:
    """A customer number may have letters, small ones too, and signs between: it is theirs as it stands."""
    with counter.store.database.writing() as connection:
        theirs = update(CustomerRow).where(CustomerRow.customer_number == ANA)
        connection.execute(theirs.values(customer_number=number))
    claims = {"customer_number": number, "birth_day": "1503"}
    verified = tried(counter, claims)
    assert isinstance(verified.result, Found)
    assert verified.person is not None and verified.person.customer_number == number
    assert isinstance(tried(counter, {**claims, "birth_day": "1603"}).result, Missing)


def test_numbers_that_differ_only_by_their_letters(counter: Counter) -> None:
    """Each proves its own; who writes it otherwise is one of two, and nobody."""
    with counter.store.database.writing() as connection:
        for customer, number in ((ANA, "c2"), (BOB, "C2")):
            theirs = update(CustomerRow).where(CustomerRow.customer_number == customer)
            connection.execute(theirs.values(customer_number=number))
    assert isinstance(tried(counter, {"customer_number": "c2", "birth_day": "1503"}).result, Found)
    assert isinstance(tried(counter, {"customer_number": "C2", "birth_day": "1503"}).result, Missing)
    assert isinstance(tried(counter, {"customer_number": "c-2", "birth_day": "1503"}).result, Missing)
