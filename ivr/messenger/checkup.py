"""Whether messages would arrive: each provider is knocked at, and nothing is sent."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import gevent

from data.errors import DataError
from data.store import Store
from ivr.messenger.settings import MessageSettings
from ivr.messenger.smtp import SmtpEmail
from ivr.this_machine import is_loopback

KNOCK_SECONDS = 3.0
KINDS = ("sms", "email", "webhook", "whatsapp")


@dataclass(frozen=True)
class Knocked:
    """One provider. `good` is `None` where there is none: that works, and nobody gets anything."""

    what: str
    good: bool | None
    found: str
    remedy: str = ""


def knock(settings: MessageSettings, folder: Path) -> Iterator[Knocked]:
    """`folder`: where messages without a provider are written."""
    missing = f"nobody is sent any: they are written to {folder}"
    if settings.sms is None:
        yield Knocked("SMS", None, missing, "Set messages.sms (docs/messages.md)")
    else:
        yield _reached("SMS", settings.sms.url, secret=settings.sms.auth is not None)
    if settings.email is None:
        yield Knocked("e-mail", None, missing, "Set messages.email (docs/messages.md)")
    else:
        where = f"{settings.email.host}:{settings.email.port}"
        try:
            SmtpEmail(settings.email).check()
        except smtplib.SMTPAuthenticationError:
            yield Knocked("e-mail", False, f"{where} refuses the password", "Set messages.email.password")
        except (smtplib.SMTPException, OSError, gevent.Timeout) as lost:
            remedy = "Start the mail server, or set messages.email.host, port and security"
            yield Knocked("e-mail", False, f"{where} cannot be used ({type(lost).__name__})", remedy)
        else:
            yield Knocked("e-mail", True, f"{where} takes mail from {settings.email.sender}")
    for name, hook in settings.webhooks.items():
        yield _reached(f"webhook {name}", hook.url, secret=False)


def waiting(store: Store) -> Knocked | None:
    """What lies in the outbox; `None` if the database cannot tell."""
    try:
        state = store.outbox.state(KINDS)
    except DataError:
        return None
    if state.given_up:
        found = f"{state.given_up} given up, {state.waiting} waiting"
        return Knocked("messages", None, found, "ivr messages list --state failed tells why")
    return Knocked("messages", True, f"{state.waiting} waiting")


def _reached(what: str, url: str, *, secret: bool) -> Knocked:
    """Whether somebody listens there."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((host, port), timeout=KNOCK_SECONDS).close()
    except OSError as lost:
        found = f"{host}:{port} cannot be reached ({lost.strerror or type(lost).__name__})"
        return Knocked(what, False, found, "Check the URL, and the way there; messages wait meanwhile")
    if parts.scheme == "http" and secret and not is_loopback(host):
        return Knocked(what, None, f"{host}:{port}, by http", "Use https: the key goes in the clear")
    return Knocked(what, True, f"{host}:{port} answers")
