"""What can be read and was not meant so: quotes of a word processor, spaces that are none, half a quote.

YAML takes all of these without a word, and a caller would hear the result.
"""

from __future__ import annotations

import re

from dialogs.wording import LANGUAGES

_Where = tuple[int, int]
"""Line and column, from 1."""

_CURLY = frozenset("“”„«‘’")
"""Quotes of a word processor: YAML takes them for letters, and cuts the text at its first comma."""
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\ud800-\udfff\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
"""Control signs, halves of signs, signs of no width, and signs that turn the direction of writing: `\\u…`
lets them in."""
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INDENTED = re.compile(rf"^ *(?:- *)?(?:[A-Za-z_][\w.-]*: *)?(?=[{_SPACES}])", re.MULTILINE)
"""What stands before a space that YAML takes for a letter."""
_KEY_AND_VALUE = re.compile(r"([A-Za-z_][\w]*):[^\s:/]")


def no_break_space(text: str) -> tuple[_Where, str] | None:
    """The first space where YAML needs an ordinary one."""
    found = _INDENTED.search(text)
    if found is None:
        return None
    line = text.count("\n", 0, found.end()) + 1
    column = found.end() - text.rfind("\n", 0, found.end())
    return (line, column), _NO_BREAK


_NO_BREAK = "this space comes from a web page or a word processor, and is none in a file: write it anew"


def undecodable(raw: bytes, fault: UnicodeDecodeError) -> tuple[_Where, str]:
    """Where a file stops to be UTF-8, and what it seems to be."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or raw.count(0) > len(raw) // 4:
        return (1, 1), "the file is UTF-16 text: save it as UTF-8"
    begun = raw.rfind(b"\n", 0, fault.start) + 1
    line = raw.count(b"\n", 0, fault.start) + 1
    column = len(raw[begun : fault.start].decode("utf-8")) + 1
    sign = raw[fault.start : fault.start + 1].decode("cp1252", "replace")
    shown = f", and looks like `{sign}` of an older encoding" if sign.isprintable() and sign != "�" else ""
    return (line, column), f"this sign is not UTF-8{shown}: save the file as UTF-8"


def unseen(value: str) -> int | None:
    """Where the first sign stands that cannot be said or shown."""
    found = _UNSEEN.search(value)
    return found.start() if found else None


def slip(value: str, *, begins_key: bool, tagged: bool, of_key: str, rest: str) -> str | None:
    """What is wrong with a text without quotes, and what to do.

    `tagged`: a lone `!` stood before it; `of_key`: the key whose value it is; `rest`: what
    follows in its line.
    """
    joined = _KEY_AND_VALUE.match(value) if begins_key else None
    message = None
    if value[:1] in _CURLY:
        message = f'`{value[0]}` is no quote of a file: write `"` at both ends of the text'
    elif value != value.strip():
        message = _NO_BREAK
    elif tagged:
        message = "a text that begins with `!` needs quotes: put it in quotes"
    elif joined is not None:
        message = f"a colon needs a space behind it: write `{joined.group(1)}: …`"
    elif value.endswith('"') and value.count('"') % 2:
        message = 'the quote at its end was never opened: add `"` at the beginning of the text'
    elif of_key in LANGUAGES and re.match(r"\s+#", rest):
        message = "the text ends before `#`, which begins a comment: put the text in quotes"
    return message
