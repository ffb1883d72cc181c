"""The section `freeswitch` of `ivr.yaml`: what `ivr freeswitch init` needs to know beyond the rest.

Rules:
1. What the server and the switch must agree on (ports, password, recordings) is taken from the sections
   that the server itself uses; nothing is written down twice.
2. Values are checked once more, and more strictly, by `esl.freeswitch.configuration`: there it is known
   what FreeSWITCH would do with them.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

Network = Annotated[
    IPv4Network | IPv6Network,
    BeforeValidator(lambda value: ip_network(value, strict=False)),
    PlainSerializer(str),
]
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GatewaySettings(_Part):
    """A trunk of a provider."""

    name: str
    proxy: str
    """Host name or address, with `:port` if it is not 5060."""
    username: str
    password_file: Path
    """Read by `ivr freeswitch init`, never kept in the settings."""
    register_here: bool = True
    """Providers that know your address need no registration."""


class QueueSettings(_Part):
    """A queue of people on the switch."""

    name: str
    strategy: str = "longest-idle-agent"
    longest_wait: int = 600
    """Seconds; 0 = without end."""
    longest_wait_without_agents: int = 60
    """Seconds; 0 = without end."""


class TelephoneSettings(_Part):
    """An agent's telephone that registers at the switch."""

    name: str
    """Its user name, digits."""
    queues: tuple[str, ...] = ()


class FreeswitchSettings(_Part):
    """Everything about the switch's own configuration."""

    servers: tuple[str, ...] = ()
    """`host:port` of every server of ours, in the order of trying; default: `outbound`."""
    sip_address: str = "127.0.0.1"
    """The IPv4 address of the switch's machine for telephones and providers."""
    sip_port: int = 5060
    public_address: str | None = None
    """What the far end must send to, if a router translates addresses."""
    peers: tuple[Network, ...] = _LOOPBACK
    """Who may bring calls without a password."""
    event_address: str | None = None
    """Where the switch listens for us; default: `switch.event_host`."""
    event_clients: tuple[Network, ...] = _LOOPBACK
    gateways: tuple[GatewaySettings, ...] = ()
    numbers: tuple[str, ...] = ()
    """Numbers that lead to the server; none = all."""
    queues: tuple[QueueSettings, ...] = (QueueSettings(name="agents"),)
    fallback_queue: str = "agents"
    agents: tuple[TelephoneSettings, ...] = ()
    overflow: str | None = None
    """A number outside for callers whom nobody serves."""
    apology: Path | None = None
    hold_music: Path | None = None
    live_audio: Path = Path("/dev/shm")  # noqa: S108 - tmpfs is what live audio needs
    log_level: str = "notice"
    legs: int | None = None
    """At once; default: twice `outbound.max_calls`, for a caller with an agent is two."""
    legs_per_second: int = 100
    rtp_first: int = 16384
    rtp_last: int = 32768
    jitter_buffer: int = 40
    """Milliseconds of the caller's sound that are held back, so that a packet may be late; 0 = none."""

    @property
    def queue_names(self) -> frozenset[str]:
        """The queues that the switch has whatever the flows name."""
        return frozenset({queue.name for queue in self.queues} | {self.fallback_queue})
