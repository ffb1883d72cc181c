"""An agent looks first: whom they see, what they decide, and what a server makes of it; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from data.ids import new_id
from data.records import CallBegun, StateChange
from data.store import Store
from ivr.campaigns.contact_rules.gate import Gate
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.dialling.dialler import LEASE, Dialler
from ivr.campaigns.dialling.previewing import LOOKS_FOR, InView, NobodyToShow, NotDecided, Previewing
from tests.campaigns.dialling.paper import NOTHING, TRUNK, Telephones, Time, World, on_sqlite, server, world
from tests.campaigns.dialling.test_agents import Floor, QueueView

LOOKING = {"mode": "preview", "queue": "billing"}


def agents_in(store: Store, *agents: str, at: datetime) -> None:
    for agent in agents:
        store.agents.change_state(StateChange(agent=agent, state="in", at=at, by="t", source="cli"))


def desk(store: Store, time: Time, rulebook: Rulebook = NOTHING) -> Previewing:
    zone = ZoneInfo("Europe/Madrid")
    return Previewing(store, Gate(store.contacts, rulebook, now=time), (TRUNK,), time, zone)


def shown(looking: Previewing, agent: str) -> InView:
    return looking.show(agent, lambda queue: queue == "billing")


class Stage:
    """Three people, two agents, one server."""

    def __init__(self, store: Store) -> None:
        self.store, self.time, self.telephones = store, Time(), Telephones()
        self.made: World = world(store, 3, numbers=2, **LOOKING)  # type: ignore[arg-type]  # a table
        agents_in(store, "ana", "blas", at=self.time.at)
        self.looking = desk(store, self.time)
        self.server: Dialler = server(store, self.telephones, self.time)

    def show(self, agent: str = "ana") -> InView:
        return shown(self.looking, agent)

    def entry_of(self, found: InView) -> str:
        entry = self.store.dial_list.get(self.made.sample, found.customer.id)
        assert entry is not None
        return entry.state


@pytest.fixture
def stage(store: Store) -> Stage:
    return Stage(store)


def test_whom_the_agent_looks_at_is_called_and_nobody_else(stage: Stage) -> None:
    """At the number that they choose, by whichever server looks first; then the next one is shown."""
    assert stage.server.step() == 0, "nobody is called unless an agent says so"
    mine, other = stage.show(), stage.show("blas")
    assert mine.customer.id != other.customer.id and stage.show().preview.id == mine.preview.id
    assert (mine.accounts[0].balance_cents, len(mine.numbers), mine.contacts) == (5000, 2, ())
    stage.looking.call("ana", number=2)
    servers = [stage.server, server(stage.store, stage.telephones, stage.time, owner="n2@here")]
    assert sum(one.step() for one in servers) == 1
    assert stage.telephones.rung == [mine.numbers[1]]
    seen = stage.looking.in_view("ana")
    assert seen.attempt is not None
    assert (seen.preview.decision, seen.attempt.result, seen.attempt.queue) == ("call", "answered", "billing")
    with pytest.raises(NotDecided):
        stage.looking.call("ana")
    again = stage.show()
    assert again.customer.id not in (mine.customer.id, other.customer.id)


def test_skip_and_later(stage: Stage) -> None:
    """Skipped: off the list with the reason. Later: shown again then, and not before. Else they go on."""
    skipped = stage.show()
    with pytest.raises(NotDecided):
        stage.looking.skip("ana", "  ")
    stage.looking.skip("ana", "was here this morning")
    put_off = stage.show()
    due = stage.looking.later("ana", timedelta(minutes=30), "asked to be called at half past")
    third = stage.show()
    stage.looking.skip("ana", "dead line")
    assert len({one.customer.id for one in (skipped, put_off, third)}) == 3
    entry = stage.store.dial_list.get(stage.made.sample, skipped.customer.id)
    assert entry is not None
    assert (entry.state, entry.result, entry.why) == ("ended", "skipped", "was here this morning")
    with pytest.raises(NobodyToShow):
        stage.show()
    stage.time.at = due
    assert stage.show().customer.id == put_off.customer.id
    assert stage.server.step() == 0 and stage.telephones.rung == []
    with pytest.raises(NotDecided):
        stage.looking.later("ana", timedelta(seconds=1))


def test_what_an_agent_leaves_goes_back(stage: Stage) -> None:
    """After five minutes without a decision; one who still looks asks again, and too late is too late."""
    mine = stage.show()
    stage.time.at += LOOKS_FOR - timedelta(seconds=1)
    assert stage.show().preview.id == mine.preview.id
    stage.time.at += LOOKS_FOR - timedelta(seconds=1)
    stage.server.recover()
    assert stage.entry_of(mine) == "claimed", "asked again, it is five minutes from then"
    stage.time.at += timedelta(seconds=1)
    stage.server.recover()
    assert stage.entry_of(mine) == "waiting"
    with pytest.raises(NotDecided):
        stage.looking.call("ana")
    assert stage.looking.in_view("ana").preview.decision == "left"
    assert stage.show().preview.id != mine.preview.id


def test_a_decision_that_no_server_heard_of_does_not_come_too_late(stage: Stage) -> None:
    """No server runs for some minutes: nobody is called out of the blue, and the person is free again."""
    mine = stage.show()
    stage.looking.call("ana")
    stage.time.at += LEASE + timedelta(seconds=1)
    assert stage.server.step() == 0 and stage.telephones.rung == []
    assert stage.entry_of(mine) == "waiting"


def test_two_agents_are_never_shown_the_same(stage: Stage) -> None:
    """Neither is one agent shown two, whatever they ask for at once."""
    other = desk(stage.store, stage.time)
    seen = {agent: [shown(one, agent) for one in (stage.looking, other)] for agent in ("ana", "blas")}
    (ana,), (blas,) = ({(one.customer.id, one.preview.id) for one in seen[agent]} for agent in seen)
    assert ana[0] != blas[0] and ana[1] != blas[1]


def test_the_gate_has_the_last_word(stage: Stage) -> None:
    """Whoever calls in meanwhile is not dialled, and the agent is told."""
    mine = stage.show()
    begun = CallBegun(
        call_id=new_id(),
        switch_uuid="leg",
        direction="inbound",
        caller_number=mine.numbers[0],
        caller_name="",
        destination="100",
        language="es",
        started_at=stage.time.at,
        node_id="another",
    )
    stage.store.calls.begin(begun)
    stage.looking.call("ana")
    stage.server.step()
    seen = stage.looking.in_view("ana")
    assert (stage.telephones.rung, seen.attempt) == ([], None)
    assert seen.preview.reason == "on the telephone with us now"
    stage.store.suppressions.add("number", stage.show().numbers[0], reason="said no", at=stage.time.at)
    stage.looking.call("ana")
    stage.server.step()
    assert "house.do_not_call" in stage.looking.in_view("ana").preview.reason
    assert stage.telephones.rung == []


@on_sqlite
def test_nobody_is_shown_at_an_unlawful_hour(store: Store) -> None:
    """They wait for the hour; the agent hears that there is nobody."""
    made = world(store, purpose="collection", countries=["ES"], **LOOKING)  # type: ignore[arg-type]  # a table
    time = Time(datetime(2026, 11, 23, 22, tzinfo=UTC))
    agents_in(store, "ana", at=time.at)
    with pytest.raises(NobodyToShow):
        shown(desk(store, time, presets()), "ana")
    entry = made.entry(store)
    assert entry.why.startswith("es.collection"), entry


@on_sqlite
def test_who_is_not_there_or_serves_another_queue_sees_nobody(stage: Stage) -> None:
    """Nor while the campaign is paused, which also holds back what was decided."""
    with pytest.raises(NobodyToShow, match="not checked in"):
        stage.show("carla")
    with pytest.raises(NobodyToShow):
        stage.looking.show("ana", lambda _queue: False)
    stage.show()
    stage.store.dial_list.set_state(
        stage.made.campaign, "paused", before=("running",), at=stage.time.at, by="t"
    )
    with pytest.raises(NotDecided, match="does not run"):
        stage.looking.call("ana")
    with pytest.raises(NobodyToShow):
        stage.show("blas")


@on_sqlite
def test_an_agent_who_looks_is_not_called_for(store: Store) -> None:
    """Of three free agents one looks at somebody: another campaign of the queue calls two."""
    world(store, 1, **LOOKING)  # type: ignore[arg-type]  # a table
    world(store, 9, first=20, name="other", mode="progressive", queue="billing")
    time = Time()
    agents_in(store, "ana", at=time.at)
    shown(desk(store, time), "ana")
    floor = Floor(QueueView(free=3))
    assert server(store, Telephones(), time, floor=floor, beside=lambda _work: None).step() == 2
