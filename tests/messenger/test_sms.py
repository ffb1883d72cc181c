"""SMS by HTTP: the request is as the settings map it, and only a plain yes counts as taken."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import gevent
import pytest
from pydantic import ValidationError

from ivr.messenger.message import DeliveryFailed, Message
from ivr.messenger.posting import LARGEST_ANSWER
from ivr.messenger.settings import SmsSettings
from ivr.messenger.sms import LONGEST_TEXT, HttpSms
from tests.messenger.conftest import Provider


def by(provider: Provider, **settings: Any) -> HttpSms:
    mapping = {"json": {"to": "{to}", "text": "{text}"}} if not {"form", "query"} & settings.keys() else {}
    return HttpSms(SmsSettings.model_validate({"url": provider.url, **mapping, **settings}))


def test_json_is_mapped_and_signed_in(provider: Provider, sms: Message, monkeypatch: Any) -> None:
    """The text arrives as it is, also inside lists, and our key with it."""
    monkeypatch.setenv("SMS_TOKEN", "t0k3n")
    mapping = {"from": "{sender}", "messages": [{"to": ["{to}"], "body": "{text}"}], "ref": "{id}", "n": 1}
    by(provider, json=mapping, sender="Aurora", auth={"bearer": {"env": "SMS_TOKEN"}}).deliver(sms)
    (asked,) = provider.asked
    assert json.loads(asked.body) == {
        "from": "Aurora",
        "messages": [{"to": ["+34600111222"], "body": "Su saldo es de 142,30 €."}],
        "ref": "m-1",
        "n": 1,
    }
    assert (asked.method, asked.headers["authorization"]) == ("POST", "Bearer t0k3n")
    assert asked.headers["idempotency-key"] == "m-1"


def test_a_form_and_a_query_are_encoded(provider: Provider, sms: Message, monkeypatch: Any) -> None:
    """What a text holds cannot become another field."""
    monkeypatch.setenv("SMS_PASSWORD", "geheim")
    sly = replace(sms, text="x&to=+34911&admin=1 {sender} %00")
    fields = {"to": "{to}", "text": "{text}", "from": "{sender}"}
    auth = {"basic": {"user": "ivr", "password": {"env": "SMS_PASSWORD"}}}
    by(provider, form=fields, sender="Aurora", auth=auth).deliver(sly)
    by(provider, query=fields, sender="Aurora", method="GET").deliver(sly)
    posted, got = provider.asked
    wanted = {"to": ["+34600111222"], "text": [sly.text], "from": ["Aurora"]}
    assert parse_qs(posted.body.decode()) == wanted
    assert posted.headers["authorization"] == "Basic aXZyOmdlaGVpbQ=="
    assert parse_qs(got.query) == wanted
    assert (got.method, got.body) == ("GET", b"")


@pytest.mark.parametrize(
    ("status", "final"),
    [("400 Bad Request", True), ("422 No", True), ("401 Who", False), ("429 Slow", False), ("503 No", False)],
)
def test_a_refusal_is_final_only_if_it_is_about_the_message(
    provider: Provider, sms: Message, status: str, *, final: bool
) -> None:
    """A wrong key or a provider that is down are mended, and the message goes then."""
    provider.status, provider.headers = status, [("Retry-After", "120")]
    with pytest.raises(DeliveryFailed) as failed:
        by(provider).deliver(sms)
    assert (failed.value.final, failed.value.again_in) == (final, 120.0)
    assert "600111222" not in str(failed.value)


def test_a_redirect_is_not_followed(provider: Provider, sms: Message) -> None:
    """A message with its text goes where the settings say, and nowhere else."""
    provider.status, provider.headers = "302 Found", [("Location", provider.url.replace("send", "other"))]
    with pytest.raises(DeliveryFailed):
        by(provider).deliver(sms)
    assert [one.path for one in provider.asked] == ["/send"]


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        (b'{"messages": [{"status": "queued"}]}', True),
        (b'{"messages": [{"status": "rejected"}]}', False),
        (b'{"messages": []}', False),
        (b"<html>Service temporarily unavailable</html>", False),
        (b"[" * 60_000, False),
        (b"", False),
    ],
)
def test_the_answer_must_say_that_it_was_taken(
    provider: Provider, sms: Message, answer: bytes, *, taken: bool
) -> None:
    """A 200 with an error page, or with a refusal inside, is no success."""
    provider.answer = lambda: [answer]
    carrier = by(provider, success={"field": "/messages/0/status", "equals": ["queued"]})
    if taken:
        carrier.deliver(sms)
        return
    with pytest.raises(DeliveryFailed) as failed:
        carrier.deliver(sms)
    assert not failed.value.final


def test_a_provider_that_drips_or_hangs_is_left(provider: Provider, sms: Message) -> None:
    """The deadline is for all of it, not for each byte."""

    def drip() -> Iterator[bytes]:
        for _ in range(200):
            yield b"."
            gevent.sleep(0.05)

    provider.answer = drip
    began = time.monotonic()
    with pytest.raises(DeliveryFailed, match=r"no answer within 0\.3 s"):
        by(provider, deadline=0.3).deliver(sms)
    assert time.monotonic() - began < 8.0  # it drips for ten


def test_a_long_answer_is_left_and_counts(provider: Provider, sms: Message) -> None:
    """It was taken: to send it again because of how that was told would be a second SMS."""
    provider.answer = lambda: [b"x" * (LARGEST_ANSWER + 1)]
    by(provider).deliver(sms)
    assert len(provider.asked) == 1


def test_a_secret_never_becomes_a_second_header(provider: Provider, sms: Message, monkeypatch: Any) -> None:
    """A file with a line too many: nothing is sent, and the reason does not tell the secret."""
    monkeypatch.setenv("SMS_TOKEN", "t0k3n\r\nX-Admin: 1")
    with pytest.raises(DeliveryFailed, match="header") as failed:
        by(provider, auth={"bearer": {"env": "SMS_TOKEN"}}).deliver(sms)
    assert not provider.asked
    assert not failed.value.final
    assert "t0k3n" not in str(failed.value)


def test_the_environment_s_proxy_sees_no_message(provider: Provider, sms: Message, monkeypatch: Any) -> None:
    """It goes where the settings say, and to nobody else."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    by(provider).deliver(sms)
    assert len(provider.asked) == 1


def test_nobody_there(sms: Message) -> None:
    """A closed port is told by its kind, without what was to be sent."""
    settings = SmsSettings.model_validate(
        {"url": "http://127.0.0.1:9/", "json": {"a": "{to}", "b": "{text}"}}
    )
    with pytest.raises(DeliveryFailed) as failed:
        HttpSms(settings).deliver(sms)
    assert not failed.value.final
    assert "saldo" not in str(failed.value)


def test_a_text_without_end_is_refused(provider: Provider, sms: Message) -> None:
    """More than a telephone puts together is never sent."""
    with pytest.raises(DeliveryFailed) as failed:
        by(provider).deliver(replace(sms, text="a" * (LONGEST_TEXT + 1)))
    assert failed.value.final
    assert not provider.asked


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"json": {"to": "{to}"}}, "must hold {to} and {text}"),
        ({"json": {"to": "{to}", "text": "{txt}"}}, "there is no {txt}"),
        ({"json": {"to": "{to}", "text": "{text}"}, "form": {}}, "one body"),
        ({"method": "GET", "json": {"to": "{to}", "text": "{text}"}}, "GET has no body"),
        ({"form": {"to": "{to}", "text": "{text}", "from": "{sender}"}}, "write `sender`"),
        ({"json": {"to": "{to}", "text": "{text}"}, "url": "ftp://x/"}, "https://"),
        ({"json": {"to": "{to}", "text": "{text}"}, "url": "https://u:p@x/"}, "under `auth`"),
        ({"json": {"to": "{to}", "text": "{text}"}, "auth": {"bearer": "literal"}}, "never literally"),
        ({"json": {"to": "{to}", "text": "{text}"}, "success": {"field": "/a"}}, "go together"),
        ({"json": {"to": "{to}", "text": "{text}"}, "sucess": {}}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], told: str) -> None:
    """At the start, and not at the first message."""
    with pytest.raises(ValidationError, match=told.replace("{", r"\{").replace("}", r"\}")):
        SmsSettings.model_validate({"url": "https://sms.example.net/", **settings})
