"""One exchange with a system over HTTP that cannot hurt a call whatever the system does.

Rules:
1. One deadline over all of it: name, connection, sending, and the last byte of the answer.
2. An answer is read up to `largest` bytes, uncompressed.
3. Redirects are never followed: they would lead the request, with its secret and the caller's data, to a
   place that nobody declared. Link-local addresses (cloud metadata) are never connected to, whatever a name
   resolves to. No proxy of the environment is used.
4. TLS is verified, always.
5. What goes into a header is one line of printable ASCII, or nothing is sent.
6. A fault tells whether the system may have acted: `NotReached`, or `NotAnswered`.
"""

from __future__ import annotations

import re
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gevent
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    EmptyPoolError,
    HTTPError,
    NewConnectionError,
    SSLError,
)
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout

from ivr.outside.faults import AnswerUnusable, NotAnswered, NotReached, OutOfTime

Network = IPv4Network | IPv6Network
PIECE = 65_536
"""Bytes that are read at a time."""
CONNECTING = 0.75
"""Share of the deadline after which a connection is given up."""


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    content: bytes
    whole: bool
    """False: it is larger than was asked for, and the rest was not read."""

    @property
    def wait(self) -> float | None:
        """Seconds that the system asks to be left alone (`Retry-After`); a date there is not understood."""
        text = self.headers.get("retry-after", "")
        return float(text) if re.fullmatch("[0-9]{1,6}", text) else None

    @property
    def compressed(self) -> bool:
        """Although that was not asked for."""
        return self.headers.get("content-encoding", "identity") != "identity"


class _PlaceRefused(HTTPError):
    """The name leads to an address that must not be connected to."""


def _checked_peer(connection: HTTPConnection, sock: Any) -> Any:
    address = ip_address(sock.getpeername()[0].partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    allowed: Sequence[Network] = getattr(connection, "networks", ())
    inside = not allowed or any(address in network for network in allowed)
    if address.is_link_local or address.is_multicast or not inside:
        sock.close()
        raise _PlaceRefused("its name leads to an address that is not allowed")
    return sock


class _Connection(HTTPConnection):
    networks: Sequence[Network] = ()

    def _new_conn(self) -> Any:
        return _checked_peer(self, super()._new_conn())


class _TlsConnection(HTTPSConnection):
    networks: Sequence[Network] = ()

    def _new_conn(self) -> Any:
        return _checked_peer(self, super()._new_conn())


class HttpLink:
    """The connections to one system."""

    def __init__(
        self,
        url: str,
        *,
        connections: int,
        networks: Sequence[Network] = (),
        authorities: Path | None = None,
    ) -> None:
        """`connections`: at once; whoever wants more waits. `networks`: where its address must lie, if not
        anywhere. `authorities`: certificates, if not the machine's.

        Raises `OSError` (`ssl.SSLError` is one) if the certificates cannot be read.
        """
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._below = parts.path
        secure = parts.scheme == "https"
        # Always said: the end of an IPv6 address would be taken for a port.
        port = parts.port or (443 if secure else 80)
        own = type("Own", (_TlsConnection if secure else _Connection,), {"networks": networks})
        if secure:
            self._pool: HTTPConnectionPool = HTTPSConnectionPool(
                parts.hostname,
                port,
                maxsize=connections,
                block=True,
                ssl_context=_trusting(authorities),
            )
        else:
            self._pool = HTTPConnectionPool(parts.hostname, port, maxsize=connections, block=True)
        self._pool.ConnectionCls = own

    @property
    def host(self) -> str:
        host = self._pool.host
        return f"[{host}]:{self._pool.port}" if ":" in host else f"{host}:{self._pool.port}"

    def close(self) -> None:
        self._pool.close()

    def connect(self, *, deadline: float) -> None:
        """Connects, TLS and all, and sends nothing. Raises as `send`."""
        out_of_time = gevent.Timeout(deadline)
        connection = self._pool._new_conn()
        try:
            with out_of_time, _faults():
                connection.connect()
        except gevent.Timeout as timeout:
            if timeout is not out_of_time:
                raise
            raise OutOfTime(f"no connection within {deadline:.1f} s") from None
        finally:
            connection.close()

    def send(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        deadline: float,
        largest: int,
    ) -> Reply:
        """One request and its reply, in at most `deadline` seconds; `largest` bytes of it are read.

        `target`: what follows the system's URL, encoded. Raises `NotReached`, `NotAnswered`, `OutOfTime`,
        `AnswerUnusable`.
        """
        for value in headers.values():
            if not is_one_line(value):
                raise NotReached("a header would hold signs that none can carry")
        out_of_time = gevent.Timeout(max(0.001, deadline))
        target = self._below + target
        try:
            with out_of_time, _faults():
                response = self._pool.urlopen(
                    method,
                    target if target.startswith("/") else f"/{target}",
                    body=body,
                    headers={"Accept-Encoding": "identity", "User-Agent": "ivr", **headers},
                    retries=False,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                    # Unreached before the time is over, so that it is known that nothing was sent.
                    timeout=Timeout(connect=deadline * CONNECTING, read=deadline + 1.0),
                    pool_timeout=deadline * CONNECTING,  # type: ignore[arg-type]  # seconds, as its queue takes them
                )
                return _read(response, largest)
        except gevent.Timeout as timeout:
            if timeout is not out_of_time:
                raise
            raise OutOfTime(f"no answer within {deadline:.1f} s") from None


def _read(response: BaseHTTPResponse, largest: int) -> Reply:
    whole = False
    try:
        headers = {name.lower(): value for name, value in response.headers.items()}
        if 300 <= response.status < 400:
            raise AnswerUnusable(f"redirects to another place ({response.status}): correct its address")
        length = headers.get("content-length", "0")
        content = bytearray()
        while not (length.isdecimal() and int(length) > largest) and len(content) <= largest:
            if not (piece := response.read(min(PIECE, largest + 1 - len(content)), decode_content=False)):
                whole = True
                break
            content += piece
        return Reply(response.status, headers, bytes(content), whole)
    finally:
        if whole:
            response.release_conn()
        else:
            # Not back to the pool: what is left unread must not be the next answer's beginning.
            response.close()


@contextmanager
def _faults() -> Iterator[None]:
    """The library's faults as ours. Their texts stay out: they repeat addresses with the caller's values."""
    try:
        yield
    except _PlaceRefused as refused:
        raise NotReached(str(refused)) from None
    except SSLError:
        raise NotReached("its certificate or its TLS is not to be trusted") from None
    except (NewConnectionError, ConnectTimeoutError):
        raise NotReached("no connection to it") from None
    except EmptyPoolError:
        raise NotReached("all connections to it are in use") from None
    except (HTTPError, OSError, ValueError) as broken:
        raise NotAnswered(f"the exchange broke off ({type(broken).__name__})") from None


def is_one_line(value: str) -> bool:
    """Whether a header can carry it, and cannot become another header by it."""
    return value.isascii() and value.isprintable()


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token (RFC 6750)."""
    return {"Authorization": f"Bearer {token}"}


def basic(user: str, password: str) -> dict[str, str]:
    """The header that carries a user's name and password (RFC 7617, in UTF-8)."""
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def _trusting(authorities: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
