"""SMS by a provider's HTTP interface, as the settings describe it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from ivr.messenger.message import DeliveryFailed, Message
from ivr.messenger.posting import Provider
from ivr.messenger.settings import SmsSettings, SuccessSettings
from ivr.outside.documents import at_pointer, read_json
from ivr.outside.http import Reply

LONGEST_TEXT = 1530
"""Signs: ten parts of 153, which is what telephones put together."""
_PLACE = re.compile(r"\{([a-z_]+)\}")


class HttpSms:
    """Sends by the provider of the settings."""

    sends = True

    def __init__(self, settings: SmsSettings) -> None:
        self._settings = settings
        self._provider = Provider(settings.url, deadline=settings.deadline, auth=settings.auth)

    def deliver(self, message: Message) -> str:
        """Raises `DeliveryFailed`."""
        if len(message.text) > LONGEST_TEXT:
            raise DeliveryFailed(f"the text is longer than {LONGEST_TEXT} signs", final=True)
        _insist_on_taken(self._post(message), self._settings.success)
        return ""

    def _post(self, message: Message) -> Reply:
        settings = self._settings
        values = {
            **dict.fromkeys(settings.places, ""),
            **{name: str(value) for name, value in message.fields.items()},
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
        query = _filled(settings.query, values) if settings.query else None
        return self._provider.post(headers, body, method=settings.method, query=query)


def _filled(part: Any, values: Mapping[str, str]) -> Any:
    """The mapping with its places filled, each once: what a text says is not read for places again."""
    if isinstance(part, str):
        return _PLACE.sub(lambda place: values.get(place.group(1), place.group()), part)
    if isinstance(part, dict):
        return {name: _filled(value, values) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, values) for value in part]
    return part


def _insist_on_taken(reply: Reply, success: SuccessSettings) -> None:
    if reply.status not in success.statuses:
        raise DeliveryFailed(f"the provider answers {reply.status}, which is no success by the settings")
    if success.field is None:
        return
    try:
        found = at_pointer(read_json(reply.content), success.field)
    except ValueError:
        found = None
    if not any(found == wanted and type(found) is type(wanted) for wanted in success.equals):
        raise DeliveryFailed(f"the provider's answer does not say at {success.field} that it was taken")
