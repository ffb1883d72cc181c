"""Has things done, in the company's systems and in the own database: done now, or noted and done later.

Rules:
1. What a caller has asked for is on a disk before anybody says that it will be done: in the outbox, or, while
   the own database is lost, in the spool.
2. Each errand has a key, made of call, step and values: asked twice it happens once, also after a crash.
   Systems get it as a header (or bound in the statement).
3. What may have been done and may not be repeated is not repeated; a person sees it (`ivr outbox list`).
4. A caller who hangs up takes nothing back: what has begun goes on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import gevent
import structlog
from gevent.pool import Group
from sqlalchemy import Connection

from data.errors import DataError, SpoolNotWritable
from data.outbox_turns import BEGUN
from data.records import Claimed, Errand, NewWork
from data.spool import Spool
from data.store import Store
from dialogs.effects import Write
from dialogs.results import Failed, Noted, Refused, Written
from ivr.back_ends.carrying import Order, carry_declared, given_of, may_repeat
from ivr.back_ends.declared import DeclaredWrite
from ivr.back_ends.errors import ValueUnfit
from ivr.back_ends.of_a_call import CALL_OUTCOME
from ivr.back_ends.systems import Connected
from ivr.clock import Clock
from ivr.in_thread import in_thread
from ivr.occasion import Occasion
from ivr.outbox import Arrived, Declined, Ending, Kind, NotYet, Outbox, Unknown
from ivr.working_days import USUAL, WorkingDays
from ivr.writes import WRITES, OwnWrite, asked

log = structlog.get_logger(__name__)

KIND = "write"
"""Of these errands in the outbox."""
Done = Written | Noted | Refused | Failed


@dataclass(frozen=True)
class DeclaredTarget:
    """A write of the company's, with the system that does it."""

    declared: DeclaredWrite
    system: Connected
    done: Callable[[], None]
    """Told after each: what was kept of that system's answers may be wrong now."""


class Writing:
    """The writes of one process."""

    def __init__(
        self,
        store: Store,
        spool: Spool,
        targets: Mapping[str, DeclaredTarget],
        outbox: Outbox,
        *,
        clock: Clock,
        zone: tzinfo,
        working: WorkingDays = USUAL,
    ) -> None:
        """`outbox`: the process's, which carries writes from now on. `zone`, `working`: the company's."""
        self._working = working
        self._store, self._spool, self._targets = store, spool, targets
        self._clock, self._zone, self._outbox = clock, zone, outbox
        self._own: dict[str, OwnWrite] = dict(WRITES)
        self._begun = Group()
        self._asked_at = clock.utc()
        outbox.takes(KIND, Kind(carry=self.carry, in_order=True, lost=self._lost))

    def does(self, name: str, own: OwnWrite) -> None:
        """That write of ours is done so from here on: by somebody who knows more than the database."""
        self._own[name] = own

    def close(self) -> None:
        """Lets what callers have asked for end; the outbox is closed after it."""
        self._begun.join(timeout=2.0)

    def write(self, write: Write, occasion: Occasion) -> Done:
        """Blocks cooperatively, for about the write's deadline; whoever stops waiting stops nothing."""
        done: Done = self._begun.spawn(self._write, write, occasion).get()
        return done

    def _write(self, write: Write, occasion: Occasion) -> Done:
        own, target = self._who(write.name)
        if own is None and target is None:
            return Failed(f"nobody does the write {write.name}")
        types = own.schema.values if own is not None else target.declared.values if target else {}
        try:
            given_of(types, write.values)
        except ValueUnfit as unfit:
            return Failed(f"{write.name}: {unfit}")
        errand = self._errand(write, occasion)
        if target is not None and not target.declared.later:
            return _result(self._declared_now(target, write.values, errand.idempotency_key), later=False)
        try:
            return self._now_or_noted(own, write, errand)
        except DataError as lost:
            return self._spooled(errand, lost)

    def _now_or_noted(self, own: OwnWrite | None, write: Write, errand: Errand) -> Done:
        if own is not None:
            return self._own_now(own, write, errand)
        ending = self._outbox.put(errand, write.deadline)
        return Noted() if ending is None else _result(ending, later=True)

    def _errand(self, write: Write, occasion: Occasion) -> Errand:
        # Never before the last one, even if the clock is put back: it tells their order.
        self._asked_at = max(self._clock.utc(), self._asked_at + timedelta(microseconds=1))
        return Errand(
            kind=KIND,
            target=write.name,
            body={"values": dict(write.values), "flow": occasion.flow, "step": occasion.step},
            idempotency_key=key_of(write, occasion),
            at=self._asked_at,
            call_id=occasion.call_id,
            customer_id=occasion.person.customer_id if occasion.person else None,
        )

    def _own_now(self, own: OwnWrite, write: Write, errand: Errand) -> Done:
        """In the own database it is done at once, or not at all; its key makes it harmless to do it again."""
        now = self._now()
        who = asked(now, errand.idempotency_key, errand.call_id, self._working)
        quietly = gevent.Timeout(write.deadline)
        try:
            with quietly:
                return in_thread(lambda: own.do(self._store, write.values, who))
        except gevent.Timeout as timeout:
            if timeout is not quietly:
                raise
            return self._spooled(errand, f"not done within {write.deadline:g} s")

    def _spooled(self, errand: Errand, why: object) -> Done:
        log.warning("write_spooled", target=errand.target, call=str(errand.call_id), reason=str(why))
        try:
            in_thread(lambda: self._spool.keep(errand))
        except SpoolNotWritable as full:
            return Failed(f"neither done nor noted ({full})")
        return Noted()

    def carry(self, errand: Claimed) -> Ending:
        """One try, of whichever process it was put in by."""
        values = {str(name): str(value) for name, value in errand.body.get("values", {}).items()}
        own, target = self._who(errand.target)
        if own is not None:
            who = asked(self._now(), errand.idempotency_key, errand.call_id, self._working)
            try:
                done = in_thread(lambda: own.do(self._store, values, who))
            except DataError as lost:
                return NotYet(str(lost))
            return Declined(done.reason) if isinstance(done, Refused) else Arrived(done.record)
        if target is None:
            return NotYet("nobody does this write any more: declare it again in back_ends.yaml")
        hindered = None if may_repeat(target.declared) else self._hindered(errand)
        return hindered or self._declared_now(target, values, errand.idempotency_key)

    def _lost(self, connection: Connection, errand: Claimed, ending: Ending) -> None:
        """A caller was told that it will be done, and it will not: somebody has to call them."""
        if errand.target == CALL_OUTCOME or errand.call_id is None or isinstance(ending, Arrived):
            return
        now = self._clock.utc()
        told = NewWork(
            kind="write",
            about=str(errand.id),
            at=now,
            by="outbox",
            title=f"{errand.target}: {ending.reason}",
            due_at=now + timedelta(days=1),
            call_id=errand.call_id,
            customer_id=errand.customer_id,
        )
        self._store.work_items.add_within(connection, told)

    def _hindered(self, errand: Claimed) -> Ending | None:
        """Whether what must not happen twice may be sent now; notes that it is, before it is."""
        if errand.last_error == BEGUN:
            return Unknown("its server died while it was sending it")
        try:
            ours = self._outbox.begin(errand)
        except DataError as lost:
            return NotYet(str(lost))
        return None if ours else NotYet("somebody else has taken it over")

    def _declared_now(self, target: DeclaredTarget, values: Mapping[str, str], key: str) -> Ending:
        ending = carry_declared(target.declared, target.system, Order(values, key), self._zone)
        if isinstance(ending, Arrived | Unknown):
            target.done()
        return ending

    def _who(self, name: str) -> tuple[OwnWrite | None, DeclaredTarget | None]:
        """What the company has declared comes before what the product brings."""
        target = self._targets.get(name)
        return (None if target is not None else self._own.get(name)), target

    def _now(self) -> datetime:
        return self._clock.utc().astimezone(self._zone)


def key_of(write: Write, occasion: Occasion) -> str:
    """The same for the same values at the same step of the same call, and for nothing else."""
    said = [str(occasion.call_id), occasion.flow, occasion.step, write.name, sorted(write.values.items())]
    return f"write-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:48]}"


def _result(ending: Ending, *, later: bool) -> Done:
    match ending:
        case Arrived(record):
            return Written(record)
        case Declined(reason):
            return Refused(reason)
        case NotYet(reason):
            return Noted() if later else Failed(reason)
        case Unknown(reason):
            return Failed(f"nobody knows whether it was done: {reason}")
