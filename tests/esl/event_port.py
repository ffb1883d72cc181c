"""The event socket of a switch, played on loopback, and a scene of one call on it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import gevent
import pytest
from gevent.event import Event as Flag
from gevent.queue import Queue

from esl import wire
from esl.outbound import OutboundServer
from esl.switch import Call
from esl.switchboard import Switchboard
from esl.wire import Command, CommandReader
from tests.esl.peer import DEADLINE, Peer, api_response, events_of, reply

TRACE = "outbound-socket-dtmf-by-info"
"""Has a key and the end of a prompt in it."""
CORE, UUID = events_of(TRACE)[0].get("Core-UUID"), events_of(TRACE)[0].uuid
PROMPT = Path("/var/prompts/hola.wav")


class EventPort:
    """The side of a switch that event connections come to."""

    def __init__(self, *, password: str = "right", core: str = CORE, port: int = 0) -> None:
        self.password, self.core = password, core
        self.commands: list[str] = []
        self.clients: list[socket.socket] = []
        self.subscribed = Flag()
        self.deaf = False
        self._listener = socket.create_server(("127.0.0.1", port), backlog=8)
        self.address: tuple[str, int] = self._listener.getsockname()
        self._greenlet = gevent.spawn(self._accept)

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            self.clients.append(client)
            gevent.spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        reader = CommandReader()
        try:
            client.sendall(b"Content-Type: auth/request\n\n")
            while data := client.recv(65536):
                for command in reader.feed(data):
                    self.commands.append(command.line)
                    if not self.deaf:
                        client.sendall(self._answer(command))
        except OSError:
            return

    def _answer(self, command: Command) -> bytes:
        match command.word:
            case "auth":
                return reply("+OK accepted" if command.rest == self.password else "-ERR invalid")
            case "api":
                assert command.rest == "global_getvar core_uuid"
                return api_response(self.core)
            case "event":
                self.subscribed.set()
                return reply("+OK event listener enabled plain")
            case _:
                return reply("+OK")

    def tell(self, peer: Peer, name: str, application: str = "", **changes: str) -> None:
        """An event of the peer's leg, on the newest event connection instead of on its own."""
        event = next(
            event
            for event in peer.events
            if event.name == name and application in ("", event.get("Application"))
        )
        headers = dict(event.headers) | changes
        if application:
            headers["Application-UUID"] = peer.ids[application]
        self.clients[-1].sendall(wire.encode_event(headers, event.body))

    def drop(self) -> None:
        """The connections break; the port stays."""
        clients, self.clients = self.clients, []
        self.subscribed.clear()
        for client in clients:
            with suppress(OSError):  # the other side may have closed first
                client.shutdown(socket.SHUT_RDWR)
            client.close()

    def close(self) -> None:
        self._greenlet.kill()
        self._listener.close()
        self.drop()


class Pauses:
    """Time that the test lets pass: `pause` waits for `go`."""

    def __init__(self) -> None:
        self.asked: Queue[float] = Queue()
        self._go: Queue[None] = Queue()

    def __call__(self, seconds: float) -> None:
        self.asked.put(seconds)
        self._go.get()

    def go(self, first: Callable[[], None] = lambda: None) -> float:
        """Lets the next pause pass, once `first` is done; its length."""
        seconds = self.asked.get(timeout=DEADLINE)
        first()
        self._go.put(None)
        return float(seconds)


class Scene:
    """A server with a switchboard, its event port, and one call at a time."""

    def __init__(self, **options: object) -> None:
        self.events = EventPort()
        self.pauses = Pauses()
        self.board = Switchboard(
            self.events.address,
            "right",
            pause=self.pauses,
            chance=lambda: 0.0,
            **options,  # type: ignore[arg-type] # options pass through
        )
        self.calls: Queue[Call] = Queue()
        self.done = Flag()
        self.server = OutboundServer(("127.0.0.1", 0), self._live, event_sources=[self.board])
        self.server.start()
        self.peers: list[Peer] = []

    def _live(self, call: Call) -> None:
        self.calls.put(call)
        self.done.wait()

    def connected(self) -> Scene:
        self.board.start()
        assert self.board.wait_connected(DEADLINE)
        assert self.events.subscribed.wait(DEADLINE)
        return self

    def call(self, trace: str = TRACE, **options: object) -> tuple[Peer, Call]:
        peer = Peer(self.server.address, trace, **options)  # type: ignore[arg-type] # options pass through
        self.peers.append(peer)
        return peer, self.calls.get(timeout=DEADLINE)

    def close(self) -> None:
        self.done.set()
        for peer in self.peers:
            peer.close()
        self.server.close(deadline=DEADLINE)
        self.board.close()
        self.events.close()


@pytest.fixture
def open_scene() -> Iterator[Callable[..., Scene]]:
    scenes: list[Scene] = []

    def build(**options: object) -> Scene:
        scenes.append(Scene(**options))
        return scenes[-1]

    yield build
    for scene in scenes:
        scene.close()


def next_event(call: Call) -> object:
    return call.inbox.get(timeout=DEADLINE)
