"""The worker's end of its socket. Runs in worker processes only: plain blocking sockets, no gevent.

The socket is the process's standard input, so that the worker ends when its parent does, however
that happens. Libraries that print (pyttsx3 does) find standard output pointing nowhere.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections import deque

from speech.frames import Decoder, Frame, Header, encode


class ParentLink:
    """Frames from and to the server. `send` may be called from any thread."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(True)  # gevent made the pair, and made both ends non-blocking
        self._socket = connection
        self._decoder = Decoder()
        self._arrived: deque[Frame] = deque()
        self._sending = threading.Lock()

    def receive(self) -> Frame | None:
        """The next frame, or None once the parent has gone."""
        while not self._arrived:
            try:
                data = self._socket.recv(1 << 16)
            except (ConnectionError, OSError):
                return None
            if not data:
                return None
            self._arrived.extend(self._decoder.push(data))
        return self._arrived.popleft()

    def arrived(self, *, wait: bool) -> list[Frame] | None:
        """The frames that have come by now, or with `wait` the next ones; None once the parent has gone."""
        found = list(self._arrived)
        self._arrived.clear()
        try:
            data = self._socket.recv(1 << 18, 0 if wait and not found else socket.MSG_DONTWAIT)
        except BlockingIOError:
            return found
        except (ConnectionError, OSError):
            return None
        return [*found, *self._decoder.push(data)] if data else None

    def send(self, header: Header, body: bytes = b"") -> None:
        """Sends a frame; ends the process if nobody is left to hear it."""
        data = encode(header, body)
        with self._sending:
            try:
                self._socket.sendall(data)
            except OSError:
                os._exit(0)

    def ready(self, **facts: object) -> None:
        """Tells the server that models are loaded and work can come."""
        self.send({"op": "ready", "pid": os.getpid(), **facts})

    def progress(self, text: str) -> None:
        """Tells the server what the start-up is busy with."""
        self.send({"op": "progress", "text": text})


def stdin_socket() -> socket.socket:
    """The socket that the server passed as standard input; standard input becomes empty."""
    # Ctrl-C in a terminal reaches the whole process group: the server decides when workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdin = open(os.devnull)  # noqa: SIM115, PTH123 - replaces the stream for the process's life
    return connection
