"""Calls for agents on paper: as many as can be taken, inbound callers first, and what a restart remembers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from data.store import Store
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.dialling.agents import AgentPacing, QueueView, retold
from ivr.campaigns.dialling.line import Ending
from ivr.campaigns.dialling.plan import plan_of
from ivr.campaigns.pacing.abandons import HOUSE
from ivr.campaigns.pacing.events import Abandoned, Answered
from tests.campaigns.dialling.paper import TRUNK, Telephones, Time, on_sqlite, server, world

STAFFED: dict[str, Any] = {"mode": "progressive", "queue": "billing"}


@dataclass
class Floor:
    """A queue that the test fills."""

    seen: QueueView = field(default_factory=lambda: QueueView(free=3))
    asked: list[Collection[str]] = field(default_factory=list)

    def view(self, queue: str, ours: Collection[str]) -> QueueView:
        assert queue == "billing"
        self.asked.append(ours)
        return self.seen


@on_sqlite
def test_one_call_for_each_free_agent(store: Store) -> None:
    """Also over two campaigns and two servers, which share the agents; who rings takes one."""
    world(store, 9, **STAFFED), world(store, 9, first=20, name="other", **STAFFED)
    telephones, time, floor = Telephones(), Time(), Floor()
    begun: list[Callable[[], None]] = []
    ours = server(store, telephones, time, floor=floor, beside=begun.append)
    assert ours.step() == 3 and ours.step() == 0, "claimed is as good as ringing"
    seen: list[int] = []

    def meanwhile(_answered: Callable[[], bool]) -> None:
        other = server(store, telephones, time, floor=floor, owner="n2@here", beside=begun.append)
        seen.append(other.step())

    telephones.before = meanwhile
    begun[0]()
    assert seen == [2], "of three agents one is rung for by the other server"


@on_sqlite
def test_inbound_callers_come_first(store: Store) -> None:
    """While one waits nobody is dialled; nobody either where the queue cannot be seen."""
    world(store, 9, **STAFFED)
    telephones, time = Telephones(), Time()
    floor = Floor(QueueView(free=3, callers=frozenset({"leg"})))
    ours = server(store, telephones, time, floor=floor)
    assert ours.step() == 0
    floor.seen = QueueView()
    assert ours.step() == 0
    time.at += timedelta(hours=2)  # long after the last caller, no agent is kept for the next
    floor.seen = QueueView(free=2)
    assert ours.step() > 0
    assert server(store, telephones, time).step() == 0, "without a floor nobody knows of agents"


@on_sqlite
def test_a_restart_remembers_what_the_cap_counts(store: Store) -> None:
    """Answers and abandoned calls of the rule's window are read back, in their order."""
    made = world(store, 4, **{**STAFFED, "mode": "predictive"})
    gone = Ending(result="abandoned")
    telephones = Telephones({made.numbers[n][0]: [gone] for n in range(2)})
    time = Time()
    ours = server(store, telephones, time, floor=Floor(QueueView(free=4)))

    telephones.before = lambda answered: answered()
    while ours.step():
        pass
    events = retold(store.dial_attempts.since(made.campaign, since=time.at - timedelta(days=1)))
    kinds = Counter(type(event) for event in events)
    assert (kinds[Answered], kinds[Abandoned]) == (4, 2)
    assert [event.at for event in events] == sorted(event.at for event in events)


@on_sqlite
@pytest.mark.parametrize(
    ("countries", "purpose", "share", "days", "within"),
    [(["ES"], "service", 0.03, 1, 5.0), (["US"], "commercial", 0.03, 30, 2.0)],
)
def test_the_strictest_rule_decides(
    store: Store, countries: list[str], purpose: str, share: float, days: int, within: float
) -> None:
    """Of abandoned calls, and of the seconds until an agent is there; without one, the house's."""
    made = world(store, countries=countries, purpose=purpose, agent_within=5, **STAFFED)
    (running,) = store.dial_list.at_work()
    plan = plan_of(running, (TRUNK,))
    pacing = AgentPacing(store.dial_attempts, Floor(), presets(), now=Time(), zone=ZoneInfo("Europe/Madrid"))
    cap = pacing.cap_of(plan)
    assert (cap.share, cap.window, pacing.wait_of(plan)) == (share, timedelta(days=days), within)
    assert (cap == HOUSE) == (countries == ["ES"]) and running.id == made.campaign
