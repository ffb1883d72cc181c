"""What every TCP connection to a switch needs, whichever side opened it."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from gevent import socket
from gevent.server import StreamServer

from esl.errors import AddressTakenError, AddressUnusableError

Network = IPv4Network | IPv6Network
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def start(server: StreamServer, address: tuple[str, int]) -> tuple[str, int]:
    """Starts to listen; returns where, with the real port for 0.

    Raises `AddressTakenError` or `AddressUnusableError`, each with its remedy.
    """
    try:
        server.start()
    except OSError as fault:
        raise _unusable(address, fault) from None
    return _address_of(server.socket)


def bind(address: tuple[str, int]) -> tuple[Any, tuple[str, int]]:
    """A socket that holds the address and is not reachable yet, and the address with the real port for 0.

    Raises as `start`.
    """
    sock = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
    tune(sock)  # what is accepted here inherits it: five calls of the system less for each
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError as fault:
        sock.close()
        raise _unusable(address, fault) from None
    return sock, _address_of(sock)


def listen(sock: Any, address: tuple[str, int], backlog: int) -> None:
    """Makes a bound socket reachable. Raises as `start`: another may have bound, too, and been first."""
    try:
        sock.listen(backlog)
    except OSError as fault:
        raise _unusable(address, fault) from None


def _address_of(sock: Any) -> tuple[str, int]:
    bound: tuple[Any, ...] = sock.getsockname()
    return str(bound[0]), int(bound[1])


def _unusable(address: tuple[str, int], fault: OSError) -> AddressTakenError | AddressUnusableError:
    host, port = address
    if fault.errno == errno.EADDRINUSE:
        return AddressTakenError(
            f"{host}:{port} is taken: end the program that listens there, or configure another port"
        )
    return AddressUnusableError(
        f"cannot listen on {host}:{port} ({fault.strerror or fault}): "
        "configure an address of this machine and a port above 1023"
    )


def is_allowed(host: str, networks: Sequence[Network]) -> bool:
    """Whether a peer's address is in one of the networks."""
    address = ip_address(host.partition("%")[0])
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in network for network in networks)


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
