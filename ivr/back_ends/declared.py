"""What may stand in `back_ends.yaml`: the company's systems, what is asked of them, what is written to them.

The file is the operator's, not the designers': it says where secrets are sent (docs/decisions/back-ends.md).
`ivr/back_ends/reading.py` reads it, and checks what one entry alone cannot tell.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dialogs.catalogue import LookupSchema, ValueType, WriteSchema
from ivr.back_ends.queries import parse_query, parse_statement
from ivr.back_ends.templates import Template, parse_body, parse_path
from ivr.back_ends.values import is_currency
from ivr.errors import BackEndUnfit

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Seconds = Annotated[float, Field(gt=0, le=30)]
Status = Annotated[int, Field(ge=200, le=599)]
GivenType = Literal["text", "number", "date", "boolean", "digits", "phone", "time", "code"]
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "authorization", "accept-encoding"}
)


def _network(value: Any) -> Any:
    try:
        return ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f"`{value}` is no network: write it as 10.20.0.0/16") from None


Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]


class Part(BaseModel):
    """Strict: a misspelt key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Secret(Part):
    """Where a secret is: it is read when it is needed, so that the file can be checked anywhere."""

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _never_literal(cls, value: Any) -> Any:
        if not isinstance(value, dict) or len(value) != 1:
            raise ValueError("a secret is written {env: NAME} or {file: PATH}, never literally")
        return value

    def read(self) -> str:
        """The secret. Raises `BackEndUnfit`."""
        if self.env is not None:
            value = os.environ.get(self.env, "")
            if not value:
                raise BackEndUnfit(f"the environment variable {self.env} is not set", "Set it for the server")
            return value
        try:
            return Path(str(self.file)).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            why = getattr(fault, "strerror", None) or "no text"
            raise BackEndUnfit(
                f"the secret's file {self.file} cannot be read ({why})", "Give the server's user the right"
            ) from fault


class Basic(Part):
    user: str = Field(min_length=1)
    password: Secret


def _header_name(name: str) -> str:
    if not _HEADER.fullmatch(name) or name.lower() in _OURS:
        raise ValueError(f"`{name}` is no header that can be set here: write one such as X-Api-Key")
    return name


Header = Annotated[str, AfterValidator(_header_name)]


class OwnHeader(Part):
    name: Header
    value: Secret


class Auth(Part):
    """How the system knows us. One of the three."""

    bearer: Secret | None = None
    basic: Basic | None = None
    header: OwnHeader | None = None

    @model_validator(mode="after")
    def _one(self) -> Auth:
        if sum(one is not None for one in (self.bearer, self.basic, self.header)) != 1:
            raise ValueError("write one of bearer, basic and header")
        return self


class Breaking(Part):
    """When a system that does not work is left alone, and for how long."""

    failures: int = Field(default=5, ge=1, le=1000, description="In a row")
    rest: float = Field(default=30.0, gt=0, le=3600, description="Seconds, then one is let through to see")


def _address(url: str) -> str:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or port in (-1, 0):
        raise ValueError("write the address as https://crm.example.com/api")
    if parts.username is not None or parts.query or parts.fragment or "{" in url or re.search(r"\s", url):
        raise ValueError(
            "an address holds neither a user nor `?`, `#`, `{`: write those at `auth` and at the path"
        )
    return url.rstrip("/")


def _path(value: Any) -> Any:
    return parse_path(value) if isinstance(value, str) else value


def _body(value: Any) -> Any:
    return parse_body(value)


Path_ = Annotated[Template, BeforeValidator(_path)]
Body = Annotated[Any, BeforeValidator(_body)]


class HttpSystem(Part):
    """A system that is asked over HTTP, in JSON."""

    url: Annotated[str, AfterValidator(_address)]
    plain: bool = Field(default=False, description="Without TLS: only inside your own network")
    auth: Auth | None = None
    headers: dict[Header, str] = Field(default_factory=dict, description="Sent with each request")
    authorities: Path | None = Field(default=None, description="Your own CA's certificates, PEM")
    networks: tuple[Network, ...] = Field(
        default=(), description="Where its address must lie; else it is not asked"
    )
    deadline: Seconds = 4.0
    connections: int = Field(default=10, ge=1, le=200, description="At once; more wait")
    largest: int = Field(default=1_000_000, ge=1_000, le=5_000_000, description="Bytes of an answer")
    ping: Path_ | None = Field(
        default=None, description="A path that `ivr doctor` may get to see whether we are let in"
    )
    breaker: Breaking = Breaking()

    @model_validator(mode="after")
    def _private(self) -> HttpSystem:
        if self.url.startswith("http:") and not self.plain:
            raise ValueError("http: sends secrets and data in the clear: write https, or add `plain: true`")
        if self.ping is not None and not self.ping.fixed:
            raise ValueError("`ping` is asked without a caller: it holds no place")
        for value in self.headers.values():
            if not value.isascii() or not value.isprintable():
                raise ValueError("a header's value is printable ASCII")
        return self


class SqlSystem(Part):
    """A database that is asked with declared queries."""

    database: Secret
    writes: bool = Field(
        default=False, description="Whether `writes` may change it; else each session is read-only"
    )
    deadline: Seconds = 4.0
    connections: int = Field(default=4, ge=1, le=50)
    breaker: Breaking = Breaking()


def _pointer(place: str) -> str:
    if place and not re.fullmatch(r"(/([^~/]|~[01])*)+", place):
        raise ValueError("a place in the answer is written /data/balance (a JSON pointer)")
    return place


Pointer = Annotated[str, AfterValidator(_pointer)]


class FieldOf(Part):
    """Where one field stands in the answer, and how it is written there."""

    type: ValueType
    at: str | None = Field(default=None, description="A JSON pointer, or a column; default: its own name")
    currency: str | None = Field(
        default=None, description="Of money: EUR, or the place where its code stands"
    )
    written: Literal["decimal", "minor"] | None = Field(
        default=None, description="Of money: 142.30, or 14230"
    )
    codes: dict[str, str] = Field(default_factory=dict, description="The system's codes → the flows'")
    optional: bool = Field(default=False, description="It may be null, or not there")
    none: tuple[str, ...] = Field(
        default=(), description="How the system writes that there is none: `['0001-01-01']`"
    )

    @model_validator(mode="before")
    @classmethod
    def _type_alone(cls, value: Any) -> Any:
        value = {"type": value} if isinstance(value, str) else value
        if isinstance(value, dict) and isinstance(value.get("codes"), dict):
            codes = value["codes"]
            plain = {str(k).lower() if isinstance(k, bool) else str(k): v for k, v in codes.items()}
            value = {**value, "codes": plain}
        return value

    @model_validator(mode="after")
    def _fitting(self) -> FieldOf:
        if self.type == "money":
            if self.currency is None or self.written is None:
                raise ValueError(
                    "money needs `currency` (EUR, or its place), and `written: decimal` (142.30)"
                    " or `minor` (14230)"
                )
            if re.fullmatch("[A-Z]{3}", self.currency) and not is_currency(self.currency):
                raise ValueError(f"no currency is called {self.currency}")
        elif self.currency is not None or self.written is not None:
            raise ValueError("`currency` and `written` go with `type: money`")
        if self.none and not self.optional:
            raise ValueError("`none` goes with `optional: true`: a flow has to reckon with it")
        if self.codes and self.type not in ("code", "text"):
            raise ValueError("`codes` go with `type: code` or `text`")
        return self


class Absence(Part):
    """What of an answer means that there is no such thing."""

    status: tuple[Status, ...] = (404,)
    empty: Pointer | None = Field(default=None, description="Nothing, null, [] or {} stands there")
    when: dict[Pointer, list[str | int | bool]] = Field(default_factory=dict)


class _Asked(Part):
    system: Name
    by: list[Name] = Field(min_length=1)
    fields: dict[Name, FieldOf] = Field(min_length=1)
    deadline: Seconds | None = Field(default=None, description="Default: the system's")
    retries: int = Field(default=1, ge=0, le=5, description="Within the deadline")
    cache: float = Field(default=0.0, ge=0, le=3600, description="Seconds that an answer is kept")
    same: dict[Name, str] = Field(
        default_factory=dict,
        description="What it was asked by, and where the answer says the same: else it is somebody else's",
    )

    @model_validator(mode="after")
    def _asked_by_it(self) -> _Asked:
        if unknown := [name for name in self.same if name not in self.by]:
            raise ValueError(f"`same` names what it is asked by: `{unknown[0]}` is not in `by`")
        return self

    def schema_of(self) -> LookupSchema:
        """What it is asked by and gives, as a catalogue says it."""
        return LookupSchema(tuple(self.by), fields_of(self.fields))


def fields_of(fields: Mapping[str, FieldOf]) -> dict[str, ValueType]:
    """The fields with their types; money brings its currency."""
    found: dict[str, ValueType] = {name: one.type for name, one in fields.items()}
    for name, one in fields.items():
        if one.type == "money":
            found.setdefault(f"{name}_currency", "text")
    return found


class HttpLookup(_Asked):
    """A look-up over HTTP."""

    get: Path_ | None = None
    post: Path_ | None = None
    send: Body = Field(default=None, description="The JSON body of a `post`")
    repeatable: bool = Field(default=False, description="Of a `post`: it only asks, and may be sent again")
    missing: Absence = Absence()

    @model_validator(mode="after")
    def _one_way(self) -> HttpLookup:
        if (self.get is None) == (self.post is None):
            raise ValueError("write one of `get: /path` and `post: /path`")
        if self.post is None and (self.send is not None or self.repeatable):
            raise ValueError("`send` and `repeatable` go with `post`")
        return self

    @property
    def request(self) -> tuple[str, Template]:
        """Method and path."""
        if self.get is not None:
            return "GET", self.get
        assert self.post is not None
        return "POST", self.post


class SqlLookup(_Asked):
    """A look-up in a database: no row is missing, more than one is an error."""

    query: Annotated[str, AfterValidator(parse_query)]


class RefusalAt(Part):
    """Where a refusal's reason stands in the answer, and the flows' codes for it."""

    at: Pointer
    codes: dict[str, Name] = Field(min_length=1)


class _Written(Part):
    system: Name
    values: dict[Name, GivenType] = Field(min_length=1)
    fields: dict[Name, FieldOf] = Field(default_factory=dict, description="What is known once it is done")
    deadline: Seconds | None = None
    later: bool = Field(default=True, description="What cannot be done now is tried again until it is")

    def reasons(self) -> frozenset[str]:
        """The codes that it may be refused with."""
        return frozenset()

    def schema_of(self) -> WriteSchema:
        return WriteSchema(dict(self.values), self.reasons(), fields_of(self.fields))


class HttpWrite(_Written):
    """A write over HTTP."""

    post: Path_ | None = None
    put: Path_ | None = None
    patch: Path_ | None = None
    delete: Path_ | None = None
    send: Body = None
    done: tuple[Status, ...] = (200, 201, 202, 204)
    refused: dict[Status, Name] = Field(default_factory=dict, description="Status → the flows' code")
    reason: RefusalAt | None = Field(default=None, description="Where a refusal (4xx) says why")
    key: Header = Field(default="Idempotency-Key", description="The header that makes a repetition harmless")
    repeatable: bool | None = Field(
        None, description="It may be sent again where nobody knows whether it was done; put and delete may"
    )

    @model_validator(mode="after")
    def _one_way(self) -> HttpWrite:
        if sum(one is not None for one in (self.post, self.put, self.patch, self.delete)) != 1:
            raise ValueError("write one of post, put, patch and delete, with its path")
        return self

    @property
    def request(self) -> tuple[str, Template]:
        """Method and path."""
        ways = (("POST", self.post), ("PUT", self.put), ("PATCH", self.patch), ("DELETE", self.delete))
        return next((method, path) for method, path in ways if path is not None)

    @property
    def may_repeat(self) -> bool:
        return self.request[0] in ("PUT", "DELETE") if self.repeatable is None else self.repeatable

    def reasons(self) -> frozenset[str]:
        return frozenset(self.refused.values()) | frozenset(self.reason.codes.values() if self.reason else ())


class SqlWrite(_Written):
    """A write to a database: one statement, whose bound `:idempotency_key` may make a repetition harmless."""

    statement: Annotated[str, AfterValidator(parse_statement)]
    nothing: Name = Field(default="no_such", description="The flows' code if no row was changed")
    repeatable: bool = Field(default=False, description="Running it twice does no harm")

    def reasons(self) -> frozenset[str]:
        return frozenset({self.nothing})


System = HttpSystem | SqlSystem
DeclaredLookup = HttpLookup | SqlLookup
DeclaredWrite = HttpWrite | SqlWrite
