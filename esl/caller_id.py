"""What a caller says of himself, made harmless: he chooses it, so it is data and never more."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NUMBER = re.compile(r"\+?[0-9() ./-]{1,40}")
_LONGEST_NAME = 100


def plain_name(text: str) -> str:
    """What a caller calls himself, as one short line: control characters become blanks."""
    return " ".join(_CONTROL.sub(" ", text).split())[:_LONGEST_NAME]


def plain_number(text: str) -> str:
    """Digits and a leading `+`; empty for a withheld number or one that is no number."""
    if not _NUMBER.fullmatch(text):
        return ""
    return "".join(sign for sign in text if sign in "+0123456789")
