"""The caller's number as a channel shows it: digits and a plus, whatever stands around them."""

from __future__ import annotations

import pytest

from esl.caller_id import plain_number


@pytest.mark.parametrize(
    ("shown", "number"),
    [
        *(("600111222", "600111222"), ("+34 600-111-222", "+34600111222"), ("(93) 405.10.20", "934051020")),
        ("600111222;ext=12", "600111222"),
        ("sip:+34600111222@carrier.example;user=phone", "+34600111222"),
        ("<sip:600111222@10.0.0.1>", "600111222"),
        ("tel:+34-600-111-222;phone-context=x", "+34600111222"),
        *(("anonymous", ""), ("sip:anonymous@anonymous.invalid", ""), ("", ""), ("@", ""), ("<sip:>", "")),
        *(("600111222'--", ""), ("600\n111", ""), ("6" * 41, ""), ("{x}", ""), ("٦٠٠١١١", "")),
    ],
)
def test_a_number_is_read_out_of_its_address(shown: str, number: str) -> None:
    """What is none is empty: withheld, hostile, or too long."""
    assert plain_number(shown) == number
