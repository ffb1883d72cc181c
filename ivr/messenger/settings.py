"""The section `messages` of `ivr.yaml`: by which providers messages go, and where they may go to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ivr.secret import Secret
from ivr.this_machine import is_loopback

PLACES = ("to", "text", "sender", "id", "language")
"""What may be put into an SMS provider's request: `{to}` …"""
_PLACE = re.compile(r"\{([^{}]*)\}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_NAME = r"^[a-z][a-z0-9_]*$"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _http_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write it as https://sms.example.net/v1/messages")
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user or password in a URL: write them under `auth`")
    if "{" in url or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("a URL is fixed: put what varies under `query`, `json` or `form`")
    return url


Url = Annotated[str, AfterValidator(_http_url)]
Deadline = Annotated[float, Field(gt=0, le=60)]
"""Seconds."""


class BasicAuth(_Part):
    user: str
    password: Secret


class HeaderAuth(_Part):
    name: Annotated[str, Field(pattern=_HEADER.pattern)]
    value: Secret


class AuthSettings(_Part):
    """How a provider knows us: one of the three."""

    bearer: Secret = None
    basic: BasicAuth | None = None
    header: HeaderAuth | None = None

    @model_validator(mode="after")
    def _one(self) -> AuthSettings:
        if sum(way is not None for way in (self.bearer, self.basic, self.header)) != 1:
            raise ValueError("write one of bearer, basic and header")
        return self


class SuccessSettings(_Part):
    """What tells that a provider has taken a message."""

    statuses: tuple[Annotated[int, Field(ge=200, le=299)], ...] = (200, 201, 202, 204)
    field: Annotated[str, Field(pattern="^(/[^/]*)+$")] | None = None
    """Where the answer's JSON says it (RFC 6901: `/messages/0/status`)."""
    equals: tuple[str | int | bool, ...] = ()
    """What stands there if it has."""

    @model_validator(mode="after")
    def _together(self) -> SuccessSettings:
        if (self.field is None) != (not self.equals):
            raise ValueError("`field` and `equals` go together")
        return self


def _places(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _PLACE.findall(value)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _places(one)
    elif isinstance(value, list):
        for one in value:
            yield from _places(one)


class SmsSettings(_Part):
    """An SMS provider's HTTP interface."""

    places: ClassVar[tuple[str, ...]] = PLACES
    """What its request may hold."""
    url: Url
    method: Literal["POST", "PUT", "GET"] = "POST"
    auth: AuthSettings | None = None
    as_json: Annotated[dict[str, Any] | None, Field(alias="json")] = None
    form: dict[str, str] | None = None
    query: dict[str, str] | None = None
    sender: str = ""
    """Who it is from: a number, or up to 11 signs."""
    success: SuccessSettings = SuccessSettings()
    deadline: Deadline = 10.0

    @model_validator(mode="after")
    def _mapped(self) -> SmsSettings:
        parts = [part for part in (self.as_json, self.form, self.query) if part is not None]
        if self.as_json is not None and self.form is not None:
            raise ValueError("a request has one body: write `json` or `form`")
        if self.method == "GET" and (self.as_json is not None or self.form is not None):
            raise ValueError("GET has no body: write `query`")
        used = set(_places(list(parts)))
        for name in used - set(self.places):
            known = ", ".join(f"{{{one}}}" for one in self.places)
            raise ValueError(f"there is no {{{name}}}: write one of {known}")
        if not {"to", "text"} <= used:
            raise ValueError('the request must hold {to} and {text}: json: {to: "{to}", text: "{text}"}')
        if "sender" in used and not self.sender:
            raise ValueError("the request holds {sender}: write `sender`")
        return self


def _mailbox(text: str) -> str:
    _name, address = parseaddr(text)
    if not is_address(address) or any(ord(sign) < 32 for sign in text):
        raise ValueError("write it as Company <no-reply@example.net>")
    return text


_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")


def is_address(text: str) -> bool:
    """One plain e-mail address (RFC 5321 without quoted parts), and nothing that could become a header."""
    return len(text) <= 254 and ".." not in text and _ADDRESS.fullmatch(text) is not None


SUBJECTS: Mapping[str, str] = {
    "es": "La información que nos ha pedido",
    "ca": "La informació que ens ha demanat",
    "en": "The information that you asked for",
}


def _in_all(given: dict[str, str]) -> dict[str, str]:
    for language in given.keys() - SUBJECTS.keys():
        raise ValueError(f"there is no language `{language}`: write one of {', '.join(SUBJECTS)}")
    return {**SUBJECTS, **given}


class EmailSettings(_Part):
    """A mail server that takes messages from us."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: Secret = None
    sender: Annotated[str, AfterValidator(_mailbox)]
    subject: Annotated[
        dict[str, Annotated[str, Field(min_length=1, max_length=150)]], AfterValidator(_in_all)
    ] = Field(default_factory=lambda: dict(SUBJECTS))
    """Where a flow gives none."""
    deadline: Deadline = 20.0

    @model_validator(mode="after")
    def _private(self) -> EmailSettings:
        if (self.user is None) != (self.password is None):
            raise ValueError("`user` and `password` go together")
        if self.password is not None and self.security == "none" and not is_loopback(self.host):
            raise ValueError("a password goes over starttls or tls only")
        return self


class WebhookSettings(_Part):
    """Another system that flows may tell something."""

    url: Url
    secret: Secret
    """The key of the signature."""
    deadline: Deadline = 10.0

    @model_validator(mode="after")
    def _long_enough(self) -> WebhookSettings:
        if self.secret is None or len(self.secret) < 16:
            raise ValueError("the secret needs at least 16 signs")
        return self


class LimitSettings(_Part):
    """How many messages one recipient may get."""

    per_hour: Annotated[int, Field(ge=1)] = 3
    per_day: Annotated[int, Field(ge=1)] = 10


class MessageSettings(_Part):
    folder: Path = Path("messages")
    """Where messages without a provider are written to."""
    countries: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = ()
    """Countries (ISO 3166) whose numbers may get an SMS; default: `calls.region` alone."""
    limits: LimitSettings = LimitSettings()
    sms: SmsSettings | None = None
    email: EmailSettings | None = None
    webhooks: dict[Annotated[str, Field(pattern=_NAME)], WebhookSettings] = Field(default_factory=dict)
