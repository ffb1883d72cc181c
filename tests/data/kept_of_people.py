"""A database, folders and a spool in which two people have left all that is ever kept of anybody."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert, select, update

from data.ids import new_id
from data.models import (
    AuditRow,
    Base,
    BaseMemberRow,
    CampaignRow,
    ContactRow,
    CustomerBaseRow,
    IdentityRow,
    MessageRow,
    RegistryLookupRow,
    SampleMemberRow,
    SampleNumberRow,
    SampleRow,
    SegmentRow,
    VerificationTryRow,
)
from data.protection.files import Folders
from data.records import (
    AuditEntry,
    Consent,
    Errand,
    OwnData,
    Request,
    TicketNote,
)
from data.seeds import seed
from data.store import Store
from tests.data.conftest import NOW, begun, ended, turn

LUCIA, ANTONIO = "45716", "12807"
NUMBER = "+34759000101"
ENTRY = AuditEntry(at=NOW, who="ana", action="erase", what="", why="letter of 3 December")
ASKED = Request(at=NOW)
TRACES = ("Lucía", "lucia@example.org", "759000101", "12345678Z", "Calle Mayor, 1", "mi secreto", "No tengo")
"""By what she would be known."""


@dataclass
class World:
    """Lucía with everything that can be kept of a person, and Antonio, who stays."""

    store: Store
    folders: Folders
    lucia: UUID
    call: UUID
    slot: UUID
    files: list[Path]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    folders = Folders(*(tmp_path / name for name in ("recordings", "messages", "spool", "prompts")))
    folders.recordings.mkdir()
    folders.messages.mkdir()
    return folders


@pytest.fixture
def world(store: Store, folders: Folders) -> World:
    return furnished(store, folders)


def furnished(store: Store, folders: Folders) -> World:
    seed(store, customers=10)
    customer = store.customers.by_number(LUCIA)
    assert customer is not None
    files = []
    for name in ("call.wav", "answer.wav", "note.wav", "consent.wav", "antonio.wav"):
        file = folders.recordings / "2026" / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"RIFF")
        files.append(file)
    call = begun(caller_number="759000101", recording="2026/call.wav")
    store.calls.begin(call)
    recorded = turn(2, kind="recorded", text="2026/answer.wav")
    store.calls.add_turns(call.call_id, [turn(1, text="mi secreto"), recorded])
    store.calls.finish(ended(call.call_id, customer_id=customer.id, segment_reason="12 calls of Lucía"))
    other = begun(caller_number="+34759000102", caller_name="Antonio", recording="2026/antonio.wav")
    store.calls.begin(other)
    store.calls.finish(ended(other.call_id))
    store.customers.correct(LUCIA, OwnData(email="lucia@example.org", address="Calle Mayor, 1"), ASKED)
    note = TicketNote(at=NOW, who="caller", text="No tengo línea", recording="2026/note.wav")
    store.tickets.add_note("20264511", note)
    store.consents.note(
        Consent(
            kind="contract",
            given=True,
            terms_version="1",
            text="¿Acepta?",
            language="es",
            at=NOW,
            customer_id=customer.id,
            clip="2026/consent.wav",
        )
    )
    slot = store.appointments.offer(
        "visit", NOW + timedelta(days=1), site="Vic", zone="UTC", minutes=30, capacity=2
    )
    for who in (LUCIA, ANTONIO):
        store.appointments.book(who, slot, ASKED)
    store.customers.remember(NUMBER, "language", "ca", at=NOW)
    store.outbox.put(
        Errand(
            kind="sms", target="x", body={"to": NUMBER}, idempotency_key="k", at=NOW, customer_id=customer.id
        )
    )
    _more_rows(store, customer.id, call.call_id)
    (folders.messages / "a.json").write_text(json.dumps({"to": NUMBER, "text": "Lucía"}))
    (folders.messages / "b.json").write_text(json.dumps({"to": "+34759000102"}))
    for file in (*folders.messages.iterdir(), *files):
        os.utime(
            file, (NOW.timestamp(), NOW.timestamp())
        )  # how old they are goes by it, as by the rows' time
    return World(store, folders, customer.id, call.call_id, slot, files)


def _more_rows(store: Store, customer_id: UUID, call_id: UUID) -> None:
    rows: list[tuple[type[Base], dict[str, object]]] = [
        (
            SegmentRow,
            {
                "segment": "vip",
                "reason": "Lucía",
                "rule": "r",
                "rules_version": "1",
                "at": NOW,
                "e164": NUMBER,
            },
        ),
        (
            MessageRow,
            {
                "channel": "sms",
                "recipient": NUMBER,
                "template": "t",
                "state": "sent",
                "at": NOW,
                "updated_at": NOW,
            },
        ),
        (
            VerificationTryRow,
            {
                "identity": "pin",
                "subject_hash": "h",
                "caller_number": "759000101",
                "call_id": call_id,
                "at": NOW,
                "passed": True,
            },
        ),
    ]
    with store.database.writing() as connection:
        hers = IdentityRow.customer_id == customer_id
        connection.execute(update(IdentityRow).where(hers).values(value="12345678Z"))
        for table, values in rows:
            named = {} if table is VerificationTryRow else {"customer_id": customer_id}
            connection.execute(insert(table).values(id=new_id(), **values, **named))
        _campaign_rows(connection, customer_id)


def _campaign_rows(connection: Connection, customer_id: UUID) -> None:
    base, campaign, sample = new_id(), new_id(), new_id()
    hers = {"customer_id": customer_id}
    rows: list[tuple[type[Base], dict[str, object]]] = [
        (ContactRow, {"id": new_id(), "at": NOW, "address": NUMBER, "channel": "call", "purpose": "service"}),
        (RegistryLookupRow, {"name": "RNE", "e164": NUMBER, "listed": False, "at": NOW}),
        (CustomerBaseRow, {"id": base, "strategy": "s", "name": "b", "loaded_at": NOW}),
        (BaseMemberRow, {"base_id": base, **hers}),
        (
            CampaignRow,
            {
                "id": campaign,
                "strategy": "s",
                "name": "c",
                "base_id": base,
                "purpose": "service",
                "declared": "{}",
                "state": "created",
                "created_at": NOW,
                "created_by": "ana",
            },
        ),
        (
            SampleRow,
            {
                "id": sample,
                "campaign_id": campaign,
                "name": "x",
                "condition": "true",
                "rules_version": "1",
                "cut_at": NOW,
                "cut_by": "ana",
            },
        ),
        (SampleMemberRow, {"sample_id": sample, **hers, "why": "Lucía"}),
        (SampleNumberRow, {"sample_id": sample, **hers, "rank": 1, "e164": NUMBER}),
    ]
    for table, values in rows:
        connection.execute(insert(table).values(**values))


def everything(store: Store, but: type[Base] = AuditRow) -> str:
    """All rows of all tables as one text."""
    with store.database.reading() as connection:
        return repr(
            [
                connection.execute(select(table)).all()
                for name, table in Base.metadata.tables.items()
                if name != but.__tablename__
            ]
        )
