"""Webhooks: another system can tell that it was us, and that nobody has changed a word."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from ivr.messenger.message import DeliveryFailed, Message
from ivr.messenger.settings import WebhookSettings
from ivr.messenger.webhook import SignedWebhooks
from tests.messenger.conftest import Provider

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
SECRET = "sixteen signs at least"


def test_the_receiver_can_check_the_signature(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Computed here by hand, as docs/messages.md tells receivers to."""
    monkeypatch.setenv("HOOK", SECRET)
    hooks = {"crm": WebhookSettings.model_validate({"url": provider.url, "secret": {"env": "HOOK"}})}
    message = Message("m-3", "webhook", "crm", "", "ca", fields={"reference": "10000008"}, call_id="c-1")
    SignedWebhooks(hooks, lambda: AT).deliver(message)
    (asked,) = provider.asked
    assert json.loads(asked.body) == {
        "id": "m-3",
        "webhook": "crm",
        "call": "c-1",
        "language": "ca",
        "values": {"reference": "10000008"},
    }
    wanted = hmac.new(SECRET.encode(), b"1795428000." + asked.body, hashlib.sha256).hexdigest()
    assert asked.headers["x-ivr-signature"] == f"t=1795428000,v1={wanted}"


def test_a_webhook_that_was_taken_out_is_kept_for_later() -> None:
    """Settings can be mended: what waits for them is not thrown away."""
    with pytest.raises(DeliveryFailed, match="no webhook crm") as failed:
        SignedWebhooks({}, lambda: AT).deliver(Message("m", "webhook", "crm", "", "es"))
    assert not failed.value.final


def test_a_short_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be guessed signs nothing."""
    monkeypatch.setenv("HOOK", "short")
    with pytest.raises(ValidationError, match="16 signs"):
        WebhookSettings.model_validate({"url": "https://crm.example.net/", "secret": {"env": "HOOK"}})
