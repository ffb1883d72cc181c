"""What leaves an action as an errand of the outbox: a message, a case, a callback, what a webhook is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from data.action_facts import ActionFacts
from data.numbers import reference_of
from data.records import Customer, Errand, NewTicket
from data.records.actions import Action
from ivr.agents.follow_ups import CALLBACK
from ivr.agents.shown import House
from ivr.campaigns.actions.wording import Worded, values_of
from ivr.campaigns.actions.written import MESSAGES, OF_THE_DEBT, ActionFile
from ivr.campaigns.contact_rules.written import Purpose
from ivr.cases import errand_of as case_of
from ivr.messenger.message import Channel, Message
from ivr.numbers import Number


@dataclass(frozen=True)
class Due:
    """An action with all that is known when it is done."""

    action: Action
    file: ActionFile
    facts: ActionFacts
    customer: Customer

    @property
    def where(self) -> str:
        return f"{self.facts.strategy}/{self.facts.campaign}/{self.action.outcome}"[:120]

    @property
    def purpose(self) -> Purpose:
        return self.file.purpose or self.facts.purpose  # type: ignore[return-value]  # as the file had it


def message(about: Due, said: Worded, to: str, now: datetime) -> Errand:
    """A message, under the action's id: in the ledger, at the provider, and on every try."""
    action, channel = about.action, about.file.kind
    assert channel in MESSAGES
    via = ""
    values: dict[str, str | int] = {}
    if channel == "whatsapp":
        via = f"{about.facts.strategy}/{about.file.provider or ''}"
        values = {**said.values, "template": about.file.what}
    chosen: Channel = channel  # type: ignore[assignment]  # one of MESSAGES
    sent = Message(
        id=str(action.id),
        channel=chosen,
        to=to,
        text=said.text,
        subject=said.subject if channel == "email" else "",
        language=said.language,
        fields=values,
        call_id=str(action.call_id or ""),
        via=via,
    )
    return Errand(
        kind=channel,
        target=via or channel,
        body=sent.as_body(),
        idempotency_key=str(action.id),
        at=now,
        call_id=action.call_id,
        customer_id=about.customer.id,
    )


def _key(action_id: UUID) -> str:
    return f"action:{action_id}"


def case(about: Due, now: datetime, house: House, language: str) -> Errand:
    """A case, with what is known of the promise and the debt as people read it."""
    key = _key(about.action.id)
    values = values_of(about.customer, about.facts, house, language)
    told = {name: value for name, value in values.items() if name in OF_THE_DEBT}
    new = NewTicket(
        topic="other",
        subject=about.file.what,
        kind=about.file.what,
        at=now,
        customer_number=about.customer.customer_number,
        about={
            "campaign": f"{about.facts.strategy}/{about.facts.campaign}",
            "outcome": about.action.outcome,
            **told,
        },
        call_id=about.action.call_id,
    )
    return case_of(new, key, reference_of(sha256(key.encode()).digest()), about.customer.id)


def webhook(about: Due, now: datetime) -> Errand:
    """Programs are told what they can compute with."""
    action, facts, promise = about.action, about.facts, about.facts.promise
    told: dict[str, str | int] = {
        "action": str(action.id),
        "strategy": facts.strategy,
        "campaign": facts.campaign,
        "occasion": action.occasion,
        "outcome": action.outcome,
        "customer_number": about.customer.customer_number,
    }
    if promise is not None:
        told |= {
            "amount_minor": promise.amount_cents,
            "paid_minor": promise.paid_cents,
            "currency": promise.currency,
            "day": promise.promised_for.isoformat(),
        }
    told_as = Message(
        id=_key(action.id),
        channel="webhook",
        to=about.file.what,
        text="",
        language=about.customer.language,
        fields=told,
        call_id=str(action.call_id or ""),
    )
    return Errand(
        kind="webhook",
        target=about.file.what,
        body=told_as.as_body(),
        idempotency_key=_key(action.id),
        at=now,
        call_id=action.call_id,
        customer_id=about.customer.id,
    )


def callback(about: Due, number: Number, due: datetime, now: datetime) -> Errand:
    """A place in a queue, at that moment."""
    body = {
        "number": number.e164,
        "queue": about.file.what,
        "language": about.customer.language,
        "due_at": due.isoformat(),
        "story": {"outcome": about.action.outcome, "campaign": about.facts.campaign},
    }
    return Errand(
        kind=CALLBACK,
        target=about.file.what,
        body=body,
        idempotency_key=_key(about.action.id),
        at=now,
        call_id=about.action.call_id,
        customer_id=about.customer.id,
    )
