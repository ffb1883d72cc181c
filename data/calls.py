"""The record of calls: written as they happen, complete whatever happens.

Rules:
1. Everything may be said twice: a beginning, a turn or an ending that is already there changes nothing.
   So the spool and a retry never need to know how far the last attempt got.
2. The first ending stands, except `SERVER_LOST`, which is only a guess: the real one replaces it.
3. Nothing is written about a call whose beginning is unknown (`CallUnknown`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select, update

from data.database import Database
from data.ended_calls import Told, ended_call
from data.errors import CallUnknown, RecordRefused
from data.models import CallRow, CallStepRow, TurnRow
from data.once import insert_new
from data.records import (
    SERVER_LOST,
    CallAnswered,
    CallBegun,
    CallEnded,
    CallProved,
    CallRecord,
    Reading,
    Turn,
    utc,
)


def _nothing_recorded(_recording: str) -> datetime | None:
    return None


class Calls:
    """Call records. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told: Told | None = None

    def tells(self, told: Told) -> None:
        """Whoever is to be told of each call that ends from here on, in the transaction that notes so."""
        self._told = told

    def begin(self, call: CallBegun) -> None:
        """Notes that a call has come in or gone out."""
        with self._database.writing() as connection:
            connection.execute(
                insert_new(connection, CallRow).values(
                    id=call.call_id,
                    switch_uuid=call.switch_uuid,
                    sip_call_id=call.sip_call_id,
                    direction=call.direction,
                    caller_number=call.caller_number,
                    caller_name=call.caller_name,
                    destination=call.destination,
                    language=call.language,
                    started_at=call.started_at,
                    node_id=call.node_id,
                    flow=call.flow,
                    flow_version=call.flow_version,
                    recording=call.recording,
                    release=call.release,
                    caller_facts=_json(call.caller_facts),
                )
            )

    def answered(self, answer: CallAnswered) -> None:
        """Notes when the call was answered; the first time counts. Raises `CallUnknown`."""
        with self._database.writing() as connection:
            changed = connection.execute(
                update(CallRow)
                .where(CallRow.id == answer.call_id, CallRow.answered_at.is_(None))
                .values(answered_at=answer.at)
            )
            if not changed.rowcount:
                _insist_on(connection, answer.call_id)

    def proved(self, proof: CallProved) -> None:
        """Notes who is on the line, until the call's end says so itself. Raises `CallUnknown`."""
        guessed = or_(CallRow.ended_at.is_(None), CallRow.hangup_cause == SERVER_LOST)
        with self._database.writing() as connection:
            changed = connection.execute(
                update(CallRow)
                .where(CallRow.id == proof.call_id, guessed)
                .values(verified=proof.verified, customer_id=proof.customer_id)
            )
            if not changed.rowcount:
                _insist_on(connection, proof.call_id)

    def add_turn(self, call_id: UUID, turn: Turn) -> None:
        """Adds one utterance. Raises `CallUnknown`."""
        self.add_turns(call_id, (turn,))

    def add_turns(self, call_id: UUID, turns: Iterable[Turn]) -> None:
        """Adds utterances, all or none. Raises `CallUnknown`."""
        rows = [_turn_values(call_id, turn) for turn in turns]
        if not rows:
            return
        try:
            with self._database.writing() as connection:
                connection.execute(insert_new(connection, TurnRow), rows)
        except RecordRefused:
            with self._database.reading() as connection:
                _insist_on(connection, call_id)
            raise

    def finish(self, end: CallEnded) -> bool:
        """Notes the end of a call. False: it had already ended, and nothing was changed.

        Raises `CallUnknown`.
        """
        kept = {
            "outcome": end.outcome,
            "language": end.language,
            "recording": end.recording,
            "recorded_ms": end.recorded_ms,
            "flow": end.flow,
            "flow_version": end.flow_version,
            "customer_id": end.customer_id,
            "segment": end.segment,
            "segment_reason": end.segment_reason,
            "rules_version": end.rules_version,
            "verified": end.verified,
        }
        values: dict[str, Any] = {name: value for name, value in kept.items() if value is not None}
        open_still: ColumnElement[bool] = CallRow.ended_at.is_(None)
        if end.hangup_cause != SERVER_LOST:
            open_still = or_(open_still, CallRow.hangup_cause == SERVER_LOST)
        with self._database.writing() as connection:
            changed = connection.execute(
                update(CallRow)
                .where(CallRow.id == end.call_id, open_still)
                .values(ended_at=end.at, hangup_cause=end.hangup_cause, ended_by=end.ended_by, **values)
            )
            if not changed.rowcount:
                _insist_on(connection, end.call_id)
                return False
            if end.path:
                connection.execute(insert_new(connection, CallStepRow), _path_values(end))
            self._tell(connection, end.call_id)
            return True

    def get(self, call_id: UUID) -> CallRecord | None:
        """One call, with its turns."""
        found = self._records(select(CallRow).where(CallRow.id == call_id))
        return found[0] if found else None

    def latest(self, count: int) -> tuple[CallRecord, ...]:
        """The calls that began last, newest first, with their turns."""
        newest = select(CallRow).order_by(CallRow.started_at.desc(), CallRow.id.desc())
        return self._records(newest.limit(max(0, count)))

    def recorded(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        caller: str = "",
        most: int = 1000,
    ) -> tuple[CallRecord, ...]:
        """Calls with a recording, newest first, without their turns.

        `since` and `until` bound when they began; `caller` is a number, or how it ends.
        """
        query = select(CallRow).where(CallRow.recording.is_not(None), CallRow.recording != "")
        if since is not None:
            query = query.where(CallRow.started_at >= utc(since))
        if until is not None:
            query = query.where(CallRow.started_at < utc(until))
        if caller:
            query = query.where(CallRow.caller_number.endswith(caller, autoescape=True))
        query = query.order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(max(0, most))
        with self._database.reading() as connection:
            return tuple(record_of(row, ()) for row in connection.execute(query))

    def move_recording(self, call_id: UUID, recording: str, *, written_ms: int | None = None) -> None:
        """Notes that a call's recording lies elsewhere now, and how much sound it held before it was
        trimmed. Raises `CallUnknown`."""
        values: dict[str, object] = {"recording": recording}
        if written_ms is not None:
            values["written_ms"] = written_ms
        with self._database.writing() as connection:
            changed = connection.execute(update(CallRow).where(CallRow.id == call_id).values(**values))
            if not changed.rowcount:
                _insist_on(connection, call_id)

    def unfinished(self, node_id: str) -> tuple[CallRecord, ...]:
        """Calls of this server process that have no ending, oldest first."""
        return self._records(_unfinished(node_id).order_by(CallRow.started_at, CallRow.id))

    def complete_unfinished(
        self, node_id: str, at: datetime, recorded_until: Callable[[str], datetime | None] = _nothing_recorded
    ) -> tuple[UUID, ...]:
        """Ends what a crash of `node_id` left open, with the cause `SERVER_LOST`; returns those calls.

        `at` is the moment of the new start: calls that began later are alive and are left alone. A
        call's end is set to the last moment that its record or its recording (`recorded_until`, by its path
        in the record; UTC, or `None` without one) knows of, because when the server went nobody saw, and
        the hours until its new start must not count as conversation. It is a bound: the call lasted at
        least so long, and if it is recorded on in the queue where it landed, that counts, too.
        """
        with self._database.writing() as connection:
            rows = connection.execute(
                _unfinished(node_id).where(CallRow.started_at < utc(at)).order_by(CallRow.started_at)
            ).all()
            for row in rows:
                connection.execute(
                    update(CallRow)
                    .where(CallRow.id == row.id)
                    .values(
                        ended_at=min(_last_sign(connection, row, recorded_until), utc(at)),
                        hangup_cause=SERVER_LOST,
                        ended_by="unknown",
                    )
                )
                self._tell(connection, row.id)
        return tuple(row.id for row in rows)

    def _tell(self, connection: Connection, call_id: UUID) -> None:
        if self._told is not None:
            self._told(connection, ended_call(connection, call_id))

    def _records(self, calls: Select[Any]) -> tuple[CallRecord, ...]:
        with self._database.reading() as connection:
            rows = connection.execute(calls).all()
            turns = _turns(connection, [row.id for row in rows])
        return tuple(record_of(row, turns.get(row.id, ())) for row in rows)


def _unfinished(node_id: str) -> Select[Any]:
    return select(CallRow).where(CallRow.node_id == node_id, CallRow.ended_at.is_(None))


def _insist_on(connection: Connection, call_id: UUID) -> None:
    if connection.scalar(select(CallRow.id).where(CallRow.id == call_id)) is None:
        raise CallUnknown(
            f"the call {call_id} has no beginning in the database",
            remedy="write its beginning first, or let the spool bring it",
        )


def _last_sign(
    connection: Connection, row: Row[Any], recorded_until: Callable[[str], datetime | None]
) -> datetime:
    offset = connection.scalar(select(func.max(TurnRow.at_ms)).where(TurnRow.call_id == row.id))
    said = row.started_at + timedelta(milliseconds=offset or 0)
    recorded = recorded_until(row.recording) if row.recording else None
    last: datetime = max(row.started_at, said, row.answered_at or row.started_at, recorded or row.started_at)
    return last


def _path_values(end: CallEnded) -> list[dict[str, object]]:
    return [
        {
            "call_id": end.call_id,
            "n": n,
            "flow": step.flow,
            "step": step.step,
            "language": step.language,
            "left_by": step.left_by,
            "no_input": step.no_input,
            "no_match": step.no_match,
        }
        for n, step in enumerate(end.path, 1)
    ]


def _turn_values(call_id: UUID, turn: Turn) -> dict[str, object]:
    return {
        "call_id": call_id,
        "n": turn.n,
        "at_ms": turn.at_ms,
        "who": turn.who,
        "step": turn.step,
        "text": turn.text,
        "kind": turn.kind,
        "confidence": turn.confidence,
        "latency_ms": turn.latency_ms,
        "sensitive": turn.sensitive,
        "flow": turn.flow,
        "language": turn.language,
        "result": turn.result,
        "detail": _detail(turn),
    }


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"))


def _detail(turn: Turn) -> str:
    detail: dict[str, Any] = {
        "by": turn.by,
        "band": turn.band,
        "universal": turn.universal,
        "heard": [[reading.text, reading.confidence] for reading in turn.heard],
        "keys": turn.keys,
        "asked": dict(turn.asked),
        "found": dict(turn.found),
    }
    return _json({name: value for name, value in detail.items() if value not in ("", None, [], {})})


def _turn(row: Row[Any]) -> Turn:
    detail = json.loads(row.detail)
    return Turn(
        n=row.n,
        at_ms=row.at_ms,
        who=row.who,
        step=row.step,
        text=row.text,
        kind=row.kind,
        confidence=row.confidence,
        latency_ms=row.latency_ms,
        sensitive=row.sensitive,
        flow=row.flow,
        language=row.language,
        result=row.result,
        by=detail.get("by", ""),
        band=detail.get("band", ""),
        universal=detail.get("universal", ""),
        heard=tuple(Reading(text=text, confidence=sure) for text, sure in detail.get("heard", ())),
        keys=detail.get("keys"),
        asked=detail.get("asked", {}),
        found=detail.get("found", {}),
    )


def _turns(connection: Connection, call_ids: Sequence[UUID]) -> dict[UUID, tuple[Turn, ...]]:
    turns: dict[UUID, list[Turn]] = {}
    # In slices, because a statement takes a limited number of values.
    for start in range(0, len(call_ids), 500):
        some = call_ids[start : start + 500]
        query = select(TurnRow).where(TurnRow.call_id.in_(some)).order_by(TurnRow.call_id, TurnRow.n)
        for row in connection.execute(query):
            turns.setdefault(row.call_id, []).append(_turn(row))
    return {call_id: tuple(of_call) for call_id, of_call in turns.items()}


def record_of(row: Row[Any], turns: tuple[Turn, ...]) -> CallRecord:
    return CallRecord(
        call_id=row.id,
        switch_uuid=row.switch_uuid,
        sip_call_id=row.sip_call_id,
        direction=row.direction,
        caller_number=row.caller_number,
        caller_name=row.caller_name,
        destination=row.destination,
        language=row.language,
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        hangup_cause=row.hangup_cause,
        ended_by=row.ended_by,
        outcome=row.outcome,
        node_id=row.node_id,
        flow=row.flow,
        flow_version=row.flow_version,
        recording=row.recording,
        recorded_ms=row.recorded_ms,
        written_ms=row.written_ms,
        release=row.release,
        caller_facts=json.loads(row.caller_facts),
        customer_id=row.customer_id,
        segment=row.segment,
        segment_reason=row.segment_reason,
        rules_version=row.rules_version,
        verified=row.verified,
        turns=turns,
    )
