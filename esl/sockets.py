"""What every TCP connection to a switch needs, whichever side opened it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from gevent import socket


def tune(sock: Any) -> None:
    """No command waits for the acknowledgement of the one before (40 ms that a caller hears), and a
    switch whose machine has died is noticed within half a minute, even while nothing is said."""
    with suppress(OSError):  # no TCP socket, or none any more
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, option):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def close(sock: Any) -> None:
    """Wakes whoever reads or writes the socket, then closes it."""
    if sock is None:
        return
    with suppress(OSError):  # already closed by the other side
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
