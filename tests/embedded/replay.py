"""Captured exchanges, read and played again: the client's side goes to the embedded switch, and what
that answers is set beside what the real switch sent."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import gevent
from gevent.event import Event as Signal

TRACES = Path(__file__).parent.parent / "traces"
DEADLINE = 20.0


@dataclass
class Received:
    """One message of the switch: its own header lines, the event in it if there is one, and its body."""

    headers: list[tuple[str, str]]
    event: list[tuple[str, str]] | None
    body: bytes
    raw: bytes

    @property
    def kind(self) -> str:
        about = dict(self.event or self.headers)
        if self.event is not None:
            return about["Event-Name"]
        return about.get("Content-Type", "?") + ":" + about.get("Content-Disposition", "")

    @property
    def about(self) -> dict[str, str]:
        return dict(self.event or self.headers)

    @property
    def identity(self) -> str:
        """What must be the same on both sides, in words."""
        about = self.about
        if self.event is None:
            said = about.get("Reply-Text") or self.body.decode() or about.get("Linger-Time", "")
            return f"{self.kind} {said.strip()}"
        parts = [self.kind]
        for name in (
            "Channel-State",
            "Channel-State-Number",
            "Channel-Call-State",
            "Answer-State",
            "Hangup-Cause",
            "Application",
            "Application-Data",
            "Application-Response",
            "Playback-File-Path",
            "Playback-Status",
            "DTMF-Digit",
            "DTMF-Source",
            "CC-Action",
            "CC-Agent-State",
            "CC-Count",
            "CC-Cause",
            "CC-Cancel-Reason",
            "Record-Completion-Cause",
        ):
            if name in about:
                parts.append(f"{name}={about[name]}")
        if len(about.get("Application-UUID", "")) < 10:  # ours, not one that the switch made up
            parts.append(f"id={about.get('Application-UUID', '')}")
        text = " ".join(parts)
        if about.get("Application") == "uuid_bridge":
            text = text.replace(about["Application-Data"], "AGENT")
        return re.sub(r"127\.0\.0\.1:\d+ async full", "SERVER async full", text)


@dataclass
class Step:
    """A command of the client, and what had come from the switch by the time it was sent."""

    command: str | None
    came: list[Received] = field(default_factory=list)


def _pairs(block: str) -> list[tuple[str, str]]:
    return [(line.partition(": ")[0], unquote(line.partition(": ")[2])) for line in block.split("\n")]


def take_message(data: bytes) -> tuple[Received, bytes]:
    """The first message of the bytes, and the rest."""
    data = data.lstrip(b"\n")
    head, _, rest = data.partition(b"\n\n")
    headers = _pairs(head.decode())
    length = int(dict(headers).get("Content-Length", "0"))
    body, rest = rest[:length], rest[length:]
    kind = dict(headers).get("Content-Type", "")
    event = None
    if kind == "text/event-plain":
        event = _pairs(body.decode().partition("\n\n")[0])
    elif "Event-Name" in dict(headers):
        event = headers
    return Received(headers, event, body, head + b"\n\n" + body), rest


def read_trace(name: str) -> list[Step]:
    """The trace as steps; the last one has no command and holds what came to the end."""
    steps: list[Step] = []
    chunk: list[str] = []
    came: list[Received] = []
    command: list[str] = []

    def settle() -> None:
        data = "\n".join(chunk).encode() + b"\n\n"
        chunk.clear()
        while data.strip(b"\n"):
            message, data = take_message(data)
            came.append(message)

    text = (TRACES / f"{name}.esl").read_text("utf-8")
    for line in text.split("\n"):
        if line.startswith(">>> "):
            settle()
            command.append(line[4:])
        elif line.startswith("<<< EOF"):
            break
        else:
            if command:
                steps.append(Step("\n".join(command), came.copy()))
                came.clear()
                command.clear()
            chunk.append(line)
    settle()
    steps.append(Step(None, came.copy()))
    return steps


class Peer:
    """The client's end of an event socket, on real bytes."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.received: list[Received] = []
        self.raw = bytearray()
        self.ended = False
        self._changed = Signal()
        self._unread = b""
        self._reader = gevent.spawn(self._read)

    def _read(self) -> None:
        try:
            while data := self.connection.recv(65536):
                self.raw += data
                self._unread += data
                while self._whole():
                    message, self._unread = take_message(self._unread)
                    self.received.append(message)
                self._changed.set()
        except OSError:
            pass
        self.ended = True
        self._changed.set()

    def _whole(self) -> bool:
        data = self._unread.lstrip(b"\n")
        head, end, rest = data.partition(b"\n\n")
        if not end:
            return False
        return len(rest) >= int(dict(_pairs(head.decode())).get("Content-Length", "0"))

    def send(self, command: str, body: bytes = b"") -> None:
        self.connection.sendall(command.encode() + b"\n\n" + body)

    def wait(self, done: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
        """Until it is so; fails the test after the deadline, with what had come."""
        with gevent.Timeout(deadline, AssertionError(f"waited in vain for {what}")):
            while not done():
                assert not self.ended or done(), (
                    f"the connection ended before {what}; got {[m.identity for m in self.received][-8:]}"
                )
                self._changed.wait()
                self._changed.clear()

    def wait_end(self, deadline: float = DEADLINE) -> None:
        with gevent.Timeout(deadline, AssertionError("the switch did not close the connection")):
            self._reader.join()

    def wait_for(self, kind: str, *, count: int = 1, **wanted: str) -> Received:
        """The `count`-th message of that kind with those values (`_` stands for `-`)."""

        def matching() -> list[Received]:
            return [
                message
                for message in self.received
                if message.kind == kind
                and all(message.about.get(name.replace("_", "-")) == value for name, value in wanted.items())
            ]

        self.wait(lambda: len(matching()) >= count, f"{kind} {wanted}")
        return matching()[count - 1]

    def ask(self, command: str, body: bytes = b"") -> Received:
        """Sends a command and returns its reply."""

        def replies() -> list[Received]:
            return [
                message
                for message in self.received
                if dict(message.headers).get("Content-Type") in ("command/reply", "api/response")
            ]

        before = len(replies())
        self.send(command, body)
        self.wait(lambda: len(replies()) > before, f"a reply to {command.splitlines()[0]}")
        return replies()[before]

    def close(self) -> None:
        self.connection.close()


class Server:
    """A server of the `socket` application, in the hands of a test."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.peers: list[Peer] = []

    def accept(self, deadline: float = DEADLINE) -> Peer:
        with gevent.Timeout(deadline, AssertionError("the switch did not call the server")):
            connection, _ = self._listening.accept()
        self.peers.append(Peer(connection))
        return self.peers[-1]

    def close(self) -> None:
        self._listening.close()
        for peer in self.peers:
            peer.close()


def all_of(steps: list[Step]) -> Iterator[Received]:
    for step in steps:
        yield from step.came
