"""Which server decides how many people are called for a queue's agents: one at a time, for a moment.

Rules:
1. Whoever has the turn counts, decides and claims; the others look again a moment later. So two servers never
   call for the same free agent.
2. A turn is a lease. Whoever stood still and lost it claims nobody: `has_turn` is asked in the claim's own
   transaction, by the turn's row, so it does not hang on anybody's clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, literal, select, update

from data.database import Database
from data.models import PacingTurnRow
from data.once import insert_new
from data.records import utc
from data.trunks import CLOCKS


class PacingTurns:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, queue: str, owner: str, *, at: datetime, lease: timedelta) -> bool:
        """The turn is `owner`'s until `at + lease` (again, if it was before). False: another's."""
        now = utc(at)
        values = {"owner": owner, "until": now + lease}
        # What lies farther ahead than a turn lasts was noted before a clock was set back.
        lapsed = (PacingTurnRow.until <= now) | (PacingTurnRow.until > now + lease + CLOCKS)
        free = (PacingTurnRow.owner == owner) | lapsed
        with self._database.writing() as connection:
            mine = update(PacingTurnRow).where(PacingTurnRow.queue == queue, free).values(**values)
            if connection.execute(mine).rowcount:
                return True
            put = insert_new(connection, PacingTurnRow).values(queue=queue, **values)
            return bool(connection.execute(put).rowcount)

    def give_back(self, queue: str, owner: str) -> bool:
        """It is anybody's. False: it was not the owner's any more."""
        mine = (PacingTurnRow.queue == queue, PacingTurnRow.owner == owner)
        with self._database.writing() as connection:
            return bool(connection.execute(delete(PacingTurnRow).where(*mine)).rowcount)


def has_turn(connection: Connection, queue: str, owner: str) -> bool:
    """Whether the turn is the owner's, and stays so until this transaction is over."""
    mine = select(literal(1)).where(PacingTurnRow.queue == queue, PacingTurnRow.owner == owner)
    return connection.scalar(mine.with_for_update()) is not None
