"""The least that can control a call: gevent sockets and searches in bytes, no library, no safety.

A yardstick, not an example: it checks nothing, escapes nothing and waits for ever.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gevent
from gevent import socket
from gevent.event import Event
from gevent.server import StreamServer

_COMPLETE = b"Event-Name: CHANNEL_EXECUTE_COMPLETE\n"
_IDENTITY = b"ours"
"""Of every command: the dialplan's own applications have others."""


def messages(sock: Any) -> Iterator[tuple[bytes, bytes]]:
    """Header block and body of each message until the switch closes."""
    buffer = b""
    while data := sock.recv(65536):
        buffer += data
        while (end := buffer.find(b"\n\n")) >= 0:
            head, length = buffer[:end], 0
            at = head.find(b"Content-Length: ")
            if at >= 0:
                length = int(head[at + 16 :].partition(b"\n")[0])
            if len(buffer) < end + 2 + length:
                break
            yield head, buffer[end + 2 : end + 2 + length]
            buffer = buffer[end + 2 + length :].lstrip(b"\n")


def value(block: bytes, name: bytes) -> bytes:
    """What a header line says; empty if it is not there."""
    _, found, rest = block.partition(b"\n" + name + b": ")
    return rest.partition(b"\n")[0] if found else b""


class BareServer:
    """Answers, plays one file, hangs up. `subscription` is what each socket asks for after `connect`."""

    def __init__(self, port: int, sound: str, *, subscription: str) -> None:
        self._sound = sound
        self._subscription = subscription
        self._server = StreamServer(("127.0.0.1", port), self._arrive, backlog=512)
        self._legs: dict[bytes, Event] = {}
        self._shared: Any = None
        self._under_way = 0

    def start(self) -> None:
        self._server.start()

    def drain(self, seconds: float) -> bool:
        """Waits until no call is under way, at most so many seconds; whether none is."""
        deadline = time.monotonic() + seconds
        while self._under_way and time.monotonic() < deadline:
            gevent.sleep(0.05)
        return not self._under_way

    def share_events(self, host: str, port: int, password: str) -> None:
        """One connection for the events of all legs, in the place of a subscription on each socket."""
        self._shared = socket.create_connection((host, port))
        self._shared.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        subscription = "filter variable_ivr_node 1\n\nevent plain CHANNEL_EXECUTE_COMPLETE\n\n"
        self._shared.sendall(f"auth {password}\n\n{subscription}".encode())
        gevent.spawn(self._read_shared)

    def _read_shared(self) -> None:
        for _, body in messages(self._shared):
            if body.startswith(_COMPLETE) and value(body, b"Application-UUID") == _IDENTITY:
                waiting = self._legs.get(value(body, b"Unique-ID"))
                if waiting is not None:
                    waiting.set()

    def _arrive(self, sock: Any, _peer: object) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._under_way += 1
        completed, connected = Event(), Event()
        uuids: list[bytes] = []
        reading = gevent.spawn(self._read, sock, completed, connected, uuids)
        sock.sendall(b"connect\n\n")
        connected.wait()
        uuid = uuids[0]
        if self._shared is not None:
            self._legs[uuid] = completed
            sock.sendall(b"api uuid_setvar " + uuid + b" ivr_node 1\n\n")
        elif self._subscription:
            sock.sendall(self._subscription.replace("UUID", uuid.decode()).encode())
        _execute(sock, "answer", "", completed)
        _execute(sock, "playback", self._sound, completed)
        sock.sendall(b"api uuid_kill " + uuid + b"\n\n")
        reading.join()
        self._legs.pop(uuid, None)
        self._under_way -= 1

    def _read(self, sock: Any, completed: Event, connected: Event, uuids: list[bytes]) -> None:
        for head, body in messages(sock):
            if not uuids:
                uuids.append(value(head, b"Unique-ID"))
                connected.set()
            elif body.startswith(_COMPLETE) and value(body, b"Application-UUID") == _IDENTITY:
                completed.set()


def _execute(sock: Any, application: str, argument: str, completed: Event) -> None:
    completed.clear()
    lines = ["sendmsg", "call-command: execute", f"execute-app-name: {application}"]
    if argument:
        lines.append(f"execute-app-arg: {argument}")
    sock.sendall("\n".join([*lines, "Event-UUID: ours", "", ""]).encode())
    completed.wait()
