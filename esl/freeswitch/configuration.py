"""What a FreeSWITCH needs to be told, typed and checked (the input of `render`).

Rules:
1. A `SwitchConfiguration` that exists is valid: every value is checked when it is made, and a fault is one
   line with the remedy (`SwitchConfigurationError`).
2. What ends up in the dialplan or in an application's arguments matches a narrow pattern, because
   FreeSWITCH expands `${...}` there and splits at spaces, `|` and `,`: escaping XML does not help.
3. No secret has a default. Secrets are not in here at all; `folder` makes and keeps them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import PurePosixPath

from esl.freeswitch.errors import SwitchConfigurationError

Network = IPv4Network | IPv6Network

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

STRATEGIES = (
    "longest-idle-agent",
    "round-robin",
    "top-down",
    "agent-with-least-talk-time",
    "agent-with-fewest-calls",
    "sequentially-by-agent-order",
    "random",
    "ring-all",
    "ring-progressively",
)
"""mod_callcenter's ways to choose an agent."""

LOG_LEVELS = ("warning", "notice", "info", "debug")

QUEUE_DOMAIN = "ivr"
"""The templates' domain: mod_callcenter knows a queue as `NAME@ivr`."""

_RECORDINGS = PurePosixPath("/var/lib/ivr/recordings")
_SHARED_MEMORY = PurePosixPath("/dev/shm")  # noqa: S108 - tmpfs is what live audio needs

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost"})
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*")
_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_PATH = re.compile(r"(?=.{1,255}\Z)(?:/[A-Za-z0-9._@+-]+)+")
_ACCOUNT = re.compile(r"[^\x00-\x20\x7f<>\"]{1,128}")


def _check(pattern: re.Pattern[str], value: str, *, what: str, remedy: str) -> None:
    if not pattern.fullmatch(value):
        shown = ascii(value if len(value) <= 60 else value[:57] + "...")
        raise SwitchConfigurationError(f"{what} cannot be {shown}; {remedy}")


def _check_name(value: str, what: str) -> None:
    _check(
        _NAME, value, what=what, remedy="use up to 40 small letters, digits, - and _, and start with no sign"
    )


def _check_path(value: PurePosixPath, what: str) -> None:
    remedy = "give an absolute path of letters, digits and . _ @ + - only"
    _check(_PATH, str(value), what=what, remedy=remedy)
    if ".." in value.parts:
        raise SwitchConfigurationError(f"{what} cannot go up with '..'; {remedy}")


def _check_between(value: int, lowest: int, highest: int, *, what: str) -> None:
    if not lowest <= value <= highest:
        raise SwitchConfigurationError(f"{what} cannot be {value}; give a number from {lowest} to {highest}")


def _check_address(value: str, what: str) -> None:
    try:
        ip_address(value)
    except ValueError:
        raise SwitchConfigurationError(
            f"{what} cannot be {value[:60]!a}; give an IP address of the machine, such as 192.0.2.10"
        ) from None


def _check_sip_address(value: str, what: str) -> None:
    """FreeSWITCH tells this address to the far end, and whom we call is named by IPv4 address or name."""
    _check_address(value, what)
    address = ip_address(value)
    if address.version != 4:
        raise SwitchConfigurationError(
            f"{what} cannot be {value[:60]!a}, IPv6; give the machine's IPv4 address"
        )
    if address.is_unspecified or address.is_multicast or value == "255.255.255.255":
        raise SwitchConfigurationError(
            f"{what} cannot be {value}, to which nobody can send; give the machine's own, such as 192.0.2.10"
        )


@dataclass(frozen=True)
class Server:
    """Where a server of ours waits for calls (`ivr serve`, its outbound socket)."""

    host: str = "127.0.0.1"
    """IPv4 address or name. FreeSWITCH takes what follows the last colon for the port, so no IPv6."""
    port: int = 8040

    def __post_init__(self) -> None:
        _check(_HOST, self.host, what="The server's host", remedy="give an IPv4 address or a host name")
        if self.host == "0.0.0.0":  # noqa: S104 - refused, not listened on
            raise SwitchConfigurationError(
                "The server's host cannot be 0.0.0.0, which a switch cannot call; give the server's address"
            )
        _check_between(self.port, 1, 65535, what="The server's port")


@dataclass(frozen=True)
class Gateway:
    """A trunk: the provider through which calls come and go."""

    name: str
    proxy: str
    """Host name or address, with `:port` if it is not 5060."""
    username: str
    """The account; its password is a secret of the folder."""
    register: bool = True
    """Providers that know your address need no registration."""

    def __post_init__(self) -> None:
        _check_name(self.name, "The gateway's name")
        host, _, port = self.proxy.partition(":")
        remedy = "give a host name or an IPv4 address, with :port if it is not 5060"
        _check(_HOST, host, what="The gateway's proxy", remedy=remedy)
        if _:
            _check(re.compile(r"[0-9]{1,5}"), port, what="The gateway's port", remedy=remedy)
            _check_between(int(port), 1, 65535, what="The gateway's port")
        _check(_ACCOUNT, self.username, what="The gateway's user name", remedy="give the account's name")


@dataclass(frozen=True)
class Queue:
    """A queue of people (mod_callcenter). `ivr` calls it by its name, FreeSWITCH by `NAME@ivr`."""

    name: str
    strategy: str = "longest-idle-agent"
    longest_wait: int = 600
    """Seconds, after which the caller leaves the queue for the next action; 0 = without end."""
    longest_wait_without_agents: int = 60
    """Seconds that a caller waits while nobody is logged in; 0 = without end."""
    level_wait: int = 0
    """Seconds of waiting for each level of its tiers: whoever helps out at level 2 gets those who have waited
    twice as long; 0 = all levels at once."""
    music: PurePosixPath | None = None
    """Its own hold music; without it, the switch's."""

    def __post_init__(self) -> None:
        _check_name(self.name, "The queue's name")
        if self.strategy not in STRATEGIES:
            raise SwitchConfigurationError(
                f"The strategy of queue {self.name} cannot be {self.strategy[:60]!a}; "
                f"choose one of {', '.join(STRATEGIES)}"
            )
        _check_between(self.longest_wait, 0, 86400, what=f"The longest wait in queue {self.name}")
        _check_between(
            self.longest_wait_without_agents, 0, 86400, what=f"The wait without agents in queue {self.name}"
        )
        _check_between(self.level_wait, 0, 86400, what=f"The wait for each level in queue {self.name}")
        if self.music is not None:
            _check_path(self.music, f"The music of queue {self.name}")


_CONTACT = re.compile(r"(\[leg_timeout=[0-9]{1,3}\])?[\w.+@:/-]{3,120}")


@dataclass(frozen=True)
class Agent:
    """A person with a telephone that registers here; the telephone's password is a secret of the folder."""

    name: str
    """The telephone's user name, digits, e.g. `1001`."""
    queues: tuple[str, ...]
    """Those that they serve first."""
    helps: tuple[tuple[str, int], ...] = ()
    """Queues where they help out, each with its level (1 and up)."""
    wrap_up: int = 10
    """Seconds after a call before the next one."""
    positions: tuple[tuple[str, int], ...] = ()
    """Their place within the level, where it is not the first."""
    contact: str = ""
    """A dial string; empty: their own telephone here."""

    @property
    def dial(self) -> str:
        """The dial string that reaches them."""
        return self.contact or f"[leg_timeout=20]user/{self.name}@{QUEUE_DOMAIN}"

    @property
    def telephone(self) -> str:
        """The user of the directory who registers for them; empty: they are called outside."""
        user = re.fullmatch(r"(?:\[.*\])?user/([0-9]{2,15})@.+", self.dial)
        return user[1] if user else ""

    def position(self, queue: str) -> int:
        """Within their level of that queue; the lower is asked first."""
        return dict(self.positions).get(queue, 1)

    @property
    def tiers(self) -> tuple[tuple[str, int], ...]:
        """Every queue that they serve, with the level. Their own have level 0, which waits for nobody: with
        tier rules, mod_callcenter lets a caller wait a whole `level_wait` for level 1 already."""
        return (*((queue, 0) for queue in self.queues), *self.helps)

    def __post_init__(self) -> None:
        _check_between(self.wrap_up, 0, 3600, what=f"The wrap-up time of agent {self.name}")
        _check(re.compile(r"[0-9]{2,10}"), self.name, what="The agent's name", remedy="use 2 to 10 digits")
        if self.contact:
            _check(_CONTACT, self.contact, what=f"The contact of {self.name}", remedy="write a dial string")


@dataclass(frozen=True)
class Limits:
    """How much the switch takes on; beyond, it refuses new calls with 503."""

    calls: int = 400
    """Legs at once (`max-sessions`): a caller with an agent is two."""
    calls_per_second: int = 100
    """New legs in a second, inbound and outbound together (FreeSWITCH's own default is 30)."""
    rtp_first: int = 16384
    rtp_last: int = 32768
    """UDP ports of the audio, both even: two per leg, so they must be enough for `calls`."""

    def __post_init__(self) -> None:
        _check_between(self.calls, 1, 100_000, what="The number of calls at once")
        _check_between(self.calls_per_second, 1, 10_000, what="The number of calls a second")
        _check_between(self.rtp_first, 1024, 65534, what="The first RTP port")
        _check_between(self.rtp_last, 1024, 65534, what="The last RTP port")
        if self.rtp_first % 2 or self.rtp_last % 2 or self.rtp_last <= self.rtp_first:
            raise SwitchConfigurationError(
                f"RTP ports {self.rtp_first} to {self.rtp_last} cannot be; give two even ones, lower first"
            )
        room = (self.rtp_last - self.rtp_first) // 2 + 1  # `rtp_last` is the last pair's even port
        if room < self.calls:
            raise SwitchConfigurationError(
                f"RTP ports {self.rtp_first} to {self.rtp_last} carry {room} legs, two each, "
                f"and there may be {self.calls}; {self._wider(self.calls)}"
            )

    def _wider(self, calls: int) -> str:
        last = self.rtp_first + 2 * calls - 2
        if last <= 65534:
            return f"set rtp_last to {last} or more, or allow fewer legs"
        return "set rtp_first lower, or allow fewer legs"


@dataclass(frozen=True)
class Sip:
    """The telephone side."""

    address: str = "127.0.0.1"
    """The IPv4 address of this machine on which callers arrive. FreeSWITCH tells it to the far end."""
    port: int = 5060
    public_address: str | None = None
    """What the far end must send to, if a router translates addresses in between."""
    peers: tuple[Network, ...] = LOOPBACK
    """Who may bring calls without a password: the provider's addresses, a session border controller."""
    jitter_buffer: int = 40
    """Milliseconds of the caller's sound that the switch holds back, so that a packet may be late; 0 = none.
    Without it a call has a hole of 20 ms now and then even on loopback (docs/measurements.md)."""

    def __post_init__(self) -> None:
        _check_sip_address(self.address, "The SIP address")
        _check_between(self.port, 1, 65535, what="The SIP port")
        if self.jitter_buffer and not 20 <= self.jitter_buffer <= 500:
            raise SwitchConfigurationError(
                f"The jitter buffer cannot be {self.jitter_buffer} ms; "
                "give a number from 20 to 500, or 0 for none"
            )
        if self.public_address is not None:
            _check_sip_address(self.public_address, "The public address")


@dataclass(frozen=True)
class EventSocket:
    """Where our server watches and commands the switch. Its password is a secret of the folder."""

    address: str = "127.0.0.1"
    port: int = 8021
    clients: tuple[Network, ...] = LOOPBACK
    """Who may connect at all."""

    def __post_init__(self) -> None:
        _check_address(self.address, "The event socket's address")
        _check_between(self.port, 1, 65535, what="The event socket's port")


@dataclass(frozen=True)
class SwitchConfiguration:
    """Everything that `render` turns into files."""

    servers: tuple[Server, ...] = (Server(),)
    """Tried in this order for every call."""
    sip: Sip = Sip()
    event_socket: EventSocket = EventSocket()
    limits: Limits = Limits()
    gateways: tuple[Gateway, ...] = ()
    numbers: tuple[str, ...] = ()
    """The numbers that lead to the servers; none = every number that is called."""
    star_code: str = ""
    """What agents dial to check in; it leads to the servers, too."""
    queues: tuple[Queue, ...] = (Queue("agents"),)
    fallback_queue: str = "agents"
    """Where callers land when no server answers, or the one that answered is lost."""
    agents: tuple[Agent, ...] = ()
    overflow: str | None = None
    """A number outside (through the first gateway) for callers who leave the fallback queue unserved."""
    apology: PurePosixPath | None = None
    """A sound file for callers whom nobody could serve; without it, a congestion tone."""
    hold_music: PurePosixPath | None = None
    """A sound file for those who wait; without it, a ringing tone."""
    recordings: PurePosixPath = _RECORDINGS
    live_audio: PurePosixPath = _SHARED_MEMORY
    """A folder on tmpfs that the switch writes and our server reads."""
    streams: bool = False
    """Live audio goes to a server on another machine, by mod_audio_stream."""
    log_level: str = "notice"
    """`info` and `debug` write every key that a caller presses into FreeSWITCH's log."""

    def __post_init__(self) -> None:
        if not self.servers:
            raise SwitchConfigurationError("A switch without a server has no task; name at least one server")
        twice = sorted({f"{one.host}:{one.port}" for one in self.servers if self.servers.count(one) > 1})
        if twice:
            raise SwitchConfigurationError(f"The server {twice[0]} is named twice; name each server once")
        self._check_ports()
        self._check_names()
        for number in self.numbers:
            _check(
                _NUMBER, number, what="A number", remedy="use digits, with + in front if it is international"
            )
        if self.overflow is not None:
            _check(_NUMBER, self.overflow, what="The overflow number", remedy="use digits, with + if needed")
            if not self.gateways:
                raise SwitchConfigurationError("An overflow number needs a gateway to dial through; add one")
        for path, what in (
            (self.apology, "The apology"),
            (self.hold_music, "The hold music"),
            (self.recordings, "The recordings folder"),
            (self.live_audio, "The live audio folder"),
        ):
            if path is not None:
                _check_path(path, what)
        if self.log_level not in LOG_LEVELS:
            raise SwitchConfigurationError(
                f"The log level cannot be {self.log_level[:60]!a}; choose one of {', '.join(LOG_LEVELS)}"
            )

    def _check_ports(self) -> None:
        """FreeSWITCH would start all the same, and calls or single legs would fail now and then."""
        events, limits = self.event_socket, self.limits
        if any(one.host in _LOOPBACK_NAMES and one.port == events.port for one in self.servers):
            raise SwitchConfigurationError(
                f"Port {events.port} cannot be the server's and the event socket's; set outbound.port or "
                "switch.event_port to another"
            )
        if limits.rtp_first <= self.sip.port <= limits.rtp_last + 1:
            raise SwitchConfigurationError(
                f"The SIP port {self.sip.port} lies among the RTP ports {limits.rtp_first} to "
                f"{limits.rtp_last}; choose it outside, or set rtp_first and rtp_last"
            )

    def _check_names(self) -> None:
        for names, what in (
            ([gateway.name for gateway in self.gateways], "gateways"),
            ([queue.name for queue in self.queues], "queues"),
            ([agent.name for agent in self.agents], "agents"),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise SwitchConfigurationError(f"Two {what} are called {twice[0]}; give each its own name")
        known = {queue.name for queue in self.queues}
        wanted = [(self.fallback_queue, "The fallback queue")]
        wanted += [
            (queue, f"Agent {agent.name}'s queue") for agent in self.agents for queue, _ in agent.tiers
        ]
        for queue, what in wanted:
            if queue not in known:
                raise SwitchConfigurationError(
                    f"{what} {queue[:60]!a} is not among the queues; "
                    f"add it, or choose one of {', '.join(sorted(known)) or 'none yet'}"
                )

    @property
    def secret_names(self) -> tuple[str, ...]:
        """The secrets that this configuration needs, by the names of their files."""
        return (
            "event_socket",
            *(f"gateway-{gateway.name}" for gateway in self.gateways),
            *(f"agent-{agent.name}" for agent in self.agents),
        )
