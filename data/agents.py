"""Who is there, and what became of every caller that an agent was offered.

Rules:
1. A change of presence and its history are one transaction: what is true now was noted when it came.
2. What the switch tells is written once, by its key, however many servers hear it, and however often.
3. A contact is closed once: the first outcome counts, and its follow-ups go into the outbox with it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, select, update

from data.audit import Audit
from data.database import Database
from data.ids import new_id
from data.models import AgentContactRow, AgentPresenceRow, AgentStateChangeRow, AuditRow, CallRow
from data.once import insert_new
from data.outbox import Outbox
from data.records import (
    AgentContact,
    AuditEntry,
    Closing,
    Contact,
    Errand,
    Presence,
    StateChange,
    utc,
)

_IN_HAND = (AgentContactRow.result == "answered", AgentContactRow.closed_at.is_(None))


class Agents:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- presence ---

    def presence(self, agent: str) -> Presence | None:
        """`None`: they were never here."""
        query = select(AgentPresenceRow).where(AgentPresenceRow.agent == agent)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _presence(row)

    def presences(self) -> dict[str, Presence]:
        """Everybody's, by agent."""
        with self._database.reading() as connection:
            return {row.agent: _presence(row) for row in connection.execute(select(AgentPresenceRow))}

    def change_state(self, change: StateChange, *audit: AuditEntry) -> bool:
        """Notes it, with its history. False: it was so already, and nothing was noted; or the switch
        told it before the latest change: another server has noted it."""
        with self._database.writing() as connection:
            row = AgentPresenceRow
            values = {"state": change.state, "reason": change.reason, "since": change.at}
            if change.telephone is not None:
                values["telephone"] = change.telephone
            first = insert_new(connection, row).values(agent=change.agent, **values)
            if not connection.execute(first).rowcount:
                now = connection.execute(select(row).where(row.agent == change.agent).with_for_update()).one()
                if change.source == "switch" and change.at < now.since:
                    return False
                telephone = now.telephone if change.telephone is None else change.telephone
                if (now.state, now.reason, now.telephone) == (change.state, change.reason, telephone):
                    return False
                connection.execute(update(row).where(row.agent == change.agent).values(**values))
            connection.execute(insert_new(connection, AgentStateChangeRow).values(**_change_values(change)))
            Audit.note_within(connection, *audit)
            return True

    def state_changes(
        self, agent: str = "", *, since: datetime | None = None, most: int = 1000
    ) -> tuple[StateChange, ...]:
        """The latest, the newest first."""
        row = AgentStateChangeRow
        query = select(row).order_by(row.at.desc(), row.id.desc()).limit(most)
        if agent:
            query = query.where(row.agent == agent)
        if since is not None:
            query = query.where(row.at >= utc(since))
        with self._database.reading() as connection:
            return tuple(_change(one) for one in connection.execute(query))

    # --- contacts ---

    def note_contact(self, new: AgentContact) -> bool:
        """Notes what became of a caller; which call that was is found by its leg. False: it is known."""
        with self._database.writing() as connection:
            call = connection.execute(
                select(CallRow.id, CallRow.customer_id)
                .where(CallRow.switch_uuid == new.leg)
                .order_by(CallRow.started_at.desc())
                .limit(1)
            ).one_or_none()
            over = new.at if new.result != "answered" else None
            put = insert_new(connection, AgentContactRow).values(
                id=new_id(),
                key=new.key,
                agent=new.agent,
                queue=new.queue,
                leg=new.leg,
                switch=new.switch,
                agent_leg=new.agent_leg,
                result=new.result,
                cause=new.cause,
                joined_at=new.joined_at,
                at=new.at,
                ended_at=over,
                closed_at=over,
                call_id=None if call is None else call.id,
                customer_id=None if call is None else call.customer_id,
            )
            return bool(connection.execute(put).rowcount)

    def contact_ended(self, key: str, *, at: datetime, wrap_up_until: datetime) -> Contact | None:
        """They have stopped talking; the wrap-up begins. `None`: it is known, or there is none."""
        row = AgentContactRow
        with self._database.writing() as connection:
            changed = connection.execute(
                update(row)
                .where(row.key == key, row.ended_at.is_(None))
                .values(ended_at=utc(at), wrap_up_until=utc(wrap_up_until))
                .returning(row)
            ).one_or_none()
            return None if changed is None else _contact(connection, changed)

    def take_back(self, key: str, *, answered_at: datetime) -> bool:
        """Who answered then was gone before they were connected: there was no contact. False: it is known."""
        row = AgentContactRow
        mine = (row.key == key, row.at == utc(answered_at), *_IN_HAND, row.ended_at.is_(None))
        with self._database.writing() as connection:
            return bool(connection.execute(delete(row).where(*mine)).rowcount)

    def in_hand(self, agent: str) -> Contact | None:
        """The caller whom they talk with, or have just talked with: the latest that is not closed."""
        row = AgentContactRow
        query = select(row).where(row.agent == agent, *_IN_HAND).order_by(row.at.desc()).limit(1)
        with self._database.reading() as connection:
            found = connection.execute(query).one_or_none()
            return None if found is None else _contact(connection, found)

    def all_in_hand(self) -> tuple[Contact, ...]:
        """Every contact that is not closed."""
        with self._database.reading() as connection:
            rows = connection.execute(select(AgentContactRow).where(*_IN_HAND)).all()
            return tuple(_contact(connection, row) for row in rows)

    def extend(self, contact_id: UUID, *, until: datetime) -> bool:
        """A longer wrap-up. False: they talk still, or it is over."""
        row = AgentContactRow
        mine = (row.id == contact_id, *_IN_HAND, row.ended_at.is_not(None))
        with self._database.writing() as connection:
            return bool(
                connection.execute(update(row).where(*mine).values(wrap_up_until=utc(until))).rowcount
            )

    def save_answers(self, contact_id: UUID, form: str, answers: dict[str, Any]) -> bool:
        """What the agent has written so far. False: it is closed."""
        row = AgentContactRow
        values = {"form": form, "answers": json.dumps(answers, ensure_ascii=False)}
        with self._database.writing() as connection:
            mine = (row.id == contact_id, *_IN_HAND)
            return bool(connection.execute(update(row).where(*mine).values(**values)).rowcount)

    def close(self, closing: Closing, errands: Sequence[Errand] = ()) -> bool:
        """Closes it, with what follows from it. False: it was closed before, and nothing is changed."""
        row = AgentContactRow
        values: dict[str, Any] = {
            "closed_at": closing.at,
            "closed_by": closing.by,
            "strategy": closing.strategy,
            "outcome": closing.outcome,
            "fields": json.dumps(dict(closing.fields), ensure_ascii=False),
        }
        if closing.form:
            values |= {"form": closing.form, "answers": json.dumps(dict(closing.answers), ensure_ascii=False)}
        with self._database.writing() as connection:
            mine = (row.id == closing.contact_id, *_IN_HAND)
            if not connection.execute(update(row).where(*mine).values(**values)).rowcount:
                return False
            for errand in errands:
                Outbox.put_within(connection, errand)
            return True

    def latest(self, agent: str, *, most: int, since: datetime | None = None) -> tuple[Contact, ...]:
        """Whom they were offered, the newest first."""
        row = AgentContactRow
        query = select(row).where(row.agent == agent).order_by(row.at.desc(), row.id.desc()).limit(most)
        if since is not None:
            query = query.where(row.at >= utc(since))
        with self._database.reading() as connection:
            return tuple(_contact(connection, one) for one in connection.execute(query).all())

    def wrap_ups(self, queue: str, *, since: datetime) -> dict[UUID, float]:
        """Call → seconds of an agent's work after it, of the contacts of a queue that are closed."""
        row = AgentContactRow
        mine = (row.queue == queue, row.at >= utc(since), row.result == "answered")
        done = (row.call_id.is_not(None), row.ended_at.is_not(None), row.closed_at.is_not(None))
        query = select(row.call_id, row.ended_at, row.closed_at).where(*mine, *done)
        with self._database.inspecting() as connection:
            rows: list[Any] = list(connection.execute(query))
        return {one.call_id: max(0.0, (one.closed_at - one.ended_at).total_seconds()) for one in rows}

    def of_leg(self, leg: str) -> tuple[Contact, ...]:
        """To whom the caller on that leg was offered, in order."""
        row = AgentContactRow
        query = select(row).where(row.leg == leg).order_by(row.at, row.id)
        with self._database.reading() as connection:
            return tuple(_contact(connection, one) for one in connection.execute(query).all())


def _presence(row: Row[Any]) -> Presence:
    return Presence(
        agent=row.agent, state=row.state, reason=row.reason, telephone=row.telephone, since=row.since
    )


def _change_values(change: StateChange) -> dict[str, object]:
    return {
        "id": new_id(),
        "agent": change.agent,
        "at": change.at,
        "state": change.state,
        "reason": change.reason,
        "counts_as_work": change.counts_as_work,
        "who": change.by,
        "source": change.source,
        "note": change.note,
    }


def _change(row: Row[Any]) -> StateChange:
    return StateChange(
        agent=row.agent,
        at=row.at,
        state=row.state,
        reason=row.reason,
        counts_as_work=row.counts_as_work,
        by=row.who,
        source=row.source,
        note=row.note,
    )


def _contact(connection: Connection, row: Row[Any]) -> Contact:
    values = {name: getattr(row, name) for name in Contact.__dataclass_fields__}
    values |= {"fields": json.loads(row.fields), "answers": json.loads(row.answers)}
    if row.call_id is None or row.customer_id is None:  # who it is may have turned out later
        which = CallRow.id == row.call_id if row.call_id is not None else CallRow.switch_uuid == row.leg
        query = select(CallRow.id, CallRow.customer_id, CallRow.started_at).where(which)
        call = connection.execute(query.order_by(CallRow.started_at.desc()).limit(1)).one_or_none()
        if call is not None:
            who = call.customer_id or _proved_in(connection, call.id, call.started_at)
            values |= {"call_id": call.id, "customer_id": who}
    return Contact(**values)


def _proved_in(connection: Connection, call_id: UUID, started_at: datetime) -> UUID | None:
    """Who has proved who they are in a call that goes on: its row says so at its end, the audit at once."""
    found: UUID | None = connection.scalar(
        select(AuditRow.customer_id)
        .where(AuditRow.at >= started_at, AuditRow.call_id == call_id, AuditRow.action == "verify")
        .order_by(AuditRow.at.desc())
        .limit(1)
    )
    return found
