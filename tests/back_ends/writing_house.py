"""A server that writes to a company's system, which fails as the test says, with a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from data.ids import new_id
from data.models import OutboxRow
from data.spool import Spool
from data.store import Store
from dialogs.effects import Write
from ivr.back_ends import declared_in
from ivr.back_ends.port import BackEnds
from ivr.back_ends.writing import KIND, Writing
from ivr.lookups import Lookups
from ivr.occasion import Occasion
from ivr.outbox import Outbox
from tests.clocks import LaterClock
from tests.databases import store_at

MADRID = ZoneInfo("Europe/Madrid")
TEXT = """
systems:
  crm: {url: "URL", plain: true, deadline: PATIENT, breaker: {failures: 50}}
lookups:
  day_of:
    system: crm
    get: /orders/{order_id}
    by: [order_id]
    fields: {day: date}
    cache: 60
writes:
  ship_day:
    system: crm
    METHOD: /orders/{order_id}/day
    send: {day: "{day}", urgent: "{urgent}", parcels: "{parcels}"}
    values: {order_id: code, day: date, urgent: boolean, parcels: number}
    fields: {reference: {type: code, at: /ref, optional: true}}
    refused: {409: too_late}
    reason: {at: /code, codes: {NO_ORDER: no_such_order}}
    MORE
"""
VALUES = {"order_id": "A/7", "day": "2026-12-01", "urgent": "true", "parcels": "2"}
SHIP = Write("ship_day", VALUES, "change", 10.0)


@dataclass
class House:
    """The own side: database, spool, and a process that writes."""

    folder: Path
    store: Store
    clock: LaterClock
    outbox: Outbox
    writing: Writing
    back_ends: BackEnds
    owner: str = "one"

    def process(self, owner: str) -> House:
        """Another server on the same database."""
        return _house(self.folder, self.back_ends, self.clock, owner)

    @property
    def errands(self) -> list[Any]:
        with self.store.database.reading() as connection:
            return list(connection.execute(OutboxRow.__table__.select()))

    def carry(self) -> int:
        """One look at the outbox, to its end."""
        taken = self.outbox.carry(KIND)
        self.outbox.wait_until_carried()
        return taken

    def close(self) -> None:
        self.writing.close()
        self.outbox.close()

    def break_database(self) -> None:
        """As if its disk had gone: the file is away, and nobody can make another."""
        self.store.close()
        for file in self.folder.glob("ivr.sqlite3*"):
            file.rename(file.with_name(f"away-{file.name}"))
        (self.folder / "ivr.sqlite3").mkdir()

    def mend_database(self) -> None:
        self.store.close()
        (self.folder / "ivr.sqlite3").rmdir()
        for file in self.folder.glob("away-*"):
            file.rename(file.with_name(file.name.removeprefix("away-")))


def _house(folder: Path, back_ends: BackEnds, clock: LaterClock, owner: str) -> House:
    store = Store(f"sqlite:///{folder}/ivr.sqlite3")
    outbox = Outbox(store, owner=owner, clock=clock)
    spool = Spool(folder / "spool")
    writing = Writing(store, spool, back_ends.targets(), outbox, clock=clock, zone=MADRID)
    return House(folder, store, clock, outbox, writing, back_ends, owner)


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """A house whose CRM is at that address; its worker runs unless `still`."""
    opened: list[House] = []

    def make(
        url: str, more: str = "later: true", method: str = "put", *, still: bool = False, patient: float = 8.0
    ) -> House:
        text = TEXT.replace("URL", url).replace("MORE", more).replace("METHOD", method)
        text = text.replace("PATIENT", str(patient))
        (tmp_path / "back_ends.yaml").write_text(text)
        own = store_at(tmp_path / "ivr.sqlite3")
        clock = LaterClock()
        lookups = Lookups(own, lambda: clock.utc().astimezone(MADRID))
        back_ends = BackEnds(lookups, declared_in(tmp_path / "back_ends.yaml"), zone=MADRID)
        house = _house(tmp_path, back_ends, clock, "one")
        if not still:
            house.outbox.start()
        opened.append(house)
        return house

    yield make
    for house in opened:
        house.close()
        house.back_ends.close()
        house.store.close()


def occasion(call: UUID | None = None, step: str = "change") -> Occasion:
    return Occasion(call or new_id(), "+34600111222", "orders", step, "es")
