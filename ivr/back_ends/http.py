"""A system of the company that is asked over HTTP, in JSON.

An answer counts only if it is whole, uncompressed, and says that it is JSON (rules: `ivr/outside/http.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ivr.back_ends.declared import Auth, HttpSystem
from ivr.errors import BackEndUnfit
from ivr.outside import http
from ivr.outside.documents import SaidTwice, read_json
from ivr.outside.faults import AnswerUnusable
from ivr.outside.http import HttpLink, Reply

_JSON = re.compile(r"application/(json|[a-z0-9.+-]+\+json)\s*(;.*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """A whole answer. `document` is None where there is no JSON, and nothing else came either."""

    status: int
    document: Any = None
    wait: float | None = None
    """Seconds that the system asks to be left alone."""


class JsonLink:
    """The connections to one system."""

    def __init__(self, declared: HttpSystem) -> None:
        """Raises `BackEndUnfit` if a secret or a certificate cannot be read."""
        self._declared = declared
        self._headers = {
            "Accept": "application/json",
            **declared.headers,
            **(_authorization(declared.auth) if declared.auth else {}),
        }
        try:
            self._link = HttpLink(
                declared.url,
                connections=declared.connections,
                networks=declared.networks,
                authorities=declared.authorities,
            )
        except OSError as fault:
            raise BackEndUnfit(
                f"the certificates in {declared.authorities} cannot be read",
                "Name a PEM file at `authorities`",
            ) from fault

    @property
    def host(self) -> str:
        return self._link.host

    def close(self) -> None:
        self._link.close()

    def connect(self, *, deadline: float) -> None:
        """Connects, TLS and all, and sends nothing. Raises as `send`."""
        self._link.connect(deadline=deadline)

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
        content = None
        if body is not None:
            content = json.dumps(body, ensure_ascii=False).encode()
            sent["Content-Type"] = "application/json"
        largest = self._declared.largest
        reply = self._link.send(method, path, headers=sent, body=content, deadline=deadline, largest=largest)
        if reply.compressed:
            raise AnswerUnusable("is compressed, although that was not asked for")
        if not reply.whole:
            raise AnswerUnusable(f"is larger than {largest:,} bytes")
        return Answer(reply.status, _document(reply), reply.wait)


def _document(reply: Reply) -> Any:
    """What an error says is of use if it is JSON; a good answer has to be."""
    if not reply.content.strip():
        return None
    good = reply.status < 300
    if not _JSON.fullmatch(reply.headers.get("content-type", "")):
        if good:
            raise AnswerUnusable("does not say that it is JSON (Content-Type)")
        return None
    try:
        return read_json(reply.content)
    except ValueError as fault:
        if good:
            twice = isinstance(fault, SaidTwice)
            why = "has a key twice in an object" if twice else "is not JSON, although it says so"
            raise AnswerUnusable(why) from None
        return None


def _authorization(auth: Auth) -> dict[str, str]:
    if auth.bearer is not None:
        return http.bearer(_one_line(auth.bearer.read()))
    if auth.basic is not None:
        return http.basic(auth.basic.user, auth.basic.password.read())
    assert auth.header is not None
    return {auth.header.name: _one_line(auth.header.value.read())}


def _one_line(secret: str) -> str:
    if not http.is_one_line(secret):
        raise BackEndUnfit("a secret holds signs that no header can carry", "Write it without line breaks")
    return secret
