"""One exchange with a system over HTTP, in JSON, that cannot hurt a call whatever the system does.

Rules:
1. One deadline over all of it: name, connection, sending, and the last byte of the answer.
2. An answer is read up to `largest` bytes, uncompressed, and only if it says that it is JSON.
3. Redirects are never followed: they would lead the request, with its secret and the caller's data, to a
   place that nobody declared. Link-local addresses (cloud metadata) are never connected to, whatever a name
   resolves to.
4. TLS is verified, always.
5. A fault tells whether the system may have acted: `NotReached`, or `NotAnswered`.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from ipaddress import ip_address
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
from urllib3.util import Timeout, make_headers

from ivr.back_ends.declared import Auth, HttpSystem, Network
from ivr.back_ends.errors import AnswerUnusable, NotAnswered, NotReached, OutOfTime
from ivr.errors import BackEndUnfit

PIECE = 65_536
"""Bytes that are read at a time."""
CONNECTING = 0.75
"""Share of the deadline after which a connection is given up."""
_JSON = re.compile(r"application/(json|[a-z0-9.+-]+\+json)\s*(;.*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """A whole answer. `document` is None where there is no JSON, and nothing else came either."""

    status: int
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def wait(self) -> float | None:
        """Seconds that the system asks to be left alone (`Retry-After`); a date there is not understood."""
        text = self.headers.get("retry-after", "")
        return float(text) if re.fullmatch("[0-9]{1,6}", text) else None


class _PlaceRefused(HTTPError):
    """The name leads to an address that must not be connected to."""


def _checked_peer(connection: HTTPConnection, sock: Any) -> Any:
    address = ip_address(sock.getpeername()[0].partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    allowed: tuple[Network, ...] = getattr(connection, "networks", ())
    inside = not allowed or any(address in network for network in allowed)
    if address.is_link_local or address.is_multicast or not inside:
        sock.close()
        raise _PlaceRefused("its name leads to an address that is not allowed")
    return sock


class _Connection(HTTPConnection):
    networks: tuple[Network, ...] = ()

    def _new_conn(self) -> Any:
        return _checked_peer(self, super()._new_conn())


class _TlsConnection(HTTPSConnection):
    networks: tuple[Network, ...] = ()

    def _new_conn(self) -> Any:
        return _checked_peer(self, super()._new_conn())


class HttpLink:
    """The connections to one system."""

    def __init__(self, name: str, declared: HttpSystem) -> None:
        """Raises `BackEndUnfit` if a secret or a certificate cannot be read."""
        self.name, self.declared = name, declared
        parts = urlsplit(declared.url)
        assert parts.hostname is not None
        self._below = parts.path
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "ivr",
            **declared.headers,
            **(_authorisation(declared.auth) if declared.auth else {}),
        }
        secure = parts.scheme == "https"
        own = type("Own", (_TlsConnection if secure else _Connection,), {"networks": declared.networks})
        if secure:
            self._pool: HTTPConnectionPool = HTTPSConnectionPool(
                parts.hostname,
                parts.port,
                maxsize=declared.connections,
                block=True,
                ssl_context=_trusting(declared),
            )
        else:
            self._pool = HTTPConnectionPool(
                parts.hostname, parts.port, maxsize=declared.connections, block=True
            )
        self._pool.ConnectionCls = own

    @property
    def host(self) -> str:
        return f"{self._pool.host}:{self._pool.port}"

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
        path: str,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        deadline: float,
    ) -> Answer:
        """One request and its answer, in at most `deadline` seconds.

        Raises `NotReached`, `NotAnswered`, `OutOfTime`, `AnswerUnusable`.
        """
        sent = {**self._headers, **(headers or {})}
        data = None
        if body is not None:
            data = json.dumps(body, ensure_ascii=False).encode()
            sent["Content-Type"] = "application/json"
        out_of_time = gevent.Timeout(max(0.001, deadline))
        try:
            with out_of_time, _faults():
                response = self._pool.urlopen(
                    method,
                    self._below + path,
                    body=data,
                    headers=sent,
                    retries=False,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                    # Unreached before the time is over, so that it is known that nothing was sent.
                    timeout=Timeout(connect=deadline * CONNECTING, read=deadline + 1.0),
                    pool_timeout=deadline * CONNECTING,  # type: ignore[arg-type]  # seconds, as its queue takes them
                )
                return self._read(response)
        except gevent.Timeout as timeout:
            if timeout is not out_of_time:
                raise
            raise OutOfTime(f"no answer within {deadline:.1f} s") from None

    def _read(self, response: BaseHTTPResponse) -> Answer:
        whole = False
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            if 300 <= response.status < 400:
                raise AnswerUnusable(f"redirects to another place ({response.status}): correct its address")
            if headers.get("content-encoding", "identity") != "identity":
                raise AnswerUnusable("is compressed, although that was not asked for")
            largest = self.declared.largest
            length = headers.get("content-length", "0")
            content = bytearray()
            while not (length.isdecimal() and int(length) > largest) and len(content) <= largest:
                if not (piece := response.read(min(PIECE, largest + 1 - len(content)), decode_content=False)):
                    whole = True
                    break
                content += piece
            if not whole:
                raise AnswerUnusable(f"is larger than {largest:,} bytes")
            return Answer(response.status, self._document(response.status, bytes(content), headers), headers)
        finally:
            if whole:
                response.release_conn()
            else:
                response.close()

    def _document(self, status: int, content: bytes, headers: Mapping[str, str]) -> Any:
        """What an error says is of use if it is JSON; a good answer has to be."""
        if not content.strip():
            return None
        good = status < 300
        if not _JSON.fullmatch(headers.get("content-type", "")):
            if good:
                raise AnswerUnusable("does not say that it is JSON (Content-Type)")
            return None
        try:
            return json.loads(content, parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, RecursionError):
            if good:
                raise AnswerUnusable("is not JSON, although it says so") from None
            return None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


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


def _authorisation(auth: Auth) -> dict[str, str]:
    if auth.bearer is not None:
        return {"Authorization": f"Bearer {_one_line(auth.bearer.read())}"}
    if auth.basic is not None:
        made = make_headers(basic_auth=f"{auth.basic.user}:{auth.basic.password.read()}")
        return {"Authorization": made["authorization"]}
    assert auth.header is not None
    return {auth.header.name: _one_line(auth.header.value.read())}


def _one_line(secret: str) -> str:
    if not secret.isascii() or not secret.isprintable():
        raise BackEndUnfit("a secret holds signs that no header can carry", "Write it without line breaks")
    return secret


def _trusting(declared: HttpSystem) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=declared.authorities)
    except (OSError, ssl.SSLError) as fault:
        raise BackEndUnfit(
            f"the certificates in {declared.authorities} cannot be read", "Name a PEM file at `authorities`"
        ) from fault
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
