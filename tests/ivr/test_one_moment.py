"""That it takes a moment: what is said where nothing else can be, at the caller's own pace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dialogs.call import SLOW, SLOWEST
from dialogs.effects import Spoken
from ivr.living.voicing import Voicing, one_moments
from speech.errors import SynthesizerLate
from speech.synthesizer import Waiting
from tests.ivr.paper import PaperCall, PaperDialog


class Kept:
    """Prompts of these paces are there, and no other can be made in time."""

    def __init__(self, *paces: float) -> None:
        self.paces = paces

    def file_of(self, spoken: Spoken, waiting: Waiting | None = None) -> Path:
        if spoken.pace not in self.paces:
            raise SynthesizerLate("no time was left for it")
        return Path(f"/prompts/{spoken.pace}.wav")


def said(pace: float, *kept: float) -> list[str]:
    """What is played to a caller who is spoken to at that pace."""
    call, dialog = PaperCall(), PaperDialog([])
    dialog.pace = pace
    prompts: Any = Kept(*kept)
    Voicing(call, dialog, prompts).one_moment()  # type: ignore[arg-type] # what of them is used
    return [order for order in call.orders if order.startswith("play")]


def test_it_is_said_at_the_callers_pace() -> None:
    """Who has asked for slower hears this, too, more slowly; if that is not there, rather faster than not."""
    assert said(1.0, 1.0, SLOW) == ["play 1.0.wav"]
    assert said(SLOW, 1.0, SLOW) == [f"play {SLOW}.wav"]
    assert said(SLOWEST, 1.0, SLOW) == ["play 1.0.wav"]
    assert said(SLOWEST) == []


def test_it_is_made_ahead_at_every_pace() -> None:
    """At the moment at which it is wanted there is no time for it."""
    made = [(one.language, one.pace, one.text) for one in one_moments(["ca", "es"])]
    assert made == [
        (language, pace, text)
        for language, text in (("ca", "Un moment, si us plau."), ("es", "Un momento, por favor."))
        for pace in (1.0, SLOW, SLOWEST)
    ]
