"""Performs `notify`: whether a message may go, and into the outbox with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid5

import structlog
from sqlalchemy import Connection

from data.errors import DataError
from data.messages import Messages
from data.once import Refusal
from data.records import Claimed, Errand
from data.records.contacts import Whom
from data.store import Store
from dialogs.effects import Notify
from dialogs.results import Done, Failed, Refused
from ivr.campaigns.contact_rules.contact import Blocked
from ivr.campaigns.contact_rules.gate import Gate, Wish
from ivr.clock import Clock
from ivr.in_thread import in_thread
from ivr.messenger.message import Carrier, Message, ledger_id
from ivr.messenger.paper import Folder
from ivr.messenger.recipients import NotAllowed, email_address, sms_number
from ivr.messenger.settings import LimitSettings, MessageSettings
from ivr.messenger.sms import HttpSms
from ivr.messenger.smtp import SmtpEmail
from ivr.messenger.webhook import SignedWebhooks
from ivr.occasion import Occasion, ServedCustomer
from ivr.outbox import Arrived, Declined, Ending, NotYet
from ivr.safekeeping import Answer, Safekeeping

log = structlog.get_logger(__name__)

MESSAGE = "message"
"""Of errands that wait to be messages: what came through the spool."""


class Messenger:
    """Takes messages of all calls of this process."""

    def __init__(
        self,
        store: Store,
        settings: MessageSettings,
        *,
        region: str,
        clock: Clock,
        safe: Safekeeping,
        gate: Gate,
    ) -> None:
        """`region`: the site's country, whose numbers need no prefix. `gate`: the one way out."""
        self._store, self._safe, self._gate = store, safe, gate
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
        message = asked.message
        errand = Errand(
            kind=message.channel,
            target=message.to if message.channel == "webhook" else message.channel,
            body=message.as_body(),
            idempotency_key=message.id,
            at=asked.at,
            call_id=asked.call_id,
            customer_id=asked.person.customer_id if asked.person else None,
        )
        if message.channel == "webhook":
            self._store.messages.send(errand, recipient=message.to, template=asked.template, limits={})
            return None
        wish = Wish(
            to=message.to,
            channel=message.channel,
            purpose="service",
            customer_id=asked.person.customer_id if asked.person else None,
            asked_for=f"{asked.template} in call {message.call_id}",
            call_id=asked.call_id,
        )
        refused = sent_by(self._gate, wish, errand, asked.template, self._settings.limits)
        return Refused(refused.told) if isinstance(refused, Blocked) else refused

    def _recipient(self, notify: Notify) -> str:
        match notify.channel:
            case "sms":
                return sms_number(notify.to, region=self._region, countries=self._countries)
            case "email":
                return email_address(notify.to)
            case "webhook":
                return notify.to


def sent_by(
    gate: Gate,
    wish: Wish,
    errand: Errand,
    template: str,
    limits: LimitSettings,
    *,
    also: Callable[[Connection], None] = lambda _connection: None,
) -> Blocked | Refused | None:
    """Puts a message to a person into the outbox if the gate lets it go; why not. In one transaction with it:
    its place in the ledger of contacts, and `also`. Raises `DataError`, and what `also` raises."""
    spans = {timedelta(hours=1): limits.per_hour, timedelta(days=1): limits.per_day}

    def put(connection: Connection, _whom: Whom) -> None:
        also(connection)
        ended = Messages.send_within(connection, errand, recipient=wish.to, template=template, limits=spans)
        if ended != "put":
            raise Refusal(ended)

    try:
        answer = gate.admit(wish, contact_id=ledger_id(errand.idempotency_key), also=put)
    except Refusal as refusal:
        if refusal.reason == "before":
            return None
        if refusal.reason == "too_many":
            return Refused("the recipient has had too many messages")
        raise
    return answer if isinstance(answer, Blocked) else None


@dataclass(frozen=True)
class _Asked:
    """A message that a call has asked for."""

    message: Message
    template: str
    """The flow and step that sent it."""
    person: ServedCustomer | None
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
            person = ServedCustomer(errand.customer_id, str(body["customer_number"]))
        at = datetime.fromisoformat(body["at"])
        return cls(Message.from_body(body["message"]), str(body["template"]), person, at)


def errand_of(message: Message, template: str, person: ServedCustomer | None, at: datetime) -> Errand:
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
