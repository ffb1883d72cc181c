"""Performs `notify`: whether a message may go, and into the outbox with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from uuid import uuid5

import structlog

from data.errors import DataError
from data.records import Errand
from data.store import Store
from dialogs.effects import Notify
from dialogs.results import Done, Failed, Refused
from ivr.clock import Clock
from ivr.in_thread import in_thread
from ivr.messenger.message import Carrier, Message
from ivr.messenger.paper import Folder
from ivr.messenger.recipients import NotAllowed, email_address, sms_number
from ivr.messenger.settings import MessageSettings
from ivr.messenger.sms import HttpSms
from ivr.messenger.smtp import SmtpEmail
from ivr.messenger.webhook import SignedWebhooks
from ivr.occasion import Occasion

log = structlog.get_logger(__name__)

CONSENTS = ("messages",)
"""What somebody may have said no to, beside the channel's own name (`sms`, `email`)."""


class Messenger:
    """Takes messages of all calls of this process."""

    def __init__(self, store: Store, settings: MessageSettings, *, region: str, clock: Clock) -> None:
        """`region`: the site's country, whose numbers need no prefix."""
        self._store = store
        self._settings = settings
        self._region = region
        self._countries = frozenset(settings.countries or (region,))
        self._clock = clock

    def send(self, notify: Notify, occasion: Occasion) -> Done | Refused | Failed:
        """Blocks cooperatively, for as long as the database takes; no provider is waited for."""
        try:
            to = self._recipient(notify)
            message = _message(notify, to, occasion)
            refused = in_thread(lambda: self._objection(message, occasion))
            if refused is None:
                refused = self._put(message, occasion)
        except NotAllowed as not_there:
            refused = Refused(str(not_there))
        except DataError as lost:
            log.error("message_not_taken", call=str(occasion.call_id), reason=str(lost))
            return Failed(f"messages cannot be noted ({lost.code})")
        if refused is not None:
            log.warning(
                "message_refused",
                call=str(occasion.call_id),
                step=occasion.step,
                channel=notify.channel,
                reason=refused.reason,
            )
            return refused
        return Done()

    def _recipient(self, notify: Notify) -> str:
        match notify.channel:
            case "sms":
                return sms_number(notify.to, region=self._region, countries=self._countries)
            case "email":
                return email_address(notify.to)
            case "webhook":
                return notify.to

    def _objection(self, message: Message, occasion: Occasion) -> Refused | None:
        """Whether the recipient does not want any."""
        if message.channel == "webhook":
            return None
        person = occasion.person
        number = message.to if message.channel == "sms" else None
        if number is not None and self._store.suppressions.contains("number", number):
            return Refused("the number is not to be contacted")
        if person is not None and self._store.suppressions.contains("person", person.customer_number):
            return Refused("the person is not to be contacted")
        for kind in (message.channel, *CONSENTS):
            for whose in ({"e164": number}, {"customer_id": person.customer_id if person else None}):
                if None in whose.values():
                    continue
                said = self._store.consents.newest(kind, **whose)
                if said is not None and not said.given:
                    return Refused(f"they have said no to {kind}")
        return None

    def _put(self, message: Message, occasion: Occasion) -> Refused | None:
        limits = self._settings.limits
        allowed: Mapping[timedelta, int] = (
            {}
            if message.channel == "webhook"
            else {timedelta(hours=1): limits.per_hour, timedelta(days=1): limits.per_day}
        )
        errand = Errand(
            kind=message.channel,
            target=message.to if message.channel == "webhook" else message.channel,
            body=message.as_body(),
            idempotency_key=message.id,
            at=self._clock.utc(),
            call_id=occasion.call_id,
            customer_id=occasion.person.customer_id if occasion.person else None,
        )
        ended = in_thread(
            lambda: self._store.messages.send(
                errand,
                recipient=message.to,
                template=f"{occasion.flow}/{occasion.step}",
                limits=allowed,
            )
        )
        return Refused("the recipient has had too many messages") if ended == "too_many" else None


def _message(notify: Notify, to: str, occasion: Occasion) -> Message:
    """Its id follows from the call and from what it says: told twice in a call, it is sent once."""
    said = "\0".join(
        (notify.channel, to, notify.text, *(f"{k}={v}" for k, v in sorted(notify.fields.items())))
    )
    return Message(
        id=str(uuid5(occasion.call_id, sha256(said.encode()).hexdigest())),
        channel=notify.channel,
        to=to,
        text=notify.text,
        subject=notify.subject,
        language=notify.language,
        fields=dict(notify.fields),
        call_id=str(occasion.call_id),
    )


def carriers(settings: MessageSettings, folder: Folder, clock: Clock) -> Mapping[str, Carrier]:
    """Who carries each channel: the provider of the settings, else the folder.

    A webhook that the settings do not name goes to the folder, too.
    """
    hooks = SignedWebhooks(settings.webhooks, clock.utc)
    return {
        "sms": HttpSms(settings.sms) if settings.sms is not None else folder,
        "email": SmtpEmail(settings.email) if settings.email is not None else folder,
        "webhook": hooks if settings.webhooks else folder,
    }
