"""What is learned of ringing and of talks, and forgotten."""

from __future__ import annotations

import random

import pytest

from ivr.campaigns.pacing.estimates import Durations, Ringing


def rung(ringing: Ringing, *, answered: float, calls: int, seed: int = 1) -> Ringing:
    """So many calls, of which that share is answered after 5 s; the others ring for 25 s."""
    dice = random.Random(seed)
    for _ in range(calls):
        live = dice.random() < answered
        ringing.end(5.0 if live else 25.0, live=live)
    return ringing


def test_the_chance_is_that_of_the_calls_seen() -> None:
    """From the beginning, while it may be answered, and when it can be no more."""
    ringing = rung(Ringing(memory=400), answered=0.3, calls=2000)
    assert ringing.answered() == pytest.approx(0.3, abs=0.05)
    assert ringing.answered(5.9) == ringing.answered()
    assert ringing.answered(6.0) == ringing.answered(80.0) == ringing.answered(1e9) == 0.0
    assert ringing.until_answer() == 5.5


def test_what_was_is_forgotten() -> None:
    """After three times the memory, the new chance holds."""
    ringing = rung(Ringing(memory=200), answered=0.5, calls=2000)
    assert rung(ringing, answered=0.1, calls=600).answered() == pytest.approx(0.1, abs=0.06)


def test_a_hundred_thousand_calls_overflow_nothing() -> None:
    """The weight of new calls grows, and is taken back."""
    ringing = rung(Ringing(memory=50), answered=0.5, calls=100_000)
    assert 0.2 < ringing.answered() < 0.8
    assert ringing.ended == 100_000


def test_nothing_seen_is_no_chance() -> None:
    """The pacer asks only when enough was seen."""
    assert Ringing(memory=100).answered() == Ringing(memory=100).until_answer() == 0.0
    assert Durations(memory=5).over_within(10, 1000) == 0.0


def test_how_long_a_talk_goes_on() -> None:
    """Of those that lasted as long; the oldest are forgotten."""
    talks = Durations(memory=4)
    for seconds in (9999, 60, 120, 180, 240):
        talks.add(seconds)
    assert len(talks) == 4
    assert talks.over_within(0, 60) == 1 / 5
    assert talks.over_within(90, 90) == 2 / 4
    assert talks.over_within(240, 1000) == 0.0
