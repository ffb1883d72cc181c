"""Carries errands out of the outbox: what is to be done in another system, until it is done or given up.

Rules:
1. An errand is claimed with a lease: several servers carry from one outbox, no two carry one at a time, and
   what a dead one had is taken over.
2. What does not arrive is tried again, with longer and longer pauses, for `PATIENCE` and `LEAST_TRIES`; then
   it is given up, loudly, and lies there for a person (`ivr outbox list`). So is what kills its servers.
3. What may have been done, and must not be done twice, is never tried again: a person decides.
4. Whoever puts an errand in may wait for its first try.
5. Each target of each kind has places of its own: a provider, system or webhook that is down costs its own
   errands time, no others.
6. Where the kind asks for it, errands of one person to one target arrive in their order.
7. The clock may be wrong, and be put right: what was put off by it is due (`data.outbox_turns`).
"""

from __future__ import annotations

import random
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import gevent
import structlog
from gevent.event import AsyncResult
from gevent.pool import Group, Pool
from sqlalchemy import Connection

from data.errors import DatabaseLocked, DataError
from data.outbox_turns import deaths
from data.records import Claimed, Errand
from data.store import Store
from ivr.clock import Clock
from ivr.in_thread import in_thread

log = structlog.get_logger(__name__)

EVERY = 1.0
"""Seconds between two looks; an errand of this process is carried at once, without one."""
AT_ONCE = 16
"""Errands to one target that are carried at the same time, beside those that callers wait for."""
LEASE = timedelta(seconds=120)
"""Longer than any deadline of a system or of a provider (60 s) with its repetitions."""
HEAD_START = timedelta(seconds=5)
"""Time in which nobody but the process that has put it in takes an errand."""
PATIENCE = timedelta(days=3)
"""Unless a kind has its own."""
LEAST_TRIES = 6
"""Before it is given up for its age: also of what is old already when the server starts again, or the clock
jumps, its target gets two minutes to answer."""
MOST_DEATHS = 5
"""Servers that may die in a row while they have an errand, before it is given up."""
FIRST_PAUSE, LONGEST_PAUSE = 4.0, 3600.0
"""Seconds. A system that asks for more is asked again after the longest all the same."""
LOOKS_AT_CLOCK = 60
"""Looks at the outbox between two at whether a wrong clock has put anything off."""
BUSY_LOOKS = 3
"""Looks in a row for which a busy database had no turn; each has waited for one by then."""
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


def _nobody(_connection: Connection, _errand: Claimed, _ending: Ending) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How errands of one kind are carried."""

    carry: Carry
    """One try."""
    over: Callable[[Connection, Claimed, Ending], None] = _nobody
    """Told once it has arrived or was given up, with the last try's ending, in the transaction that notes so:
    whoever dies in between has noted neither. Blocks, and logs nothing."""
    lost: Callable[[Connection, Claimed, Ending], None] = _nobody
    """Told beside `over`, where it was given up and nobody waits for its ending: who was told that it will
    be done does not hear of it by themselves."""
    patience: timedelta = PATIENCE
    at_once: int = AT_ONCE
    in_order: bool = False
    """Whether a later errand of the same person waits for an earlier one to the same target."""


@dataclass(frozen=True)
class _Line:
    kind: Kind
    pools: dict[str, Pool] = field(default_factory=dict)
    """By target."""

    def pool(self, target: str) -> Pool:
        return self.pools.setdefault(target, Pool(self.kind.at_once))


def pause_after(tries: int, chance: float) -> float:
    """Seconds until the next try: doubled each time, a quarter more or less by `chance` (0 to 1)."""
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries - 1, 20)) * (0.75 + chance / 2))


class Outbox:
    """One process's carrying: `takes` each kind, then `start`."""

    def __init__(
        self, store: Store, *, owner: str, clock: Clock, chance: Callable[[], float] = random.random
    ) -> None:
        """`owner`: this process, by its node's name."""
        self._store, self._owner, self._clock = store, owner, clock
        self._chance = chance
        self._lines: dict[str, _Line] = {}
        self._for_callers = Group()
        self._waiting: dict[str, AsyncResult[Ending]] = {}
        self._endings: OrderedDict[str, Ending] = OrderedDict()
        self._running: list[gevent.Greenlet[[str], None]] = []
        self._lost = False
        self._misses: Counter[str] = Counter()

    def takes(self, name: str, kind: Kind) -> None:
        """Errands of that kind are carried so, from `start` on."""
        self._lines[name] = _Line(kind)

    def start(self) -> None:
        self._running = [gevent.spawn(self._carry_now_and_then, name) for name in self._lines]

    def close(self, deadline: float = 2.0) -> None:
        """Lets what is under way end for `deadline` seconds; the rest is taken over when its lease ends."""
        gevent.killall(self._running)
        gevent.joinall([*self._under_way()], timeout=deadline)
        for line in self._lines.values():
            for pool in line.pools.values():
                pool.kill()
        self._for_callers.kill()

    def _under_way(self) -> Iterator[gevent.Greenlet[..., object]]:
        yield from self._for_callers
        for line in self._lines.values():
            for pool in line.pools.values():
                yield from pool

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
        """Puts it in, and begins to carry it; false if it was there before, or waits for an earlier one.

        It is due a little later for everybody else: two servers would otherwise take each other's errands,
        whose callers then wait for nothing.
        """
        at = self._clock.utc()
        ours = replace(errand, due_at=at + HEAD_START)
        if not in_thread(lambda: self._store.outbox.put(ours)):
            return False
        key, owner = errand.idempotency_key, self._owner
        kind = self._lines.get(errand.kind)
        in_order = kind is not None and kind.kind.in_order
        claimed = in_thread(
            lambda: self._store.outbox.claim_own(key, owner, at=at, lease=LEASE, in_order=in_order)
        )
        if claimed is None:
            return False
        # Beside the pools: callers are as many as there are calls, and do not wait for what was left over.
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

    def carry(self, name: str) -> int:
        """Takes up what is due of that kind and begins to carry it; how many. Raises `DataError`."""
        at = self._clock.utc()
        targets = in_thread(lambda: self._store.outbox.targets(name, at=at))
        return sum(self._carry_to(name, target, at) for target in targets)

    def _carry_to(self, name: str, target: str, at: datetime) -> int:
        line = self._lines[name]
        pool, in_order = line.pool(target), line.kind.in_order
        most = pool.free_count()
        if not most:
            return 0
        claimed = in_thread(
            lambda: self._store.outbox.claim(
                self._owner, at=at, lease=LEASE, most=most, kinds=(name,), target=target, in_order=in_order
            )
        )
        for errand in claimed:
            pool.spawn(self._carry_one, errand)
        return len(claimed)

    def set_right(self) -> None:
        """What a wrong clock has put off is due now. Raises `DataError`."""
        at = self._clock.utc()
        if late := in_thread(lambda: self._store.outbox.set_right(at=at)):
            log.warning("clock_was_wrong", errands=late)

    def begin(self, errand: Claimed) -> bool:
        """As `data.outbox.Outbox.begin`, for what must not be done twice. Raises `DataError`."""
        return in_thread(lambda: self._store.outbox.begin(errand.id, self._owner))

    def wait_until_carried(self) -> None:
        """Waits until nothing is under way."""
        gevent.joinall([*self._under_way()])

    def _carry_now_and_then(self, name: str) -> None:
        looks = 0
        while True:
            taken = self._look(name, clock_too=looks % LOOKS_AT_CLOCK == 0)
            looks += 1
            # All places of a target were free, and are taken: more may be due, on with it as soon as one is.
            full = [pool for pool in self._lines[name].pools.values() if not pool.free_count()]
            if taken and full:
                gevent.wait([one for pool in full for one in pool], timeout=EVERY, count=1)
            else:
                gevent.sleep(EVERY)

    def _look(self, name: str, *, clock_too: bool) -> int:
        try:
            if clock_too:
                self.set_right()
            taken = self.carry(name)
        except DataError as lost:
            self._misses[name] += 1
            # A turn that did not come, as at a start when all of a server writes, comes with the next look.
            passes = isinstance(lost, DatabaseLocked) and self._misses[name] < BUSY_LOOKS
            if not passes and not self._lost:
                self._lost = True
                log.error("outbox_waits", reason=str(lost))
            return 0
        except Exception:
            # The next errands must go on being carried, whatever broke this look.
            log.exception("outbox_fault", kind=name)
            return 0
        self._misses[name], self._lost = 0, False
        return taken

    def _carry_one(self, errand: Claimed) -> None:
        try:
            ending = self._tried(errand)
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

    def _tried(self, errand: Claimed) -> Ending:
        if deaths(errand.last_error) >= MOST_DEATHS:
            return Unknown(errand.last_error)
        return self._lines[errand.kind].kind.carry(errand)

    def _settle(self, errand: Claimed, ending: Ending, *, told: bool) -> None:
        """`told`: a caller hears of it, so that a refusal is nothing that is left to do."""
        kind, at, outbox = self._lines[errand.kind].kind, self._clock.utc(), self._store.outbox
        owner = self._owner

        def told_in(connection: Connection) -> None:
            kind.over(connection, errand, ending)

        def lost_in(connection: Connection) -> None:
            kind.over(connection, errand, ending)
            if not told:
                kind.lost(connection, errand, ending)

        about = {"kind": errand.kind, "target": errand.target, "call": str(errand.call_id)}
        match ending:
            case Arrived():
                in_thread(lambda: outbox.done(errand.id, owner, at=at, also=told_in))
            case Declined() if told:
                in_thread(lambda: outbox.done(errand.id, owner, at=at, also=told_in))
            case NotYet(reason, wait) if errand.tries < LEAST_TRIES or at - errand.created_at < kind.patience:
                pause = max(min(wait or 0.0, LONGEST_PAUSE), pause_after(errand.tries, self._chance()))
                due = at + timedelta(seconds=pause)
                log.warning("errand_delayed", reason=reason, again_in=round(pause), **about)
                in_thread(lambda: outbox.try_again(errand.id, owner, due_at=due, error=reason))
            case _:
                why = {Declined: "declined", NotYet: "not done in time", Unknown: "unknown whether done"}
                error = f"{why[type(ending)]}: {ending.reason}"
                log.error("errand_given_up", reason=error, errand=str(errand.id), **about)
                in_thread(lambda: outbox.give_up(errand.id, owner, at=at, error=error, also=lost_in))
