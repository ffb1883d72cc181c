"""What YAML reads otherwise than its writer meant: a number for a text, one thing for a list of one."""

from __future__ import annotations

from typing import Any


def as_text(value: Any) -> Any:
    """A number that is meant as text: `28013`, `2.1`."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def as_digits(value: Any) -> Any:
    """A whole number that is meant as text: a key, a telephone."""
    return as_text(value) if isinstance(value, int) else value


def as_list(value: Any) -> Any:
    """One value is a list of one."""
    return value if isinstance(value, list) else [value]


def as_list_of_words(value: Any) -> Any:
    """One text in several languages is a list of one."""
    return [value] if isinstance(value, dict) else value
