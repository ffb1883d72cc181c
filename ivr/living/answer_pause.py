"""The pause that ends an answer, by what is understood of it so far.

A yes, a no, or a number that is complete ends sooner; a number of which digits are missing gets more time.
"""

from __future__ import annotations

from dialogs.effects import Collect
from dialogs.results import Match
from ivr.living.collected import heard_in
from speech.recognizer import WHILE_SPOKEN, Reading

SHORTEST_PAUSE = 0.4
"""Seconds of silence that end an answer to which more could be said."""
NOTHING_FOLLOWS = 0.3
"""Seconds of silence that end a yes, a no, or a number that has all its digits."""
MORE_TIME = 0.6
"""Seconds more for a number of which digits are missing."""


def pause_after(collect: Collect, so_far: tuple[Reading, ...]) -> float:
    """Seconds of silence that end the answer, after this (empty: nothing is known yet)."""
    if not so_far:
        return collect.final_silence
    answer = collect.judge(heard_in(so_far))
    fixed = bool(collect.words) and collect.keys.shortest == collect.keys.longest
    if isinstance(answer, Match) and answer.band == "sure":
        if fixed or collect.kind == "yes_no":
            return min(NOTHING_FOLLOWS, collect.final_silence)
        # More digits may follow where their number is not fixed: the shorter one is a match as well.
        return collect.final_silence if collect.words else max(SHORTEST_PAUSE, collect.final_silence * 0.6)
    # Only an engine that streams has heard all that was said until now.
    streams = so_far[0].confidence == WHILE_SPOKEN
    return collect.final_silence + (MORE_TIME if collect.words and streams else 0.0)
