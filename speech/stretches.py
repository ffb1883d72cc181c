"""A long text in stretches that a synthesiser can bear, cut where a reader would breathe."""

from __future__ import annotations

import re

_BREATHS = (
    re.compile(r"[.!?…;:][\"'»”)]*(\s+)"),
    re.compile(r"[,)](\s+)"),
    re.compile(r"(\s+)"),
)
"""The best places first: between sentences, between clauses, between words."""


def stretches(text: str, longest: int) -> list[str]:
    """The whole text, in stretches of at most `longest` signs; none for a text without any.

    Each ends with a sentence if there is one that ends within it, else with a clause, else with a word; only
    a word that is longer by itself is cut.
    """
    if longest < 1:
        raise ValueError(f"a stretch of {longest} signs holds nothing")
    found = []
    rest = text.strip()
    while len(rest) > longest:
        end, start = _breath(rest, longest)
        found.append(rest[:end].rstrip())
        rest = rest[start:].lstrip()
    return [*found, rest] if rest else found


def _breath(text: str, longest: int) -> tuple[int, int]:
    """Where the first stretch ends, and the next one begins."""
    for places in _BREATHS:
        gaps = [place.span(1) for place in places.finditer(text, 0, longest + 1)]
        if gaps and gaps[-1][0] > 0:
            return gaps[-1]
    return longest, longest
