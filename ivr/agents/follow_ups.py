"""What follows from an outcome: a callback, a message, a case, a webhook. Each is an errand of the outbox.

The errands are put in together with the outcome, in one transaction, each under a key of its contact: closed
twice, or carried again after a crash, each is done once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid5
from zoneinfo import ZoneInfo

from data.callbacks import Callbacks
from data.errors import DataError
from data.numbers import reference_of
from data.records import Booking, Claimed, Contact, Customer, Errand, NewTicket
from ivr.agents.outcomes import AnswersUnfit
from ivr.agents.outcomes_reading import PLACE
from ivr.agents.outcomes_written import ActionFile, CallbackAction, FieldType, MessageAction
from ivr.agents.shown import House, as_read, as_told
from ivr.cases import errand_of as case_of
from ivr.in_thread import in_thread
from ivr.messenger.message import Message
from ivr.messenger.messenger import errand_of as message_of
from ivr.messenger.recipients import NotAllowed, email_address, sms_number
from ivr.numbers import NotCalled, Number, checked
from ivr.occasion import ServedCustomer
from ivr.outbox import Arrived, Declined, Ending, NotYet
from ivr.queueing.callback_rules import CallbackSettings, next_lawful

CALLBACK = "agent_callback"
"""Of these errands in the outbox."""


@dataclass(frozen=True)
class Closed:
    """What is known as a contact is closed."""

    contact: Contact
    agent: str
    strategy: str
    outcome: str
    fields: Mapping[str, Any]
    kinds: Mapping[str, FieldType]
    """Of the fields."""
    caller_number: str
    language: str
    customer: Customer | None
    at: datetime

    def as_read(self, house: House, language: str = "") -> dict[str, str]:
        """The fields as people read them."""
        return {
            name: as_read(value, self.kinds.get(name, "text"), language or self.language, house)
            for name, value in self.fields.items()
        }


@dataclass(frozen=True)
class Rules:
    """What the installation allows."""

    callbacks: CallbackSettings
    region: str
    countries: tuple[str, ...]
    """Where messages may go to."""
    house: House = field(default_factory=House)


def errands(
    actions: Sequence[ActionFile], closed: Closed, rules: Rules
) -> tuple[list[Errand], dict[str, str]]:
    """One for each action; and where a number, an address or a moment is no use: field → what to do."""
    made: list[Errand] = []
    problems: dict[str, str] = {}
    for at, action in enumerate(actions):
        key = f"outcome:{closed.contact.id}:{at}"
        try:
            if action.callback is not None:
                made.append(_callback(action.callback, closed, rules, key))
            elif action.message is not None:
                made.append(_message(action.message, closed, rules, at))
            elif action.case is not None:
                made.append(_case(action.case, closed, rules, key))
            elif action.webhook is not None:
                made.append(_webhook(action.webhook, closed, rules, key))
        except AnswersUnfit as unfit:
            problems |= unfit.problems
    return made, problems


def _callback(action: CallbackAction, closed: Closed, rules: Rules, key: str) -> Errand:
    wanted = _callable(closed, rules)
    agreed = closed.fields.get(action.at) if action.at is not None else None
    if action.at is not None and agreed is None and not action.after:
        raise AnswersUnfit({action.at: "must be filled in: ask when they are to be called"})
    due = closed.at + timedelta(minutes=action.after)
    if agreed is not None:
        due = datetime.fromisoformat(str(agreed))
    lawful = next_lawful(due, wanted.zones, rules.callbacks.hours)
    if lawful is None:
        raise AnswersUnfit({action.at or "callback": "no lawful hour is near that moment: choose another"})
    if agreed is not None and lawful != due:
        # What was agreed with a person is not moved behind their back.
        first = lawful.astimezone(ZoneInfo(rules.house.zone)).isoformat(timespec="minutes")
        raise AnswersUnfit(
            {str(action.at): f"nobody is called at that hour: the next that is possible is {first}"}
        )
    body: dict[str, Any] = {
        "number": wanted.e164,
        "queue": action.queue or closed.contact.queue,
        "language": closed.language,
        "due_at": lawful.isoformat(),
        "story": {"outcome": closed.outcome, **closed.as_read(rules.house)},
    }
    return _errand(CALLBACK, body["queue"], body, closed, key)


def _numbers(closed: Closed) -> tuple[str, ...]:
    """Where they are reached: as they have called, else as the customer's record says."""
    return (closed.caller_number, *(closed.customer.phone_numbers if closed.customer else ()))


def _callable(closed: Closed, rules: Rules) -> Number:
    why = "unknown"
    for number in _numbers(closed):
        try:
            return checked(number, region=rules.region, countries=rules.callbacks.countries)
        except NotCalled as refused:
            why = refused.reason
    raise AnswersUnfit({"callback": f"no number of theirs may be called ({why})"})


def _message(action: MessageAction, closed: Closed, rules: Rules, at: int) -> Errand:
    customer, to = closed.customer, _recipient(action, closed, rules)
    language = closed.language if closed.language in action.text else next(iter(action.text))
    subject, shown = action.subject.get(language, ""), closed.as_read(rules.house, language)
    message = Message(
        id=str(uuid5(closed.contact.id, f"outcome:{at}")),  # the ledger of contacts has it, too
        channel=action.channel,
        to=to,
        text=_with(action.text[language], shown),
        subject=_with(subject, shown),
        language=language,
        call_id=str(closed.contact.call_id or closed.contact.id),
    )
    person = ServedCustomer(customer.id, customer.customer_number) if customer else None
    return message_of(message, f"outcome/{closed.strategy}/{closed.outcome}", person, closed.at)


def _recipient(action: MessageAction, closed: Closed, rules: Rules) -> str:
    """The field's value, if there is one; else where the customer is reached. Raises `AnswersUnfit`."""
    given = closed.fields.get(action.to) if action.to else None
    if given is not None:
        candidates: tuple[str, ...] = (str(given),)
    elif action.channel == "sms":
        candidates = _numbers(closed)
    else:
        candidates = (closed.customer.email or "",) if closed.customer else ("",)
    why = "nobody knows where they are reached"
    for to in candidates:
        try:
            if action.channel == "email":
                return email_address(to)
            return sms_number(to, region=rules.region, countries=rules.countries)
        except NotAllowed as refused:
            why = str(refused)
    raise AnswersUnfit({action.to or "message": why})


def _with(text: str, fields: Mapping[str, str]) -> str:
    """Only the fields' names are replaced, by plain text: nothing in a value is looked at again."""
    return PLACE.sub(lambda found: fields.get(found[1], ""), text)


def _case(kind: str, closed: Closed, rules: Rules, key: str) -> Errand:
    new = NewTicket(
        topic="other",
        subject=closed.outcome,
        kind=kind,
        at=closed.at,
        customer_number=closed.customer.customer_number if closed.customer else None,
        about={"outcome": closed.outcome, **closed.as_read(rules.house)},
        call_id=closed.contact.call_id,
    )
    customer_id = closed.customer.id if closed.customer else None
    return case_of(new, key, reference_of(sha256(key.encode()).digest()), customer_id)


def _webhook(name: str, closed: Closed, rules: Rules, key: str) -> Errand:
    told: dict[str, str | int] = {
        "contact": str(closed.contact.id),
        "agent": closed.agent,
        "queue": closed.contact.queue,
        "strategy": closed.strategy,
        "outcome": closed.outcome,
        "customer_number": closed.customer.customer_number if closed.customer else "",
        **dict(as_told(closed.fields, closed.kinds, rules.house)),
    }
    message = Message(
        id=key,
        channel="webhook",
        to=name,
        text="",
        language=closed.language,
        fields=told,
        call_id=str(closed.contact.call_id or ""),
    )
    return _errand("webhook", name, message.as_body(), closed, key)


def _errand(kind: str, target: str, body: Mapping[str, Any], closed: Closed, key: str) -> Errand:
    return Errand(
        kind=kind,
        target=target,
        body=body,
        idempotency_key=key,
        at=closed.at,
        call_id=closed.contact.call_id,
        customer_id=closed.customer.id if closed.customer else None,
    )


def carrying_callbacks(store: Callbacks, now: Callable[[], datetime]) -> Callable[[Claimed], Ending]:
    """How errands of the kind `CALLBACK` are carried: they become callbacks like any other."""

    def carry(errand: Claimed) -> Ending:
        body, at = errand.body, now()
        try:
            agreed = datetime.fromisoformat(str(body["due_at"]))
            booking = Booking(
                queue=str(body["queue"]),
                number=str(body["number"]),
                language=str(body["language"]),
                # Nobody kept a place: that it begins after the booking, also if this errand comes late, tells
                # reports so (`Figures.agreed`).
                joined_at=max(agreed, at + timedelta(milliseconds=1)),
                at=at,
                due_at=agreed,
                story=dict(body["story"]),
                call_id=errand.call_id,
                customer_id=errand.customer_id,
            )
        except (KeyError, TypeError, ValueError):
            return Declined("unreadable")
        try:
            in_thread(lambda: store.book_once(booking, errand.idempotency_key))
        except DataError as lost:
            return NotYet(str(lost))
        return Arrived()

    return carry
