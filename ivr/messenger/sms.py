"""SMS by a provider's HTTP interface, as the settings describe it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from ivr.messenger.message import DeliveryFailed, Message
from ivr.messenger.posting import Request, Response, post
from ivr.messenger.settings import PLACES, SmsSettings, SuccessSettings

LONGEST_TEXT = 1530
"""Signs: ten parts of 153, which is what telephones put together."""
_PLACE = re.compile(r"\{(" + "|".join(PLACES) + r")\}")


class HttpSms:
    """Sends by the provider of the settings."""

    sends = True

    def __init__(self, settings: SmsSettings) -> None:
        self._settings = settings

    def deliver(self, message: Message) -> str:
        """Raises `DeliveryFailed`."""
        if len(message.text) > LONGEST_TEXT:
            raise DeliveryFailed(f"the text is longer than {LONGEST_TEXT} signs", final=True)
        response = post(self._request(message))
        _insist_on_taken(response, self._settings.success)
        return ""

    def _request(self, message: Message) -> Request:
        settings = self._settings
        values = {
            "to": message.to,
            "text": message.text,
            "sender": settings.sender,
            "id": message.id,
            "language": message.language,
        }
        headers, body = {"Idempotency-Key": message.id}, None
        if settings.as_json is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(_filled(settings.as_json, values), ensure_ascii=False).encode()
        elif settings.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(_filled(settings.form, values)).encode()
        return Request(
            url=settings.url,
            method=settings.method,
            deadline=settings.deadline,
            headers=headers,
            body=body,
            query=_filled(settings.query, values) if settings.query else None,
            auth=settings.auth,
        )


def _filled(part: Any, values: Mapping[str, str]) -> Any:
    """The mapping with its places filled, each once: what a text says is not read for places again."""
    if isinstance(part, str):
        return _PLACE.sub(lambda place: values[place.group(1)], part)
    if isinstance(part, dict):
        return {name: _filled(value, values) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, values) for value in part]
    return part


def _insist_on_taken(response: Response, success: SuccessSettings) -> None:
    if response.status not in success.statuses:
        raise DeliveryFailed(f"the provider answers {response.status}, which is no success by the settings")
    if success.field is None:
        return
    found = pointed_at(response.json(), success.field)
    if not any(found == wanted and type(found) is type(wanted) for wanted in success.equals):
        raise DeliveryFailed(f"the provider's answer does not say at {success.field} that it was taken")


def pointed_at(document: Any, pointer: str) -> Any:
    """What stands at a JSON pointer (RFC 6901); `None` if nothing does."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(key)
        elif isinstance(document, list) and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document
