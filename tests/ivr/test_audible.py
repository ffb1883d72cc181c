"""An amount in recognised words: found in every spelling, and not where it is another amount."""

from __future__ import annotations

import pytest

from ivr.audible import says_amount


@pytest.mark.parametrize(
    ("text", "cents", "language"),
    [
        ("su saldo pendiente es de 142 euros con 30 céntimos", 14230, "es"),
        ("su saldo pendiente es de 142,30 €", 14230, "es"),
        ("su saldo pendiente es de 142 30", 14230, "es"),
        ("su saldo pendiente es de ciento cuarenta y dos euros con treinta céntimos", 14230, "es"),
        ("your balance is one hundred forty-two euros and thirty cents", 14230, "en"),
        ("debe 1.142 euros con 5 céntimos", 114205, "es"),
        ("debe 1142 euros con 05 céntimos", 114205, "es"),
        ("debe 80 euros con vencimiento el 30 de noviembre", 8000, "es"),
    ],
)
def test_the_amount_is_found(text: str, cents: int, language: str) -> None:
    """Recognisers write amounts in digits, in words and in between."""
    assert says_amount(text, cents, language)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("su saldo pendiente es de 142 euros con 31 céntimos", 14230),
        ("su saldo pendiente es de 1142 euros con 30 céntimos", 14230),
        ("su saldo pendiente es de 14 euros con 30 céntimos", 14230),
        ("su saldo pendiente es de 142 euros", 14230),
        ("su saldo pendiente es de 142 euros con 300", 14230),
        ("", 14230),
        ("debe 180 euros", 8000),
    ],
)
def test_another_amount_is_not_taken_for_it(text: str, cents: int) -> None:
    """A check that is always true would let a wrong amount pass."""
    assert not says_amount(text, cents, "es")
