"""The cap on abandoned calls holds against any world: in each window, at each moment."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.campaigns.pacing.abandons import AbandonCap, Abandons
from ivr.campaigns.pacing.events import (
    Abandoned,
    Answered,
    Connected,
    Dialled,
    Talked,
    Unanswered,
    WrappedUp,
)
from ivr.campaigns.pacing.pacer import Standing
from ivr.campaigns.pacing.predictive import Predictive

MADRID = ZoneInfo("Europe/Madrid")
BEGIN = datetime(2026, 3, 27, 9, tzinfo=MADRID).astimezone(UTC)


@dataclass
class Floor:
    """Agents and calls, moved by somebody who wants the cap to break."""

    agents: int
    cap: AbandonCap
    dice: random.Random
    now: datetime = BEGIN
    begun: int = 0
    beyond: int = 0
    """How many calls were begun beyond the free agents."""
    ringing: list[int] = field(default_factory=list)
    talking: list[int] = field(default_factory=list)
    live: list[datetime] = field(default_factory=list)
    abandoned: list[datetime] = field(default_factory=list)
    attempts: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pacer = Predictive(self.cap, zone=MADRID)

    def dial(self) -> None:
        free = self.agents - len(self.talking)
        standing = Standing(free_agents=free, ringing=len(self.ringing))
        for _ in range(self.pacer.to_dial(self.now, standing)):
            self.begun += 1
            self.attempts.append(self.now)
            self.ringing.append(self.begun)
            self.pacer.observe(Dialled(call=self.begun, at=self.now))
        self.beyond += max(0, len(self.ringing) - free)

    def ends(self, answered: float) -> None:
        """That share of what rings is answered; where all agents talk, nobody is there."""
        for call in self.ringing:
            if self.dice.random() >= answered:
                self.pacer.observe(Unanswered(call=call, at=self.now))
                continue
            self.live.append(self.now)
            self.pacer.observe(Answered(call=call, at=self.now))
            if len(self.talking) < self.agents:
                self.talking.append(call)
                self.pacer.observe(Connected(call=call, at=self.now))
            else:
                self.abandoned.append(self.now)
                self.pacer.observe(Abandoned(call=call, at=self.now))
                self.judge()
        self.ringing = []

    def talks_end(self, most: int) -> None:
        for call in self.talking[:most]:
            self.pacer.observe(Talked(call=call, at=self.now))
            self.pacer.observe(WrappedUp(call=call, at=self.now))
        self.talking = self.talking[most:]

    def judge(self) -> None:
        """By counting all over again."""
        of = self.live if self.cap.denominator == "live_answers" else self.attempts
        day = self.now.astimezone(MADRID).date()
        days = (day - BEGIN.astimezone(MADRID).date()).days
        length = self.cap.window // timedelta(days=1)
        first = day - timedelta(days=days % length)
        midnight = datetime(first.year, first.month, first.day, tzinfo=MADRID)
        for begin in (self.now - self.cap.window, midnight):
            counted = sum(1 for one in of if one > begin)
            lost = sum(1 for one in self.abandoned if one > begin)
            assert lost <= self.cap.share * counted, f"{lost} of {counted} since {begin}"


STEP = st.tuples(
    st.sampled_from([1, 7, 20, 60, 900, 5 * 3600]),
    st.sampled_from([0.0, 0.1, 0.3, 1.0, 1.0]),
    st.integers(0, 8),
)


@pytest.mark.parametrize(
    "cap",
    [
        AbandonCap(share=0.03),
        AbandonCap(share=0.03, window=timedelta(days=30)),
        AbandonCap(share=0.05, denominator="attempts"),
    ],
    ids=["a day", "30 days", "of attempts"],
)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(steps=st.lists(STEP, min_size=5, max_size=60), agents=st.integers(1, 8), seed=st.integers(0, 99))
def test_no_world_breaks_the_cap(
    cap: AbandonCap, steps: list[tuple[int, float, int]], agents: int, seed: int
) -> None:
    """After quiet hours, in which room was saved, everything is answered at once, again and again."""
    floor = Floor(agents, cap, random.Random(seed))
    for _ in range(200):
        _step(floor, 20, 0.2, agents)
    for step in steps:
        _step(floor, *step)


def _step(floor: Floor, seconds: int, answered: float, ended: int) -> None:
    floor.talks_end(ended)
    floor.dial()
    floor.now += timedelta(seconds=min(seconds, 60))
    floor.ends(answered)
    floor.now += timedelta(seconds=seconds)


def test_the_attack_is_one() -> None:
    """Calls beyond the free agents are begun, and people abandoned: so the property proves something."""
    floor = Floor(8, AbandonCap(share=0.03), random.Random(1))
    for _ in range(200):
        _step(floor, 20, 0.2, 8)
    for _ in range(30):
        _step(floor, 20, 1.0, 1)
    assert floor.beyond > 20
    assert len(floor.abandoned) >= 3


def room(abandons: Abandons, at: datetime, **standing: int) -> int:
    return abandons.room(at.timestamp(), **{"free_agents": 0, "ringing": 0, "waiting": 0, **standing})


@pytest.mark.parametrize(
    ("live", "lost", "standing", "calls"),
    [
        (0, 0, {}, 0),
        (0, 0, {"free_agents": 5}, 5),
        (32, 0, {}, 0),
        (33, 0, {}, 1),  # 1 of 34 is 2.9 %
        (1000, 0, {}, 30),
        (1000, 0, {"ringing": 10}, 20),
        (1000, 0, {"waiting": 10}, 20),
        (1000, 29, {}, 1),
        (1000, 30, {}, 0),
        (1000, 40, {"free_agents": 3}, 0),
    ],
)
def test_the_room_for_calls(live: int, lost: int, standing: dict[str, int], calls: int) -> None:
    """The largest number of which all may be answered at once."""
    abandons = Abandons(AbandonCap(share=0.03), zone=MADRID)
    abandons.count(BEGIN.timestamp(), of=live)
    abandons.count(BEGIN.timestamp(), abandoned=lost)
    assert room(abandons, BEGIN, **standing) == calls


def test_a_day_begins_with_nothing_saved() -> None:
    """What was saved yesterday is not spent today, also where the clock was changed at night."""
    abandons = Abandons(AbandonCap(share=0.03), zone=MADRID)
    evening = datetime(2026, 3, 28, 20, tzinfo=MADRID)
    abandons.count(evening.timestamp(), of=1000)
    assert room(abandons, datetime(2026, 3, 28, 23, 50, tzinfo=MADRID)) == 30
    assert room(abandons, datetime(2026, 3, 29, 0, 0, tzinfo=MADRID)) == 0


def test_what_leaves_the_window_gives_no_room() -> None:
    """Answers go two minutes before their window ends, abandoned calls with it."""
    cap = AbandonCap(share=0.03, window=timedelta(hours=2))
    abandons = Abandons(cap, zone=MADRID)
    abandons.count(BEGIN.timestamp(), of=1000)
    abandons.count(BEGIN.timestamp(), abandoned=5)
    later = BEGIN + timedelta(hours=1.9)
    abandons.count(later.timestamp(), of=100)
    assert room(abandons, BEGIN + timedelta(hours=1.8)) == 28
    assert room(abandons, BEGIN + timedelta(hours=1.99)) == 0
    assert next(iter(abandons.shares((BEGIN + timedelta(hours=2.1)).timestamp()))) == (100, 0)
