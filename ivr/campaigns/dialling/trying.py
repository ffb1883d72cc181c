"""From a claim to an attempt: which number, whether it is lawful, and the one transaction that decides.

Rules:
1. Who cannot be called now is put back until the moment at which they may be, or taken off the list with the
   reason; that costs no turn of the trunk.
2. A turn of the trunk is waited for first; then the rules are asked, at that instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from data.ids import new_id
from data.records import Refused
from data.records.collecting import HOLD_REASONS
from data.records.dialling import Entry, NewAttempt
from ivr.campaigns.contact_rules.contact import Blocked, Decision
from ivr.campaigns.contact_rules.gate import Admitted, Gate, Wish
from ivr.campaigns.dialling.line import Order
from ivr.campaigns.dialling.plan import Plan
from ivr.campaigns.dialling.stores import Stores
from ivr.campaigns.samples import EXCLUSIONS
from ivr.numbers import NotCalled, Number, checked

SLOT_WITHIN = timedelta(seconds=3)
"""How long a claimed person waits for a turn of the trunk."""
ON_CALL = timedelta(minutes=1)
"""Until somebody is due again who is on the telephone with us."""
SOON = timedelta(seconds=2)
"""Until somebody is due again for whom there was no line."""
_PASSES = frozenset({"window", "cap", "cooldown", "channel"})
"""Reasons that time alone takes away; the others take people off the list."""


@dataclass(frozen=True)
class Ready:
    """Somebody who may be called, as far as was seen a moment ago."""

    plan: Plan
    entry: Entry
    number: Number
    wish: Wish
    agent_within: float = 0.0

    def order(self, attempt: UUID) -> Order:
        running, file = self.plan.running, self.plan.file
        return Order(
            attempt_id=attempt,
            campaign_id=running.id,
            customer_id=self.entry.customer_id,
            number=self.number.e164,
            caller_id=self.wish.caller_id,
            dial=self.plan.trunk.dial,
            ring=file.ring,
            flow=file.flow,
            campaign=running.name,
            strategy=running.strategy,
            purpose=file.purpose,
            queue=self.plan.agents_of,
            agent_within=self.agent_within,
            on_machine=file.on_machine or "",
        )


@dataclass
class Trying:
    """What stands between a claim and its call."""

    stores: Stores
    gate: Gate
    now: Callable[[], datetime]
    wait: Callable[[float], None]
    """Lets so many seconds pass."""
    zone: ZoneInfo
    """The company's."""
    looking: Callable[[Callable[[], Decision]], Decision] = lambda look: look()
    """Has the gate looked; a server has it done in its thread pool."""
    agent_within: Callable[[Plan], float] = lambda plan: plan.file.agent_within if plan.agents_of else 0.0
    """Seconds within which an agent must be there; 0: no such bound."""
    _ringing: dict[UUID, UUID] = field(default_factory=dict)
    """Attempts that nobody has answered yet → their campaign."""

    @property
    def ringing_for(self) -> set[UUID]:
        """Campaigns for which somebody is being called."""
        return set(self._ringing.values())

    def over(self, attempt: UUID) -> None:
        """It rings no more."""
        self._ringing.pop(attempt, None)

    # --- before -----------------------------------------------------------------------------------

    def ready(self, plan: Plan, entries: Sequence[Entry], *, owner: str) -> Iterator[Ready]:
        """Those of the claimed who may be called now; the others are put back, or taken off the list."""
        for entry in entries:
            found = self._looked_at(plan, entry, owner)
            if found is not None:
                yield found

    def _looked_at(self, plan: Plan, entry: Entry, owner: str) -> Ready | None:
        numbers = self.stores.campaigns.numbers(entry.sample_id, entry.customer_id)
        now = self.now()
        for rank in [*range(entry.rank, len(numbers) + 1), *range(1, min(entry.rank, len(numbers) + 1))]:
            try:
                number = checked(numbers[rank - 1], region=None, countries=plan.file.countries)
            except NotCalled:
                continue
            if self._useless(number.e164):
                continue
            ready = self._ready(plan, entry, rank, number)
            opens = plan.open_at(now, self._zones_of(plan, entry, number))
            if opens is None or opens >= plan.until:
                self._off(entry, owner, "window", "no hour of the campaign's is left")
                return None
            if opens > now:
                self._back(entry, owner, opens, "outside the campaign's hours")
                return None
            wish = ready.wish
            decision = self.looking(lambda wish=wish: self.gate.look(wish, at=now))  # type: ignore[misc]  # mypy knows no such default
            if not isinstance(decision, Blocked):
                return ready
            self._blocked(plan, entry, owner, decision)
            return None
        self._off(entry, owner, "no_number", "none of their numbers may be called any more")
        return None

    def _zones_of(self, plan: Plan, entry: Entry, number: Number) -> tuple[str, ...]:
        """Where they may be: what is on record of them now, too, for they may have moved."""
        if plan.file.hours is None:
            return number.candidate_zones
        noted = self.stores.customers.zone(entry.customer_id)
        return (*number.candidate_zones, noted) if noted else number.candidate_zones

    def _useless(self, e164: str) -> bool:
        customers = self.stores.customers
        return customers.blocked(e164) is not None or customers.retired(e164)

    def _ready(self, plan: Plan, entry: Entry, rank: int, number: Number) -> Ready:
        wish = Wish(
            to=number.e164,
            channel="call",
            purpose=plan.file.purpose,
            actor=plan.actor,
            customer_id=entry.customer_id,
            debt_id=entry.account_id,
            automated=plan.file.mode == "automated",
            caller_id=plan.caller_id(entry.customer_id),
            campaign_id=plan.running.id,
        )
        moved = entry if rank == entry.rank else Entry(**{**vars(entry), "rank": rank})
        return Ready(plan, moved, number, wish, self.agent_within(plan))

    def _blocked(self, plan: Plan, entry: Entry, owner: str, blocked: Blocked) -> None:
        later = blocked.next_lawful
        if blocked.reason in _PASSES and later is not None and later < plan.until:
            self._back(entry, owner, later, f"{blocked.rule}: {blocked.told}")
        else:
            self._off(entry, owner, blocked.reason, f"{blocked.rule}: {blocked.told}")

    def _back(self, entry: Entry, owner: str, due_at: datetime, why: str) -> None:
        self.stores.dial_list.put_back([entry], owner, due_at=due_at, why=why)

    def _off(self, entry: Entry, owner: str, result: str, why: str) -> None:
        self.stores.dial_list.end([entry], owner, at=self.now(), result=result, why=why)

    # --- the instant ------------------------------------------------------------------------------

    def begin(self, ready: Ready, *, owner: str, lease: timedelta) -> NewAttempt | None:
        """The attempt, which is on record; `None`: it is not made, and its person is back or off the list."""
        plan, trunk = ready.plan, ready.plan.trunk
        slot = self.stores.trunks.slot(
            trunk.name, at=self.now(), per_second=trunk.calls_per_second, within=SLOT_WITHIN
        )
        if slot is None:
            self._back(ready.entry, owner, self.now() + SOON, NO_LINE)
            return None
        ahead = (slot - self.now()).total_seconds()
        if ahead > 0:
            self.wait(ahead)
        now = self.now()
        new = NewAttempt(
            id=new_id(),
            campaign_id=plan.running.id,
            sample_id=ready.entry.sample_id,
            customer_id=ready.entry.customer_id,
            number=ready.number.e164,
            rank=ready.entry.rank,
            trunk=trunk.name,
            caller_id=ready.wish.caller_id or "",
            mode=plan.file.mode,
            claimed_by=owner,
            dialled_at=now,
            channels=trunk.channels,
            lease_until=now + lease,
            queue=plan.agents_of,
            collects_on=now.astimezone(self.zone).date() if plan.file.purpose == "collection" else None,
        )
        self._ringing[new.id] = plan.running.id
        begun = False
        try:
            answer = self._decided(ready, new)
            begun = isinstance(answer, Admitted)
        finally:
            if not begun:
                self.over(new.id)
        if begun:
            return new
        self._not_made(ready, owner, answer)
        return None

    def _decided(self, ready: Ready, new: NewAttempt) -> Admitted | Blocked | Refused:
        answer: Admitted | Blocked | Refused = self.stores.dial_attempts.begin(
            lambda note: self.gate.admit(
                ready.wish,
                contact_id=new.id,
                also=note,
            ),
            new,
        )
        return answer

    def _not_made(self, ready: Ready, owner: str, answer: Blocked | Refused | Admitted) -> None:
        entry, now = ready.entry, self.now()
        match answer:
            case Blocked():
                self._blocked(ready.plan, entry, owner, answer)
            case Refused(reason="on_call"):
                self._back(entry, owner, now + ON_CALL, "on the telephone with us now")
            case Refused(reason="channels"):
                self._back(entry, owner, now + SOON, NO_LINE)
            case Refused(reason="stopped" | "blocked" | "lost" as reason):
                self._back(entry, owner, now, _STOPPED[reason])  # of what is lost nothing is ours to put back
            case Refused(reason=reason):
                self._off(entry, owner, reason, EXCLUDED.get(reason, reason))


NO_LINE = "no line of the trunk is free"
_STOPPED = {"stopped": "the campaign was stopped", "blocked": "a number was blocked", "lost": ""}
EXCLUDED = {
    **{name: EXCLUSIONS[name] for name in ("judicial", "promise", *HOLD_REASONS)},
    "erased": "their data were erased",
}
