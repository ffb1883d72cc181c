"""Performs `notify`: whether a message may go, and into the outbox with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog

from data.errors import DataError
from data.records import Claimed, Errand
from data.records.contacts import NewContact
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
from ivr.occasion import Occasion, Person
from ivr.outbox import Arrived, Declined, Ending, NotYet
from ivr.safekeeping import Answer, Safekeeping

log = structlog.get_logger(__name__)

MESSAGE = "message"
"""Of errands that wait to be messages: what came through the spool."""
CONSENTS = ("messages",)
"""What somebody may have said no to, beside the channel's own name (`sms`, `email`)."""


class Messenger:
    """Takes messages of all calls of this process."""

    def __init__(
        self, store: Store, settings: MessageSettings, *, region: str, clock: Clock, safe: Safekeeping
    ) -> None:
        """`region`: the site's country, whose numbers need no prefix."""
        self._store, self._safe = store, safe
        self._settings = settings
        self._region = region
        self._countries = frozenset(settings.countries or (region,))
        self._clock = clock

    def send(self, notify: Notify, occasion: Occasion) -> Done | Refused | Failed:
        """Blocks cooperatively, for as long as the database takes; no provider is waited for.

        While the database is lost the message waits in the spool: whether its recipient wants any, and has
        not had too many, is asked when it is brought in.
        """
        try:
            message = _message(notify, self._recipient(notify), occasion)
            asked = _Asked(message, f"{occasion.flow}/{occasion.step}", occasion.person, self._clock.utc())
            kept = self._safe.keep(lambda: self._taken(asked), asked.as_errand())
        except NotAllowed as not_there:
            kept = Answer(Refused(str(not_there)))
        except DataError as lost:
            log.error("message_not_taken", call=str(occasion.call_id), reason=str(lost))
            return Failed(f"messages cannot be noted ({lost.code})")
        refused = kept.value if isinstance(kept, Answer) else None
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

    def carry(self, errand: Claimed) -> Ending:
        """Takes one that waited in the spool; from then on it is a message like any other."""
        asked = _Asked.from_errand(errand)
        try:
            refused = in_thread(lambda: self._taken(asked))
        except DataError as lost:
            return NotYet(str(lost))
        return Arrived() if refused is None else Declined(refused.reason)

    def _taken(self, asked: _Asked) -> Refused | None:
        """Puts it into the outbox; why not. Raises `DataError`."""
        refused = self._objection(asked) or self._put(asked)
        if refused is None:
            self._on_record(asked)
        return refused

    def _on_record(self, asked: _Asked) -> None:
        """In the ledger of contacts, as one that the person asked for in their call: counted by no rule."""
        message = asked.message
        if message.channel == "webhook":
            return
        self._store.contacts.note(
            NewContact(
                id=_ledger_id(message.id),
                at=asked.at,
                customer_id=asked.person.customer_id if asked.person else None,
                address=message.to,
                channel=message.channel,
                purpose="service",
                asked_for=f"{asked.template} in call {message.call_id}",
                call_id=asked.call_id,
            )
        )

    def _recipient(self, notify: Notify) -> str:
        match notify.channel:
            case "sms":
                return sms_number(notify.to, region=self._region, countries=self._countries)
            case "email":
                return email_address(notify.to)
            case "webhook":
                return notify.to

    def _objection(self, asked: _Asked) -> Refused | None:
        """Whether the recipient does not want any."""
        message, person = asked.message, asked.person
        if message.channel == "webhook":
            return None
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

    def _put(self, asked: _Asked) -> Refused | None:
        message, limits = asked.message, self._settings.limits
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
            at=asked.at,
            call_id=asked.call_id,
            customer_id=asked.person.customer_id if asked.person else None,
        )
        ended = self._store.messages.send(
            errand, recipient=message.to, template=asked.template, limits=allowed
        )
        return Refused("the recipient has had too many messages") if ended == "too_many" else None


@dataclass(frozen=True)
class _Asked:
    """A message that a call has asked for."""

    message: Message
    template: str
    """The flow and step that sent it."""
    person: Person | None
    """Who the caller has proved to be."""
    at: datetime

    @property
    def call_id(self) -> UUID:
        return UUID(self.message.call_id)

    def as_errand(self) -> Errand:
        """As it waits in the spool."""
        person = self.person
        return Errand(
            kind=MESSAGE,
            target=self.message.channel,
            body={
                "message": self.message.as_body(),
                "template": self.template,
                "customer_number": person.customer_number if person else None,
                "at": self.at.isoformat(),
            },
            idempotency_key=f"message-{self.message.id}",
            at=self.at,
            call_id=self.call_id,
            customer_id=person.customer_id if person else None,
        )

    @classmethod
    def from_errand(cls, errand: Claimed) -> _Asked:
        body, person = errand.body, None
        if errand.customer_id is not None:
            person = Person(errand.customer_id, str(body["customer_number"]))
        at = datetime.fromisoformat(body["at"])
        return cls(Message.from_body(body["message"]), str(body["template"]), person, at)


def _ledger_id(message_id: str) -> UUID:
    """In the ledger of contacts; also of a message that lies in the outbox under an older kind of id."""
    try:
        return UUID(message_id)
    except ValueError:
        return uuid5(NAMESPACE_URL, message_id)


def errand_of(message: Message, template: str, person: Person | None, at: datetime) -> Errand:
    """A message that is sent as soon as it may be: whether its recipient wants any, and has not had too many,
    is asked when it is carried. Its `call_id` is a UUID. `template`: who sends it."""
    return _Asked(message, template, person, at).as_errand()


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
