"""The caller's number: every national style is one number, and what is none is withheld."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.callers.numbers import WITHHELD, caller_number

SPANISH = "+34600111222"


@pytest.mark.parametrize(
    "written",
    [
        *("+34600111222", "+34 600 111 222", "+34-600-11-12-22", "+34 (600) 111.222", "+34/600/111222"),
        *("0034600111222", "00 34 600 11 12 22", "34600111222", "34 600 111 222"),
        *("600111222", "600 111 222", "600-111-222", "(600) 111 222", "600.11.12.22", " 600111222 "),
        *(
            "600111222;ext=12",
            "600111222 ext. 12",
            "600111222 extensión 5",
            "+34600111222 x9",
            "600111222#12",
        ),
        *("sip:600111222@carrier.example", "<sip:+34600111222@10.0.0.1;user=phone>", "tel:+34-600-111-222"),
        *(
            "sip:600111222;ext=5@carrier.example",
            '"600111222"',
            "６００１１１２２２",
            "600\u00a0111\u2011222",
        ),
        *("\u202a600111222\u202c", "600\u200b111222"),
    ],
)
def test_one_number_in_every_style(written: str) -> None:
    """As carriers, switches and people write it, at a Spanish site."""
    found = caller_number(written, "ES")
    assert (found.e164, found.country, found.mobile) == (SPANISH, "ES", True)
    assert not found.withheld
    assert {SPANISH, "34600111222", "600111222"} <= set(found.written)


@pytest.mark.parametrize(
    ("written", "region", "e164"),
    [
        ("934051020", "ES", "+34934051020"),
        ("900 123 456", "ES", "+34900123456"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 (0)20 7946 0958", "ES", "+442079460958"),
        ("+34 (0)600 111 222", "ES", "+34600111222"),
        ("+39 (0)6 698 12345", "ES", "+390669812345"),
        ("00442079460958", "ES", "+442079460958"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("0033612345678", "ES", "+33612345678"),
        ("55 1234 5678", "MX", "+525512345678"),
        ("11 2345-6789", "AR", "+541123456789"),
        ("+54 9 11 2345 6789", "AR", "+5491123456789"),
        ("(312) 555-0123", "US", "+13125550123"),
        ("1 312 555 0123", "US", "+13125550123"),
        ("376 312 345", "AD", "+376312345"),
        ("312345", "AD", "+376312345"),
        ("333 1234567", "IT", "+393331234567"),
        ("06 6982", "IT", "+39066982"),
    ],
)
def test_national_styles_are_the_sites(written: str, region: str, e164: str) -> None:
    """A number without a country code is the site's; with one, it is that country's."""
    assert caller_number(written, region).e164 == e164


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            " ",
            "anonymous",
            "Anonymous",
            "restricted",
            "Private",
            "unknown",
            "unavailable",
            "oculto",
            "no id",
        ),
        *("0", "000000000", "+", "++34600111222", "sip:anonymous@anonymous.invalid", "+34", "asterisk"),
        *(
            "9" * 21,
            "9" * 5000,
            "６" * 90,
            "٦٠٠١١١٢٢٢",
            "600111222'; DROP TABLE calls; --",
            "{caller.number}",
        ),
        *(
            "600111222\nX-Header: 1",
            "${600111222}",
            "600 111 222 or 1=1",
            "6e8",
            "0x24600111",
            "-600111222-1a",
        ),
    ],
)
def test_what_is_no_number_is_withheld(written: str) -> None:
    """Hidden, empty, hostile or absurd: nobody is known by it, and nothing of it is looked for."""
    assert caller_number(written, "ES") == WITHHELD


@pytest.mark.parametrize("written", ["204", "7", "1004", "112", "21000"])
def test_short_numbers_are_within_the_company(written: str) -> None:
    """A colleague's desk, or a service: nobody's telephone that could be in the base."""
    found = caller_number(written, "ES")
    assert (found.internal, found.e164, found.withheld) == (written, None, False)


def test_a_foreign_number_is_not_taken_for_a_national_one() -> None:
    """Without its country code it would be somebody else's at this site."""
    assert "600111222" not in caller_number("+39600111222", "ES").written
    assert caller_number("+999600111222", "ES").e164 is None


@given(st.text(max_size=120))
def test_any_text_is_a_number_or_none(text: str) -> None:
    """It never raises, and what it gives is digits with a plus, in a bounded number of ways."""
    found = caller_number(text, "ES")
    assert found.e164 is None or (found.e164[0] == "+" and found.e164[1:].isdecimal())
    assert all(len(way) <= 21 and way.lstrip("+").isdecimal() for way in found.written)
    assert len(found.written) <= 6
