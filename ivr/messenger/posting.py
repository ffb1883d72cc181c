"""One HTTP request to a provider of messages, and what its answer means for the message."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from ivr.messenger.message import DeliveryFailed
from ivr.messenger.settings import AuthSettings
from ivr.outside import http
from ivr.outside.faults import SystemFault
from ivr.outside.http import HttpLink, Reply

LARGEST_ANSWER = 64 * 1024
"""Bytes that are read of an answer; what says "taken" is short."""
CONNECTIONS = 8
"""To one provider, at once: as many as messages of one channel are carried."""
_TRY_AGAIN = frozenset({401, 403, 404, 405, 407, 408, 409, 425, 429})
"""Statuses below 500 that are no word on the recipient: our key, our address, too fast."""
LONGEST_PAUSE = 3600.0
"""Seconds; a provider may ask for less, not for more."""


class Provider:
    """Where messages are posted to."""

    def __init__(self, url: str, *, deadline: float, auth: AuthSettings | None = None) -> None:
        """`deadline`: seconds for all of an exchange."""
        self._deadline = deadline
        self._link = HttpLink(url, connections=CONNECTIONS)
        self._query = urlsplit(url).query
        self._auth = {} if auth is None else _authorization(auth)

    def post(
        self,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        method: str = "POST",
        query: Mapping[str, str] | None = None,
    ) -> Reply:
        """Sends it; an answer that is no success is `DeliveryFailed`."""
        asked = "&".join(part for part in (self._query, urlencode(query or {})) if part)
        try:
            reply = self._link.send(
                method,
                f"?{asked}" if asked else "",
                headers={**headers, **self._auth},
                body=body,
                deadline=self._deadline,
                largest=LARGEST_ANSWER,
            )
        except SystemFault as fault:
            raise DeliveryFailed(f"the provider: {fault}") from None
        if reply.status >= 300:
            raise DeliveryFailed(
                f"the provider answers {reply.status}",
                final=400 <= reply.status < 500 and reply.status not in _TRY_AGAIN,
                again_in=None if reply.wait is None else min(reply.wait, LONGEST_PAUSE),
            )
        return reply


def _authorization(auth: AuthSettings) -> dict[str, str]:
    if auth.bearer is not None:
        return http.bearer(auth.bearer)
    if auth.basic is not None:
        return http.basic(auth.basic.user, auth.basic.password or "")
    assert auth.header is not None
    return {auth.header.name: auth.header.value or ""}
