"""Carries errands out of the outbox: what is to be done in another system, until it is done or given up.

Rules:
1. An errand is claimed with a lease: several servers carry from one outbox, no two carry one at a time, and
   what a dead one had is taken over.
2. What does not arrive is tried again, with longer and longer pauses, for `PATIENCE`; then it is given up,
   loudly, and lies there for a person (`ivr outbox list`).
3. What may have been done, and must not be done twice, is never tried again: a person decides.
4. Whoever puts an errand in may wait for its first try.
"""

from __future__ import annotations

import random
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import gevent
import structlog
from gevent.event import AsyncResult
from gevent.pool import Group, Pool

from data.errors import DataError
from data.records import Claimed, Errand
from data.store import Store
from ivr.clock import Clock
from ivr.in_thread import in_thread

log = structlog.get_logger(__name__)

EVERY = 1.0
"""Seconds between two looks; an errand of this process is carried at once, without one."""
AT_ONCE = 16
"""Errands that are carried at the same time, beside those that callers wait for."""
LEASE = timedelta(seconds=90)
"""Longer than any deadline of a system (30 s) with its repetitions."""
HEAD_START = timedelta(seconds=5)
"""Time in which nobody but the process that has put it in takes an errand."""
PATIENCE = timedelta(days=3)
FIRST_PAUSE, LONGEST_PAUSE = 4.0, 3600.0
"""Seconds."""
KEPT_ENDINGS = 2000
"""Endings that are remembered for whoever asks the same again."""


@dataclass(frozen=True)
class Arrived:
    """It is done; what the system answered."""

    record: Mapping[str, str | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Declined:
    """The system does not do it, and will not: `reason` is a code that flows branch on."""

    reason: str


@dataclass(frozen=True)
class NotYet:
    """It was not done; another time it may be."""

    reason: str
    wait: float | None = None
    """Seconds that the system asks for."""


@dataclass(frozen=True)
class Unknown:
    """It may have been done, and must not be done twice."""

    reason: str


Ending = Arrived | Declined | NotYet | Unknown
Carry = Callable[[Claimed], Ending]


def pause_after(tries: int, chance: float) -> float:
    """Seconds until the next try: doubled each time, a quarter more or less by `chance` (0 to 1)."""
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries - 1, 20)) * (0.75 + chance / 2))


class Outbox:
    """One process's carrying."""

    def __init__(
        self,
        store: Store,
        carriers: Mapping[str, Carry],
        *,
        owner: str,
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`carriers`: who carries each kind. `owner`: this process, by its node's name."""
        self._store, self._carriers, self._owner, self._clock = store, carriers, owner, clock
        self._chance = chance
        self._pool = Pool(AT_ONCE)
        self._for_callers = Group()
        self._waiting: dict[str, AsyncResult[Ending]] = {}
        self._endings: OrderedDict[str, Ending] = OrderedDict()
        self._carrier: gevent.Greenlet[[], None] | None = None
        self._lost = False

    def start(self) -> None:
        self._carrier = gevent.spawn(self._carry_now_and_then)

    def close(self, deadline: float = 2.0) -> None:
        """Lets what is under way end for `deadline` seconds; the rest is taken over when its lease ends."""
        if self._carrier is not None:
            self._carrier.kill()
        gevent.joinall([*self._pool, *self._for_callers], timeout=deadline)
        self._pool.kill()
        self._for_callers.kill()

    def put(self, errand: Errand, deadline: float) -> Ending | None:
        """Puts it in, and waits for its first try until `deadline` seconds are over; `None`: not over yet.

        Raises `DataError`: it was not put in.
        """
        key = errand.idempotency_key
        if (ending := self._endings.get(key)) is not None and not isinstance(ending, NotYet):
            return ending
        ends_at = time.monotonic() + deadline
        under_way = key in self._waiting
        waited: AsyncResult[Ending] = self._waiting.setdefault(key, AsyncResult())
        try:
            if self._begin(errand) or under_way:
                carried: Ending | None = waited.wait(timeout=max(0.0, ends_at - time.monotonic()))
                if carried is not None:
                    return carried
            return self._standing(key)
        finally:
            self._waiting.pop(key, None)

    def _begin(self, errand: Errand) -> bool:
        """Puts it in, and begins to carry it; false if it was there before.

        It is due a little later for everybody else: two servers would otherwise take each other's errands,
        whose callers then wait for nothing.
        """
        at = self._clock.utc()
        ours = replace(errand, due_at=at + HEAD_START)
        if not in_thread(lambda: self._store.outbox.put(ours)):
            return False
        key, owner = errand.idempotency_key, self._owner
        claimed = in_thread(lambda: self._store.outbox.claim_own(key, owner, at=at, lease=LEASE))
        if claimed is not None:
            # Beside the pool: callers are as many as there are calls, and do not wait for what was left over.
            self._for_callers.spawn(self._carry_one, claimed)
        return True

    def _standing(self, key: str) -> Ending | None:
        """What became of an errand that was put in before, or that another server has carried."""
        match in_thread(lambda: self._store.outbox.standing(key)):
            case "done":
                return Arrived()
            case "given_up":
                return Unknown("it was asked for before, and given up")
        return None

    def carry(self) -> int:
        """Takes up what is due and begins to carry it; how many. Raises `DataError`."""
        most = self._pool.free_count()
        if not most:
            return 0
        at, kinds = self._clock.utc(), tuple(self._carriers)
        claimed = in_thread(
            lambda: self._store.outbox.claim(self._owner, at=at, lease=LEASE, most=most, kinds=kinds)
        )
        for errand in claimed:
            self._pool.spawn(self._carry_one, errand)
        return len(claimed)

    def wait_until_carried(self) -> None:
        """Waits until nothing is under way."""
        gevent.joinall([*self._pool, *self._for_callers])

    def _carry_now_and_then(self) -> None:
        while True:
            gevent.sleep(EVERY)
            try:
                self.carry()
            except DataError as lost:
                if not self._lost:
                    log.error("outbox_waits", reason=str(lost))
                self._lost = True
            except Exception:
                # The next errands must go on being carried, whatever broke this look.
                log.exception("outbox_fault")
            else:
                self._lost = False

    def _carry_one(self, errand: Claimed) -> None:
        try:
            ending = self._carriers[errand.kind](errand)
        except Exception:
            log.exception("errand_fault", kind=errand.kind, target=errand.target)
            ending = NotYet("the carrier broke")
        waited = self._waiting.get(errand.idempotency_key)
        try:
            self._settle(errand, ending, told=waited is not None)
        except DataError as lost:
            # It stays ours until the lease is over, and is carried again: its key makes that harmless.
            log.error("errand_not_settled", target=errand.target, reason=str(lost))
        self._endings[errand.idempotency_key] = ending
        while len(self._endings) > KEPT_ENDINGS:
            self._endings.popitem(last=False)
        if waited is not None:
            waited.set(ending)

    def _settle(self, errand: Claimed, ending: Ending, *, told: bool) -> None:
        """`told`: a caller hears of it, so that a refusal is nothing that is left to do."""
        at, outbox, owner = self._clock.utc(), self._store.outbox, self._owner
        about = {"kind": errand.kind, "target": errand.target, "call": str(errand.call_id)}
        match ending:
            case Arrived():
                in_thread(lambda: outbox.done(errand.id, owner, at=at))
            case Declined() if told:
                in_thread(lambda: outbox.done(errand.id, owner, at=at))
            case NotYet(reason, wait) if at - errand.created_at < PATIENCE:
                pause = max(wait or 0.0, pause_after(errand.tries, self._chance()))
                due = at + timedelta(seconds=pause)
                log.warning("errand_delayed", reason=reason, again_in=round(pause), **about)
                in_thread(lambda: outbox.try_again(errand.id, owner, due_at=due, error=reason))
            case _:
                why = {Declined: "declined", NotYet: "not done in time", Unknown: "unknown whether done"}
                error = f"{why[type(ending)]}: {ending.reason}"
                log.error("errand_given_up", reason=error, errand=str(errand.id), **about)
                in_thread(lambda: outbox.give_up(errand.id, owner, at=at, error=error))
