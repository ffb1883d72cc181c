"""A small scripted switch that calls an `OutboundServer` over a real loopback socket.

It answers commands in the shapes of the captured traces and sends their events, with the command ids that
it was really given. It knows nothing of audio: that is the embedded switch's job.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import gevent
from gevent.event import Event as Flag

from esl import wire
from esl.wire import Command, CommandReader, Event, MessageReader
from tests.esl import traces

DEADLINE = 5.0
"""Seconds; only ever reached when something is broken."""

GOODBYE = (
    b"Content-Type: text/disconnect-notice\nContent-Disposition: disconnect\nContent-Length: 67\n\n"
    b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
)


@cache
def events_of(trace: str) -> tuple[Event, ...]:
    """All events of a captured exchange; the first is the reply to `connect` where there is one."""
    messages = MessageReader().feed(traces.load(trace).received)
    return tuple(event for message in messages if (event := wire.parse_event(message)) is not None)


def reply(text: str) -> bytes:
    return wire.encode_message({"Content-Type": "command/reply", "Reply-Text": text})


def api_response(text: str) -> bytes:
    return wire.encode_message({"Content-Type": "api/response"}, text.encode())


LINGER_NOTICE = wire.encode_message(
    {"Content-Type": "text/disconnect-notice", "Content-Disposition": "linger", "Linger-Time": "5"}, b""
)


class Peer:
    """One leg's connection from the switch. `cut` closes it after so many bytes sent."""

    def __init__(
        self,
        address: tuple[str, int],
        trace: str = "outbound-socket-digits",
        *,
        channel: dict[str, str] | None = None,
        cut: int | None = None,
        script: Callable[[Peer, Command], bool] | None = None,
    ) -> None:
        """`channel` overrides header lines of the trace's channel; `script` answers a command itself by
        returning True."""
        self.events = events_of(trace)
        self.channel = dict(self.events[0].headers) | (channel or {})
        self.commands: list[Command] = []
        self.ids: dict[str, str] = {}
        self.sent = 0
        self.closed = Flag()
        self._arrived = Flag()
        self._cut = cut
        self._script = script
        self._sock = socket.create_connection(address, timeout=DEADLINE)
        self._sock.settimeout(None)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as the real one
        self._reader = gevent.spawn(self._read)

    # --- what it does ------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        if self.closed.is_set():
            return
        if self._cut is not None and self.sent + len(data) >= self._cut:
            data = data[: self._cut - self.sent]
        try:
            self._sock.sendall(data)
        except OSError:
            self.close()
            return
        self.sent += len(data)
        if self._cut is not None and self.sent >= self._cut:
            self.close()

    def send_event(self, name: str, application: str = "", **changes: str) -> None:
        """The trace's first event of that name (and application), with this call's command id in it."""
        for event in self.events:
            if event.name == name and (not application or event.get("Application") == application):
                break
        else:
            raise LookupError(f"no {name} {application} in the trace")
        headers = dict(event.headers) | changes
        if application in self.ids:
            headers.setdefault("Application-UUID", "")
            headers["Application-UUID"] = changes.get("Application-UUID", self.ids[application])
        self.send(wire.encode_event(headers, event.body))

    def close(self) -> None:
        if not self.closed.is_set():
            self.closed.set()
            self._arrived.set()
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)
            self._sock.close()

    # --- what it sees -------------------------------------------------------------------------------

    def wait_for(self, pattern: str, deadline: float = DEADLINE) -> Command:
        """The first command not waited for yet whose line or application matches."""
        with gevent.Timeout(deadline, AssertionError(f"no command like {pattern!r} in {self.lines}")):
            while True:
                for command in self.commands:
                    if re.search(pattern, describe(command)):
                        return command
                assert not self.closed.is_set(), f"closed before a command like {pattern!r}: {self.lines}"
                self._arrived.clear()
                self._arrived.wait()

    @property
    def lines(self) -> list[str]:
        return [describe(command) for command in self.commands]

    def _read(self) -> None:
        reader = CommandReader()
        with suppress(OSError):
            while data := self._sock.recv(65536):
                for command in reader.feed(data):
                    self._take(command)
        self.close()

    def _take(self, command: Command) -> None:
        if command.word == "sendmsg":
            self.ids[command.headers["execute-app-name"]] = command.headers["Event-UUID"]
        if self._script is None or not self._script(self, command):
            self.answer(command)
        self.commands.append(command)
        self._arrived.set()

    def answer(self, command: Command) -> None:
        """As the traces show."""
        match command.word:
            case "connect":
                headers = {k: v for k, v in self.channel.items() if k not in wire.CONNECT_CLOSING}
                mode, control = self.channel["Socket-Mode"], self.channel["Control"]
                self.send(wire.encode_connect_reply(headers, mode=mode, control=control))
            case "linger":
                self.send(reply("+OK will linger 5 seconds"))
            case "filter":
                self.send(reply("+OK filter added. [Unique-ID]=[...]"))
            case "event":
                self.send(reply("+OK event listener enabled plain"))
            case "sendmsg":
                self.send(reply("+OK"))
            case "api" if command.rest.startswith("uuid_record"):
                self.send(api_response("+OK Success\n"))
            case "api":
                self.send(api_response("+OK\n"))
            case "exit":
                self.send(reply("+OK bye") + GOODBYE)
                self.close()
            case _:
                self.send(reply("-ERR command not found"))


def describe(command: Command) -> str:
    """One line for people and patterns: `execute playback /a.wav`, or the command's own line."""
    if command.word != "sendmsg":
        return command.line
    return (
        f"execute {command.headers['execute-app-name']} {command.headers.get('execute-app-arg', '')}".strip()
    )
