"""One HTTP request to a provider, bounded in time and size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import gevent
import urllib3
from urllib3.exceptions import HTTPError, LocationParseError

from ivr.messenger.message import DeliveryFailed
from ivr.messenger.settings import AuthSettings

LARGEST_ANSWER = 64 * 1024
"""Bytes that are read of an answer; what says "taken" is short."""
_TRY_AGAIN = frozenset({401, 403, 404, 405, 407, 408, 409, 425, 429})
"""Statuses below 500 that are no word on the recipient: our key, our address, too fast."""
LONGEST_PAUSE = 3600.0
"""Seconds; a provider may ask for less, not for more."""


@dataclass(frozen=True)
class Request:
    """What is sent to a provider."""

    url: str
    method: str
    deadline: float
    """Seconds for all of it."""
    headers: Mapping[str, str]
    body: bytes | None = None
    query: Mapping[str, str] | None = None
    auth: AuthSettings | None = None


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes

    def json(self) -> Any:
        """`None` if it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


_pool = urllib3.PoolManager(num_pools=16, maxsize=8, retries=False)


def post(request: Request) -> Response:
    """Sends it. Follows no redirect; certificates are verified. Raises `DeliveryFailed`."""
    headers = {"User-Agent": "ivr", **request.headers, **_authorization(request.auth)}
    url = request.url
    if request.query:
        url += ("&" if "?" in url else "?") + urlencode(request.query)
    try:
        with gevent.Timeout(request.deadline):
            answer = _pool.request(
                request.method,
                url,
                body=request.body,
                headers=headers,
                timeout=urllib3.Timeout(total=request.deadline),
                redirect=False,
                preload_content=False,
            )
            try:
                body = answer.read(LARGEST_ANSWER, decode_content=False)
            finally:
                # Not back to the pool: what is left unread must not be the next answer's beginning.
                answer.close()
    except gevent.Timeout:
        raise DeliveryFailed(f"no answer within {request.deadline:g} s") from None
    except (HTTPError, LocationParseError, OSError) as lost:
        raise DeliveryFailed(f"the provider cannot be reached ({type(lost).__name__})") from lost
    _insist_on_success(answer.status, answer.headers.get("Retry-After"))
    return Response(answer.status, body)


def _insist_on_success(status: int, retry_after: str | None) -> None:
    if status < 300:
        return
    pause = float(retry_after) if retry_after is not None and retry_after.isdecimal() else None
    final = 400 <= status < 500 and status not in _TRY_AGAIN
    raise DeliveryFailed(
        f"the provider answers {status}",
        final=final,
        again_in=None if pause is None else min(pause, LONGEST_PAUSE),
    )


def _authorization(auth: AuthSettings | None) -> dict[str, str]:
    if auth is None:
        return {}
    if auth.bearer is not None:
        return {"Authorization": f"Bearer {auth.bearer}"}
    if auth.basic is not None:
        pair = f"{auth.basic.user}:{auth.basic.password}"
        return dict(urllib3.make_headers(basic_auth=pair))
    assert auth.header is not None
    return {auth.header.name: auth.header.value or ""}
