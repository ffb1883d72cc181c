"""E-mail by SMTP, against a real mail server: encrypted, logged in, and with no header of the caller's."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from email import message_from_string
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ivr.messenger.message import DeliveryFailed, Message
from ivr.messenger.settings import EmailSettings
from ivr.messenger.smtp import SmtpEmail
from tests.messenger.conftest import MailServer

Start = Callable[..., MailServer]


def by(server: MailServer, **settings: Any) -> SmtpEmail:
    plain = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "sender": "Aurora <no@example.net>",
    }
    return SmtpEmail(EmailSettings.model_validate({**plain, **settings}))


def test_a_letter_arrives_as_it_was_written(mail_server: Start, email: Message) -> None:
    """In the caller's language, with its signs, and with a subject of that language."""
    server = mail_server()
    by(server).deliver(email)
    taken = server.taken()
    letter = message_from_string(taken["content"], policy=default)
    assert (taken["from"], taken["to"]) == ("no@example.net", ["ana@example.net"])
    assert letter["Subject"] == "La informació que ens ha demanat"
    assert letter["Content-Language"] == "ca"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"] == "<m-2@example.net>"
    assert letter.get_content().strip() == email.text


def test_encrypted_and_logged_in(
    mail_server: Start, email: Message, certificates: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """STARTTLS, then the password; a wrong one is no fault of the recipient's."""
    authority, own = certificates
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    monkeypatch.setenv("RIGHT", "correct horse")
    monkeypatch.setenv("WRONG", "battery staple")
    server = mail_server(user="ivr", password="correct horse", certificate=str(own))
    logged_in: dict[str, Any] = {"host": "localhost", "security": "starttls", "user": "ivr"}
    by(server, **logged_in, password={"env": "RIGHT"}).deliver(email)
    assert server.taken()["encrypted"]
    with pytest.raises(DeliveryFailed, match="535") as failed:
        by(server, **logged_in, password={"env": "WRONG"}).deliver(email)
    assert not failed.value.final


def test_a_certificate_of_nobody_is_refused(
    mail_server: Start, email: Message, certificates: tuple[Path, Path]
) -> None:
    """Whoever stands between us and the mail server gets nothing."""
    server = mail_server(certificate=str(certificates[1]))
    with pytest.raises(DeliveryFailed, match="SSLCertVerificationError"):
        by(server, host="localhost", security="starttls").deliver(email)


@pytest.mark.parametrize(("code", "final"), [(550, True), (451, False)])
def test_a_mailbox_that_is_not_there_ends_it(
    mail_server: Start, email: Message, code: int, *, final: bool
) -> None:
    """For good only if the server says for good."""
    with pytest.raises(DeliveryFailed, match=str(code)) as failed:
        by(mail_server(refuse=code)).deliver(email)
    assert failed.value.final == final
    assert "ana" not in str(failed.value)


@pytest.mark.parametrize(
    "to",
    [
        "ana@example.net\r\nBcc: all@example.net",
        "ana@example.net, bob@example.net",
        "Ana <ana@example.net>",
        "ana@example",
        "ana@@example.net",
        "",
        "ana@example.net\0",
        "a" * 65 + "@example.net",
    ],
)
def test_no_address_becomes_a_header(mail_server: Start, email: Message, to: str) -> None:
    """Nothing is sent at all, to anybody."""
    with pytest.raises(DeliveryFailed) as failed:
        by(mail_server()).deliver(replace(email, to=to))
    assert failed.value.final


def test_a_subject_stays_one_line(mail_server: Start, email: Message) -> None:
    """What a value brings into the subject is text, whatever breaks it holds."""
    server = mail_server()
    by(server).deliver(replace(email, subject="Caso 1\r\nBcc: all@example.net\r\n\r\nbody"))
    letter = message_from_string(server.taken()["content"], policy=default)
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Caso 1 Bcc: all@example.net body"


def test_a_server_that_says_nothing_is_left(email: Message) -> None:
    """A port that takes connections and is silent costs the deadline, and no more."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = {"host": "127.0.0.1", "port": silent.getsockname()[1], "sender": "no@example.net"}
        carrier = SmtpEmail(EmailSettings.model_validate({**settings, "security": "none", "deadline": 0.3}))
        with pytest.raises(DeliveryFailed):
            carrier.deliver(email)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"user": "ivr"}, "go together"),
        ({"security": "none", "user": "ivr", "password": {"env": "HOME"}}, "starttls or tls only"),
        ({"sender": "nobody"}, "Company <no-reply@example.net>"),
        ({"sender": "A <a@example.net>\nBcc: b@example.net"}, "Company <no-reply@example.net>"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], told: str) -> None:
    """A password in the clear, half a log-in, a sender who is nobody."""
    plain = {"host": "smtp.example.net", "sender": "no@example.net"}
    with pytest.raises(ValidationError, match=told):
        EmailSettings.model_validate({**plain, **settings})
