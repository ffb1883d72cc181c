"""Systems of a company for tests: real sockets on loopback, well-behaved and otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent
from gevent import socket
from gevent.pywsgi import WSGIServer
from gevent.queue import Queue
from gevent.server import StreamServer

Reply = tuple[int, Any] | tuple[int, Any, dict[str, str]]


@dataclass
class Crm:
    """Answers each request by the first rule that has something to say, and remembers what it was asked."""

    reply: Callable[[str, str, Any], Reply]
    """(method, path, body) → status, content (bytes as they are, else JSON), headers."""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read()
        path = environ["RAW"] if "RAW" in environ else environ["REQUEST_URI"]
        document = json.loads(body) if body else None
        self.asked.append((environ["REQUEST_METHOD"], path, document))
        self.headers.append(
            {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
        )
        status, content, *more = self.reply(environ["REQUEST_METHOD"], path, document)
        headers = {"Content-Type": "application/json", **(more[0] if more else {})}
        sent = content if isinstance(content, bytes) else json.dumps(content).encode()
        start(f"{status} said", list(headers.items()))
        return [sent]


class _Server(WSGIServer):
    class handler_class(WSGIServer.handler_class):  # noqa: N801 - gevent's own name  # type: ignore[name-defined,misc]  # gevent's own way
        def get_environ(self) -> dict[str, Any]:
            environ: dict[str, Any] = super().get_environ()
            environ["REQUEST_URI"] = self.path
            return environ


@contextmanager
def crm(reply: Callable[[str, str, Any], Reply], tls: Path | None = None) -> Iterator[Crm]:
    """A CRM that behaves as HTTP wants it, on a free port; `tls`: its key and certificate, in one file."""
    application = Crm(reply)
    secure = {} if tls is None else {"keyfile": str(tls), "certfile": str(tls)}
    server = _Server(("127.0.0.1", 0), application, log=None, error_log=None, **secure)
    server.start()
    application.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    try:
        yield application
    finally:
        server.stop(timeout=0.1)


def in_turn(*replies: Reply) -> Callable[..., Reply]:
    """What a system answers, one reply after the other; the last one from then on."""
    left = list(replies)
    return lambda *_: left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does with each connection what the test says, after having read the request's head."""

    def serve(connection: socket.socket, _peer: object) -> None:
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            try:
                talk(connection)
            except OSError:
                return  # the asker has gone, as it should

    server = StreamServer(("127.0.0.1", 0), serve)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.stop(timeout=0.1)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def hang(connection: socket.socket) -> None:
    """Says nothing until whoever asked has gone."""
    connection.recv(1)


class Holding:
    """A server's talk that hangs, and tells when it has been asked."""

    def __init__(self) -> None:
        self._asked: Queue[None] = Queue()

    def __call__(self, connection: socket.socket) -> None:
        self._asked.put(None)
        hang(connection)

    def wait_asked(self) -> None:
        """Waits for the next request. Raises `gevent.queue.Empty` after ten seconds."""
        self._asked.get(timeout=10)


def drip(connection: socket.socket) -> None:
    """A byte now and then: each read succeeds, and none of them is the last."""
    connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
    _drop_by_drop(connection, b" ")


def drip_head(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drop_by_drop(connection, b"a")


def _drop_by_drop(connection: socket.socket, drop: bytes) -> None:
    while True:
        connection.sendall(drop)
        gevent.sleep(0.05)  # no wait of a test's: the slowness is what is served


def flood(megabytes: int) -> Callable[[socket.socket], None]:
    """So much content without saying how much; `sent` counts what the asker has taken."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Connection: close\r\n\r\n[")
        for _ in range(megabytes * 16):
            connection.sendall(b"1," * 32_768)

    return talk


def announce(connection: socket.socket) -> None:
    """Says that 100 MB will come."""
    connection.sendall(HEAD + b"Content-Length: 104857600\r\n\r\n{")


def break_off(connection: socket.socket) -> None:
    connection.sendall(HEAD + b'Content-Length: 500\r\n\r\n{"tier":')


def garbage(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n" * 10)
