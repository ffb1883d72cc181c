"""Who a number would be taken for now, with everything that led to it, for people to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data.records.callers import TakenFor
from data.store import Store
from dialogs.flow import FlowSet
from dialogs.segments.facts import ABSENT, FACTS, Scalar
from dialogs.segments.rules import Decision
from ivr.callers.history import facts_of
from ivr.callers.numbers import CallerNumber, caller_number


@dataclass(frozen=True)
class Explained:
    """A number, who it would be taken for, and why."""

    number: CallerNumber
    decision: Decision
    reason: str
    earlier: tuple[TakenFor, ...]
    """What it was taken for before, the newest first."""

    @property
    def known(self) -> dict[str, Scalar]:
        """The facts that are more than nothing."""
        return {
            name: value
            for name, value in self.decision.facts.items()
            if value is not None and value != ABSENT.get(name, 0)
        }


def explained(
    text: str, *, store: Store, flows: FlowSet, now: datetime, region: str, language: str
) -> Explained:
    """`now`: in the company's zone. Blocks as long as the database takes. Raises `DataError`."""
    number = caller_number(text, region)
    known = store.callers.history(number.e164, written=number.written, before=now, today=now.date())
    facts = facts_of(number, known, now=now, verified=False)
    decision = flows.segments.decide(facts)
    person = None if known.person is None else known.person.id
    return Explained(
        number,
        decision,
        decision.reason(language, now.date()),
        store.callers.noted(e164=number.e164, customer_id=person),
    )


def meaning_of(name: str) -> str:
    """What a fact tells."""
    return FACTS[name].meaning if name in FACTS else "Calls within 90 days that ended so"
