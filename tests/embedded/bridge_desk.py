"""A switch with callers and callees who are connected, and what they hear."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from esl.embedded.clock import Clock
from esl.embedded.scripted_callee import ScriptedCallee
from esl.embedded.switch import EmbeddedSwitch
from tests.embedded.conftest import PASSWORD
from tests.embedded.replay import Peer

EVENTS = (
    "event plain CHANNEL_CREATE CHANNEL_PROGRESS CHANNEL_ANSWER CHANNEL_BRIDGE CHANNEL_UNBRIDGE "
    "CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_EXECUTE_COMPLETE CHANNEL_DESTROY DTMF CHANNEL_CALLSTATE"
)
DEADLINE = 10.0


class Desk:
    """A switch, a client that hears what it tells, and telephones."""

    def __init__(self, switch: EmbeddedSwitch, client: Peer, clock: Clock) -> None:
        self.switch, self.client, self.clock = switch, client, clock

    def callee(self, number: str) -> ScriptedCallee:
        callee = ScriptedCallee(self.switch.line_address, number=number, clock=self.clock)
        callee.join()
        return callee

    def told(self, *kinds: str) -> list[str]:
        """What was told of those kinds: kind, leg (A called, B was called), and cause."""
        told = []
        for message in self.client.received:
            if message.kind in kinds:
                leg = "A" if message.about["Call-Direction"] == "inbound" else "B"
                told.append(f"{message.kind.removeprefix('CHANNEL_')} {leg}")
        return told

    def bridged(self) -> dict[str, str]:
        """What the caller's leg says at the end of `bridge`."""
        return self.client.wait_for("CHANNEL_EXECUTE_COMPLETE", Application="bridge").about


@pytest.fixture
def desk(make_switch, clock: Clock) -> Iterator[Callable[..., Desk]]:
    clients: list[Peer] = []

    def make(*actions: list[str], **more: object) -> Desk:
        switch = make_switch(*actions, clock=clock, **more)
        client = Peer(socket.create_connection(switch.event_socket_address))
        clients.append(client)
        client.wait_for("auth/request:")
        client.ask(f"auth {PASSWORD}")
        client.ask(EVENTS)
        return Desk(switch, client, clock)

    yield make
    for client in clients:
        client.close()


def answered(callee: ScriptedCallee) -> None:
    callee.wait_for_call()
    callee.ring()
    callee.silent(0.5)
    callee.answer()
