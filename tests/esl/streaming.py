"""The switch's side of a streamed leg, in mod_audio_stream's shape: a websocket client that a test drives."""

from __future__ import annotations

import logging
import socket
from contextlib import suppress

from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

DEADLINE = 5.0
"""Seconds; only ever reached when something is broken."""


class StreamingModule:
    """One connection. Raises `ConnectionRefusedError` if the handshake is refused."""

    def __init__(self, url: str, *, source: str = "127.0.0.1") -> None:
        uri = parse_uri(url)
        silent = logging.getLogger("tests.streaming")
        silent.disabled = True
        self.protocol = ClientProtocol(uri, logger=silent)
        self.sock = socket.create_connection(
            (uri.host, uri.port), timeout=DEADLINE, source_address=(source, 0)
        )
        self.status = 0
        self.frames: list[Frame] = []
        request = self.protocol.connect()
        self.protocol.send_request(request)
        self._flush()
        self._read_until(lambda: self.status != 0)
        if self.protocol.state is not State.OPEN:
            self.sock.close()
            raise ConnectionRefusedError(f"HTTP {self.status}")

    def audio(self, samples: bytes, *, fin: bool = True) -> None:
        self.protocol.send_binary(samples, fin=fin)
        self._flush()

    def more(self, samples: bytes, *, fin: bool) -> None:
        """A further part of a message."""
        self.protocol.send_continuation(samples, fin=fin)
        self._flush()

    def text(self, text: str) -> None:
        self.protocol.send_text(text.encode())
        self._flush()

    def ping(self, content: bytes = b"") -> None:
        self.protocol.send_ping(content)
        self._flush()

    def close(self, code: int = 1000) -> None:
        """Says goodbye, and goes."""
        self.protocol.send_close(code)
        self._flush()
        self.sock.close()

    def vanish(self) -> None:
        """Without a word."""
        self.sock.close()

    def raw(self, data: bytes) -> None:
        """Whatever the test likes."""
        self.sock.sendall(data)

    def closed_by_server(self) -> int:
        """Waits until the server has closed; returns its code, or 0 if it said none."""
        self._read_until(lambda: False)
        close = self.protocol.close_rcvd
        self.sock.close()
        return 0 if close is None else close.code

    def wait_pong(self) -> bytes:
        """Waits for a pong and returns what it holds."""
        self._read_until(lambda: any(frame.opcode == 10 for frame in self.frames))
        return bytes(next(frame.data for frame in self.frames if frame.opcode == 10))

    def _read_until(self, there: object) -> None:
        assert callable(there)
        while not there():
            try:
                data = self.sock.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                self.protocol.receive_eof()
                return
            self.protocol.receive_data(data)
            for event in self.protocol.events_received():
                if isinstance(event, Response):
                    self.status = event.status_code
                elif isinstance(event, Frame):
                    self.frames.append(event)
            self._flush()

    def _flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.sock.sendall(data)
