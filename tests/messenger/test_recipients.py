"""Whom a message may go to."""

from __future__ import annotations

import pytest

from ivr.messenger.recipients import NotAllowed, email_address, sms_number


@pytest.mark.parametrize("written", ["+34 600 111 222", "600111222", "0034600111222", "+34600111222"])
def test_a_number_is_read_in_every_style(written: str) -> None:
    assert sms_number(written, region="ES", countries={"ES"}) == "+34600111222"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("+33612345678", "no messages to FR"),
        ("+34803123456", "that kind of number"),
        ("+34902123456", "that kind of number"),
        ("+881612345678", "no messages to 001"),
        ("+3460011", "no such telephone number"),
        ("", "no telephone number"),
        ("drop table", "no telephone number"),
        ("+34600111222;ext=1", None),
    ],
)
def test_numbers_that_cost_or_are_none_are_refused(written: str, why: str | None) -> None:
    """Foreign, premium, satellite, none at all; what a number drags along is dropped."""
    if why is None:
        assert sms_number(written, region="ES", countries={"ES"}) == "+34600111222"
        return
    with pytest.raises(NotAllowed, match=why) as refused:
        sms_number(written, region="ES", countries={"ES"})
    assert not written or written not in str(refused.value)


def test_an_address_keeps_its_owner_and_loses_its_style() -> None:
    """Domains have no case; the part before may have."""
    assert email_address("Ana.Puig@Example.NET") == "Ana.Puig@example.net"
    with pytest.raises(NotAllowed):
        email_address("ana@example.net\nBcc: x@example.net")
