"""E-mail by SMTP: plain text in the caller's language, one recipient."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

import gevent

from ivr.messenger.message import DeliveryFailed, Message
from ivr.messenger.settings import EmailSettings, is_address


class SmtpEmail:
    """Sends by the mail server of the settings."""

    sends = True

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings

    def deliver(self, message: Message) -> str:
        """Raises `DeliveryFailed`."""
        letter = letter_of(message, self._settings)
        try:
            with gevent.Timeout(self._settings.deadline), connected(self._settings) as server:
                server.send_message(letter, to_addrs=[message.to])
        except gevent.Timeout:
            raise DeliveryFailed(f"the mail server took longer than {self._settings.deadline:g} s") from None
        except smtplib.SMTPRecipientsRefused as refused:
            code = next(iter(refused.recipients.values()))[0]
            raise DeliveryFailed(
                f"the mail server refuses the recipient ({code})", final=code >= 500
            ) from None
        except smtplib.SMTPResponseException as refused:
            # Our sender, our password, its content filter: an operator can mend that.
            raise DeliveryFailed(f"the mail server answers {refused.smtp_code}") from None
        except (smtplib.SMTPException, OSError) as lost:
            raise DeliveryFailed(f"the mail server cannot be used ({type(lost).__name__})") from lost
        return str(letter["Message-ID"])

    def check(self) -> None:
        """Knocks, and logs in; sends nothing. Raises `smtplib.SMTPException`, `OSError`, `gevent.Timeout`."""
        with gevent.Timeout(min(5.0, self._settings.deadline)), connected(self._settings) as server:
            server.noop()


@contextmanager
def connected(settings: EmailSettings) -> Iterator[smtplib.SMTP]:
    """A session in which mail can be given up: encrypted and logged in as the settings say."""
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if settings.security == "tls":
        server = smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.deadline, context=context)
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=settings.deadline)
    with server:
        if settings.security == "starttls":
            server.starttls(context=context)
        if settings.user is not None and settings.password is not None:
            server.login(settings.user, settings.password)
        yield server


def letter_of(message: Message, settings: EmailSettings) -> EmailMessage:
    """The message as it goes on the wire. Raises `DeliveryFailed` for what cannot be a header."""
    if not is_address(message.to):
        raise DeliveryFailed("the recipient is no e-mail address", final=True)
    letter = EmailMessage(policy=SMTP)
    subject = message.subject or settings.subject.get(message.language, "") or settings.subject["es"]
    try:
        letter["From"] = settings.sender
        letter["To"] = message.to
        # A line break would begin another header; the library refuses it, and we need no refusal.
        letter["Subject"] = " ".join(subject.split())
    except ValueError:
        raise DeliveryFailed("what it is about cannot be a header", final=True) from None
    letter["Date"] = format_datetime(datetime.now(UTC))
    letter["Message-ID"] = f"<{message.id}@{parseaddr(settings.sender)[1].rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.text, cte="quoted-printable")
    letter["Content-Language"] = message.language  # now: the content brings its own headers
    return letter
