"""Look-ups at a steady rate, as calls ask them: how long each took, whatever the others did.

The rate is kept whether or not the answers keep up (an open loop): a slow database shows as waiting, and not
as a lower rate.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import gevent
from gevent.pool import Group
from sqlalchemy import func, select

from data.models import CustomerRow, OrderRow, TicketRow
from data.store import Store
from dialogs.results import Found
from ivr.back_ends.port import BackEnds
from ivr.back_ends.reading import Declared
from ivr.bench import Figures, figures
from ivr.errors import MeasurementImpossible
from ivr.lookups import Lookups

MOST_NUMBERS = 5000
"""Different numbers of each kind that are asked by."""
ZONE = ZoneInfo("Europe/Madrid")


@dataclass(frozen=True)
class LookupLoad:
    """What was asked, and what came of it."""

    each: Figures
    customers: int
    per_second: float
    """That were answered."""
    longest_block: float
    """Seconds for which the loop that lives the calls did not turn."""
    not_found: int


def measure(store: Store, *, seconds: float, per_second: float, engine: str) -> LookupLoad:
    """Balance, order and ticket in turn. Raises `MeasurementImpossible`, `DataError`."""
    asked = _numbers(store)
    back_ends = BackEnds(Lookups(store, lambda: datetime.now(ZONE)), Declared(), zone=ZONE)
    took: list[float] = []
    lost = 0

    def ask(name: str, by: Mapping[str, str], due: float) -> None:
        nonlocal lost
        answer = back_ends.ask(name, by, deadline=4.0, sensitive=False)
        took.append(time.perf_counter() - due)
        lost += not isinstance(answer, Found)

    total = max(1, round(seconds * per_second))
    under_way = Group()
    blocks = _Blocks()
    began = time.perf_counter()
    for at, (name, by) in enumerate(itertools.islice(asked, total)):
        due = began + at / per_second
        if (left := due - time.perf_counter()) > 0:
            gevent.sleep(left)
        under_way.spawn(ask, name, by, due)
    under_way.join(timeout=60)
    lasted = time.perf_counter() - began
    blocks.stop()
    if len(took) < total:
        raise MeasurementImpossible(f"{total - len(took)} look-ups never came back", "See `ivr doctor`")
    with store.database.reading() as connection:
        customers = connection.scalar(select(func.count()).select_from(CustomerRow)) or 0
    return LookupLoad(figures("lookup", engine, took), customers, total / lasted, blocks.longest, lost)


def _numbers(store: Store) -> itertools.cycle[tuple[str, Mapping[str, str]]]:
    """Look-ups with what they are asked by, in a mixed order that is the same each time."""
    whose = CustomerRow.customer_number
    kinds = (
        ("account", "customer_number", select(whose, whose)),
        ("order", "order_id", select(OrderRow.order_number, whose).join(CustomerRow)),
        ("ticket", "ticket_id", select(TicketRow.ticket_number, whose).join(CustomerRow)),
    )
    asked: list[tuple[str, Mapping[str, str]]] = []
    with store.database.reading() as connection:
        for name, key, query in kinds:
            some = connection.execute(query.limit(MOST_NUMBERS)).all()
            asked += [(name, {key: number, "customer_number": owner}) for number, owner in some]
    if not asked:
        raise MeasurementImpossible("there is nobody in the database", "Run `ivr db seed`")
    random.Random(1).shuffle(asked)  # noqa: S311 - an order, no secret
    return itertools.cycle(asked)


class _Blocks:
    """Notices when the loop does not turn."""

    def __init__(self, every: float = 0.005) -> None:
        self.longest = 0.0
        self._every = every
        self._watching = gevent.spawn(self._watch)

    def _watch(self) -> None:
        while True:
            before = time.perf_counter()
            gevent.sleep(self._every)
            self.longest = max(self.longest, time.perf_counter() - before - self._every)

    def stop(self) -> None:
        self._watching.kill()
