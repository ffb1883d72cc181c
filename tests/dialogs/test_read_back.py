"""Whatever is read back to a caller is understood when they say it, and a screen shows what they hear."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import example as with_example
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, example_number_for_type, format_number
from stdnum.es import dni

from dialogs.results import Keyed, Match
from dialogs.slots import KINDS
from dialogs.slots.amount import Amount
from dialogs.slots.asking import Asking
from dialogs.slots.card_last4 import CardLast4
from dialogs.slots.date import Date
from dialogs.slots.dni import Dni
from dialogs.slots.kind import EXAMPLE_NOW, SlotKind
from dialogs.slots.order_id import OrderId
from dialogs.slots.phone import Phone
from dialogs.slots.postcode import Postcode
from dialogs.slots.ticket_id import TicketId
from dialogs.slots.time import Time
from tests.dialogs.heard_answers import IN_LANGUAGES, heard

TODAY = EXAMPLE_NOW.date()


# --- what we say, we understand ----------------------------------------------------------------------


def understood(kind: SlotKind, value: str, asking: Asking, region: str = "ES") -> None:
    """The read-back of a value, said to us, is that value, and nothing else is taken for sure."""
    words = kind.read_back(value, asking)
    found = kind.judge(heard(words), asking)
    assert isinstance(found, Match), words
    assert found.value == value or value in found.others, (words, found)
    assert found.value == value or found.band == "check", (words, found)


UNHURRIED = settings(max_examples=60, deadline=None)
"""A busy machine is no counter-example; how long judging takes has a test of its own."""


@IN_LANGUAGES
@UNHURRIED
@given(minor=st.integers(0, 10**9), currency=st.sampled_from(["EUR", "USD", "GBP", "MXN", "COP", "PEN"]))
def test_any_amount_read_back_is_understood(language: str, minor: int, currency: str) -> None:
    """From nothing to ten million, in every currency with cents."""
    kind = Amount(currency=currency)
    words = kind.read_back(str(minor), Asking(language))
    found = kind.judge(heard(words), Asking(language))
    assert isinstance(found, Match), words
    assert found.value == str(minor), (words, found)
    assert found.band == "sure", (words, found)


@IN_LANGUAGES
@UNHURRIED
@given(day=st.dates(date(1920, 1, 1), date(2090, 12, 31)))
def test_any_date_read_back_is_understood(language: str, day: date) -> None:
    """A date with its weekday is that date, with the year left out where the caller would leave it out."""
    understood(Date(), day.isoformat(), Asking(language, EXAMPLE_NOW))


@IN_LANGUAGES
@UNHURRIED
@given(days=st.integers(0, 182))
def test_any_near_day_read_back_is_sure(language: str, days: int) -> None:
    """Where a day to come is wanted, the read-back of the next half year means one day only."""
    day = TODAY + timedelta(days=days)
    asking = Asking(language, EXAMPLE_NOW)
    found = Date(range="future").judge(heard(Date().read_back(day.isoformat(), asking)), asking)
    assert isinstance(found, Match)
    assert (found.value, found.band) == (day.isoformat(), "sure")


@IN_LANGUAGES
@UNHURRIED
@given(clock=st.times(max_value=time(23, 59)))
def test_any_time_read_back_is_understood(language: str, clock: time) -> None:
    """Every minute of the day, said with its part of the day, is that minute and sure."""
    value = clock.strftime("%H:%M")
    found = Time().judge(heard(Time().read_back(value, Asking(language))), Asking(language))
    assert isinstance(found, Match), value
    assert (found.value, found.band) == (value, "sure"), Time().read_back(value, Asking(language))


@IN_LANGUAGES
@UNHURRIED
@given(number=st.integers(0, 10**8 - 1), letter=st.sampled_from(["", "X", "Y", "Z"]))
def test_any_document_read_back_is_understood(language: str, number: int, letter: str) -> None:
    """DNI and NIE alike; the check letter makes them sure."""
    digits = f"{number:08}" if not letter else f"{'XYZ'.index(letter)}{number % 10**7:07}"
    written = (digits if not letter else letter + digits[1:]) + dni.calc_check_digit(digits)
    kind = Dni()
    words = kind.read_back(written, Asking(language))
    found = kind.judge(heard(words), Asking(language))
    assert isinstance(found, Match), (written, words)
    assert (found.value, found.band) == (written, "sure"), words


@IN_LANGUAGES
@UNHURRIED
@given(rest=st.integers(0, 9_999_999), start=st.sampled_from(["6", "72", "91", "93", "96"]))
def test_any_spanish_number_read_back_is_understood(language: str, rest: int, start: str) -> None:
    """With its country code left out, as at home."""
    value = "+34" + (start + f"{rest:08}")[:9]
    asking = Asking(language, EXAMPLE_NOW)
    found = Phone().judge(Keyed(value[3:]), asking)
    if isinstance(found, Match):
        assert found.value == value
        understood(Phone(), value, asking)


@IN_LANGUAGES
@pytest.mark.parametrize(
    "region", ["ES", "MX", "CO", "AR", "CL", "PE", "US", "GB", "FR", "DE", "PT", "IT", "AD"]
)
@pytest.mark.parametrize("home", ["ES", "MX", "GB"])
def test_numbers_of_other_countries_read_back_are_understood(language: str, region: str, home: str) -> None:
    """With their country codes, in the groups of their country."""
    number = example_number_for_type(region, 1) or example_number_for_type(region, 0)
    assert number is not None
    understood(Phone(), format_number(number, PhoneNumberFormat.E164), Asking(language, EXAMPLE_NOW, home))


_LETTERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)


@IN_LANGUAGES
@UNHURRIED
@given(digits=st.text("0123456789", min_size=4, max_size=4), letters=_LETTERS)
@with_example(digits="0000", letters="UA")  # in Catalan "u, a. zero" was a range, from one to nought
@with_example(digits="1111", letters="UO")
def test_references_read_back_are_understood(language: str, digits: str, letters: str) -> None:
    """Letters by their names, digits in groups."""
    asking = Asking(language)
    understood(TicketId(letters=2, length=4), letters + digits, asking)
    understood(OrderId(prefix=letters, length=4), letters + digits, asking)
    understood(CardLast4(), digits, asking)


@IN_LANGUAGES
@UNHURRIED
@given(postcode=st.integers(1000, 52999))
def test_any_postcode_read_back_is_understood(language: str, postcode: int) -> None:
    """All of Spain."""
    understood(Postcode(), f"{postcode:05}", Asking(language))


@pytest.mark.parametrize(
    ("kind", "options", "value", "shown"),
    [
        ("date", {}, "2026-11-27", "viernes, 27 de noviembre de 2026"),
        ("phone", {}, "+34612345678", "612 345 678"),
        ("yes_no", {}, "no", "no"),
        (
            "choice",
            {
                "choices": {
                    "pm": {"key": 1, "phrases": {"es": ["tarde"]}},
                    "am": {"key": 2, "phrases": {"es": ["mañana"]}},
                }
            },
            "pm",
            "tarde",
        ),
        ("amount", {}, "1250", "12,50 €"),
        ("digits", {"length": 5}, "45718", "45718"),
    ],
)
def test_a_screen_shows_what_a_caller_hears(
    kind: str, options: dict[str, Any], value: str, shown: str
) -> None:
    """As people write it: never a date of a database, never the name that a choice has in the file."""
    asking = Asking("es", EXAMPLE_NOW)
    assert KINDS[kind].model_validate(options).shown(value, asking) == shown
