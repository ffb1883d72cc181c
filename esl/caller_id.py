"""What a caller says of himself, made harmless: he chooses it, so it is data and never more."""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of what is no sign on a screen: controls, direction marks, halves of signs, breaks."""
_NUMBER = re.compile(r"\+?[0-9() ./-]{1,40}")
_LONGEST_NAME = 100


def plain_name(text: str) -> str:
    """What a caller calls himself, as one short line: what cannot be seen becomes a blank."""
    text = text[: 8 * _LONGEST_NAME]
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if unicodedata.category(sign) in _UNSEEN else sign for sign in text)
    return " ".join(text.split())[:_LONGEST_NAME]


def plain_number(text: str) -> str:
    """Digits and a leading `+`; empty for a withheld number or one that is no number."""
    if not _NUMBER.fullmatch(text):
        return ""
    return "".join(sign for sign in text if sign in "+0123456789")
