"""Alerts, raised once and cleared once, and the repairs of the switch's call centre."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from data.database import Database
from data.ids import new_id
from data.models import AlertRow, SwitchRepairRow
from data.once import insert_new
from data.records import Alert, SwitchRepair, utc
from data.text import clean

_STANDS = AlertRow.cleared_at.is_(None)


class Alerts:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def raise_alert(
        self, rule: str, queue: str, *, at: datetime, value: float, threshold: float
    ) -> UUID | None:
        """Its id; `None`: it stands already, here or raised by another server."""
        alert = new_id()
        with self._database.writing() as connection:
            put = insert_new(connection, AlertRow).values(
                id=alert, rule=rule, queue=queue, raised_at=utc(at), value=value, threshold=threshold
            )
            return alert if connection.execute(put).rowcount else None

    def clear(self, rule: str, queue: str, *, at: datetime, value: float) -> UUID | None:
        """The one that is over; `None`: none stood, or another server was faster."""
        mine = (AlertRow.rule == rule, AlertRow.queue == queue, _STANDS)
        with self._database.writing() as connection:
            cleared: UUID | None = connection.scalar(
                update(AlertRow)
                .where(*mine)
                .values(cleared_at=utc(at), cleared_value=value)
                .returning(AlertRow.id)
            )
            return cleared

    def acknowledge(self, alert: UUID, *, at: datetime, by: str) -> Alert | None:
        """Notes who looks after it; whoever said so first stays. As it is now; `None`: there is none."""
        row = AlertRow
        with self._database.writing() as connection:
            connection.execute(
                update(row)
                .where(row.id == alert, row.acknowledged_at.is_(None), _STANDS)
                .values(acknowledged_at=utc(at), acknowledged_by=clean(by, 120))
            )
            found = connection.execute(select(row).where(row.id == alert)).one_or_none()
        return None if found is None else alert_of(found)

    def standing(self) -> tuple[Alert, ...]:
        """Those that are not over, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(AlertRow).where(_STANDS).order_by(AlertRow.raised_at))
            return tuple(map(alert_of, rows))

    def latest(self, most: int = 100) -> tuple[Alert, ...]:
        """Over or not, the newest first."""
        query = select(AlertRow).order_by(AlertRow.raised_at.desc(), AlertRow.id.desc()).limit(most)
        with self._database.reading() as connection:
            return tuple(map(alert_of, connection.execute(query)))

    def note_repair(self, repair: SwitchRepair) -> None:
        """Adds what the watchdog has found."""
        values = {name: getattr(repair, name) for name in SwitchRepair.__dataclass_fields__}
        with self._database.writing() as connection:
            connection.execute(insert_new(connection, SwitchRepairRow).values(**values))

    def repairs(self, most: int = 100) -> tuple[SwitchRepair, ...]:
        """The newest first."""
        row = SwitchRepairRow
        query = select(row).order_by(row.at.desc(), row.id.desc()).limit(most)
        with self._database.reading() as connection:
            return tuple(map(repair_of, connection.execute(query)))


def alert_of(row: Row[Any]) -> Alert:
    """Of a row of `alerts`."""
    return Alert(**{name: getattr(row, name) for name in Alert.__dataclass_fields__})


def repair_of(row: Row[Any]) -> SwitchRepair:
    """Of a row of `switch_repairs`."""
    return SwitchRepair(**{name: getattr(row, name) for name in SwitchRepair.__dataclass_fields__})
