"""Webhooks: another system is told values, signed so that it can tell that it was us.

The signature is HMAC-SHA-256 (RFC 2104) over the time, a full stop and the body, with the shared secret.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime

from ivr.messenger.message import DeliveryFailed, Message
from ivr.messenger.posting import Provider
from ivr.messenger.settings import WebhookSettings


class SignedWebhooks:
    """Tells the webhooks of the settings."""

    sends = True

    def __init__(self, webhooks: Mapping[str, WebhookSettings], now: Callable[[], datetime]) -> None:
        self._webhooks, self._now = webhooks, now
        self._receivers = {name: Provider(one.url, deadline=one.deadline) for name, one in webhooks.items()}

    def deliver(self, message: Message) -> str:
        """Raises `DeliveryFailed`."""
        settings = self._webhooks.get(message.to)
        if settings is None or settings.secret is None:
            raise DeliveryFailed(f"there is no webhook {message.to} in the settings (messages.webhooks)")
        told = {
            "id": message.id,
            "webhook": message.to,
            "call": message.call_id,
            "language": message.language,
            "values": dict(message.fields),
        }
        body = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
        at = int(self._now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.id,
            "X-IVR-Signature": f"t={at},v1={signature(settings.secret, at, body)}",
        }
        self._receivers[message.to].post(headers, body)
        return ""


def signature(secret: str, at: int, body: bytes) -> str:
    """Hexadecimal. `at`: Unix time in seconds, so that an old request cannot be sent again for ever."""
    return hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
