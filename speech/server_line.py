"""Connections to vosk-servers: websockets' protocol, which does no I/O, on gevent's sockets."""

from __future__ import annotations

import time
from collections import deque

import gevent
import gevent.socket
from gevent import ssl
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidURI, WebSocketException
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import WebSocketURI, parse_uri

from speech.errors import RecognizerLost

CONNECT_WITHIN = 2.0
"""Seconds for connection and handshake."""
LEFT_ALONE = 10.0
"""Seconds that a server which failed is not asked."""
LARGEST_ANSWER = 1 << 20
"""Bytes of one message."""


class Broken(Exception):
    """This connection gave no answer; the text says why."""


class Server:
    """One address, and whether it is worth asking."""

    def __init__(self, url: str) -> None:
        """Raises `RecognizerLost` for what is no websocket address."""
        self.url = url
        self.failed_at = -LEFT_ALONE
        self.reason = ""
        try:
            self._where: WebSocketURI = parse_uri(url)
        except InvalidURI:
            raise RecognizerLost(f"{url!r} is no vosk-server: write it as ws://10.0.0.6:2700") from None

    @property
    def usable(self) -> bool:
        return time.monotonic() - self.failed_at >= LEFT_ALONE

    def failed(self, reason: str) -> None:
        """It is left alone for a while."""
        self.failed_at = time.monotonic()
        self.reason = reason

    def connect(self) -> Line:
        """Raises `Broken`."""
        overdue = gevent.Timeout(CONNECT_WITHIN)
        try:
            with overdue:
                return self._connected()
        except gevent.Timeout as passed:
            if passed is not overdue:
                raise
            raise Broken(f"{self.url} did not answer within {CONNECT_WITHIN:g} s") from None

    def _connected(self) -> Line:
        try:
            connection = gevent.socket.create_connection((self._where.host, self._where.port))
        except OSError as fault:
            raise Broken(f"{self.url} cannot be reached ({fault.strerror or fault})") from None
        try:
            connection.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
            if self._where.secure:
                context = ssl.create_default_context()
                connection = context.wrap_socket(connection, server_hostname=self._where.host)
            line = Line(connection, ClientProtocol(self._where, max_size=LARGEST_ANSWER), self.url)
            line.shake_hands()
        except OSError as fault:
            connection.close()
            raise Broken(f"{self.url}: {fault.strerror or fault}") from None
        except BaseException:
            connection.close()
            raise
        return line


class Line:
    """One websocket connection, by the library's protocol without its asyncio."""

    def __init__(self, connection: gevent.socket.socket, protocol: ClientProtocol, url: str) -> None:
        self._socket = connection
        self._protocol = protocol
        self._url = url
        self._messages: deque[str] = deque()
        self._parts: list[bytes] = []

    def shake_hands(self) -> None:
        """Raises `Broken`, OSError."""
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        while self._protocol.state is State.CONNECTING:
            self._receive()
        if self._protocol.handshake_exc is not None:
            raise Broken(f"{self._url} is no vosk-server ({self._protocol.handshake_exc})")

    def say(self, text: str) -> None:
        """Raises OSError."""
        self._protocol.send_text(text.encode())
        self._flush()

    def give(self, samples: bytes) -> None:
        """Raises OSError."""
        self._protocol.send_binary(samples)
        self._flush()

    def hear(self) -> str:
        """The next message. Raises `Broken` at the end of the connection, OSError."""
        while not self._messages:
            if self._protocol.state is not State.OPEN:
                raise Broken(f"{self._url} closed the connection")
            self._receive()
        return self._messages.popleft()

    def close(self) -> None:
        """Says goodbye if it still can, and never waits."""
        if self._protocol.state is State.OPEN:
            try:
                self._protocol.send_close(CloseCode.NORMAL_CLOSURE)
                self._flush()
            except (OSError, WebSocketException):
                pass
        self._socket.close()

    def _receive(self) -> None:
        data = self._socket.recv(1 << 16)
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        self._flush()
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
            elif isinstance(event, Response) and event.status_code != 101:
                raise Broken(f"{self._url} is no vosk-server (status {event.status_code})")
        if not data and self._protocol.state is not State.CLOSED:
            raise Broken(f"{self._url} closed the connection")

    def _take(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._parts.append(bytes(frame.data))
            if frame.fin:
                self._messages.append(b"".join(self._parts).decode("utf-8", "replace"))
                self._parts = []

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._socket.sendall(data)
