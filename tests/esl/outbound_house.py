"""A server of the outbound socket on loopback, with calls that a peer replays as a real switch sent them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest
from gevent.event import AsyncResult
from gevent.event import Event as Flag

from esl.outbound import OutboundServer
from esl.switch import Call, CallEvent, HungUp
from tests.esl.peer import DEADLINE, Peer

MID_PLAYBACK = "outbound-socket-caller-hangs-up-mid-playback"
UUID = "9a482215-2765-4375-a654-27783872c933"
PROMPT = Path("/var/prompts/hola.wav")

Life = Callable[[Call], None]


class House:
    """A server whose calls do what the test says, and whose peers are closed at the end."""

    def __init__(self, life: Life, **options: object) -> None:
        self.errors: list[BaseException] = []
        self.arrived: AsyncResult[Call] = AsyncResult()
        self.done = Flag()
        self._life = life
        self._peers: list[Peer] = []
        self.server = OutboundServer(("127.0.0.1", 0), self._live, **options)  # type: ignore[arg-type] # options pass through
        self.server.start()

    def _live(self, call: Call) -> None:
        self.arrived.set(call)
        try:
            self._life(call)
        except BaseException as fault:
            self.errors.append(fault)
            raise
        finally:
            self.done.set()

    def call(self, trace: str = "outbound-socket-digits", **options: object) -> Peer:
        peer = Peer(self.server.address, trace, **options)  # type: ignore[arg-type] # options pass through
        self._peers.append(peer)
        return peer

    def wait(self) -> None:
        assert self.done.wait(DEADLINE), "the call did not end"
        if self.errors:
            raise self.errors[0]

    def shut(self) -> None:
        for peer in self._peers:
            peer.close()
        self.server.close(deadline=DEADLINE)
        assert self.server.active_calls == 0


@pytest.fixture
def open_house() -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def build(life: Life, **options: object) -> House:
        houses.append(House(life, **options))
        return houses[-1]

    yield build
    for house in houses:
        house.shut()


def next_event(call: Call) -> CallEvent:
    return call.inbox.get(timeout=DEADLINE)


def until_hung_up(call: Call) -> list[CallEvent]:
    """Everything up to `HungUp`, and nothing after it."""
    events = [next_event(call)]
    while not isinstance(events[-1], HungUp):
        events.append(next_event(call))
    with pytest.raises(gevent.queue.Empty):
        call.inbox.get(block=False)
    return events
