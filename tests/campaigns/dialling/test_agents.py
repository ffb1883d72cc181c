"""Calls for agents on paper: as many as can be taken, inbound callers first, and what a restart remembers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import gevent
import pytest

from data.store import Store
from ivr.campaigns.contact_rules.reading import load_rulebook, presets
from ivr.campaigns.dialling.agents import AgentPacing, QueueView, borne
from ivr.campaigns.dialling.capacity import OF_ALL_AGENTS, TURN
from ivr.campaigns.dialling.line import Ending
from ivr.campaigns.dialling.plan import plan_of
from ivr.campaigns.pacing.abandons import HOUSE, Abandons
from ivr.campaigns.pacing.events import Abandoned, Answered
from ivr.campaigns.pacing.pacer import Standing
from tests.campaigns.dialling.paper import TRUNK, Telephones, Time, World, on_sqlite, server, world

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
    assert seen == [0], "whom the other server has claimed takes an agent, and so does who rings"
    floor.seen = QueueView(free=5)
    telephones.before = lambda _answered: None
    begun[1]()
    other = server(store, telephones, time, floor=floor, owner="n2@here", beside=begun.append)
    assert (other.step(), ours.step()) == (4, 0), "two calls are over, one is still claimed"


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


def shares(pacing: AgentPacing, made: World) -> list[tuple[int, int]]:
    """What a server counts in the windows of a campaign's cap: of so many live answers, abandoned."""
    return sorted(set(pacing.counted(made.campaign)))


@on_sqlite
def test_the_cap_counts_the_calls_of_all_servers(store: Store) -> None:
    """Those of another server, and after a restart those of before: each call once."""
    made = world(store, 12, **{**STAFFED, "mode": "predictive"})
    telephones = Telephones({made.numbers[n][0]: [Ending(result="abandoned")] for n in range(2)})
    telephones.before = lambda answered: answered()
    time, floor = Time(), Floor(QueueView(free=4))
    begun: list[Callable[[], None]] = []
    ours, other = (
        server(store, telephones, time, floor=floor, owner=f"n{n}@here", beside=begun.append) for n in (1, 2)
    )
    for one in (ours, other, ours):
        assert one.step() == 4
        while begun:
            begun.pop()()
    for one in (ours, other):
        one.step()
        assert one.capacity.agents is not None
        assert shares(one.capacity.agents, made) == [(12, 2)]
    time.at += timedelta(hours=3)
    later = server(store, telephones, time, floor=floor, owner="n3@here")
    second = world(store, 1, first=90, name="second", **STAFFED)
    assert later.step() == 1, "nobody else is due"
    assert later.capacity.agents is not None
    assert shares(later.capacity.agents, second) == [(0, 0)]
    pacing = fresh(store, time)
    (running,) = [one for one in store.dial_list.at_work() if one.id == made.campaign]
    pacing.to_dial(plan_of(running, (TRUNK,)), [plan_of(running, (TRUNK,))])
    assert shares(pacing, made) == [(12, 2)], "summed up by hour"


def fresh(store: Store, time: Time) -> AgentPacing:
    """That of a server that has just started."""
    zone = ZoneInfo("Europe/Madrid")
    return AgentPacing(store.dial_attempts, Floor(), presets(), now=time, zone=zone)


def test_two_servers_never_call_for_the_same_agent(store: Store, store_url: str) -> None:
    """They look again and again, each with connections of its own, at five who stay free."""
    world(store, 40, **STAFFED)
    time, begun, floor = Time(), Counter[str](), Floor(QueueView(free=5))

    class Looking(Floor):
        """A switch that takes a moment, in which the others go on as far as they may."""

        def view(self, queue: str, ours: Collection[str]) -> QueueView:
            found = floor.view(queue, ours)
            for _ in range(20):
                gevent.idle()
            return found

    def look(owner: str) -> None:
        mine = Store(store_url)
        ours = server(mine, Telephones(), time, floor=Looking(), owner=owner, beside=lambda _work: None)
        for _ in range(6):
            begun[owner] += ours.step()
        mine.close()

    gevent.joinall([gevent.spawn(look, f"n{n}@here") for n in range(3)], raise_error=True)
    assert begun.total() == 5


@on_sqlite
def test_whoever_stood_still_has_lost_the_turn(store: Store) -> None:
    """While a server decides nobody else does; if it takes too long another one does, and it claims none."""
    world(store, 9, **STAFFED)
    telephones, time = Telephones(), Time()
    begun: list[Callable[[], None]] = []
    other = server(store, telephones, time, floor=Floor(), owner="n2@here", beside=begun.append)
    seen: list[int] = []

    class Slow(Floor):
        """Its switch answers late."""

        def view(self, queue: str, ours: Collection[str]) -> QueueView:
            seen.append(other.step())
            time.at += TURN
            seen.append(other.step())
            return super().view(queue, ours)

    assert server(store, telephones, time, floor=Slow(), beside=begun.append).step() == 0
    assert seen == [0, 3] and len(begun) == 3
    assert store.pacing_turns.take(OF_ALL_AGENTS, "n3@here", at=time.at, lease=TURN), "both gave it back"


def test_a_campaign_does_not_spend_the_cap_of_another() -> None:
    """The agents may all be given to the calls of one: the other's ringing calls can bear that, or not."""
    cap = Abandons(HOUSE, zone=ZoneInfo("UTC"))
    now = Time().at
    for _ in range(200):
        cap.observe(Answered(call="x", at=now))
    standing = Standing(free_agents=4, ringing=10)
    assert borne(cap, now, standing, theirs=6) >= 1000, "3 % of 206 are six: let all of them be abandoned"
    for _ in range(3):
        cap.observe(Abandoned(call="x", at=now))
    assert borne(cap, now, standing, theirs=3) >= 1000
    assert borne(cap, now, standing, theirs=8) == 0, "six would have none already, and it can bear three"
    assert borne(cap, now, Standing(free_agents=9, ringing=8), theirs=8) == 4
    assert borne(cap, now, Standing(free_agents=19, ringing=8, waiting=3), theirs=11) == 11


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


OWN_WAIT = """rules:
  - id: own.wait
    extra: true
    jurisdictions: [ES]
    purposes: [service]
    actors: [creditor]
    channels: [call]
    status: practice
    source: our board
    verified_on: 2026-11-22
    valid_from: 2020-01-01
    valid_to: VALID
    zones: every_candidate
    max_wait_s: 3
"""


@on_sqlite
@pytest.mark.parametrize(
    ("declared", "valid_to", "within"),
    [
        ({"mode": "automated"}, "open", 3.0),
        ({"mode": "automated"}, "2020-12-31", 0.0),
        ({**STAFFED, "agent_within": 5}, "open", 3.0),
        ({**STAFFED, "agent_within": 2}, "open", 2.0),
        ({**STAFFED, "agent_within": 5}, "2020-12-31", 5.0),
    ],
)
def test_a_rule_says_how_long_whoever_is_called_waits(
    store: Store, tmp_path: Path, declared: dict[str, object], valid_to: str, within: float
) -> None:
    """With agents and without; the shortest counts, of those that are in force."""
    (tmp_path / "own.yaml").write_text(OWN_WAIT.replace("VALID", valid_to))
    world(store, **declared)
    (running,) = store.dial_list.at_work()
    pacing = AgentPacing(
        store.dial_attempts, Floor(), load_rulebook(tmp_path), now=Time(), zone=ZoneInfo("Europe/Madrid")
    )
    assert pacing.wait_of(plan_of(running, (TRUNK,))) == within


class OnePool:
    """Three agents, all of whom serve both queues."""

    free, callers = 3, frozenset[str]()

    def view(self, queue: str, ours: Collection[str]) -> QueueView:
        """The other queue's callers are no fewer for being seen from here."""
        pool = frozenset({"1001", "1002", "1003"})
        (other,) = {"billing", "support"} - {queue}
        there = QueueView(free=self.free, agents=pool, callers=self.callers)
        return QueueView(free=self.free, agents=pool, beside={other: there})


@on_sqlite
def test_an_agent_of_two_queues_is_called_for_once(store: Store) -> None:
    """Whichever campaign is first has them, in any server; callers of the other queue come before."""
    world(store, 9, **STAFFED)
    world(store, 9, first=20, name="other", mode="progressive", queue="support")
    time, floor, begun = Time(), OnePool(), list[Callable[[], None]]()
    for owner, calls in (("n1@here", 3), ("n2@here", 0)):
        there = server(store, Telephones(), time, floor=floor, owner=owner, beside=begun.append)  # type: ignore[arg-type]  # a floor by its method
        assert there.step() == calls
    while begun:
        begun.pop()()
    floor.callers = frozenset({"leg"})
    late = server(store, Telephones(), time, floor=floor, owner="n3@here", beside=begun.append)  # type: ignore[arg-type]  # as above
    assert late.step() == 0


@on_sqlite
def test_who_has_no_agent_gets_the_next(store: Store) -> None:
    """Though the other campaign is first in turn; and not where it could use none."""
    first, other = world(store, 9, **STAFFED), world(store, 2, first=20, name="other", **STAFFED)
    pool = frozenset("abcd")
    time, floor = Time(), Floor(QueueView(free=4, agents=pool))
    begun, later = list[Callable[[], None]](), list[Callable[[], None]]()
    telephones, found = Telephones(), list[str]()
    ours = server(store, telephones, time, floor=floor, beside=begun.append)
    assert ours.step() == 4

    def talking(answered: Callable[[], bool]) -> None:
        """All four are put through, and talk while one agent more comes free, and then another."""
        answered()
        _claimed, calls = store.dial_attempts.for_agents([first.sample])
        for call in calls:
            store.dial_attempts.connected(call.id, "n1@here", "a")
        if begun:
            begun.pop()()
            return
        telephones.before = lambda _answered: None
        for _ in range(3):
            floor.seen = QueueView(free=1, agents=pool)
            there = server(store, telephones, time, floor=floor, owner="n2@here", beside=later.append)
            for _step in range(2):  # who could use none is found out in the first
                there.step()
                while later:
                    later.pop()()
        found.extend(telephones.rung)

    telephones.before = talking
    begun.pop()()
    numbers = [{theirs[0] for theirs in made.numbers} for made in (first, other)]
    assert [next(n for n, known in enumerate(numbers) if one in known) for one in found][:3] == [1, 1, 0]
