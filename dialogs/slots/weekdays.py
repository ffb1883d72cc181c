"""Which day "Friday" is: "this", "next" and "last" one, and the one of next week."""

from __future__ import annotations

from typing import Literal

from dialogs.slots.phrasing import CARELESS

Range = Literal["any", "past", "future"]
"""On which side of today a day is wanted."""

RIVAL = 0.1
"""The cost of the less likely of two usual meanings."""

Days = list[tuple[int, float]]
"""Days from today, each with its cost."""


def days_to(weekday: int, which: str, today: int, wanted: Range, language: str) -> Days:
    """How far that weekday is from today's (both 0 for Monday), likeliest first.

    `which` is empty for a bare "el viernes", else `this`, `next`, `last`, `week_this`, `week_next`,
    `week_last`, `week_later`, `fortnight_later` or `after_next`. A week begins on Monday.
    """
    ahead = (weekday - today) % 7 or 7
    back = (today - weekday) % 7 or 7
    here = weekday - today  # in this calendar week
    same = here == 0
    of_a_week = {
        "week_this": here,
        "week_next": here + 7,
        "week_last": here - 7,
        "week_later": ahead + 7,
        "fortnight_later": ahead + 14,
    }
    if which in of_a_week:
        # A fortnight is asked back: one slip of the ear moves two weeks.
        return [(of_a_week[which], CARELESS if which == "fortnight_later" else 0.0)]
    if which == "after_next":  # one more than "next Friday", which already means two days
        return _rivals(ahead + 7, here + 14)
    if which == "this":
        return [(0, 0.0), (7, RIVAL)] if same else [(ahead, 0.0 if here > 0 else CARELESS)]
    if which == "next":
        # Spanish and Catalan mean the coming one by it, English rather that of next week.
        return _rivals(here + 7, ahead) if language == "en" else _rivals(ahead, here + 7)
    if which == "last":
        return _rivals(-back, here - 7)
    return _bare(ahead, back, wanted, same=same)


def _rivals(likely: int, other: int) -> Days:
    return [(likely, 0.0)] if likely == other else [(likely, 0.0), (other, RIVAL)]


def _bare(ahead: int, back: int, wanted: Range, *, same: bool) -> Days:
    """Just "el viernes": on a Friday it may be today, though one would say "hoy"."""
    today = [(0, RIVAL)] if same else []
    if wanted == "future":
        return [(ahead, 0.0), *today]
    if wanted == "past":
        return [(-back, 0.0), *today]
    return [(ahead, 0.0), *today, (-back, RIVAL)]
