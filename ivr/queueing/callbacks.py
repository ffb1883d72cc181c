"""Calls back those who keep their place: when it is their turn, lawful, and nobody else does it.

Rules:
1. The database is the truth: a try is claimed there, `dialled` is written before the order to dial leaves,
   and every later word about it names the try. A server that dies leaves a lease that lapses.
2. Of a lapsed try that was only claimed, nothing has left: it goes back to its place. Of one that was
   dialled, the switch is asked for the leg: never there → back to its place; up → asked again later;
   gone → `unclear`, for a person to decide. Nobody is called twice because we do not know.
3. Hours and number are checked again at the instant of dialling.
4. An order to dial that has become old is not given: its lease is longer than it may take to leave.
5. With the agent first, an agent is reserved before `dialled` is written: until then nobody was called, and
   a place that finds no agent is simply kept.
6. Whoever is in a call to us is not dialled: the line would be busy. Others go on; they keep their place.
7. A window that has passed without a call is told once, as a piece of work; they are called next. So is
   a place in a queue that is not declared any more: a person calls them, or the queue comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol
from uuid import UUID

import structlog

from data.callbacks import UNDER_WAY
from data.callbacks import Callbacks as Store
from data.contacts import Contacts
from data.errors import DataError
from data.records import Callback
from data.records.contacts import NewContact
from data.records.work_items import NewWork
from data.work_items import WorkItems
from ivr.numbers import NotCalled, Number, checked
from ivr.queueing.callback_hours import CallingHours
from ivr.queueing.callback_rules import CallbackSettings, Result, again_at
from ivr.queueing.turns import Place, callable_now, soon_free, turns

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=120)
"""Longer than a telephone rings and an order takes to leave, together."""
ORDER_WITHIN = timedelta(seconds=20)
"""An order to dial that has not left by then does not leave."""

_SPOKEN: frozenset[Result] = frozenset({"reached", "dropped", "unwanted"})
"""Ends at which they were on the line."""

Trace = Literal["never", "up", "gone"]


@dataclass(frozen=True)
class Order:
    """Somebody to be called now."""

    attempt_id: UUID
    """The uuid that the customer's leg gets: the same order twice is one leg."""
    number: str
    """E.164, checked."""
    queue: str
    language: str
    since: datetime
    """When they came to the queue."""
    score: int
    """Seconds of base score with which they join the queue: all that they have waited, and are ahead."""
    agent_first: bool
    ring: int
    """Seconds."""
    story: Mapping[str, Any]
    """For the agent."""
    asked_at: datetime
    """When they asked for it."""
    asked_in: UUID | None = None
    """The call in which they did."""
    chosen: bool = False
    """Whether they are called at a time of their choice."""
    tries: int = 0
    """How often they were called in vain."""
    customer_id: UUID | None = None


class DialLost(Exception):
    """The switch was lost while it dialled: nobody knows how that ended, and the try's lease lapses."""


class Reservation(Protocol):
    """An agent who is on the line and waits for somebody who is being called."""

    def release(self) -> None:
        """They are not needed any more; once the two talk, nothing happens."""


class Dialler(Protocol):
    """Who dials. (On the switch: an originated leg, `origination_uuid` = `attempt_id`.)"""

    def reserve(self, order: Order, wanted: Callable[[], bool]) -> Reservation | None:
        """Has an agent of the queue answer for them at their place, before anybody is called; returns once
        one has, or `None`: nobody did, or it is not `wanted` any more, which is asked now and then. The
        reservation is the next `dial`'s of that order."""

    def abandon(self, attempt_id: UUID) -> None:
        """Whoever waits for an agent in the name of that try, which a server has lost, waits no longer."""

    def dial(self, order: Order, answered: Callable[[], bool]) -> Result:
        """Calls, and returns when it is known how that ended: with an agent (`reached`), or not.

        `answered` is called once the customer is on the line, before anybody is put through; if it is
        false they have cancelled meanwhile: an apology, and the end (`unwanted`). Raises `DialLost`.
        """

    def trace(self, attempt_id: UUID, owner: str) -> Trace:
        """What the switch knows of that leg: it never was there, it is up, or it is gone (or it cannot be
        known). `owner`: who had it dialled, `NODE@SWITCH`; another switch's is not known here."""


@dataclass(frozen=True)
class QueueView:
    """A queue as it stands now."""

    on_the_line: Sequence[float] = ()
    """Scores of those who wait on the line; tries that are under way are not among them."""
    free: int = 0
    """Agents who would be offered somebody now."""
    busy: int = 0
    """Agents who are logged in and talk."""
    handling: float = 240.0
    """Seconds that a talk takes."""


Look = Callable[[str], QueueView]
Run = Callable[[Callable[[], None]], None]
"""Starts work beside; a server gives a greenlet, a test runs it at once."""


@dataclass
class Callbacks:
    """One server's part. `step` is called every second or so."""

    store: Store
    dialler: Dialler
    look: Look
    owner: str
    """This process and its switch: `NODE@SWITCH`."""
    now: Callable[[], datetime]
    settings: CallbackSettings
    region: str
    beside: Run
    contacts: Contacts | None = None
    """The ledger of all contacts; a callback is noted as one that the person asked for."""
    hours: CallingHours | None = None
    """When somebody may be called; by default by the settings alone."""
    may_call: Callable[[Number, Callback], bool] = lambda _number, _callback: True
    """Asked at the instant of dialling: false for whom nobody may contact any more."""
    work: WorkItems | None = None
    """Where it is told that a window has passed without a call, or a queue is there no more."""
    there: Callable[[str], bool] = lambda _queue: True
    """Whether a queue is one of ours: nobody serves one that was taken out of the files."""
    under_way: dict[UUID, datetime] = field(default_factory=dict)
    """Tries of this process, and until when each is leased."""

    def step(self) -> int:
        """Looks after lapsed tries, and begins those whose turn it is; how many. Raises `DataError`."""
        self._stay_alive()
        self.recover()
        self._tell_overdue()
        due = self.store.due(self.now())
        begun = 0
        for queue in dict.fromkeys(one.queue for one in due):
            if not self.there(queue):
                self._tell_stranded([one for one in due if one.queue == queue and one.overdue_at is None])
                continue
            places = [Place(one, one.score(self.now())) for one in due if one.queue == queue]
            begun += sum(map(self._begin, self._who_can_be_called(queue, places)))
        return begun

    def _who_can_be_called(self, queue: str, places: Sequence[Place[Callback]]) -> list[Callback]:
        """Whose turn it is of those who are not on the line with us: an agent is not kept for them."""
        view, now, at_home = self.look(queue), self.now(), list(places)
        while True:
            chosen = self._whose_turn(queue, at_home, view)
            talking = {one.id for one in chosen if self.store.on_the_line(one, at=now)}
            if not talking:
                return chosen
            at_home = [place for place in at_home if place.who.id not in talking]

    def _stay_alive(self) -> None:
        """Renews the leases of what this process is at."""
        now = self.now()
        for attempt, until in list(self.under_way.items()):
            if until - now < LEASE / 2 and self.store.extend(attempt, self.owner, until=now + LEASE):
                self.under_way[attempt] = now + LEASE

    def _whose_turn(self, queue: str, places: Sequence[Place[Callback]], view: QueueView) -> list[Callback]:
        settings = self.settings
        if settings.first == "agent":
            # A virtual member waits in the switch's own queue, and nobody is called yet: there must be one in
            # time, or the switch gives the agent who is free next to somebody on the line.
            soon = soon_free(view.busy, ring=settings.ring, handling=view.handling)
            agents = view.free + max(soon, 1 if view.busy else 0)
        else:
            agents = callable_now(
                view.free,
                view.busy,
                waiting=bool(view.on_the_line),
                ring=settings.ring,
                handling=view.handling,
            )
        # Each try takes an agent; with the agent first, whoever is being dialled has theirs already.
        taken = self.store.under_way(queue, ("claimed",) if self.settings.first == "agent" else UNDER_WAY)
        return turns(places, view.on_the_line, agents - taken)

    def _begin(self, callback: Callback) -> bool:
        if len(self.under_way) >= self.settings.at_once:
            return False
        if not self._lawful_now(callback):
            return False
        mine = self.store.claim(callback.id, self.owner, at=self.now(), lease=LEASE)
        if mine is None:
            return False
        assert mine.attempt_id is not None
        self.under_way[mine.attempt_id] = self.now() + LEASE
        self.beside(lambda: self._try(mine))
        return True

    @property
    def _hours(self) -> CallingHours:
        return self.hours or CallingHours(self.settings)

    def _lawful_now(self, callback: Callback) -> bool:
        """Puts off what is not lawful now, and gives up what never will be."""
        now = self.now()
        try:
            number = checked(callback.number, region=self.region, countries=self.settings.countries)
        except NotCalled as refused:
            self.store.cancel_one(callback.id, at=now, why=f"number {refused.reason}")
            return False
        if self._hours.lawful(callback.queue, number, now):
            if self.may_call(number, callback):
                return True
            self.store.cancel_one(callback.id, at=now, why="not to be contacted")
            return False
        later = self._hours.next(callback.queue, number, now)
        if later is not None:
            self.store.put_off(callback.id, due_at=later)
        return False

    def _tell_overdue(self) -> None:
        """A piece of work for each window that nobody was called in: told once, whoever sees it first."""
        for one in self.store.overdue(self.now()):
            self._tell(one, f"{one.queue}: to be called until {one.until_at:%Y-%m-%d %H:%M} UTC, and was not")

    def _tell_stranded(self, places: Sequence[Callback]) -> None:
        for one in places:
            self._tell(one, f"{one.queue}: declared no more, and somebody waits to be called from there")

    def _tell(self, one: Callback, title: str) -> None:
        now = self.now()
        if self.work is not None:
            wanted = NewWork(
                kind="callback",
                about=str(one.id),
                at=now,
                by=self.owner,
                title=title,
                due_at=now,
                call_id=one.call_id,
                customer_id=one.customer_id,
            )
            self.work.add(wanted)
        if self.store.told_overdue(one.id, at=now):
            log.warning("callback_told", callback=str(one.id), what=title)

    def _try(self, mine: Callback) -> None:
        attempt = mine.attempt_id
        assert attempt is not None
        reserved: Reservation | None = None
        try:
            order = self._order(mine, attempt)
            if order.agent_first:
                reserved = self.dialler.reserve(order, lambda: self._still_mine(attempt))
                if reserved is None:  # nobody was called, and no try is used up
                    self.store.put_back(attempt, self.owner)
                    return
            self._call(mine, order)
        except DataError as lost:
            # The lease lapses, and whoever finds it asks the switch.
            log.error("callback_not_noted", callback=str(mine.id), reason=str(lost))
        except DialLost as lost:
            log.error("callback_lost", callback=str(mine.id), reason=str(lost))
        finally:
            if reserved is not None:
                reserved.release()
            self.under_way.pop(attempt, None)

    def _still_mine(self, attempt: UUID) -> bool:
        """Whether an agent is still to be found: they may have called meanwhile. Renews the lease."""
        return self.store.extend(attempt, self.owner, until=self.now() + LEASE)

    def _call(self, mine: Callback, order: Order) -> None:
        attempt, asked_at = order.attempt_id, self.now()
        if not self.store.dialled(attempt, self.owner):
            return
        if self.now() - asked_at > ORDER_WITHIN:  # this process stood still: somebody may have taken over
            self.store.never_left(attempt, self.owner)
            return
        self._on_record(mine, attempt)
        result = self.dialler.dial(order, lambda: self.store.answered(attempt, self.owner))
        self._note(mine, attempt, result)

    def _order(self, mine: Callback, attempt: UUID) -> Order:
        now = self.now()
        return Order(
            attempt_id=attempt,
            number=mine.number,
            queue=mine.queue,
            language=mine.language,
            since=now - timedelta(seconds=mine.kept(now)),
            score=int(mine.score(now)),
            agent_first=self.settings.first == "agent",
            ring=self.settings.ring,
            story=mine.story,
            asked_at=mine.booked_at,
            asked_in=mine.call_id,
            chosen=mine.from_at is not None,
            tries=mine.tries,
            customer_id=mine.customer_id,
        )

    def _on_record(self, mine: Callback, attempt: UUID) -> None:
        if self.contacts is None:
            return
        contact = NewContact(
            id=attempt,
            at=self.now(),
            customer_id=mine.customer_id,
            address=mine.number,
            channel="call",
            purpose="service",
            asked_for=f"callback from {mine.queue}",
            call_id=mine.call_id,
        )
        self.contacts.note(contact)

    def _note(self, mine: Callback, attempt: UUID, result: Result) -> None:
        now = self.now()
        if self.contacts is not None and result == "no_agent":
            self.contacts.withdraw(attempt)
        elif self.contacts is not None:
            self.contacts.settle(attempt, conversation=result in _SPOKEN, result=result)
        if result == "reached":
            self.store.reached(attempt, self.owner, at=now)
        elif result == "no_agent":  # nobody was called, and no try is used up
            self.store.never_left(attempt, self.owner)
        else:
            zones = checked(mine.number, region=self.region, countries=self.settings.countries).zones
            later = again_at(result, mine.tries + 1, now, settings=self.settings, zones=zones)
            self.store.missed(attempt, self.owner, at=now, result=result, again_at=later)
        log.info("callback_tried", callback=str(mine.id), queue=mine.queue, result=result)

    def recover(self) -> None:
        """Looks after tries whose owner has not been heard of. Raises `DataError`."""
        for lost in self.store.lapsed(self.now()):
            attempt = lost.attempt_id
            if attempt is None or attempt in self.under_way:
                continue
            mine = self.store.take_over(attempt, self.owner, at=self.now(), lease=LEASE)
            if mine is None:
                continue
            if mine.state == "claimed":
                self.dialler.abandon(attempt)
                self.store.put_back(attempt, self.owner)
                continue
            match self.dialler.trace(attempt, lost.claimed_by or ""):
                case "never":
                    self.store.never_left(attempt, self.owner)
                case "gone":
                    why = "answered, and the server was lost" if mine.state == "answered" else "server lost"
                    self.store.unclear(attempt, self.owner, why)
                case "up":
                    pass  # ours now, and asked for again when the lease lapses
            log.warning("callback_recovered", callback=str(mine.id), state=mine.state)
