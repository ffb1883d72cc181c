"""One TCP connection's bytes, in and out.

Rules:
1. One greenlet reads, a piece at a time, and the others run in between: a peer that never stops sending
   holds up nobody.
2. What is written goes out whole and in the order in which it was given, whoever gave it.
3. `close` may come from anyone, at any moment, more than once; who reads and who writes is woken.
"""

from __future__ import annotations

import os
from collections import deque
from typing import Any

import gevent
from gevent.hub import Waiter

_PIECE = 32768
"""Bytes of one read: three events of a leg."""
_READABLE = 1  # libev's EV_READ


class ByteStream:
    """A connected socket of gevent's. One greenlet may `read`, any may `write`."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._number: int = sock.fileno()
        self._loop = gevent.get_hub().loop
        # Waits first and reads then, with one watcher for as long as the connection lasts: gevent's `recv`
        # tries first (in vain, after each reply) and begins anew to watch each time.
        self._arrived: Any = Waiter()
        self._watcher = self._loop.io(self._number, _READABLE)
        self._watcher.start(self._arrived.switch, None)
        self._unsent: deque[bytes] = deque()
        self._writing = False
        self._closed = False

    def read(self) -> bytes:
        """The next bytes; none at the end. Raises `OSError`."""
        while not self._closed:
            self._arrived.get()
            self._arrived.clear()
            if not self._closed:
                try:
                    return os.read(self._number, _PIECE)
                except BlockingIOError:
                    continue
        return b""

    def write(self, stream: bytes) -> None:
        """Sends it, behind all that was given before; while another greenlet writes, that one does it.

        Raises `OSError`. After that, or whatever else comes in between, the stream is to be closed.
        """
        self._unsent.append(stream)
        if self._writing:
            return
        self._writing = True
        try:
            while self._unsent:
                piece = self._unsent.popleft()
                sent = self._sock.send(piece)
                if sent < len(piece):
                    self._sock.sendall(memoryview(piece)[sent:])
        finally:
            self._writing = False

    def close(self) -> None:
        """Ends both directions."""
        if not self._closed:
            self._closed = True
            self._watcher.stop()
            self._watcher.close()
            self._sock.close()  # wakes who writes, too
            self._loop.run_callback(self._arrived.switch, None)
