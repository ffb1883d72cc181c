"""Conditions and templates: what they can say, and that they can reach nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.catalogue import ValueType
from dialogs.errors import ConditionUndecidable
from dialogs.expressions import Value, fill, parse_condition, parse_template

TYPES: dict[str, ValueType] = {
    "account.balance": "money",
    "caller.segment": "text",
    "account.open": "boolean",
    "number": "digits",
}
VALUES = {"account.balance": 100, "caller.segment": "vip", "account.open": True, "number": "007"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("account.balance > 0", True),
        ('account.balance > 0 and caller.segment == "vip"', True),
        ("account.balance == 0 or not account.open", False),
        ("caller.segment in ['vip', \"gold\"]", True),
        ("not (account.balance < -5)", True),
        ("number == '007'", True),
        ("caller.segment != 'vip'", False),
        ("account.open", True),
        ("caller.segment == 'account.balance > 1000'", False),
    ],
)
def test_conditions(text: str, holds: bool) -> None:
    """The small language of FLOWS.md, on values as look-ups give them."""
    condition = parse_condition(text)
    assert condition.mistake(TYPES) is None
    assert condition.holds(VALUES) is holds


@pytest.mark.parametrize(
    "text",
    [
        "account.balance =~ '(a+)+$'",
        "account.__class__",
        "account.balance.real > 1",
        "$today",
        "len(number) > 1",
        "[x for x in number] == 1",
        "2 ** 999999999 > 1",
        "account.balance > ",
        "{1: 2}",
        "number[0] == '0'",
        "'a' * 1000 == number",
        "`id`",
        "lambda: 0",
        "",
        "a" * 600,
        "account.balance > 0; 1",
        '"\\x41" == number',
    ],
)
def test_conditions_that_reach_for_more_are_refused(text: str) -> None:
    """No regular expression, attribute, call, index, power or comprehension: refused when it is read."""
    with pytest.raises(ValueError, match=r".+"):
        found = parse_condition(text)
        wrong = [name for name in found.names if name not in TYPES]
        raise ValueError(found.mistake(TYPES) or f"unknown {wrong}" if wrong or found.mistake(TYPES) else "")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('account.balance == "0"', "never equal"),
        ("caller.segment > 5", "different types"),
        ("account.balance", "yes-or-no"),
        ("account.open == 1", "never equal"),
        ("caller.segment", "yes-or-no"),
    ],
)
def test_types_are_checked_when_loaded(text: str, what: str) -> None:
    """A comparison that can never be true is a mistake in the file, not a surprise in the call."""
    assert what in (parse_condition(text).mistake(TYPES) or "")


def test_a_missing_value_is_undecidable() -> None:
    """A value that a look-up left empty is a stated error, without the value in it."""
    with pytest.raises(ConditionUndecidable):
        parse_condition("account.balance > 0").holds({"account.balance": None})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hola", ("hola",)),
        ("{a}", (Value("a"),)),
        ("debe {account.balance:money}.", ("debe ", Value("account.balance", "money"), ".")),
        ("{{a}} {a}", ("{a} ", Value("a"))),
        ("{ a : digits }", (Value("a", "digits"),)),
    ],
)
def test_templates(text: str, parts: tuple[str | Value, ...]) -> None:
    """Names and formats; doubled braces are spoken."""
    assert parse_template(text).parts == parts


@pytest.mark.parametrize(
    "text",
    ["{", "}", "{}", "{a.b.c}", "{a[0]}", "{a.__class__}", "{a!r}", "{a:>10}", "{0}", "{a:monye}", "{A}", "{a b}",
     "{{a}", "x" * 3000],
)  # fmt: skip
def test_templates_that_reach_for_more_are_refused(text: str) -> None:
    """No index, attribute, conversion or format string; the message says what to write."""
    with pytest.raises(ValueError, match=r": |`"):
        parse_template(text)


def test_an_unknown_format_gets_the_nearest() -> None:
    """`monye` was meant to be `money`."""
    with pytest.raises(ValueError, match="did you mean `money`"):
        parse_template("{a:monye}")


def test_values_are_never_read_as_templates() -> None:
    """What a caller says may look like a template; it stays what it is."""
    assert fill(parse_template("<{a}>"), {"a": "{b} {account.balance:money} __import__('os')"}) == (
        "<{b} {account.balance:money} __import__('os')>"
    )
    assert fill(parse_template("{a}"), {}) is None


@given(text=st.text(max_size=200))
def test_no_text_breaks_the_parsers(text: str) -> None:
    """Any text is read or refused as a `ValueError`."""
    for read in (parse_template, parse_condition):
        try:
            read(text)
        except ValueError:
            continue
