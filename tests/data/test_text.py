"""Text that callers choose, made fit to be stored and shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.text import clean, clean_name, clean_text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Núria Puig i Serra", "Núria Puig i Serra"),
        ("  Ana\t\u00a0 María \n", "Ana María"),
        ("Nu\u0301ria", "Núria"),
        ("a\x00b\x07c\x7fd\u0085e", "abcd e"),
        ("\u202eevE\u2066\u200b", "evE"),
        ("line\u2028line\r\nline", "line line line"),
        ("L·lull & Co. <b>", "L·lull & Co. <b>"),
        ("김민준 😀", "김민준 😀"),
        ("\ud800\udfff", ""),
    ],
)
def test_names_keep_what_people_see(given: str, kept: str) -> None:
    """Letters of any alphabet stay; what only acts on screens and logs goes."""
    assert clean_name(given) == kept


@given(st.text(max_size=600), st.integers(1, 300))
def test_cleaned_text_is_always_safe(text: str, longest: int) -> None:
    """For any text: one line, no control or format characters, in length, storable, and stable."""
    cleaned = clean(text, longest)
    assert len(cleaned) <= longest
    assert not {unicodedata.category(character) for character in cleaned} & {
        "Cc",
        "Cf",
        "Cs",
        "Cn",
        "Zl",
        "Zp",
    }
    assert cleaned == cleaned.strip()
    cleaned.encode("utf-8")
    assert clean(cleaned, longest) == cleaned


def test_a_flood_is_cut_before_it_costs_anything() -> None:
    """Ten million characters of name are not looked at one by one."""
    assert clean_name("x" * 10_000_000) == "x" * 200
    assert len(clean_text("palabra " * 100_000)) <= 4000
