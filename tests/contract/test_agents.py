"""What is written of an agent's call, and where their seconds after it stand: the same on both switches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.store import Store
from ivr.agents.beside import beside
from ivr.agents.desk import Desk
from ivr.agents.following import Following
from ivr.agents.line import SwitchLine
from ivr.agents.roster import Roster
from ivr.agents.written import AgentEntry, HoldOffFile
from tests.agents.known import contact_of
from tests.contract.place import STAFFED, Application, Place, connected
from tests.databases import store_at
from tests.freeswitch.harness import wait_until

QUEUE = STAFFED.partition("@")[0]


def now() -> datetime:
    return datetime.now(UTC)


class Attended:
    """Whoever follows the agents of a place."""

    def __init__(self, place: Place, store: Store, agent: str) -> None:
        address, password = place.events
        self.store, self.agent = store, agent
        self.line = SwitchLine(address, password)
        entry = AgentEntry(queues={}, wrap_up=7)
        roster = Roster({agent: entry}, wrap_ups={QUEUE: 0}, hold_off=HoldOffFile(misses=1, short_talks=0))
        there = beside(store)
        self.desk = Desk(there.agents, roster, centre=self.line.centre, now=now)
        self.following = Following(there, roster, self.desk, centre=self.line.centre, now=now)
        self.line.events_to = self.following.take
        self.following.start()
        self.line.start()
        wait_until(lambda: bool(self.line.centre.queues()), 5, "the line to the switch")

    def row(self):
        return self.line.centre.agents()[f"{self.agent}@ivr"]

    def close(self) -> None:
        self.following.close()
        self.line.close()


@pytest.fixture
def attended(place: Place, tmp_path: Path) -> Iterator[Attended]:
    store = store_at(tmp_path / "ivr.sqlite3")
    there = Attended(place, store, "1001")
    yield there
    there.close()
    store.close()


def test_a_call_of_the_queue_is_a_contact(place: Place, application: Application, attended: Attended) -> None:
    """Answered and ended in the switch's own seconds; the queue's time after a call is set meanwhile."""
    place.api("callcenter_config agent set wrap_up_time 1001@ivr 5")
    with place.agent(1.5):
        caller, session = connected(place, application)
        session.call.enqueue(STAFFED)
        wait_until(lambda: attended.store.agents.in_hand("1001") is not None, 10, "the contact")
        contact = attended.store.agents.in_hand("1001")
        assert contact is not None
        assert (contact.queue, contact.leg, contact.result) == (QUEUE, session.call.uuid, "answered")
        wait_until(lambda: attended.row().wrap_up == 0, 5, "the queue's seconds")
        wait_until(lambda: contact_of(attended.store, "1001").ended_at is not None, 10, "the end")
    ended = attended.store.agents.in_hand("1001")
    assert ended is not None and ended.ended_at is not None
    assert 0 <= (ended.ended_at - ended.at).total_seconds() <= 4
    caller.hang_up()
