"""What the switch's call centre has forgotten is found, mended and told: the same on both switches."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.records import AgentContact
from data.store import Store
from esl import commands
from esl.embedded.call_queue import Member
from esl.freeswitch.configuration import SwitchConfiguration
from ivr.agents.beside import beside
from ivr.agents.desk import Desk
from ivr.agents.line import SwitchLine
from ivr.agents.opening import dial_strings
from ivr.agents.watchdog import Watchdog
from ivr.queueing import sync
from tests.agents.conftest import ME, Time, house, plan_of
from tests.agents.known import contact_of
from tests.databases import store_at
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.harness import freeswitch, wait_until

LONG = timedelta(seconds=31)


@dataclass
class Watched:
    """A switch with agents, whose tables a test spoils, and the watchdog."""

    name: str
    store: Store
    desk: Desk
    line: SwitchLine
    watchdog: Watchdog
    time: Time
    api: Callable[[str], str]
    strand: Callable[[], None]
    """Leaves a member behind whose leg is gone."""

    def state(self) -> str:
        return self.line.centre.agents()["2001@ivr"].state

    def repairs(self) -> list[tuple[str, bool]]:
        return [(one.kind, one.repaired) for one in self.store.alerts.repairs()]

    def later(self) -> list[str]:
        """Two looks, with more than the patience between them; what the second one mended or told."""
        self.watchdog.step()
        self.time.ahead += LONG
        return [one.kind for one in self.watchdog.step()]


@contextmanager
def _embedded(folder: Path) -> Iterator[Watched]:
    with house(folder) as home:

        def strand() -> None:
            queue = home.switch.call_centre.queues["billing@ivr"]
            caller = home.call()
            home.settled(lambda: queue.members, "somebody in the queue")
            [member] = queue.members
            caller.hang_up()
            home.settled(lambda: not queue.members and not home.switch.sessions, "nobody there")
            queue.members.append(Member(member.session, queue, member.joined, state="Trying", serving="x"))

        def api(command: str) -> str:
            return home.line.ask(commands.api(command))

        yield Watched("embedded", home.store, home.desk, home.line, home.watchdog, home.time, api, strand)


@contextmanager
def _real(folder: Path) -> Iterator[Watched]:
    need_freeswitch()
    plan, roster = plan_of()
    goal = sync.wanted(plan, contacts=dial_strings(roster))
    configuration = SwitchConfiguration(queues=goal.queues, agents=goal.agents, fallback_queue="billing")
    store, time = store_at(folder / "ivr.sqlite3"), Time()
    with freeswitch(configuration) as switch:
        event_socket = switch.configuration.event_socket
        line = SwitchLine((event_socket.address, event_socket.port), switch.password)
        desk = Desk(store.agents, roster, centre=line.centre, now=time.now)
        watchdog = Watchdog(beside(store), roster, desk, line=line, now=time.now, node="t", stuck_after=30.0)

        def strand() -> None:
            [file] = switch.folder.rglob("callcenter.db")
            now = int(datetime.now(UTC).timestamp())
            with sqlite3.connect(file, timeout=5) as tables:
                tables.execute(
                    "INSERT INTO members (queue, instance_id, uuid, session_uuid, joined_epoch, base_score,"
                    " serving_agent, serving_system, state) VALUES ('billing@ivr', 'single_box', 'm-1',"
                    " '11111111-2222-4333-8444-555555555555', ?, 0, '2001@ivr', 'single_box', 'Trying')",
                    (now,),
                )
            tables.close()

        try:
            yield Watched("freeswitch", store, desk, line, watchdog, time, switch.api, strand)
        finally:
            line.close()
            store.close()


@pytest.fixture(params=["embedded", pytest.param("freeswitch", marks=pytest.mark.freeswitch)], scope="module")
def switch(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    start = _embedded if request.param == "embedded" else _real
    with start(tmp_path_factory.mktemp("watched")) as running:
        yield running


@pytest.fixture
def watched(switch: Watched) -> Watched:
    """With the agent checked in, and nothing left to mend."""
    switch.desk.check_in("2001", ME)
    switch.desk.check_out("2002", ME)
    assert switch.later() == []
    return switch


@pytest.mark.parametrize("state", ["Receiving", "In a queue call", "Reserved"])
def test_an_agent_who_is_held_by_no_call_is_freed(watched: Watched, state: str) -> None:
    """Not at once, for a call may be on its way there; and one row tells it."""
    before = len(watched.repairs())
    watched.api(f"callcenter_config agent set state 2001@ivr '{state}'")
    assert watched.watchdog.step() == []
    assert watched.state() == state
    assert watched.later() == ["stuck_agent"]
    assert watched.state() == "Waiting"
    assert watched.repairs()[: len(watched.repairs()) - before] == [("stuck_agent", True)]


def test_what_passes_by_itself_is_no_fault(watched: Watched) -> None:
    """The state is gone at the next look; when it comes again, the patience begins anew."""
    watched.api("callcenter_config agent set state 2001@ivr Receiving")
    watched.watchdog.step()
    watched.api("callcenter_config agent set state 2001@ivr Waiting")
    assert watched.later() == []
    watched.api("callcenter_config agent set state 2001@ivr Receiving")
    assert watched.watchdog.step() == []
    watched.api("callcenter_config agent set state 2001@ivr Waiting")


def test_an_agent_whose_tier_is_held_is_asked_again(watched: Watched) -> None:
    """A tier that is not ready gets no offer, whatever the agent's own state."""
    watched.api("callcenter_config tier set state billing@ivr 2001@ivr Offering")
    assert watched.later() == ["stuck_tier"]
    rows = watched.line.centre.tiers()
    assert rows["billing@ivr", "2001@ivr"].state == "Ready"


def test_a_member_whose_leg_is_gone_is_forgotten(watched: Watched) -> None:
    """Also agents are as the database says afterwards, as the call centre has begun anew for that."""
    watched.strand()
    assert watched.line.centre.members("billing@ivr")[0].state == "Trying"
    assert "stale_member" in watched.later()
    left = [one for one in watched.line.centre.members("billing@ivr") if one.state == "Trying"]
    assert left == []
    wait_until(
        lambda: watched.line.centre.agents()["2001@ivr"].status == "Available",
        5,
        "the agent checked in again",
    )


def test_the_database_wins_where_states_differ(watched: Watched) -> None:
    """After a restart of the switch, or a change by another hand: told to the switch at once, and noted."""
    watched.api("callcenter_config agent set status 2001@ivr 'Logged Out'")
    watched.api("callcenter_config agent set status 2002@ivr Available")
    assert sorted(one.agent for one in watched.watchdog.step()) == ["2001", "2002"]
    agents = watched.line.centre.agents()
    assert (agents["2001@ivr"].status, agents["2002@ivr"].status) == ("Available", "Logged Out")


def test_a_change_that_was_just_made_is_no_fault(tmp_path: Path) -> None:
    """The star code tells no switch: whoever looks first tells it, and no repair is noted."""
    with house(tmp_path) as home:
        Desk(home.store.agents, home.roster, centre=None, now=home.time.now).check_in("2001", ME)
        assert home.agent("2001").status == "Logged Out"
        assert home.watchdog.step() == []
        assert home.agent("2001").status == "Available"
        assert home.store.alerts.repairs() == ()


def test_what_ended_while_nobody_listened_is_over_at_once(tmp_path: Path) -> None:
    """A server that begins anew does not wait for the watchdog's turn."""
    with house(tmp_path) as home:
        now = home.time.now()
        contact = AgentContact(
            key="answered:y",
            queue="billing",
            leg="gone",
            agent="2001",
            result="answered",
            joined_at=now,
            at=now,
        )
        home.store.agents.note_contact(contact)
        [repair] = home.watchdog.catch_up()
        assert repair.kind == "lost_end"
        found = home.store.agents.in_hand("2001")
        assert found is not None and not found.talking


def test_who_talks_on_another_switch_is_not_ended_from_here(tmp_path: Path) -> None:
    """Its legs are not to be seen here: only its own server's watchdog, or one from before that was noted."""
    with house(tmp_path) as home:
        now = home.time.now()
        for agent, switch in (("2001", "elsewhere:8021"), ("2002", "")):
            contact = AgentContact(
                key=f"answered:{agent}",
                queue="billing",
                leg="unseen",
                agent=agent,
                result="answered",
                joined_at=now,
                at=now,
                switch=switch,
            )
            home.store.agents.note_contact(contact)
        assert [repair.agent for repair in home.watchdog.catch_up()] == ["2002"]
        assert contact_of(home.store, "2001").talking


def test_the_lost_end_of_a_conversation_is_found(watched: Watched) -> None:
    """Nobody told us that it is over: its legs are gone, so it is."""
    now = watched.time.now()
    contact = AgentContact(
        key="answered:x", queue="billing", leg="gone", agent="2001", result="answered", joined_at=now, at=now
    )
    watched.store.agents.note_contact(contact)
    assert watched.watchdog.step() == []  # its event may be on its way
    assert contact_of(watched.store, "2001").talking
    watched.time.ahead += LONG
    watched.watchdog.step()
    found = watched.store.agents.in_hand("2001")
    assert found is not None and found.ended_at is not None
    assert watched.repairs()[0] == ("lost_end", True)


def test_a_conversation_that_began_unheard_is_noted_by_the_next_server(tmp_path: Path) -> None:
    """With agent, both legs and its times; its end is heard then, and the wrap-up is the queue's."""
    with house(tmp_path) as home:
        home.following.close()  # the server is down
        home.desk.check_in("2001", ME)
        desk = home.telephone("1001")
        home.call()
        desk.wait_for_call()
        desk.answer()
        agent = home.agent("2001")
        wait_until(lambda: agent.state == "In a queue call", 8, "the conversation")
        assert home.store.agents.in_hand("2001") is None
        [repair] = home.watchdog.catch_up()
        assert (repair.kind, repair.agent, repair.repaired) == ("lost_start", "2001", True)
        contact = contact_of(home.store, "2001")
        (member,) = home.line.centre.members("billing@ivr")
        assert (contact.leg, contact.queue, contact.talking) == (member.session, "billing", True)
        assert contact.agent_leg in home.switch.sessions and contact.agent_leg != contact.leg
        assert contact.joined_at <= contact.at <= home.time.now()
        assert home.watchdog.catch_up() == []  # known now
        home.following.start()  # the next server
        desk.hang_up()
        home.settled(lambda: not contact_of(home.store, "2001").talking, "its end")
        ended = contact_of(home.store, "2001")
        assert ended.ended_at is not None and ended.wrap_up_until is not None
        assert (ended.wrap_up_until - ended.ended_at).total_seconds() == 3  # as of `wrap_up: {billing: 3}`
        assert agent.config.wrap_up == 3


def test_a_conversation_whose_beginning_is_on_its_way_is_no_fault(tmp_path: Path) -> None:
    """The watchdog waits for what it may still be told; a lost one is noted later."""
    with house(tmp_path) as home:
        home.following.close()
        home.desk.check_in("2001", ME)
        desk = home.telephone("1001")
        home.call()
        desk.wait_for_call()
        desk.answer()
        wait_until(lambda: home.agent("2001").state == "In a queue call", 8, "the conversation")
        assert home.watchdog.step() == []
        home.time.ahead += LONG
        assert [one.kind for one in home.watchdog.step()] == ["lost_start"]
        home.time.ahead += LONG
        assert home.watchdog.step() == []


def test_nothing_is_begun_anew_while_somebody_waits(tmp_path: Path) -> None:
    """The stale member stays until the queue is empty, and that is told once."""
    with house(tmp_path) as home:
        queue = home.switch.call_centre.queues["billing@ivr"]
        home.call()
        home.settled(lambda: queue.members, "somebody in the queue")
        gone = home.call()
        home.settled(lambda: len(queue.members) == 2, "both in the queue")
        member = queue.members[1]
        gone.hang_up()
        home.settled(lambda: len(queue.members) == 1, "one in the queue")
        queue.members.append(Member(member.session, queue, member.joined, state="Trying", serving="x"))
        home.watchdog.step()
        home.time.ahead += LONG
        [told] = home.watchdog.step()
        assert (told.kind, told.repaired) == ("stale_member", False)
        assert "mended when they are empty" in told.detail
        assert home.watchdog.step() == []
        assert len(queue.members) == 2


def test_nothing_is_mended_by_a_row_that_is_doubted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member whom nobody understands may be the one for whom an agent is held: nobody is freed, nothing is
    loaded anew, and all of it happens once the row is gone."""
    with house(tmp_path) as home:
        queue = home.switch.call_centre.queues["billing@ivr"]
        caller = home.call()
        home.settled(lambda: queue.members, "somebody in the queue")
        [member] = queue.members
        caller.hang_up()
        home.settled(lambda: not queue.members and not home.switch.sessions, "nobody there")
        queue.members.append(Member(member.session, queue, member.joined, state="Trying"))
        queue.members.append(Member(member.session, queue, member.joined, state="999999"))
        home.desk.check_in("2001", ME)
        home.line.ask(commands.api("callcenter_config agent set state 2001@ivr Receiving"))
        loaded: list[str] = []
        monkeypatch.setattr(home.switch.call_centre, "start_anew", lambda: loaded.append("anew"))
        for _ in range(2):
            assert home.watchdog.step() == []
            home.time.ahead += LONG
        assert (home.agent("2001").state, loaded) == ("Receiving", [])
        queue.members.pop()
        home.watchdog.step()
        home.time.ahead += LONG
        assert {one.kind for one in home.watchdog.step()} == {"stale_member", "stuck_agent"}
        assert loaded == ["anew"]
