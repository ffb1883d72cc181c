"""Lists of variables (`name=value;…`) as the switch reads them: proof that no value of ours leaves its place.

Source: switch_utils.c (`switch_separate_string`) of 1.11.
"""

from __future__ import annotations


def split_variables(text: str) -> dict[str, str]:
    """The inverse of the list of `commands.set_variables`."""
    pairs: dict[str, str] = {}
    for part in _separate(text):
        name, _, value = part.partition("=")
        if name:
            pairs[name] = value
    return pairs


def _separate(text: str) -> list[str]:
    """`separate_string_char_delim` and `cleanup_separated_string` in one pass, for the delimiter `;`."""
    parts: list[str] = []
    current: list[str] = []
    kept = 0  # how much of `current` survives the cutting of blanks at the end
    quoted = False
    place = 0
    while place < len(text):
        sign = text[place]
        following = text[place + 1 : place + 2]
        if sign == "\\" and following in ("'", '"', ";", "\\"):
            current.append(following)
            kept = len(current)
            place += 1
        elif sign == "\\" and following in ("n", "r", "t", "s"):
            current.append({"n": "\n", "r": "\r", "t": "\t", "s": " "}[following])
            kept = len(current)
            place += 1
        elif sign == "'" and (quoted or "'" in text[place + 1 :]):
            quoted = not quoted
            kept = len(current)
        elif sign == ";" and not quoted:
            parts.append("".join(current[:kept]).lstrip(" "))
            current, kept = [], 0
        else:
            current.append(sign)
            if sign != " " or quoted:
                kept = len(current)
        place += 1
    parts.append("".join(current[:kept]).lstrip(" "))
    return [part for part in parts if part]
