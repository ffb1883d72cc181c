"""The connection that tells of queues and agents: kept up, and true of what the switch has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from esl.embedded.caller import ScriptedCaller
from esl.embedded.config import read_config
from esl.embedded.scripted_callee import ScriptedCallee
from esl.embedded.switch import EmbeddedSwitch
from esl.errors import ConnectionLostError
from ivr.queueing.context_feed import AgentNews, SwitchFeed
from ivr.queueing.people import People
from ivr.queueing.plan import Plan
from tests.freeswitch.harness import free_port, wait_until

QUEUE = "billing@ivr"


def switch_at(port: int) -> EmbeddedSwitch:
    agents = [{"name": "1001@ivr", "answers_after": None}, {"name": "1002@ivr", "status": "Logged Out"}]
    config = {
        "event_socket": f"127.0.0.1:{port}",
        "line": "127.0.0.1:0",
        "password": "not-the-default",
        "extensions": [{"destination": "9100", "actions": [["answer"], ["callcenter", QUEUE]]}],
        "queues": [{"name": QUEUE, "agents": agents, "music": "silence_stream://-1"}],
    }
    return EmbeddedSwitch(read_config(config))


Feeding = Callable[..., SwitchFeed]


@pytest.fixture
def feeding() -> Iterator[Feeding]:
    """Begins feeds, which are ended after the test."""
    feeds: list[SwitchFeed] = []

    def make(port: int, password: str = "not-the-default", **more: object) -> SwitchFeed:
        people = People(Plan(), now=lambda: 0.0, local=lambda: datetime.now(UTC))
        feed = SwitchFeed(("127.0.0.1", port), password, people, **more)  # type: ignore[arg-type] # its own names
        feeds.append(feed)
        feed.start()
        return feed

    yield make
    for feed in feeds:
        feed.close()


def test_who_is_offered_whom_and_how_queues_stand(feeding: Feeding) -> None:
    """An agent who is rung has somebody in hand, until they have not taken the call."""
    told: list[AgentNews] = []
    with switch_at(0) as switch:
        desk = ScriptedCallee(switch.line_address, number="1001")
        desk.join()
        feed = feeding(switch.event_socket_address[1], tell=told.append)
        wait_until(lambda: feed.connected, 5, "a connection")
        caller = ScriptedCaller(switch.line_address, destination="9100", number="+34600111222")
        caller.join()
        desk.wait_for_call(10)
        wait_until(lambda: told, 5, "the offer")
        assert (told[0].what, told[0].agent, told[0].queue) == ("offered", "1001", "billing")
        assert feed.in_hand("1001") == told[0]
        assert feed.in_hand("1002") is None
        (state,) = feed.states(["billing"])
        assert (state.waiting, state.agents, state.free, state.in_calls) == (1, 1, 0, 0)
        assert feed.names() == {"billing"}
        desk.refuse("USER_BUSY")
        wait_until(lambda: len(told) > 1, 5, "the refusal")
        assert (told[1].what, told[1].cause) == ("missed", "USER_BUSY")
        caller.hang_up()


def test_a_switch_that_comes_back_is_heard_again(feeding: Feeding) -> None:
    """Until then whoever asks is told so; counted for the figures."""
    port = free_port()
    with switch_at(port):
        feed = feeding(port)
        wait_until(lambda: feed.connected, 5, "a connection")
    wait_until(lambda: not feed.connected, 5, "the loss")
    with pytest.raises(ConnectionLostError):
        feed.states(["billing"])
    with switch_at(port):
        wait_until(lambda: feed.connected, 10, "a connection again")
        assert feed.reconnects == 1
        assert feed.states(["billing"])[0].waiting == 0


def test_a_wrong_password_is_tried_again_and_breaks_nothing(feeding: Feeding) -> None:
    """The operator may correct it on the switch."""
    with switch_at(0) as switch:
        feed = feeding(switch.event_socket_address[1], password="wrong")
        with pytest.raises(TimeoutError):
            wait_until(lambda: feed.connected, 1, "a connection")
