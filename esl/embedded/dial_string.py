"""Dial strings: whom to call, in which order, with which variables (switch_ivr_originate.c).

    {ignore_early_media=true}[leg_timeout=5]user/1001,user/1002|sofia/gateway/trunk/34600111222

`|` separates turns, one after the other; `,` the targets of a turn, all at once. Variables in `{}` are for
every leg, those in `[]` for one.

Rules:
1. Reading has no effect: nothing is expanded and nothing is looked up.
2. A value may stand in single quotes, and `\\,` is a comma in it; `{^^:a=1:b=2}` takes another separator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from esl.embedded.errors import DialStringError

_ENDPOINT = re.compile(r"[A-Za-z0-9_.]{1,64}")
_MOST_TARGETS = 128
"""In a turn, and turns at all (MAX_PEERS)."""


@dataclass(frozen=True)
class Target:
    """One leg to be placed: `sofia` and what follows the first slash, with the leg's own variables."""

    endpoint: str
    address: str
    variables: dict[str, str]


@dataclass(frozen=True)
class DialString:
    """`variables` are every leg's; a target's own come after them."""

    variables: dict[str, str]
    turns: tuple[tuple[Target, ...], ...]


def read_dial_string(text: str) -> DialString:
    """Raises `DialStringError`."""
    variables, rest = _leading_variables(text.strip(), "{", "}")
    if ":_:" in rest:
        raise DialStringError("`:_:` (several dial strings at once) is not in the embedded switch")
    turns = tuple(
        tuple(_target(each) for each in _split(turn, ",") if each) for turn in _split(rest, "|") if turn
    )
    turns = tuple(turn for turn in turns if turn)
    if not turns or len(turns) > _MOST_TARGETS or max(map(len, turns)) > _MOST_TARGETS:
        raise DialStringError(f"a dial string names 1 to {_MOST_TARGETS} targets")
    return DialString(variables, turns)


def _target(text: str) -> Target:
    variables, rest = _leading_variables(text, "[", "]")
    endpoint, slash, address = rest.partition("/")
    if not slash or not _ENDPOINT.fullmatch(endpoint):
        raise DialStringError(f"not an endpoint and an address: {rest[:80]!r}")
    return Target(endpoint, address, variables)


def _leading_variables(text: str, opening: str, closing: str) -> tuple[dict[str, str], str]:
    variables: dict[str, str] = {}
    while text.startswith(opening):
        end = _end_of_block(text, opening, closing)
        variables.update(_pairs(text[1:end]))
        text = text[end + 1 :].lstrip()
    return variables, text


def _end_of_block(text: str, opening: str, closing: str) -> int:
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == opening) - (letter == closing)
        if depth == 0:
            return place
    raise DialStringError(f"{opening} without its {closing}")


def _pairs(block: str) -> Iterator[tuple[str, str]]:
    separator = ","
    if block.startswith("^^") and len(block) > 2:
        separator, block = block[2], block[3:]
    for pair in _split(block, separator):
        name, equals, value = pair.partition("=")
        if name.strip() and equals:
            value = value.strip()
            if len(value) > 1 and value[0] == value[-1] == "'":
                value = value[1:-1]
            yield name.strip(), value


def _split(text: str, separator: str) -> Iterator[str]:
    """Parts between separators that stand in no brackets and no quotes; `\\` takes the next as it is."""
    part: list[str] = []
    depth, quoted, escaped = 0, False, False
    for letter in text:
        if escaped:
            part.append(letter if letter == separator else f"\\{letter}")
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == separator and not quoted and not depth:
            yield "".join(part).strip()
            part.clear()
        else:
            quoted ^= letter == "'"
            depth += letter in "[{"
            depth -= letter in "]}"
            part.append(letter)
    if escaped:
        part.append("\\")
    yield "".join(part).strip()
