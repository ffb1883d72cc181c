"""One server's part in calling the people of campaigns.

Rules:
1. The database is the truth: people are claimed there with a lease, an attempt is committed together with the
   ledger's entry before the order to dial leaves, and every later word about it names the attempt.
2. Of a lapsed claim nothing has left: it goes back. Of a lapsed attempt the switch is asked: never there →
   back, and no contact was made; up → asked again later; gone → what the call's record says, or `unclear`: it
   counts as made, and nobody is called twice because we do not know.
3. The contact rules are asked at the instant of dialling, not only when the sample was cut.
4. An order to dial that has become old does not leave: its lease is longer than it may take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from data.errors import DataError
from data.records.dialling import Entry, Preview, Running, Settled
from ivr.campaigns.dialling.capacity import OF_ALL_AGENTS, Capacity
from ivr.campaigns.dialling.following import Following
from ivr.campaigns.dialling.line import DiallingLine, Ending, LineLost, NotDialled, Order
from ivr.campaigns.dialling.plan import CampaignUnfit, Plan, plan_of
from ivr.campaigns.dialling.retrying import OUR_PAUSE
from ivr.campaigns.dialling.settings import TrunkSettings
from ivr.campaigns.dialling.stores import Stores
from ivr.campaigns.dialling.trying import Ready, Trying

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=120)
"""Longer than a telephone rings and an order takes to leave, together; renewed while a call lasts."""
ORDER_WITHIN = timedelta(seconds=20)
"""An order to dial that has not left by then does not leave."""
MOST_CLAIMED = 100
LOOKS_AT_LAPSED = timedelta(seconds=10)
MOST_NOTINGS, NOTING_PAUSE = 60, 2.0
"""How often, and after how many seconds each, an ending is told to a database that does not take it."""
NOT_NOW = timedelta(seconds=30)
"""Until somebody is due again for whom the switch was not there."""


@dataclass
class Dialler:
    """One server's part. `step` is called several times a second."""

    stores: Stores
    line: DiallingLine
    trunks: tuple[TrunkSettings, ...]
    owner: str
    """This process and its switch: `NODE@SWITCH`."""
    now: Callable[[], datetime]
    beside: Callable[[Callable[[], None]], None]
    """Starts work beside; a server gives a greenlet, a test runs it at once."""
    trying: Trying
    following: Following
    capacity: Capacity
    speaks: Callable[[str], bool] = lambda _flow: True
    """Whether there is a flow of that name now."""
    stopping: bool = False
    """Nobody is called any more by this process."""
    under_way: dict[UUID, datetime] = field(default_factory=dict)
    """Attempts of this process, and until when each is leased."""
    _plans: dict[tuple[UUID, str], Plan] = field(default_factory=dict)
    _unfit: set[tuple[UUID, str]] = field(default_factory=set)
    _silent: set[UUID] = field(default_factory=set)
    """Campaigns whose flow is not there."""
    _steps: int = 0
    _looked_at_lapsed: datetime | None = None

    def step(self) -> int:
        """Looks after what has lapsed, and begins what may begin; how many calls. Raises `DataError`."""
        self._stay_alive()
        now = self.now()
        before = self._looked_at_lapsed
        if before is None or not before <= now < before + LOOKS_AT_LAPSED:  # a clock may be set back
            self._looked_at_lapsed = now
            self.recover()
        working = self.stores.dial_list.at_work()
        self._take_back(working)
        plans = [self._plan(one) for one in working if one.state == "running"]
        self.capacity.at_work([one for one in plans if one is not None])
        first = self._steps % max(len(working), 1)  # each is first in turn at the agents that they share
        self._steps += 1
        return sum(self._work(one) for one in (*working[first:], *working[:first]))

    def _stay_alive(self) -> None:
        """Renews the leases of what this process is at."""
        now = self.now()
        ours = [attempt for attempt, until in self.under_way.items() if until - now < LEASE / 2]
        if ours:
            self.stores.dial_list.extend(ours, self.owner, until=now + LEASE)
            self.under_way |= {one: now + LEASE for one in ours if one in self.under_way}

    def stop(self) -> None:
        """Nobody is called from here on, and who is ringing rings no more; whoever talks goes on."""
        self.stopping = True
        self.line.take_back(self.trying.ringing_for)

    def _take_back(self, working: tuple[Running, ...]) -> None:
        """Whoever rings for a campaign that was stopped rings no more."""
        gone = self.trying.ringing_for - {one.id for one in working}
        if gone:
            self.line.take_back(gone)

    def _work(self, running: Running) -> int:
        if running.state == "draining":
            self._end_if_over(running, "stopped")
        if running.state != "running":
            return 0
        plan = self._plan(running)
        if plan is None:
            return 0
        if self.now() >= plan.until:
            log.info("campaign_over", campaign=running.name, reason="its sample's days are over")
            self.stores.dial_list.set_state(
                running.id, "draining", before=("running",), at=self.now(), by="its days are over"
            )
            return 0
        begun = self._begin_some(plan)
        if not begun and not self.under_way:
            self._end_if_over(running, "finished")
        return begun

    def _end_if_over(self, running: Running, state: str) -> None:
        stores = self.stores
        over = not stores.dial_attempts.under_way(running.sample_id)
        if state == "finished":
            over = over and not stores.dial_list.open(running.sample_id)
        if over and stores.dial_list.set_state(
            running.id,
            "finished" if state == "finished" else "stopped",
            before=(running.state,),
            at=self.now(),
            by="dialler",
        ):
            log.info("campaign_over", campaign=running.name, state=state)

    def _plan(self, running: Running) -> Plan | None:
        key = (running.id, running.declared)
        if key in self._unfit:
            return None
        if key not in self._plans:
            try:
                self._plans[key] = plan_of(running, self.trunks)
            except CampaignUnfit as wrong:
                log.error("campaign_not_dialled", campaign=running.name, reason=str(wrong))
                self._unfit.add(key)
                return None
        known = self._plans[key]
        if not self.speaks(known.file.flow):
            if running.id not in self._silent:
                log.error("campaign_not_dialled", campaign=running.name, reason=f"no flow {known.file.flow}")
                self._silent.add(running.id)
            return None
        self._silent.discard(running.id)
        return known if known.running == running else Plan(running, known.file, known.actor, known.trunk)

    # --- calling ----------------------------------------------------------------------------------

    def _begin_some(self, plan: Plan) -> int:
        """Claims as many as there is room for, and calls those whom it is lawful to call now."""
        if plan.file.mode == "preview":
            return self._begin_wanted(plan)
        with self.capacity.turn(plan, self.owner) as mine:
            return self._begin_claimed(plan) if mine else 0

    def _begin_claimed(self, plan: Plan) -> int:
        begun, looked = 0, 0
        while looked < MOST_CLAIMED:
            room = min(self.capacity.for_campaign(plan), MOST_CLAIMED - looked)
            if room <= 0:
                break
            entries = self.stores.dial_list.claim(
                plan.running.sample_id,
                self.owner,
                at=self.now(),
                lease=LEASE,
                most=room,
                queue=OF_ALL_AGENTS if plan.agents_of else "",
            )
            for ready in self.trying.ready(plan, entries, owner=self.owner):
                self.capacity.begins(plan)
                begun += 1
                self.beside(lambda ready=ready: self._try(ready))  # type: ignore[misc]  # mypy knows no such default
            looked += len(entries)
            if len(entries) < room:
                self.capacity.cannot_use(plan)
                break
        return begun

    def _begin_wanted(self, plan: Plan) -> int:
        """Calls those whom agents have looked at, and sent to be called."""
        previews, begun = self.stores.previews, 0
        for one in previews.wanted(plan.running.sample_id):
            if begun >= MOST_CLAIMED or self.capacity.lines(plan) <= 0:
                break
            entry = previews.take(one, self.owner, at=self.now(), lease=LEASE)
            if entry is None:
                continue
            told = partial(self._previewed, one)
            for ready in self.trying.ready(plan, [entry], owner=self.owner):
                self.capacity.begins(plan)
                begun += 1
                self.beside(partial(self._try, ready, told))
                break
            else:
                told(None)
        return begun

    def _previewed(self, preview: Preview, attempt: UUID | None) -> None:
        """Tells the agent what came of it: the call, or why there is none."""
        stores, why = self.stores, ""
        if attempt is None:
            entry = stores.dial_list.get(preview.sample_id, preview.customer_id)
            why = "their data are gone" if entry is None else entry.why
        stores.previews.called(preview.id, at=self.now(), attempt_id=attempt, reason=why)

    def _try(self, ready: Ready, told: Callable[[UUID | None], None] = lambda _attempt: None) -> None:
        """`told` hears of the attempt, or that there is none."""
        plan, entry = ready.plan, ready.entry
        attempt = None
        try:
            try:
                if self.stopping:
                    self.stores.dial_list.put_back([entry], self.owner, due_at=self.now())
                    return
                attempt = self.trying.begin(ready, owner=self.owner, lease=LEASE)
            finally:
                self.capacity.begun(plan)
            if attempt is None:
                told(None)
                return
            self.under_way[attempt.id] = self.now() + LEASE
            told(attempt.id)
            if self.now() - attempt.dialled_at > ORDER_WITHIN:
                # This process stood still: somebody may have taken over.
                self.stores.dial_attempts.never_left(attempt.id, self.owner, due_at=self.now())
                return
            self._dial(ready, attempt.id)
        except DataError as lost:
            # The lease lapses, and whoever finds it asks the switch.
            log.error("attempt_not_noted", customer=str(entry.customer_id), reason=str(lost))
        except LineLost as lost:
            log.error("attempt_lost", attempt=str(attempt and attempt.id), reason=str(lost))
        finally:
            if attempt is not None:
                self.under_way.pop(attempt.id, None)
                self.trying.over(attempt.id)

    def _dial(self, ready: Ready, attempt: UUID) -> None:
        stores, plan = self.stores, ready.plan
        try:
            ending = self.line.dial(ready.order(attempt), lambda: self._answered(attempt))
        except NotDialled as refused:
            log.error("not_dialled", campaign=plan.running.name, reason=str(refused))
            self.capacity.refused(plan)
            stores.dial_attempts.never_left(attempt, self.owner, due_at=self.now() + NOT_NOW)
            return
        ending = self.capacity.believed(plan, ending)
        if not self.capacity.ended(plan, ending):
            # However long the trunk is down: whoever was taken to find that out has lost nothing by it.
            stores.dial_attempts.never_left(attempt, self.owner, due_at=self.now() + OUR_PAUSE)
            self.line.forget(attempt)
            return
        self.settle(plan, ready.entry, attempt, ending)

    def _answered(self, attempt: UUID) -> bool:
        self.trying.over(attempt)
        try:
            return bool(self.stores.dial_attempts.answered(attempt, self.owner, at=self.now()))
        except DataError as lost:
            # Somebody is on the line, and the lease is longer than the ringing: it is ours.
            log.error("answer_not_noted", attempt=str(attempt), reason=str(lost))
            return True

    def connected(self, order: Order, agent: str) -> None:
        """An agent is with somebody whom we have called."""
        try:
            self.stores.dial_attempts.connected(order.attempt_id, self.owner, agent)
        except DataError as lost:
            log.error("agent_not_noted", attempt=str(order.attempt_id), reason=str(lost))

    def settle(self, plan: Plan, entry: Entry, attempt: UUID, ending: Ending) -> bool:
        """Notes how an attempt ended, and what follows. False: that was known."""
        for tried in range(1, MOST_NOTINGS + 1):
            try:
                settled = self.following.after(plan, entry, attempt, ending)
                noted = bool(self.stores.dial_attempts.settle(attempt, self.owner, settled))
                break
            except DataError as lost:
                # We know how it ended, and after us nobody would: the database may come back.
                if tried == MOST_NOTINGS:
                    raise
                log.warning("attempt_not_noted_yet", attempt=str(attempt), reason=str(lost))
                self.trying.wait(NOTING_PAUSE)
        self.line.forget(attempt)
        log.info(
            "attempt_over",
            campaign=plan.running.name,
            attempt=str(attempt),
            result=ending.result,
            cause=ending.cause,
            outcome=ending.outcome,
        )
        return noted

    # --- after a crash ----------------------------------------------------------------------------

    def recover(self) -> int:
        """Looks after claims and attempts whose owner has not been heard of; how many. Raises `DataError`."""
        stores, now = self.stores, self.now()
        found: int = stores.dial_list.free_lapsed(at=now) + stores.previews.end_lapsed(at=now)
        for lost in stores.dial_list.lapsed(at=now):
            attempt = lost.attempt_id
            if attempt is None or attempt in self.under_way:
                continue
            if not stores.dial_list.take_over(lost, self.owner, at=now, lease=LEASE):
                continue
            found += 1
            self._look_after(lost, attempt, lost.claimed_by or "")
        return found

    def _look_after(self, lost: Entry, attempt: UUID, owner: str) -> None:
        attempts = self.stores.dial_attempts
        trace = self.line.trace(attempt, owner)
        log.warning("attempt_recovered", attempt=str(attempt), trace=trace)
        if trace == "never":
            attempts.never_left(attempt, self.owner, due_at=self.now())
        elif trace == "gone":
            call = attempts.call_of(attempt)
            # Whoever was lived with by the lost server had answered; of the others nobody knows.
            settled = Settled(result="unclear", at=self.now(), why="its server was lost")
            if call is not None:
                settled = Settled(
                    result="answered", at=self.now(), call_id=call[0], outcome=call[1], why="reached"
                )
            attempts.settle(attempt, self.owner, self.following.recovered(lost, attempt, settled))
        # Up: ours now, and asked for again when the lease lapses.
