"""What an operator says of the HTTP API, in `ivr.yaml` below `api`."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

Network = Annotated[
    IPv4Network | IPv6Network,
    BeforeValidator(lambda value: ip_network(value, strict=False)),
    PlainSerializer(str),
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ApiLimits(_Part):
    """How much of the server the API may take."""

    per_token: Annotated[float, Field(gt=0, le=10_000)] = 20.0
    """Requests a second that a token may make in the long run; three seconds' worth of them at once."""
    per_address: Annotated[float, Field(gt=0, le=10_000)] = 50.0
    """Requests a second from one address; one that is refused counts as ten."""
    connections: Annotated[int, Field(ge=4, le=10_000)] = 200
    streams: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Event streams that are open at once; they count as connections, too."""
    body: Annotated[int, Field(ge=1024, le=16_777_216)] = 65_536
    """Bytes of a request's body."""
    request_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0
    """Seconds that a client has to send a request, and again its body."""
    threads: Annotated[int, Field(ge=1, le=32)] = 4
    """Requests that may be at the database or the disk at once."""


class ApiSettings(_Part):
    """The HTTP API; on loopback, unless it is told otherwise."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    proxies: tuple[Network, ...] = ()
    """Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: the reverse proxy that ends TLS."""
    require_tls: bool = False
    """Whether a request is refused that did not come to one of `proxies` by HTTPS."""
    limits: ApiLimits = ApiLimits()
