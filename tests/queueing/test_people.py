"""How a queue stands for one caller, from the switch's tables."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

import pytest

from dialogs.calendars import Calendar, Hours
from dialogs.queue_facts import BEYOND
from esl import commands
from esl.call_centre import CallCentre
from ivr.queueing.people import FRESH, People, Standing
from ivr.queueing.plan import Plan, QueuePlan
from ivr.queueing.written import QueueFile, ServiceLevelFile


class Switch:
    """Tables that a test writes, and how often they were asked for."""

    def __init__(self) -> None:
        self.members: list[tuple[str, str, int]] = []
        self.agents: list[tuple[str, str, int, int]] = []
        self.asked = 0

    def ask(self, command: commands.Command) -> str:
        self.asked += 1
        wanted = json.loads(command.rest.removeprefix("json "))["data"]["arguments"]
        if wanted == "queue list members":
            rows = [
                {"queue": "q", "session_uuid": leg, "state": state, "score": str(score)}
                for leg, state, score in self.members
            ]
        else:
            rows = [
                {
                    **{"name": "a", "contact": "c", "status": status, "state": state, "max_no_answer": "3"},
                    **{"wrap_up_time": "10", "calls_answered": str(calls), "talk_time": str(talk)},
                }
                for status, state, calls, talk in self.agents
            ]
        return json.dumps({"status": "success", "response": rows}) + "\n"


class Rig:
    def __init__(self, plan: Plan | None = None) -> None:
        self.now, self.local = 0.0, datetime(2026, 11, 23, 10)
        self.switch = Switch()
        self.kept: list[float] = []
        self.asked_about: list[tuple[str, set[str]]] = []
        self.people = People(
            plan or Plan(), now=lambda: self.now, local=lambda: self.local, kept=self.keep_a_place
        )

    def keep_a_place(self, queue: str, legs: Collection[str]) -> list[float]:
        self.asked_about.append((queue, set(legs)))
        return self.kept

    def standing(self, waited: float = 0.0, ahead_by: float = 0.0) -> Standing:
        queue, centre = self.people.queue("billing", "es"), CallCentre(self.switch.ask)
        found = self.people.standing(queue, centre, leg="me", ahead_by=ahead_by, waited=waited)
        assert found is not None
        return found


def test_where_somebody_stands() -> None:
    """Whoever has the higher score is ahead; the abandoned, the answered and oneself are not."""
    rig = Rig()
    rig.switch.members = [
        ("a", "Waiting", 300), ("me", "Waiting", 100), ("b", "Trying", 100), ("c", "Waiting", 40),
        ("", "Abandoned", 900), ("d", "Answered", 800),
    ]  # fmt: skip
    busy = ("Available", "In a queue call", 0, 0)
    rig.switch.agents = [busy, busy, ("On Break", "Waiting", 0, 0), ("Logged Out", "Waiting", 0, 0)]
    facts = rig.standing(waited=100).facts
    assert (facts.length, facts.position, facts.agents, facts.free, facts.waited) == (4, 3, 2, 0, 100)
    assert facts.wait == pytest.approx(240 / 2 + 1 / (2 / 240 + 1 / 900) + 1 / (2 / 240 + 2 / 900), abs=1)
    rig.now += FRESH
    assert rig.standing(waited=101, ahead_by=300).facts.position == 1


def test_who_keeps_a_place_and_is_called_back_is_ahead() -> None:
    """As if they had stayed; at equal scores the one on the line goes first. Those who hold the line are
    counted once."""
    rig = Rig()
    rig.switch.members = [("a", "Waiting", 300), ("me", "Waiting", 100)]
    rig.switch.agents = [("Available", "In a queue call", 0, 0)]
    alone = rig.standing(waited=100)
    rig.kept = [400.0, 101.0, 100.0, 20.0]
    facts = rig.standing(waited=100).facts
    assert (alone.facts.position, facts.position, facts.length) == (2, 4, 2)
    assert facts.wait > alone.facts.wait
    assert rig.asked_about[0] == ("billing", {"a", "me"})


def test_nobody_there_and_somebody_free() -> None:
    """A wait that nobody can foretell, and none at all."""
    rig = Rig()
    rig.switch.agents = [("Logged Out", "Waiting", 0, 0)]
    assert (rig.standing().facts.agents, rig.standing().facts.wait) == (0, BEYOND)
    rig.now += FRESH
    rig.switch.agents = [("Available", "Waiting", 0, 0)]
    assert (rig.standing().facts.free, rig.standing().facts.wait) == (1, 0)


def test_the_switch_is_asked_once_a_second_however_many_wait() -> None:
    """Two questions a look: who waits, and who serves."""
    rig = Rig()
    for _ in range(50):
        rig.standing()
    assert rig.switch.asked == 2
    rig.now += FRESH
    rig.standing()
    assert rig.switch.asked == 4


def test_the_days_talks_are_measured_with_the_time_after_them() -> None:
    """Forty talks of 90 s and 10 s after each, against a declared 240 s that counts as twenty."""
    rig = Rig()
    rig.switch.agents = [("Available", "In a queue call", 40, 3600)]
    assert rig.standing().facts.wait == pytest.approx((240 * 20 + 4000) / 60, abs=1)


def test_a_queue_that_cannot_be_seen() -> None:
    """Nothing is told rather than something wrong."""
    rig = Rig()
    queue = rig.people.queue("billing", "es")
    broken = CallCentre(lambda _: "-ERR")
    assert rig.people.standing(queue, broken, leg="me", ahead_by=0, waited=0) is None


def test_how_many_are_in_time() -> None:
    """Answered within the promise, of the latest fifty; who gave up before it was over counts as nothing."""
    late = QueuePlan("billing", QueueFile(service_level=ServiceLevelFile(within=60)))
    rig = Rig(Plan({"billing": late}))
    assert rig.standing().facts.on_time == 100
    for waited in (10, 20, 70):
        rig.people.answered(late, None, waited)
    rig.people.lost(late, 30)
    assert rig.standing().facts.on_time == 67
    rig.people.lost(late, 61)
    assert rig.standing().facts.on_time == 50
    for _ in range(50):
        rig.people.answered(late, None, 5)
    assert rig.standing().facts.on_time == 100


def test_hours_and_language() -> None:
    """Closed by the site's time; whoever speaks Catalan waits where Catalan is spoken."""
    office = Calendar({0: (Hours(9 * 60, 18 * 60),)})
    plan = Plan(
        {
            "billing": QueuePlan("billing", QueueFile(in_language={"ca": "billing_ca"}), office),
            "billing_ca": QueuePlan("billing_ca"),
        }
    )
    rig = Rig(plan)
    assert not rig.people.closed(rig.people.queue("billing", "es"))
    assert rig.people.queue("billing", "ca").name == "billing_ca"
    rig.local = datetime(2026, 11, 23, 18)
    assert rig.people.closed(rig.people.queue("billing", "es"))
    assert not rig.people.closed(rig.people.queue("billing", "ca"))
