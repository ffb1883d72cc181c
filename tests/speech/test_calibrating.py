"""Weights are learnt from lessons, and lessons from utterances that a real Whisper hears."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from ivr.errors import MeasurementImpossible
from ivr.evaluation.calibrating import Lesson, fitted, lessons, reliability
from ivr.evaluation.material import Item, synthetic_items
from speech.evidence import NAMES, Weights
from speech.pyttsx3 import Pyttsx3, Voice
from speech.sound import Samples, to_samples
from tests.speech.conftest import _model


def _drawn(weights: tuple[float, ...], bias: float, count: int) -> list[Lesson]:
    """Lessons whose truth follows these weights, by chance."""
    chance = np.random.default_rng(7)
    truth = Weights(weights, bias)
    found = []
    for _at in range(count):
        facts = tuple(float(f) for f in chance.normal(size=len(weights)))
        right = bool(chance.random() < truth.chance(facts))
        found.append(Lesson(facts, right, answer=right or bool(chance.random() < 0.5)))
    return found


def test_weights_come_back() -> None:
    """From three thousand lessons the rule behind them is read, whichever way a fact points."""
    learnt = fitted(_drawn((2.0, -1.0, 0.0), 0.0, 3000))
    assert learnt.weights == pytest.approx((2.0, -1.0, 0.0), abs=0.25)


def test_rare_right_phrases_count_as_much_as_the_many_others() -> None:
    """Where nothing speaks for or against a phrase the chance is even, however many of each there were."""
    right = [Lesson((1.0,), True, True)] * 30 + [Lesson((-1.0,), True, True)] * 30
    others = [Lesson((1.0,), False, False)] * 300 + [Lesson((-1.0,), False, False)] * 300
    assert fitted([*right, *others]).chance((0.0,)) == pytest.approx(0.5, abs=0.01)


def test_a_fact_without_fault_gives_no_endless_weight() -> None:
    """Two kinds that one fact parts cleanly have no likeliest weight: the ridge gives one."""
    parted = [Lesson((1.0,), True, True)] * 30 + [Lesson((-1.0,), False, True)] * 30
    learnt = fitted(parted)
    assert 1.0 < learnt.weights[0] < 50.0


def test_too_little_is_not_learnt_from() -> None:
    """One line with the remedy."""
    with pytest.raises(MeasurementImpossible, match=r"too few to learn from.*--items"):
        fitted(_drawn((1.0,), 0.0, 12))


def test_shares_above_the_limits() -> None:
    """Right ones, wrong ones and what nobody asked, apart."""
    found = [
        Lesson((5.0,), True, True), Lesson((-5.0,), True, True),
        Lesson((5.0,), False, True), Lesson((-5.0,), False, False),
    ]  # fmt: skip
    row = next(one for one in reliability(found, Weights((1.0,), 0.0)) if one["limit"] == 0.5)
    assert row == {"limit": 0.5, "right": 0.5, "wrong_answers": 1.0, "nothing": 0.0}


@pytest.fixture(scope="module")
def speak() -> Iterator[object]:
    """One voice for all."""
    engine = Pyttsx3(voices={"es": Voice("roa/es-419"), "zle/ru": Voice("roa/es-419")}, timeout=30)
    yield lambda text, _language, _voice, pace: to_samples(engine.speak(text, language="es", pace=pace))
    engine.close()


def _no_others(_language: str) -> list[Samples]:
    return []


def test_lessons_of_a_real_ear(speak: object) -> None:
    """A sentence of the menu is right with better facts than what nobody asked; noise teaches nothing."""
    drawn = list(synthetic_items("es", ["menu", "nothing"], 160, 1, speak))  # type: ignore[arg-type] # a fixture
    items: list[Item] = [
        next(one for one in drawn if one.text == "dónde está mi pedido"),
        next(one for one in drawn if "other words" in one.speaker and one.kind.name == "choice"),
        next(one for one in drawn if "white noise" in one.speaker),
    ]
    counted: list[int] = []
    found = lessons(
        items, ["clean"], _model("whisper-base"), others=_no_others, advance=lambda: counted.append(1)
    )
    assert [(one.right, one.answer) for one in found] == [(True, True), (False, False)]
    like, gain = NAMES.index("like"), NAMES.index("gain")
    assert found[0].facts[like] > found[1].facts[like] and found[0].facts[gain] > found[1].facts[gain]
    assert len(found[0].facts) == len(NAMES) and len(counted) in (2, 3)
