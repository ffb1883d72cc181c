"""The two proofs that a prompt was audible: neither may be true of something else."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.living.audible import amount_in_words, likeness
from tests.calls.amounts_heard import rivals_of


def noise(samples: int, seed: int) -> np.ndarray:
    """Sound that is like nothing else."""
    return np.random.default_rng(seed).normal(0, 3000, samples).astype("<i2")


def test_a_prompt_that_was_heard_whole_is_found_wherever_it_lies() -> None:
    """The place in the call does not matter, only that every sample arrived."""
    prompt = noise(8000, 1)
    heard = np.concatenate([np.zeros(12_345, "<i2"), prompt, noise(4000, 2)])
    assert likeness(heard.tobytes(), prompt.tobytes()) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    "heard",
    [
        np.zeros(20_000, "<i2"),
        noise(20_000, 3),
        np.concatenate([noise(8000, 1)[:4000], np.zeros(16_000, "<i2")]),
        noise(100, 1),
        np.zeros(0, "<i2"),
    ],
    ids=["silence", "another sound", "cut off in the middle", "too short", "nothing"],
)
def test_what_was_not_heard_whole_is_not_found(heard: np.ndarray) -> None:
    """A check that silence passes would let a mute system pass."""
    assert likeness(heard.tobytes(), noise(8000, 1).tobytes()) < 0.8


def test_a_prompt_under_other_speech_is_less_alike() -> None:
    """Disturbance shows in the figure."""
    prompt = noise(8000, 1)
    disturbed = (prompt // 2 + noise(8000, 4) // 2).astype("<i2")
    assert 0.5 < likeness(disturbed.tobytes(), prompt.tobytes()) < 0.85


@pytest.mark.parametrize("cents", [60, 8705, 14230, 103640])
def test_rivals_are_other_amounts_that_sound_alike(cents: int) -> None:
    """Each differs in words, or the choice among them would prove nothing."""
    words = [amount_in_words(amount, "es", "EUR") for amount in (cents, *rivals_of(cents))]
    assert len(set(words)) == len(words) >= 5
