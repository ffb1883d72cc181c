"""The customer in hand: what an agent sees, writes, and how they end it.

Rules:
1. An agent sees the customer whom they talk with, or have just talked with, and nobody else: there is no way
   to a list from here. Each look is in the audit log, and so is each that was refused.
2. A contact is closed once, by an outcome or by the end of the wrap-up time; what follows from an outcome is
   in the outbox in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from data.records import AuditEntry, Closing, Contact, Customer
from data.store import Store
from esl import commands
from esl.call_centre import CallCentre
from esl.errors import EslError
from ivr.agents import follow_ups
from ivr.agents.follow_ups import Closed, Rules
from ivr.agents.outcomes import AnswersUnfit, Outcomes, When, agreed, asked, read_fields, read_form
from ivr.agents.outcomes_written import OutcomeFile, QuestionFile
from ivr.errors import IvrError
from ivr.numbers import NotCalled, checked
from ivr.queueing.sync import in_domain

log = structlog.get_logger(__name__)

BY_TIME = "time"
"""Who closes what nobody has closed."""


class NobodyInHand(IvrError):
    """The agent has no customer in hand."""

    code = "nobody_in_hand"


@dataclass(frozen=True)
class InHand:
    """A contact, and all that goes with it."""

    contact: Contact
    customer: Customer | None
    """`None`: nobody knows who it is."""
    verified: bool
    """They have proved it; else their number is the customer's, and nobody else's."""
    caller_number: str
    language: str
    strategy: str
    outcomes: Mapping[str, OutcomeFile]
    form: str
    questions: Sequence[QuestionFile]
    """Those that are to be asked, by the answers so far."""


class Contacts:
    """Contacts of all agents. Every method blocks for as long as the database takes."""

    def __init__(
        self,
        store: Store,
        outcomes: Outcomes,
        rules: Rules,
        *,
        centre: CallCentre | None,
        now: Callable[[], datetime],
        longest_wrap_up: int = 1800,
    ) -> None:
        """`centre`: the switch that the agents are on; `None`: it cannot be told from here."""
        self._store, self._outcomes, self._rules = store, outcomes, rules
        self._centre, self._now = centre, now
        self._longest = timedelta(seconds=longest_wrap_up)

    def in_hand(self, agent: str, *, by: str, why: str = "in hand") -> InHand:
        """Whom they have now. Raises `NobodyInHand`, `DataError`."""
        contact = self._contact(agent)
        call = self._store.calls.get(contact.call_id) if contact.call_id else None
        verified = contact.customer_id is not None
        who = contact.customer_id or self._by_number(call.caller_number if call else "")
        customer = self._customer(who, contact, by=by, why=why)
        name, questions = self._outcomes.form_of(contact.queue)
        strategy = self._outcomes.strategy_of(contact.queue) or ""
        return InHand(
            contact=contact,
            customer=customer,
            verified=verified,
            caller_number=call.caller_number if call else "",
            language=(customer.language if customer else "") or (call.language if call else ""),
            strategy=strategy,
            outcomes=self._outcomes.strategies[strategy].outcomes if strategy else {},
            form=name,
            questions=tuple(asked(questions, contact.answers)),
        )

    def write_form(self, agent: str, answers: Mapping[str, Any]) -> tuple[QuestionFile, ...]:
        """Keeps what the agent has filled in so far; the fields that are to be asked from here on.

        Raises `NobodyInHand`, `AnswersUnfit`, `DataError`.
        """
        contact = self._contact(agent)
        name, questions = self._outcomes.form_of(contact.queue)
        kept, wrong = read_form(questions, {**contact.answers, **answers}, self._when(), complete=False)
        if wrong:
            raise AnswersUnfit(wrong)
        self._store.agents.save_answers(contact.id, name, kept)
        return tuple(asked(questions, kept))

    def close(
        self,
        agent: str,
        code: str,
        *,
        by: str,
        fields: Mapping[str, Any] | None = None,
        answers: Mapping[str, Any] | None = None,
    ) -> Contact:
        """Ends the contact with an outcome; the wrap-up is over, and its follow-ups are on their way.

        Raises `NobodyInHand`, `OutcomeUnknown`, `DataError`, and `AnswersUnfit` with all that is wrong.
        """
        found = self.in_hand(agent, by=by, why="closes the contact")
        contact = found.contact
        strategy, outcome = self._outcomes.outcome(contact.queue, code)
        _, questions = self._outcomes.form_of(contact.queue)
        when = self._when()
        kept, wrong = read_fields(agreed(outcome.fields), fields or {}, when)
        answered, unfit = read_form(questions, {**contact.answers, **(answers or {})}, when, complete=True)
        closing = Closing(
            contact_id=contact.id,
            at=when.now,
            by=by,
            strategy=strategy,
            outcome=code,
            fields=kept,
            form=found.form,
            answers=answered,
        )
        errands, refused = follow_ups.errands(
            outcome.actions, self._closed(found, closing, agent, outcome), self._rules
        )
        problems = (
            refused
            | wrong
            | {f"answers.{name}" if name in wrong else name: why for name, why in unfit.items()}
        )
        if problems:
            raise AnswersUnfit(problems)
        if not self._store.agents.close(closing, errands):
            raise NobodyInHand("The contact is closed already", "Nothing is left to do")
        log.info("contact_closed", agent=agent, outcome=code, follow_ups=len(errands))
        if contact.ended_at is not None:
            self._ready(agent)
        return contact

    def extend(self, agent: str, seconds: int) -> datetime:
        """So many seconds more from now on; until when. Raises `NobodyInHand`, `DataError`."""
        contact = self._contact(agent)
        if contact.ended_at is None:
            raise NobodyInHand(f"{agent} is still talking", "Ask for more time after the call")
        until = min(self._now() + timedelta(seconds=seconds), contact.ended_at + self._longest)
        if not self._store.agents.extend(contact.id, until=until):
            raise NobodyInHand("The wrap-up is over", "Pause instead")
        self._tell(agent, ready_time=int(until.timestamp()))
        return until

    def lapse(self) -> int:
        """Closes what is past its wrap-up time, without an outcome; how many. For the server's clock."""
        now, closed = self._now(), 0
        for contact in self._store.agents.all_in_hand():
            over = contact.ended_at is not None and (contact.wrap_up_until or contact.ended_at) <= now
            if over:
                closed += self._store.agents.close(Closing(contact_id=contact.id, at=now, by=BY_TIME))
        return closed

    # --- how ---------------------------------------------------------------------------------------

    def _contact(self, agent: str) -> Contact:
        contact = self._store.agents.in_hand(agent)
        if contact is None:
            raise NobodyInHand(f"{agent[:20]} has no customer in hand", "Wait for the next call")
        return contact

    def _by_number(self, caller_number: str) -> UUID | None:
        """The one customer who has that number."""
        try:
            number = checked(caller_number, region=self._rules.region, countries=self._rules.countries)
        except NotCalled:
            return None
        found = self._store.customers.by_phone_number(number.e164)
        return found[0].id if len(found) == 1 else None

    def _customer(self, who: UUID | None, contact: Contact, *, by: str, why: str) -> Customer | None:
        if who is None:
            return None
        self._store.audit.note(
            AuditEntry(
                at=self._now(),
                who=by,
                action="read",
                what="customers: of the contact in hand",
                why=why,
                customer_id=who,
                call_id=contact.call_id,
            )
        )
        return self._store.customers.by_id(who)

    def _when(self) -> When:
        return When(self._now(), self._rules.house.zone, self._rules.house.currency)

    def _closed(self, found: InHand, closing: Closing, agent: str, outcome: OutcomeFile) -> Closed:
        return Closed(
            contact=found.contact,
            agent=agent,
            strategy=closing.strategy,
            outcome=closing.outcome,
            fields=closing.fields,
            kinds={name: one.type for name, one in outcome.fields.items()},
            caller_number=found.caller_number,
            language=found.language,
            customer=found.customer,
            at=closing.at,
        )

    def _ready(self, agent: str) -> None:
        """The agent may be offered the next caller now. The seconds after a call are set anew with each."""
        self._tell(agent, wrap_up_time=0, ready_time=0)

    def _tell(self, agent: str, **settings: int) -> None:
        if self._centre is None:
            return
        for key, value in settings.items():
            try:
                self._centre.tell(commands.call_centre("agent", "set", key, in_domain(agent), str(value)))
            except EslError as fault:
                # The wrap-up ends by itself; the agent waits a little longer than they need to.
                log.warning("agent_not_on_switch", agent=agent, reason=str(fault))
