"""What a caller says of himself, made harmless: he chooses it, so it is data and never more."""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of what is no sign on a screen: controls, direction marks, halves of signs, breaks."""
_NUMBER = re.compile(r"\+?[0-9() ./-]{1,40}")
_ADDRESS = re.compile(
    r"<?(?:sips?:|tel:)?([^@;<>]{0,60})(?:;[\w-]{1,30}(?:=[\w.+-]{0,60})?){0,8}(?:@[^\s<>]{0,200})?>?",
    re.IGNORECASE | re.ASCII,
)
"""A number in a SIP address, with what carriers put behind it: `sip:600111222;ext=5@carrier`."""
_LONGEST_NAME = 100
_MEANT = re.compile(r'[|%"<>\\$]')
_WORD = re.compile(r"[0-9A-Za-z+*#._-]{1,64}")
UNKNOWN = "unknown"
"""What stands for a name or number that is not fit to be shown. FreeSWITCH's dialplan writes the same."""


def plain_name(text: str) -> str:
    """What a caller calls himself, as one short line: what cannot be seen becomes a blank."""
    text = text[: 8 * _LONGEST_NAME]
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if unicodedata.category(sign) in _UNSEEN else sign for sign in text)
    return " ".join(text.split())[:_LONGEST_NAME]


def shown_name(text: str) -> str:
    """A name as it may go into a queue: what is a column, an encoded sign, an end of a name in SIP, or the
    beginning of an expansion to whoever prints it or calls an agent with it becomes a blank."""
    return plain_name(_MEANT.sub(" ", text[: 8 * _LONGEST_NAME])) or UNKNOWN


def shown_number(text: str) -> str:
    """A number likewise; what is none stays, if it is a plain word (`anonymous`)."""
    return text if _WORD.fullmatch(text) else plain_number(text) or UNKNOWN


def plain_number(text: str) -> str:
    """Digits and a leading `+`; empty for a withheld number or one that is no number."""
    found = _ADDRESS.fullmatch(text.strip())
    number = found.group(1).strip() if found else ""
    if not _NUMBER.fullmatch(number):
        return ""
    return "".join(sign for sign in number if sign in "+0123456789")
