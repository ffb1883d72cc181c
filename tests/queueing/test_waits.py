"""What is foretold of a wait: by hand-computed values, in a simulated day, and as it is said."""

from __future__ import annotations

# ruff: noqa: E501 -- a table of ranges and their words
import math
import statistics
from dataclasses import replace

import pytest

from dialogs.spoken_waits import STEPS, in_steps, said_ahead, said_wait
from esl.call_centre import AgentRow
from ivr.queueing import erlang
from ivr.queueing.erlang import Wait, with_ahead
from ivr.queueing.foretelling import DECLARED_COUNTS, RECENT, Foreteller, Foretold, ahead_of, likely
from tests.queueing.simulated_day import AGENTS, CALLS, Day


def test_erlang_c_by_the_published_example() -> None:
    """100 calls in half an hour, 180 s each, 14 agents: 10 erlangs."""
    load = 100 / 1800 * 180
    assert load == pytest.approx(10)
    assert erlang.waits(load, 14) == pytest.approx(0.1741, abs=5e-5)
    assert erlang.mean_wait(load, 14, 180) == pytest.approx(7.836, abs=5e-4)
    assert erlang.answered_within(20, load, 14, 180) == pytest.approx(0.8883, abs=1e-4)


def test_erlang_by_hand() -> None:
    """B(1, 2) = (1/2) / (1 + 1 + 1/2) = 1/5; C = (1/5) / (1 - 1/2 · 4/5) = 1/3; and one agent is M/M/1."""
    assert erlang.blocked(1.0, 2) == pytest.approx(1 / 5)
    assert erlang.waits(1.0, 2) == pytest.approx(1 / 3)
    assert erlang.mean_wait(1.0, 2, 60) == pytest.approx(20)
    assert erlang.waits(0.8, 1) == pytest.approx(0.8)  # M/M/1: the load
    assert erlang.mean_wait(0.8, 1, 60) == pytest.approx(0.8 * 60 / 0.2)


def test_more_than_can_be_handled() -> None:
    """Everybody waits, and there is no end to it."""
    assert erlang.waits(5, 5) == 1 and erlang.waits(1, 0) == 1
    assert math.isinf(erlang.mean_wait(5, 5, 60)) and erlang.answered_within(20, 6, 5, 60) == 0
    assert math.isinf(with_ahead(0, 0, 60).mean)


def test_a_wait_with_some_ahead_by_hand() -> None:
    """Two ahead, three agents, 180 s: three talks must end, one every 60 s. With patience of 120 s the stages
    are 1/(1/60 + k/120): 60, 40, 30."""
    assert with_ahead(2, 3, 180) == Wait(180, 3 * 3600)
    patient = with_ahead(2, 3, 180, patience=120)
    assert patient.mean == pytest.approx(130) and patient.variance == pytest.approx(3600 + 1600 + 900)


def test_quantiles_of_a_wait() -> None:
    """Gamma with shape 3 and scale 60: median 2.6741 · 60, 90 % 5.3223 · 60 (tables)."""
    wait = Wait(180, 3 * 3600)
    assert wait.at(0.5) == pytest.approx(2.6741 * 60, rel=0.01)
    assert wait.at(0.9) == pytest.approx(5.3223 * 60, rel=0.01)
    assert Wait(0, 0).at(0.8) == 0
    assert likely(Wait(math.inf, math.inf)) is None


def test_the_day_corrects_what_was_declared() -> None:
    """Handling moves to what is measured; waits that are always half as long again lean the other way, within
    bounds, and that is forgotten."""
    teller = Foreteller(300)
    assert teller.handling == 300
    teller.measured(20, 20 * 120.0)
    assert teller.handling == pytest.approx((300 + 120) / 2)
    teller.measured(4000, 4000 * 120.0)
    assert teller.handling == pytest.approx(
        (300 * DECLARED_COUNTS + 120 * RECENT) / (DECLARED_COUNTS + RECENT)
    )
    foretold = teller.foretell(3, 4, 0, now=0)
    for n in range(200):
        teller.waited(foretold, foretold.theory.mean * 1.5, now=float(n))
    assert teller.correction(200.0) == pytest.approx(1.5, rel=0.02)
    for n in range(500):
        teller.waited(foretold, 10_000, now=200.0 + n)
    assert teller.correction(700.0) == 2.0
    assert teller.correction(700.0 + 6 * 3600) == pytest.approx(1, abs=0.001)


def test_what_the_switch_counts_of_agents() -> None:
    """The time after each talk is theirs as well; who has talked with nobody yet tells nothing."""
    agent = AgentRow("2001", "user/2001", "Available", "Waiting", 3, 30, calls_answered=10, talk_time=1500)
    teller = Foreteller(300)
    teller.count([replace(agent, calls_answered=0, talk_time=0)])
    assert teller.handling == 300
    teller.count([agent, replace(agent, name="2002", talk_time=900)])
    assert teller.handling == pytest.approx(
        (300 * DECLARED_COUNTS + 1500 + 900 + 20 * 30) / (DECLARED_COUNTS + 20)
    )


def test_nobody_ahead_of_whom_there_is_somebody_free() -> None:
    """Free agents take those ahead first; base scores count."""
    teller = Foreteller(240)
    assert teller.foretell(1, 5, 2, now=0).wait.mean == 0
    assert teller.foretell(2, 5, 2, now=0).wait.mean == pytest.approx(48)
    assert ahead_of(100, [99, 100, 300, 5]) == 2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_simulated_day(seed: int) -> None:
    """The median error of what callers are told is at most a quarter, and most waits end in what is said."""
    day = Day(seed).live()
    assert len(day.callers) == pytest.approx(CALLS, rel=0.1) and day.agents == AGENTS
    told = [one for one in day.callers if one.foretold is not None and one.waited is not None]
    waited = [(one.foretold, one.waited) for one in told if one.waited and one.waited >= 30]
    assert len(waited) > 150
    errors = [abs(foretold.wait.mean - real) / real for foretold, real in waited if foretold and real]
    assert statistics.median(errors) <= 0.25
    inside = 0
    for foretold, real in waited:
        assert foretold is not None and real is not None
        first, last = in_steps(*likely(foretold.wait) or (0.0, 0.0))
        inside += first * 60 <= real <= (last or 1000) * 60
    assert inside / len(waited) >= 0.6


# --- as it is said ---------------------------------------------------------------------------------


def test_what_comes_late_does_not_swing() -> None:
    """A wait is known only when it is over: with theory right on average, the correction stays near 1."""
    teller = Foreteller(240)
    on_their_way: list[tuple[float, Foretold, float]] = []
    for n in range(2000):
        now = n * 10.0
        foretold = teller.foretell(15, 10, 0, now=now)
        on_their_way.append((now + 400, foretold, foretold.theory.mean * (0.8 if n % 2 else 1.25)))
        while on_their_way[0][0] <= now:
            _, before, real = on_their_way.pop(0)
            teller.waited(before, real, now=now)
        assert 0.9 < teller.correction(now) < 1.12


@pytest.mark.parametrize(
    ("low", "high", "es", "ca", "en"),
    [
        (5, 50, "en menos de un minuto", "en menys d'un minut", "in less than a minute"),
        (30, 100, "en menos de dos minutos", "en menys de dos minuts", "in less than two minutes"),
        (70, 100, "entre uno y dos minutos", "entre un i dos minuts", "between one and two minutes"),
        (130, 230, "entre dos y cuatro minutos", "entre dos i quatre minuts", "between two and four minutes"),
        (120, 240, "entre dos y cuatro minutos", "entre dos i quatre minuts", "between two and four minutes"),
        (410, 800, "entre seis y quince minutos", "entre sis i quinze minuts", "between six and fifteen minutes"),
        (1900, 3600, "entre treinta y sesenta minutos", "entre trenta i seixanta minuts", "thirty and sixty minutes"),
        (1900, 4000, "es de más de treinta minutos", "és de més de trenta minuts", "is more than thirty minutes"),
        (3300, 9000, "es de más de cincuenta minutos", "és de més de cinquanta minuts", "is more than fifty minutes"),
        (500, 4000, "puede pasar de una hora", "pot passar d'una hora", "may be more than an hour"),
        (4000, 9000, "más de una hora", "més d'una hora", "more than an hour"),
    ],
)  # fmt: skip
def test_ranges_are_said(low: float, high: float, es: str, ca: str, en: str) -> None:
    """Opened outwards to what one says; the longer, the coarser. What may be longer than an hour has no end."""
    for language, words in (("es", es), ("ca", ca), ("en", en)):
        assert words in said_wait(low, high, language)
    assert said_wait(low, high, "ko") == ""


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_every_range_has_words(language: str) -> None:
    """And never the same number twice."""
    for low in range(0, 5000, 37):
        for more in (0, 30, 100, 400, 3000):
            first, last = in_steps(low, low + more)
            assert first in STEPS and (last is None or last > first or first == STEPS[-1])
            assert said_wait(low, low + more, language)


@pytest.mark.parametrize(
    ("ahead", "es", "ca", "en"),
    [
        (0, "Es su turno", "És el seu torn", "You are next"),
        (1, "una persona delante", "una persona davant", "one person ahead"),
        (2, "dos personas delante", "dues persones davant", "two people ahead"),
        (20, "veinte personas", "vint persones", "twenty people"),
        (21, "más de veinte", "més de vint", "more than twenty"),
    ],
)
def test_people_ahead_are_said(ahead: int, es: str, ca: str, en: str) -> None:
    """Counted to twenty, in the right gender."""
    for language, words in (("es", es), ("ca", ca), ("en", en)):
        assert words in said_ahead(ahead, language)
