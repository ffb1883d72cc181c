"""Text that other people chose (names, numbers, words), made fit to be stored and shown.

Rules:
1. Nothing is interpreted here, only removed: control and format characters (which forge lines in logs
   and turn text around on screens), surrogates and noncharacters (which no UTF-8 database stores).
2. Cutting is by characters after normalisation (NFC), so that a cut never strands half an accent.
"""

from __future__ import annotations

import unicodedata

LONGEST_NAME = 200
LONGEST_NUMBER = 64
LONGEST_TEXT = 4000
MASK = "•••"
"""Stands for a sensitive answer, whatever its length."""

_REMOVED = frozenset({"Cc", "Cf", "Cs", "Cn"})
_BLANK = frozenset({"Zs", "Zl", "Zp"})
_SPACE_LIKE = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85")


def clean(text: str, longest: int) -> str:
    """`text` on one line without control characters, blanks collapsed, at most `longest` characters."""
    if len(text) <= longest and text.isprintable() and "  " not in text:
        # Most texts are: nothing but letters, signs and single blanks.
        return unicodedata.normalize("NFC", text)[:longest].strip()
    # A megabyte of name is not worth normalising; marks that combine need a little room.
    kept = [_shown(character) for character in text[: longest * 4]]
    line = " ".join("".join(kept).split())
    return unicodedata.normalize("NFC", line)[:longest].rstrip()


def clean_name(name: str) -> str:
    return clean(name, LONGEST_NAME)


def clean_number(number: str) -> str:
    """A telephone number or SIP user as it came; it need not be dialable."""
    return clean(number, LONGEST_NUMBER)


def clean_text(text: str) -> str:
    return clean(text, LONGEST_TEXT)


def _shown(character: str) -> str:
    if character in _SPACE_LIKE:
        return " "
    category = unicodedata.category(character)
    if category in _REMOVED:
        return ""
    return " " if category in _BLANK else character
