"""What the switch knows of a try: the embedded switch over its event socket, with and without marks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import gevent
import pytest

from data.ids import derived_id, new_id
from esl.embedded.config import read_config
from esl.embedded.switch import EmbeddedSwitch
from esl.wire import Command
from ivr.queueing.callbacks import Order
from ivr.queueing.dialling import SwitchDialler
from ivr.queueing.people import People
from ivr.queueing.plan import NO_PLAN
from tests.esl.test_inbound import GREETING, Listener

OWNER = "n1@here:8021"
LONG_AGO = derived_id("a try", at_ms=1_700_000_000_000)
CONFIG = {
    "event_socket": "127.0.0.1:0",
    "line": "127.0.0.1:0",
    "password": "a-password",
    "callees": [{"number": "+34600111222", "refuses": "USER_BUSY", "answers_after": 0.0}],
    "queues": [
        {"name": "billing@ivr", "agents": [{"name": "ana@ivr"}, {"name": "luis@ivr", "status": "On Break"}]}
    ],
}


@pytest.fixture
def switch() -> Iterator[EmbeddedSwitch]:
    with EmbeddedSwitch(read_config(CONFIG)) as running:
        running.started -= 60  # up for a minute
        yield running


@pytest.fixture
def dialler(switch: EmbeddedSwitch) -> Iterator[SwitchDialler]:
    made = SwitchDialler(
        switch.event_socket_address,
        "a-password",
        dial="user/{number}",
        caller_id="910000000",
        server=("127.0.0.1", 1),
        name="here:8021",
    )
    yield made
    made.close()


def order(number: str, attempt: UUID) -> Order:
    return Order(
        attempt,
        number,
        "billing",
        "es",
        since=datetime(2026, 11, 22, tzinfo=UTC),
        score=90,
        agent_first=False,
        ring=10,
        story={},
        asked_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def test_never_began_and_gone_are_told_apart(dialler: SwitchDialler) -> None:
    """A try that was dialled has left its mark, though its leg is gone."""
    began, never = new_id(), new_id()
    assert dialler.dial(order("+34600111222", began), lambda: True) == "busy"
    assert dialler.trace(began, OWNER) == "gone"
    assert dialler.trace(never, OWNER) == "never"


def test_what_cannot_be_known_counts_as_gone(dialler: SwitchDialler, switch: EmbeddedSwitch) -> None:
    """Another switch's, one older than the marks, one from before the switch was started."""
    assert dialler.trace(new_id(), "n1@another:8021") == "gone"
    assert dialler.trace(LONG_AGO, OWNER) == "gone"
    attempt = new_id()
    switch.started = switch.clock.now() + 5
    assert dialler.trace(attempt, OWNER) == "gone"


def test_a_switch_that_is_not_there_is_asked_again_later(switch: EmbeddedSwitch) -> None:
    """Nobody is called, no try is used up, nothing is decided."""
    gone = SwitchDialler(
        ("127.0.0.1", 1),
        "a-password",
        dial="user/{number}",
        caller_id=None,
        server=("127.0.0.1", 1),
        name="x",
    )
    assert gone.dial(order("+34600111222", new_id()), lambda: True) == "no_agent"
    assert gone.trace(new_id(), OWNER) == "up"
    people = People(NO_PLAN, now=switch.clock.now, local=lambda: datetime.now(UTC))
    assert gone.look("billing", people, set).free == 0


@pytest.mark.parametrize("number", ["+34600111222}", "600 &system(x)", "1,2", "${x}", "6\n7"])
def test_what_is_no_number_is_not_dialled(dialler: SwitchDialler, number: str) -> None:
    """The command is refused here, before anything leaves, a mark included."""
    attempt = new_id()
    assert dialler.dial(order(number, attempt), lambda: True) == "no_agent"
    assert dialler.trace(attempt, OWNER) == "never"


def test_the_queue_as_it_stands(dialler: SwitchDialler, switch: EmbeddedSwitch) -> None:
    """Whoever is on a break is nobody."""
    people = People(NO_PLAN, now=switch.clock.now, local=lambda: datetime.now(UTC))
    view = dialler.look("billing", people, set)
    assert (view.free, view.busy, view.on_the_line) == (1, 0, [])


def test_a_switch_that_takes_its_time_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the connection the end of every call that rings would be lost: a command may take longer than it
    may take to connect."""
    monkeypatch.setattr("ivr.queueing.originating.CONNECT_DEADLINE", 1.0)
    answers = {"auth": "+OK accepted", "api uuid_exists": "false", "api global_getvar": "1"}

    def slowly(command: Command) -> bytes:
        word = next((one for one in answers if command.line.startswith(one)), "")
        if word.startswith("api"):
            gevent.sleep(0.8)  # a busy switch
            body = answers[word].encode()
            return b"Content-Type: api/response\nContent-Length: %d\n\n%b" % (len(body), body)
        return b"Content-Type: command/reply\nReply-Text: %b\n\n" % answers.get(word, "+OK").encode()

    listener = Listener(GREETING, slowly)
    dialler = SwitchDialler(
        ("127.0.0.1", listener.port),
        "a-password",
        dial="user/{number}",
        caller_id="910000000",
        server=("127.0.0.1", 1),
        name="here:8021",
    )
    asking = [gevent.spawn(dialler.trace, new_id(), OWNER) for _ in range(2)]
    gevent.joinall(asking, timeout=20)
    dialler.close()
    listener.close()
    assert [one.value for one in asking] == ["gone", "gone"], "nobody knows: the connection was given up"
