"""Does one action that is due: looks at the person as they are now, asks the gate, and puts it on its way.

Rules:
1. What has changed since its occasion counts: a promise that was kept meanwhile is not called broken, a
   disputed debt is not spoken of, and what came too late is dropped.
2. Of several numbers the one at which they were reached goes first. What is theirs alone (what they owe, or
   have promised) is written only to a number that is theirs alone, on which they have proved who they are.
3. Every end is on record with its reason; what time alone forbids is put off until it is lawful.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from data.action_facts import FactsOfActions
from data.base_facts import On
from data.once import Refusal
from data.outbox import Outbox
from data.records import Errand
from data.records.actions import Action
from data.store import Store
from dialogs.results import Refused
from ivr.agents.shown import House
from ivr.campaigns.actions import errands
from ivr.campaigns.actions.errands import Due
from ivr.campaigns.actions.joining import joined
from ivr.campaigns.actions.verdicts import Did, Dropped, PutOff, Verdict
from ivr.campaigns.actions.wording import NothingToSay, Worded, speaks_of_debt, worded
from ivr.campaigns.actions.written import MESSAGES, ActionFile
from ivr.campaigns.contact_rules.contact import Blocked
from ivr.campaigns.contact_rules.gate import Gate, Wish
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.samples import EXCLUSIONS
from ivr.messenger.messenger import sent_by
from ivr.messenger.recipients import NotAllowed, email_address, sms_number
from ivr.messenger.settings import LimitSettings
from ivr.numbers import NotCalled, Number, checked
from ivr.queueing.callback_rules import CallbackSettings, next_lawful

MOST_DEATHS = 5
"""Servers that may die in a row while they do an action, before it is dropped."""
TOO_MANY_PAUSE = timedelta(hours=1)
"""Until somebody is due again who has had as many messages as the house sends."""
CALL_ON_RECORD = timedelta(minutes=2)
"""In which what was proved in a call is on record."""
_OF_ADDRESSES = frozenset({"no_address", "shared_number", "not_proved"})
_HOLDS = {"remind": ("open",), "kept": ("kept",), "partial": ("partial",), "broken": ("broken",)}
"""On which occasion a promise must still be what."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the installation allows, and how it writes."""

    house: House
    language: str
    """Of the site: whoever opens a case reads it."""
    limits: LimitSettings
    callbacks: CallbackSettings
    messages_to: frozenset[str]
    """Countries whose numbers may get a message."""


class Performing:
    """Blocks for as long as the database takes, and logs nothing: it is done in a thread."""

    def __init__(
        self,
        store: Store,
        gate: Gate,
        rulebook: Rulebook,
        terms: Terms,
        *,
        owner: str,
        now: Callable[[], datetime],
    ) -> None:
        """`owner`: this process, by its node's name. `now`: in UTC."""
        self._store, self._gate, self._rulebook, self._terms = store, gate, rulebook, terms
        self._facts = FactsOfActions(store.database)
        self._owner, self._now = owner, now

    def perform(self, action: Action) -> Verdict:
        """Does it, puts it off, or drops it, and notes that. Raises `DataError`."""
        try:
            verdict = self._verdict(action)
        except Refusal as refusal:
            # Somebody else has it, and nothing of ours stays.
            return Dropped("lost", refusal.reason)
        match verdict:
            case PutOff(until, result, why):
                if action.until_at is not None and until >= action.until_at:
                    verdict = Dropped(result, why)
                    self._drop(action, verdict)
                else:
                    self._store.actions.put_off(action.id, self._owner, due_at=until, result=result, why=why)
            case Dropped():
                self._drop(action, verdict)
        return verdict

    def _drop(self, action: Action, dropped: Dropped) -> None:
        self._store.actions.drop(
            action.id, self._owner, at=self._now(), result=dropped.result, why=dropped.why
        )

    def _verdict(self, action: Action) -> Verdict:
        now = self._now()
        if action.tries > MOST_DEATHS:
            return Dropped("broken", f"its server died with it, {action.tries - 1} times in a row")
        if action.until_at is not None and now >= action.until_at:
            return Dropped("late", action.why or "nobody came to it in time")
        facts, customer = self._facts.of(action), self._store.customers.by_id(action.customer_id)
        if facts is None or customer is None:
            return Dropped("erased", "the campaign or the person is not there any more")
        due = Due(action, ActionFile.model_validate(action.declared), facts, customer)
        if action.promise_id is not None and not _holds(due):
            state = "gone" if facts.promise is None else facts.promise.status
            return Dropped("no_longer", f"the promise is {state} by now")
        if action.kind in MESSAGES:
            return self._message(due, now)
        return self._deed(due, now)

    def _deed(self, due: Due, now: datetime) -> Verdict:
        """What is no message."""
        match due.action.kind:
            case "case":
                return self._do(due, errands.case(due, now, self._terms.house, self._terms.language))
            case "webhook":
                return self._do(due, errands.webhook(due, now))
            case "callback":
                return self._callback(due, now)
        on = On(at=now, today=now.astimezone(ZoneInfo(self._terms.house.zone)).date())
        wanted = due.file.what
        return joined(self._store, self._rulebook, due.action, wanted, due.facts, self._owner, on)

    def _do(self, due: Due, errand: Errand) -> Verdict:
        done = self._store.actions.do(
            due.action.id,
            self._owner,
            at=self._now(),
            deed=lambda connection: Outbox.put_within(connection, errand),
        )
        return Did() if done else Dropped("lost", "somebody else has it")

    # --- calls ------------------------------------------------------------------------------------

    def _callback(self, due: Due, now: datetime) -> Verdict:
        settings = self._terms.callbacks
        for text in _telephones(due):
            try:
                number = checked(text, region=None, countries=settings.countries)
            except NotCalled:
                continue
            asked = f"{due.where} in call {due.action.call_id}"
            wish = Wish(
                to=number.e164,
                channel="call",
                purpose="service",
                customer_id=due.customer.id,
                asked_for=asked,
            )
            decision = self._gate.look(wish, at=now)
            if isinstance(decision, Blocked):
                return Dropped(decision.reason, decision.told)
            moment = next_lawful(max(now, due.action.due_at), number.candidate_zones, settings.hours)
            if moment is None:
                return Dropped("window", "no lawful hour is near")
            return self._do(due, errands.callback(due, number, moment, now))
        return Dropped("no_address", "no number of theirs may be called back")

    # --- messages ---------------------------------------------------------------------------------

    def _message(self, due: Due, now: datetime) -> Verdict:
        facts, template = due.facts, due.file.words
        if template is None:
            return Dropped("no_words", "the strategy's file had no such template")
        if due.purpose == "collection" and (why := self._against(due, now)):
            return Dropped(why, EXCLUSIONS.get(why, why))
        try:
            said = worded(template, due.customer, facts, self._terms.house)
        except NothingToSay as lacking:
            return Dropped("no_value", f"there is nothing to stand for {{{lacking.name}}}")
        private = speaks_of_debt(template)
        refused: list[Dropped] = []
        delayed: list[PutOff] = []
        for to, law_of in self._addresses(due, refused):
            objection = self._not_theirs(due, to, now) if private else None
            verdict = objection or self._sent(due, said, to, law_of, now)
            match verdict:
                case Did():
                    return verdict
                case PutOff():
                    delayed.append(verdict)
                case Dropped():
                    refused.append(verdict)
        if delayed:
            return min(delayed, key=lambda one: one.until)
        # Who is not to be contacted at all is told before what is wrong with an address.
        refused.sort(key=lambda one: one.result in _OF_ADDRESSES)
        return refused[0] if refused else Dropped("no_address", "nobody knows where they are reached")

    def _against(self, due: Due, now: datetime) -> str:
        """Why the debt is not written of; that a promise is running is no reason."""
        if due.facts.stage == "judicial":
            return "judicial"
        today = now.astimezone(ZoneInfo(self._terms.house.zone)).date()
        why = self._store.dial_attempts.against(due.customer.id, today)
        return "" if why == "promise" else why

    def _not_theirs(self, due: Due, to: str, now: datetime) -> Verdict | None:
        """Why what is theirs alone is not written there."""
        if due.file.kind == "email":
            return None
        match self._facts.whose(to, due.customer.id):
            case "theirs":
                return None
            case "shared":
                return Dropped("shared_number", "others have that number, too")
        if due.action.call_id is not None and now - due.action.created_at < CALL_ON_RECORD:
            return PutOff(
                now + CALL_ON_RECORD / 4, "not_proved", "whether they proved it is not on record yet"
            )
        return Dropped("not_proved", "nobody has proved that the number is theirs alone")

    def _addresses(self, due: Due, refused: list[Dropped]) -> Iterator[tuple[str, str]]:
        """Where a message may go to, the best first, and of an e-mail whose law holds."""
        countries = frozenset(due.facts.declared.get("countries", ())) & self._terms.messages_to
        numbers: list[Number] = []
        for text in _telephones(due):
            try:
                numbers.append(checked(text, region=None, countries=None))
            except NotCalled:
                continue
        if due.file.kind == "email":
            try:
                yield email_address(due.customer.email or ""), numbers[0].e164 if numbers else ""
            except NotAllowed:
                refused.append(Dropped("no_address", "nobody knows an e-mail address of theirs"))
            return
        for number in numbers:
            if not number.may_be_mobile or self._useless(number.e164):
                continue
            try:
                yield sms_number(number.e164, region=number.country, countries=countries), ""
            except NotAllowed as not_there:
                refused.append(Dropped("no_address", str(not_there)))

    def _useless(self, e164: str) -> bool:
        """Nobody is reached there, or not they."""
        customers = self._store.customers
        return customers.blocked(e164) is not None or customers.retired(e164)

    def _sent(self, due: Due, said: Worded, to: str, law_of: str, now: datetime) -> Verdict:
        action, facts = due.action, due.facts
        channel: Any = due.file.kind
        errand = errands.message(due, said, to, now)
        wish = Wish(
            to=to,
            channel=channel,
            purpose=due.purpose,
            actor=facts.declared.get("actor", "creditor"),
            customer_id=due.customer.id,
            debt_id=action.account_id,
            asked_for=f"{due.where} in call {action.call_id}" if due.file.asked else "",
            law_of=law_of,
            campaign_id=action.campaign_id,
            call_id=action.call_id,
        )

        def also(connection: Connection) -> None:
            self._store.actions.done_within(connection, action.id, self._owner, at=now)
            if action.occasion == "remind" and action.promise_id is not None:
                self._facts.reminded_within(connection, action.promise_id, now)

        match sent_by(self._gate, wish, errand, due.where, self._terms.limits, also=also):
            case None:
                return Did()
            case Refused(reason):
                return PutOff(now + TOO_MANY_PAUSE, "too_many", reason)
            case Blocked() as blocked if blocked.next_lawful is None:
                return Dropped(blocked.reason, f"{blocked.rule}: {blocked.told}")
            case Blocked() as blocked:
                assert blocked.next_lawful is not None
                return PutOff(blocked.next_lawful, blocked.reason, f"{blocked.rule}: {blocked.told}")


def _holds(due: Due) -> bool:
    promise = due.facts.promise
    return promise is not None and promise.status in _HOLDS[due.action.occasion]


def _telephones(due: Due) -> tuple[str, ...]:
    """Where they were reached, then as their record says."""
    called = (due.facts.number,) if due.facts.number else ()
    return tuple(dict.fromkeys((*called, *due.customer.phone_numbers)))
