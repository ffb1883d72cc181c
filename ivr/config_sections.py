"""The sections of `ivr.yaml` that belong to no room of their own: their keys, defaults and limits."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from esl import commands
from esl.errors import UnsafeTextError
from esl.sockets import LOOPBACK
from ivr.secret import Secret

Port = Annotated[int, Field(ge=0, le=65535)]
"""0 takes a free one (the demo, the tests)."""
Network = Annotated[
    IPv4Network | IPv6Network,
    BeforeValidator(lambda value: ip_network(value, strict=False)),
    PlainSerializer(str),
]


def _zone(name: str) -> str:
    """An IANA time zone that is known here."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise ValueError(f"no time zone is called {name!r}: write it as Europe/Madrid") from unknown
    return name


def _currency(code: str) -> str:
    """An ISO code whose amounts can be said."""
    from dialogs.spoken_currencies import currencies  # noqa: PLC0415 - only where one is named

    if code not in currencies():
        raise ValueError(f"no currency that can be said: choose one of {', '.join(sorted(currencies()))}")
    return code


def _server_of_vosk(url: str) -> str:
    """The address of a websocket."""
    if not url.startswith(("ws://", "wss://")):
        raise ValueError(f"{url} is no vosk-server: write it as ws://10.0.0.6:2700")
    return url


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(_Part):
    url: str = "sqlite:///ivr.sqlite3"
    """SQLAlchemy URL; a relative SQLite file lies below `home`. A server's is `postgresql://user@host/database`."""
    password: Secret = None
    """Of the server's user."""
    connections: Annotated[int, Field(ge=1, le=100)] = 6
    """How many each process keeps to a server."""


class OutboundSettings(_Part):
    """Where FreeSWITCH brings its calls (its `socket` application)."""

    host: str = "127.0.0.1"
    port: Port = 8040
    allowed: tuple[Network, ...] = LOOPBACK
    """Switches that may connect; the port has no authentication of its own."""
    max_calls: Annotated[int, Field(ge=1)] = 200


def _audio_url(url: str) -> str:
    """A URL that mod_audio_stream reads."""
    try:
        commands.stream_audio("0", f"{url.rstrip('/')}/0")
    except UnsafeTextError as refused:
        raise ValueError("write it as ws://10.0.0.5:8041 or wss://ivr.example.net/audio") from refused
    return url


class AudioSettings(_Part):
    """How the callers' sound gets from the switch to us while they speak."""

    transport: Literal["file", "websocket"] = "file"
    """A file in shared memory (`freeswitch.live_audio`), or a websocket from a switch on another machine."""
    host: str = "127.0.0.1"
    port: Port = 8041
    url: Annotated[str, AfterValidator(_audio_url)] | None = None
    """Where the switch finds the websocket; default: ws://host:port."""
    allowed: tuple[Network, ...] = LOOPBACK
    """Switches that may connect; each connection also shows a token that is good once."""

    @model_validator(mode="after")
    def _reachable(self) -> AudioSettings:
        if self.transport == "websocket" and self.url is None:
            if self.host in ("0.0.0.0", "::"):  # noqa: S104 - refused here
                raise ValueError(f"the switch cannot connect to {self.host}: add audio.url")
            try:
                _audio_url(f"ws://{self.host}:{self.port}")
            except ValueError as odd:
                raise ValueError(f"the switch cannot read the address {self.host}: add audio.url") from odd
        return self


class StandInAgent(_Part):
    """Who answers on the embedded switch as long as no agent is declared."""

    answers_after: Annotated[float, Field(ge=0.0, le=60.0)] = 2.0
    """Seconds of ringing."""
    talks_for: Annotated[float, Field(gt=0.0, le=3600.0)] = 10.0
    """Seconds until they hang up."""


class SwitchSettings(_Part):
    kind: Literal["embedded", "freeswitch"] = "embedded"
    event_host: str = "127.0.0.1"
    event_port: Port = 8021
    event_password: Secret = None
    """FreeSWITCH's; the embedded switch makes its own."""
    events: Literal["own", "shared"] = "own"
    """How a call hears what happens on FreeSWITCH: by its own socket, or by one connection for all calls (and
    by its own where that is lost). `ivr bench control` measures both; they cost the same."""
    line_port: Port = 8042
    """Where callers join the embedded switch (`ivr demo`, `ivr call --voice`)."""
    destination: str = "9100"
    """The number that callers dial on the embedded switch."""
    stand_in_agent: StandInAgent = StandInAgent()


class SpeechSettings(_Part):
    engine: Literal["auto", "vosk", "whisper", "none"] = "auto"
    models: Path | None = None
    """A folder with models; default: the user's cache."""
    fetch: bool = True
    """Fetch missing models when the server starts."""
    prepare: bool = True
    """Whether what the flows always say alike is synthesised before a caller waits for it."""
    spanish: Literal["es", "es-419"] = "es"
    pace: Annotated[float, Field(ge=0.5, le=2.0)] = 1.0
    servers: dict[Literal["es", "ca", "en"], tuple[Annotated[str, AfterValidator(_server_of_vosk)], ...]] = (
        Field(default_factory=dict)
    )
    """vosk-servers (their websockets) that recognise a language, on other machines."""
    second_opinion: bool = True
    """Whether Whisper, where it is installed, is asked when Vosk is unsure."""
    piper: dict[Literal["es", "ca", "en"], Path] = Field(default_factory=dict)
    """Piper voices (`.onnx` files) that speak instead of espeak-ng; needs the extra `piper`."""


class CallSettings(_Part):
    flow: str = "main"
    language: Literal["es", "ca", "en"] = "es"
    zone: Annotated[str, AfterValidator(_zone)] = "Europe/Madrid"
    """IANA name of the site's time zone."""
    former_language: bool = True
    """Whether callers may be greeted in the language that they spoke before, where their segment says so."""
    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "ES"
    """ISO 3166 code of the site's country: whose telephone numbers and postcodes callers say."""
    currency: Annotated[str, AfterValidator(_currency)] = "EUR"
    """ISO 4217 code of the amounts."""
    filler_after: Annotated[float, Field(ge=0, le=30)] = 1.5
    """Seconds that a back end may take before the caller hears that it takes a moment."""
    filler_music: Literal["soft", "none"] | Path = "soft"
    """What they hear after that: the soft sound that comes with the product, nothing, or a file of your own
    (WAV, 16 bits, mono, 8 kHz)."""
    longest: Annotated[float, Field(gt=0)] = 1800.0
    """Seconds: a call beyond that is handed to a person."""
    record: bool = True


class RecordingSettings(_Part):
    folder: Path = Path("recordings")
    format: Literal["wav", "mp3", "opus"] | None = None
    """What recordings become when their call is over, trimmed; None: they stay as the switch wrote them."""


Days = Annotated[int, Field(ge=1)] | None


class RetentionSettings(_Part):
    """Days that each kind of data is kept (`ivr db expire`); null: for ever."""

    recordings: Days = 90
    transcripts: Days = 365
    callers: Days = 730
    messages: Days = 365
    callbacks: Days = 90
    queues: Days = 730
    work: Days = 365
    agents: Days = 730
    contacts: Days = 1095
    segments: Days = 365
    verification: Days = 90
    consents: Days = 1825
    tickets: Days = 1825
    orders: Days = 2190
    accounts: Days = 2190
    appointments: Days = 365
    outbox: Days = 30
    given_up: Days = 365
    spool: Days = 90
    prompts: Days = 30
    audit: Days = 1825


class LogSettings(_Part):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


def folder_alone(value: object) -> object:
    """A path alone is the folder."""
    return {"folder": value} if isinstance(value, str | Path) else value
