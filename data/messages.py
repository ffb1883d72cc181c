"""Messages to people: that they were sent, when and to whom, never what they said.

Rules:
1. A message and its errand are written together: what is counted is carried, and what is carried is counted.
2. The same key is the same message, sent once, however often it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, update

from data.database import Database
from data.ids import new_id
from data.models import ContactRow, MessageRow
from data.once import insert_new
from data.outbox import Outbox
from data.records import Errand, utc
from data.text import clean

State = Literal["waiting", "sent", "refused", "failed"]
Ended = Literal["put", "before", "too_many"]
_COUNTED = ("waiting", "sent")


@dataclass(frozen=True, kw_only=True)
class MessageSent:
    """A message as it is remembered."""

    channel: str
    recipient: str
    template: str
    """The flow and step that sent it."""
    state: str
    at: datetime
    updated_at: datetime
    detail: str
    call_id: UUID | None
    key: str | None


class Messages:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def send(
        self, errand: Errand, *, recipient: str, template: str, limits: Mapping[timedelta, int]
    ) -> Ended:
        """Puts a message into the outbox, unless its recipient has had too many.

        `limits`: within each span, so many. `before`: this very message is on its way, or was.
        """
        with self._database.writing() as connection:
            return self.send_within(connection, errand, recipient=recipient, template=template, limits=limits)

    @staticmethod
    def send_within(
        connection: Connection,
        errand: Errand,
        *,
        recipient: str,
        template: str,
        limits: Mapping[timedelta, int],
    ) -> Ended:
        """As `send`, in the transaction of what it belongs to."""
        key, at = errand.idempotency_key, utc(errand.at)
        for span, most in limits.items():
            sent = select(func.count()).where(
                MessageRow.recipient == recipient,
                MessageRow.at > at - span,
                MessageRow.state.in_(_COUNTED),
                MessageRow.idempotency_key != key,
            )
            if (connection.scalar(sent) or 0) >= most:
                return "too_many"
        new = insert_new(connection, MessageRow).values(
            id=new_id(),
            channel=errand.kind,
            recipient=recipient,
            template=template[:120],
            text_sha256=None,
            state="waiting",
            at=at,
            updated_at=at,
            customer_id=errand.customer_id,
            call_id=errand.call_id,
            idempotency_key=key,
        )
        if not connection.execute(new).rowcount:
            return "before"
        Outbox.put_within(connection, errand)
        return "put"

    def settle(
        self, key: str, state: State, *, at: datetime, detail: str = "", contact_id: UUID | None = None
    ) -> None:
        """What has become of it; `detail` is the provider's reference, or why it failed. `contact_id`: where
        the ledger of contacts has it; nobody was spoken with."""
        with self._database.writing() as connection:
            self.settle_within(connection, key, state, at=at, detail=detail, contact_id=contact_id)

    @staticmethod
    def settle_within(
        connection: Connection,
        key: str,
        state: State,
        *,
        at: datetime,
        detail: str = "",
        contact_id: UUID | None = None,
    ) -> None:
        """As `settle`, in the transaction of the errand that ended."""
        connection.execute(
            update(MessageRow)
            .where(MessageRow.idempotency_key == key)
            .values(state=state, updated_at=utc(at), detail=clean(detail, 300))
        )
        if contact_id is not None:
            made = update(ContactRow).where(ContactRow.id == contact_id)
            connection.execute(made.values(conversation=False, result=state))

    def latest(self, most: int = 50, *, call_id: UUID | None = None) -> tuple[MessageSent, ...]:
        """The newest first; of one call, if that is given."""
        query = select(MessageRow).order_by(MessageRow.at.desc(), MessageRow.id.desc()).limit(most)
        if call_id is not None:
            query = query.where(MessageRow.call_id == call_id)
        with self._database.reading() as connection:
            return tuple(sent_of(row) for row in connection.execute(query))


def sent_of(row: Row[Any]) -> MessageSent:
    return MessageSent(
        channel=row.channel,
        recipient=row.recipient,
        template=row.template,
        state=row.state,
        at=row.at,
        updated_at=row.updated_at,
        detail=row.detail,
        call_id=row.call_id,
        key=row.idempotency_key,
    )
