"""What follows for a person from how an attempt ended: when and where they are called again, or never."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from data.records.dialling import Entry, Settled
from ivr.campaigns.actions.making import Called, after_call, outcome_of
from ivr.campaigns.declaration import file_of
from ivr.campaigns.dialling.best_time import Counts, best_time
from ivr.campaigns.dialling.line import Ending
from ivr.campaigns.dialling.plan import Plan, zone_of
from ivr.campaigns.dialling.results import OUR_SIDE
from ivr.campaigns.dialling.retrying import Exhausted, Next, Tried, next_try
from ivr.campaigns.dialling.stores import Stores
from ivr.campaigns.strategies import CampaignFile
from ivr.numbers import NotCalled, checked

LOOK_BACK = timedelta(days=60)
"""How far calls are counted for the best hour."""
COUNTED_EVERY = timedelta(minutes=10)
SHORT = timedelta(minutes=60)
"""A pause up to this is kept as it is: who was busy is at home now."""


@dataclass
class Following:
    """Looks at what was tried before, and at when people are reached."""

    stores: Stores
    now: Callable[[], datetime]
    _everybody: dict[str, tuple[datetime, Counts]] = field(default_factory=dict)
    """Zone → what was counted, and when."""

    def after(self, plan: Plan, entry: Entry, attempt: UUID, ending: Ending) -> Settled:
        """What is noted of an attempt that ended so, with the actions that follow from it."""
        return self.with_actions(
            plan.file, plan.running.id, entry, attempt, self._after(plan, entry, attempt, ending)
        )

    def recovered(self, entry: Entry, attempt: UUID, settled: Settled) -> Settled:
        """An attempt of a server that was lost, with the actions that follow from it."""
        made = self.stores.dial_attempts.get(attempt)
        campaign = None if made is None else self.stores.campaigns.get(made.campaign_id)
        if campaign is None:
            return settled
        try:
            _actor, file = file_of(campaign.declared)
        except ValueError:  # of another version: the call is noted all the same
            return settled
        return self.with_actions(file, campaign.id, entry, attempt, settled)

    @staticmethod
    def with_actions(
        file: CampaignFile, campaign_id: UUID, entry: Entry, attempt: UUID, settled: Settled
    ) -> Settled:
        """What is to be done beside calling."""
        called = Called(
            attempt_id=attempt,
            campaign_id=campaign_id,
            customer_id=entry.customer_id,
            account_id=entry.account_id,
        )
        return replace(settled, actions=after_call(file, called, settled))

    def _after(self, plan: Plan, entry: Entry, attempt: UUID, ending: Ending) -> Settled:
        self._number_is_known(plan, attempt, ending)
        now = self.now()
        settled = Settled(
            result=ending.result,
            at=now,
            cause=ending.cause,
            outcome=ending.outcome,
            agent=ending.agent,
            call_id=ending.call_id,
            counts=ending.result not in OUR_SIDE,
        )
        if ending.result == "answered" and self._others_answer(attempt):
            # The number is retired, not the person: their next one follows.
            ending = replace(ending, result="invalid")
        if ending.result in ("unclear", "answered"):
            outcome = outcome_of(ending.outcome, ending.agent)
            again = plan.file.again.get(outcome) if ending.result == "answered" else None
            if again is None or entry.tries + 1 >= plan.file.attempts:
                return _ended(
                    settled, "reached" if ending.result == "answered" else "nobody knows how it ended"
                )
            return _again(settled, now + timedelta(minutes=again), entry.rank)
        match self._next(plan, entry, attempt, ending):
            case Exhausted(why):
                return _ended(settled, why)
            case Next(rank, pause):
                due = self._when(plan, entry, rank, now + pause, pause)
                if due >= plan.until:
                    return _ended(settled, "days")
                return _again(settled, due, rank)

    def _others_answer(self, attempt: UUID) -> bool:
        made = self.stores.dial_attempts.get(attempt)
        return made is not None and self.stores.customers.retired(made.number)

    def _next(self, plan: Plan, entry: Entry, attempt: UUID, ending: Ending) -> Next | Exhausted:
        before = self.stores.dial_attempts.of_entry(entry)
        numbers = self.stores.campaigns.numbers(entry.sample_id, entry.customer_id)
        tried = [Tried(one.rank, one.result) for one in before if one.id != attempt and one.ended_at]
        mine = next((one.rank for one in before if one.id == attempt), entry.rank)
        return next_try(
            [*tried, Tried(mine, ending.result)],
            len(numbers),
            retries={str(name): pauses for name, pauses in plan.file.retries.items()},
            attempts=plan.file.attempts,
        )

    def _when(self, plan: Plan, entry: Entry, rank: int, earliest: datetime, pause: timedelta) -> datetime:
        """The best hour from then on; a short pause is kept."""
        if pause <= SHORT:
            return earliest
        numbers = self.stores.campaigns.numbers(entry.sample_id, entry.customer_id)
        try:
            zones = checked(numbers[rank - 1], region=None, countries=None).candidate_zones
        except NotCalled:
            return earliest
        zone = zone_of(zones)
        own = self.stores.contact_hours.of([entry.customer_id], since=earliest - LOOK_BACK)
        return best_time(
            earliest,
            zone,
            own=Counts.of(own, zone),
            everybody=self._counts(zone.key),
            lawful=lambda moment: plan.open_at(moment, zones) == moment,
            latest=plan.until,
        )

    def _counts(self, zone: str) -> Counts:
        now = self.now()
        known = self._everybody.get(zone)
        if known is not None and now - known[0] < COUNTED_EVERY:
            return known[1]
        calls = self.stores.contact_hours.everybody(since=now - LOOK_BACK)
        counts = Counts.of(calls, zone_of([zone]))
        self._everybody[zone] = (now, counts)
        return counts

    def _number_is_known(self, plan: Plan, attempt: UUID, ending: Ending) -> None:
        """A number that is none is retired, not its person; whoever objects is never called again there."""
        if ending.result not in ("invalid", "unwanted"):
            return
        made = self.stores.dial_attempts.get(attempt)
        if made is None:
            return
        now, why = self.now(), f"{ending.cause} in campaign {plan.running.name}"
        if ending.result == "invalid":
            self.stores.customers.retire_unallocated(made.number, at=now, why=why)
        else:
            self.stores.suppressions.add("number", made.number, reason=why, at=now)
            person = None if made.customer_id is None else self.stores.customers.by_id(made.customer_id)
            if person is not None:
                self.stores.suppressions.add("person", person.customer_number, reason=why, at=now)


def _ended(settled: Settled, why: str) -> Settled:
    return Settled(**{**vars(settled), "why": why, "due_at": None})


def _again(settled: Settled, due_at: datetime, rank: int) -> Settled:
    return Settled(**{**vars(settled), "due_at": due_at, "rank": rank})
