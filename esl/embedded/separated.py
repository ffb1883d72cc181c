r"""How the switch cuts apart what follows a command (switch_utils.c, `switch_separate_string`).

Single quotes hold a part together and go. A backslash goes before `'`, `"`, `\` and the delimiter, and
makes a blank of `s`, a tab of `t`, line ends of `n` and `r`; before anything else it stays. Blanks around a
part go, unless they stand in quotes.
"""

from __future__ import annotations

_MADE = {"n": "\n", "r": "\r", "t": "\t", "s": " "}


def cut_at_blanks(text: str, most: int) -> list[str]:
    """Parts between blanks. The last of `most` is all that is left."""
    parts: list[str] = []
    text = text.lstrip(" ")
    while text:
        end = len(text) if len(parts) + 1 == most else _end_of_part(text, " ", alone=True)
        parts.append(_cleaned(text[:end], ""))
        text = text[end:].lstrip(" ")
    return parts


def cut_at(text: str, delimiter: str, most: int) -> list[str]:
    """Parts between delimiters other than a blank, empty ones too. The last of `most` is all that is left."""
    parts: list[str] = []
    while text:
        end = len(text) if len(parts) + 1 == most else _end_of_part(text, delimiter, alone=False)
        parts.append(_cleaned(text[:end], delimiter))
        text = text[end + 1 :]
    return parts


def _end_of_part(text: str, delimiter: str, *, alone: bool) -> int:
    """Where the first part ends. `alone`: a quote counts that has no other behind it."""
    quoted, at = False, 0
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            at += 1
        elif sign == "'" and (quoted or alone or "'" in text[at + 1 :]):
            quoted = not quoted
        elif sign == delimiter and not quoted:
            return at
        at += 1
    return len(text)


def _cleaned(part: str, delimiter: str) -> str:
    part = part.lstrip(" ")
    signs: list[str] = []
    end, quoted, at = 0, False, 0
    while at < len(part):
        sign, following = part[at], part[at + 1 : at + 2]
        if sign == "\\" and following and (following in f"'\"\\{delimiter}" or following in _MADE):
            signs.append(_MADE.get(following, following))
            end = len(signs)
            at += 1
        elif sign == "'" and (quoted or "'" in part[at + 1 :]):
            quoted = not quoted
            if quoted:
                end = len(signs)
        else:
            signs.append(sign)
            if sign != " " or quoted:
                end = len(signs)
        at += 1
    return "".join(signs[:end])
