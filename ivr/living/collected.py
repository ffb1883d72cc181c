"""What comes of a question on a live call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialogs.results import Alternative, Heard, Keyed, Match, NoInput, NoMatch
from speech.recognizer import Reading


@dataclass(frozen=True)
class Collected:
    """An answer, and when the caller had ended it (call time, seconds; None if nothing came)."""

    answer: Match | NoMatch | NoInput
    ended_at: float | None
    recognizer_lost: bool = False
    given: Heard | Keyed | None = None
    """What was judged; None if nothing was heard or keyed, or the recogniser gave no answer."""
    began_at: float | None = None
    """When they began to speak."""
    echoes: bool = False
    """The line brought our prompt back: from now on speech into prompts is not to be believed."""
    decided_at: float | None = None
    """When it was decided that speech had ended (call time, seconds); None for keys and silence."""
    talks_on: bool = False
    """They had not ended: their words were cut at the longest time."""


def heard_in(readings: Sequence[Reading]) -> Heard:
    """Speech's words become the dialog's: the only place where the two meet."""
    return Heard(tuple(Alternative(reading.text, reading.confidence) for reading in readings))
