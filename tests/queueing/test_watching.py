"""What happens in a switch's queues, heard on a real event socket: by two servers, and after a gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gevent
import pytest
from sqlalchemy import select

from data.errors import DatabaseLost
from data.models import QueueVisitRow
from data.store import Store
from esl.embedded.caller import ScriptedCaller
from esl.embedded.config import read_config
from esl.embedded.switch import EmbeddedSwitch
from esl.queue_events import Answered, Joined, Left, TalkEnded, read
from esl.wire import MessageReader, parse_event
from ivr.queueing import watching
from ivr.queueing.visits import Note, VisitBook
from ivr.queueing.watching import QueueWatch
from tests.databases import store_at

CONFIG = {
    "event_socket": "127.0.0.1:0",
    "line": "127.0.0.1:0",
    "password": "a-password",
    "extensions": [{"destination": "8000", "actions": [["answer"], ["callcenter", "billing@ivr"]]}],
    "queues": [
        {"name": "billing@ivr", "agents": [{"name": "1001@ivr", "answers_after": 0.1, "talks_for": 0.3}]}
    ],
}
TRACE = Path(__file__).parents[1] / "traces" / "callcenter-events-inbound.esl"
DEADLINE = 10.0


@pytest.fixture
def switch() -> Iterator[EmbeddedSwitch]:
    with EmbeddedSwitch(read_config(CONFIG)) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = store_at(tmp_path / "ivr.sqlite3")
    yield opened
    opened.close()


def watch_of(switch: EmbeddedSwitch, store: Store) -> QueueWatch:
    made = QueueWatch(
        switch.event_socket_address,
        "a-password",
        store.queue_visits,
        switch="here",
        now=lambda: datetime.now(UTC),
    )
    made.start()
    assert made.caught_up.wait(DEADLINE)
    return made


def visits_when(store: Store, fits: Callable[[list[Any]], bool]) -> list[Any]:
    """The stays, once they are as expected: they are written in portions, and nothing tells when."""
    with gevent.Timeout(DEADLINE, False):
        while True:
            with store.database.reading() as connection:
                found = list(connection.execute(select(QueueVisitRow)))
            if fits(found):
                return found
            gevent.sleep(0.05)  # between two looks: the watch writes by itself
    pytest.fail(f"not as expected: {found}")


def test_two_servers_write_one_stay(switch: EmbeddedSwitch, store: Store) -> None:
    """From joining to the agent's end, each moment once."""
    watches = [watch_of(switch, store) for _ in range(2)]
    caller = ScriptedCaller(switch.line_address, destination="8000", number="+34600111222")
    caller.join()
    assert caller.wait_hangup(DEADLINE)
    (one,) = visits_when(
        store, lambda rows: bool(rows and rows[0].left_at and rows[0].wrapped_up_at and rows[0].offered_at)
    )
    for watch in watches:
        watch.close()
    assert (one.queue, one.agent, one.left_by, one.switch) == ("billing", "1001", "answered", "here")
    assert one.joined_at <= one.offered_at < one.answered_at < one.talk_ended_at <= one.wrapped_up_at


def test_a_gap_is_made_good(switch: EmbeddedSwitch, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who joined while nobody listened is in the list; who left meanwhile has left, nobody knows how."""
    monkeypatch.setattr(watching, "JUST_NOW", watching.timedelta(0))
    switch.api("callcenter_config", "agent set status 1001@ivr 'On Break'")
    watch = watch_of(switch, store)
    first = ScriptedCaller(switch.line_address, destination="8000", number="+34600111001")
    first.join()
    visits_when(store, lambda rows: len(rows) == 1)
    watch.close()
    first.hang_up()
    second = ScriptedCaller(switch.line_address, destination="8000", number="+34600111002")
    second.join()
    queue = switch.call_centre.queues["billing@ivr"]
    with gevent.Timeout(DEADLINE):
        while [one.session.uuid for one in queue.members] != [second.uuid]:
            gevent.sleep(0.02)  # the switch tells its test nothing of its lists
    watch = watch_of(switch, store)
    found = {row.leg: row for row in visits_when(store, lambda rows: len(rows) == 2)}
    assert found[first.uuid].left_by == "unknown"
    assert (found[second.uuid].left_at, found[second.uuid].queue) == (None, "billing")
    second.hang_up()
    visits_when(store, lambda rows: any(row.left_by == "abandoned" for row in rows))
    watch.close()


def test_a_lost_database_keeps_what_was_heard(
    switch: EmbeddedSwitch, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written when the database is back, and no call noticed."""
    watch = watch_of(switch, store)
    real, tries = store.queue_visits.learn, list[int]()

    def lost(told: Any) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise DatabaseLost("gone", remedy="wait")
        real(told)

    monkeypatch.setattr(store.queue_visits, "learn", lost)
    caller = ScriptedCaller(switch.line_address, destination="8000", number="+34600111222")
    caller.join()
    assert caller.wait_hangup(DEADLINE)
    visits_when(store, lambda rows: bool(rows and rows[0].left_by == "answered"))
    watch.close()
    assert len(tries) >= 3


def test_the_events_of_a_real_switch() -> None:
    """FreeSWITCH's own words, as captured: one stay, from 26 to 29 seconds past, with its agent."""
    raw = b"".join(
        line for line in TRACE.read_bytes().splitlines(keepends=True) if not line.startswith((b">>>", b"<<<"))
    )
    heard = []
    reader = MessageReader()
    for message in reader.feed(raw):
        with suppress(ValueError):
            event = parse_event(message)
            one = None if event is None else read(event)
            if one is not None:
                heard.append(one)
    kinds = [type(one) for one in heard if isinstance(one, Joined | Answered | TalkEnded | Left)]
    assert kinds == [Joined, Answered, TalkEnded, Left]
    book = VisitBook("real", wrap_up=lambda _agent: 7)
    told = [fact for one in heard for fact in book.facts(one)]
    known: dict[str, Any] = {}
    for fact in told:
        known = {**{name: value for name, value in vars(fact).items() if value not in (None, "")}, **known}
    assert (known["queue"], known["agent"], known["left_by"]) == ("support", "ana", "answered")
    assert (known["talk_ended_at"] - known["answered_at"]).total_seconds() == 3.04
    assert (known["wrapped_up_at"] - known["talk_ended_at"]).total_seconds() == 7.0  # it says Waiting at once


@pytest.mark.parametrize("text", ["", "x", "a/b/c", "0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f/2/x", "//////"])
def test_a_note_that_is_not_ours_says_nothing(text: str) -> None:
    """A leg can bear anything."""
    assert Note.read(text) == Note()


def test_a_note_travels() -> None:
    """With what is known, and without."""
    for note in (Note(), Note(position=2), Note(position=1, told_wait=90)):
        assert Note.read(note.written()) == note
