"""Servers that call back, on paper: a switch and its customers, a clock, and deaths at chosen instants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from data.records import Booking
from data.store import Store
from ivr.queueing.callback_rules import CallbackSettings, Result
from ivr.queueing.callbacks import Callbacks, Order, QueueView, Trace
from tests.mortal import Mortal

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=ZoneInfo("Europe/Madrid"))
SECOND = timedelta(seconds=1)


@dataclass
class Time:
    """A clock that the test moves."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Reserved:
    """An agent who waits on the line."""

    released: int = 0

    def release(self) -> None:
        self.released += 1


@dataclass
class Telephones:
    """A switch and its customers on paper. It outlives the servers, as a real one does."""

    script: dict[str, list[Result]] = field(default_factory=dict)
    """By number, what comes of each call; then `reached`."""
    mortal: Mortal = field(default_factory=Mortal)
    rung: list[tuple[str, UUID]] = field(default_factory=list)
    talked: list[str] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    reserves: Callable[[Order, Callable[[], bool]], Reserved | None] = lambda _order, _wanted: Reserved()
    """Which agent comes first, if one is to be."""
    abandoned: list[UUID] = field(default_factory=list)

    def reserve(self, order: Order, wanted: Callable[[], bool]) -> Reserved | None:
        self.mortal.instant()
        return self.reserves(order, wanted)

    def abandon(self, attempt_id: UUID) -> None:
        self.mortal.instant()
        self.abandoned.append(attempt_id)

    def dial(self, order: Order, answered: Callable[[], bool]) -> Result:
        self.mortal.instant()  # the order has not left yet
        self.orders.append(order)
        self.rung.append((order.number, order.attempt_id))
        self.mortal.instant()  # it rings, and we are gone
        left = self.script.get(order.number, [])
        result: Result = left.pop(0) if left else "reached"
        if result == "reached":
            if not answered():
                return "unwanted"
            self.mortal.instant()
            self.talked.append(order.number)
        self.mortal.instant()  # they talk, and we are gone
        return result

    def trace(self, attempt_id: UUID, _owner: str) -> Trace:
        self.mortal.instant()
        return "gone" if attempt_id in {attempt for _, attempt in self.rung} else "never"


def server(
    store: Store,
    telephones: Telephones,
    time: Time,
    *,
    owner: str = "n1",
    view: QueueView | None = None,
    **settings: object,
) -> Callbacks:
    return Callbacks(
        store=store.callbacks,
        dialler=telephones,
        look=lambda _: view or QueueView(free=3),
        owner=owner,
        now=time,
        settings=CallbackSettings.model_validate(settings),
        region="ES",
        beside=lambda work: work(),
        contacts=store.contacts,
    )


def book(
    store: Store,
    number: str,
    *,
    waited: int = 60,
    base_score: int = 0,
    queue: str = "billing",
    call_id: UUID | None = None,
    asked_before: int = 0,
) -> UUID:
    booking = Booking(
        queue=queue,
        number=number,
        language="es",
        joined_at=NOW - waited * SECOND,
        at=NOW - asked_before * SECOND,
        base_score=base_score,
        story={"reason": "x"},
        call_id=call_id,
    )
    return store.callbacks.book(booking)[0].id
