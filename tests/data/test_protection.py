"""A person's data: shown whole, forgotten everywhere, and not kept longer than agreed."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, insert, select, update

from data.errors import FilesNotRemoved, PersonUnknown
from data.ids import new_id
from data.models import (
    AppointmentSlotRow,
    AuditRow,
    Base,
    BaseMemberRow,
    CallRow,
    CampaignRow,
    ContactRow,
    CustomerBaseRow,
    IdentityRow,
    LockoutRow,
    MessageRow,
    OrderRow,
    OutboxRow,
    RegistryLookupRow,
    SampleMemberRow,
    SampleNumberRow,
    SampleRow,
    SegmentRow,
    TicketRow,
    TurnRow,
    VerificationTryRow,
)
from data.protection.ageing import SHORTEST_PAUSE, Ageing
from data.protection.erasing import erase
from data.protection.expiring import expire
from data.protection.files import Folders, inside
from data.protection.persons import IMPERSONAL, belongings, find
from data.protection.retention import Retention
from data.protection.showing import show
from data.records import (
    AuditEntry,
    Booking,
    Consent,
    Errand,
    Finished,
    MissedOffer,
    NewContact,
    NewTicket,
    NewWork,
    OwnData,
    Request,
    StateChange,
    TicketNote,
    VisitFacts,
)
from data.seeds import seed
from data.spool import Spool
from data.sqlite import Sqlite
from data.store import Store
from ivr.cli.db import commands
from ivr.config import RetentionSettings
from tests.data.conftest import NOW, begun, ended, turn

LUCIA, ANTONIO = "45716", "12807"
NUMBER = "+34759000101"
DAY = timedelta(days=1)
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


def test_every_table_is_thought_of(world: World) -> None:
    """A new table that is neither a person's nor nobody's fails here, and not in front of a court."""
    with world.store.database.reading() as connection:
        named = {table.__tablename__ for table in belongings(find(connection, LUCIA))}
    assert named | IMPERSONAL == set(Base.metadata.tables)
    assert not named & IMPERSONAL


def test_a_person_is_forgotten_everywhere(world: World) -> None:
    """Rows, files, messages: nothing by which she was known is left, and Antonio is untouched."""
    before = world.store.orders.of_customer(ANTONIO)
    assert all(trace in everything(world.store) for trace in TRACES)
    done = erase(world.store, LUCIA, world.folders, ENTRY)
    left = everything(world.store)
    assert [trace for trace in TRACES if trace in left] == []
    assert (done.files, done.rows["customers"], done.rows["calls"]) == (5, 1, 1)
    assert [file.exists() for file in world.files] == [False, False, False, False, True]
    assert [file.name for file in world.folders.messages.iterdir()] == ["b.json"]
    assert world.store.customers.by_number(LUCIA) is None
    assert world.store.customers.by_number(ANTONIO) is not None
    assert world.store.orders.of_customer(ANTONIO) == before


def test_no_byte_of_her_is_left_in_an_sqlite_file(sqlite_store: Store, folders: Folders) -> None:
    """Deleted rows are overwritten, and the write-ahead log is emptied."""
    furnished(sqlite_store, folders)
    database = sqlite_store.database
    assert isinstance(database, Sqlite)
    erase(sqlite_store, LUCIA, folders, ENTRY)
    files = list(database.file.parent.glob(database.file.name + "*"))
    content = b"".join(file.read_bytes() for file in files)
    assert [trace for trace in TRACES if trace.encode() in content] == []
    assert b"Antonio" in content


def test_her_calls_stay_as_figures(world: World) -> None:
    """When, how long, which way, how it ended: reports of the past stay true; who and what are gone."""
    erase(world.store, LUCIA, world.folders, ENTRY)
    call = world.store.calls.get(world.call)
    assert call is not None
    assert (call.outcome, call.seconds, call.flow) == ("balance_told", 120.0, "balance")
    assert (call.caller_number, call.caller_name, call.customer_id, call.recording) == ("", "", None, None)
    assert (call.turns, call.segment_reason, call.caller_facts) == ((), "", {})


def test_her_place_is_free_again(world: World) -> None:
    """The appointment goes with her, and somebody else may have its place."""
    erase(world.store, LUCIA, world.folders, ENTRY)
    with world.store.database.reading() as connection:
        slot = select(AppointmentSlotRow.taken).where(AppointmentSlotRow.id == world.slot)
        assert connection.scalar(slot) == 1


def test_it_is_on_record_by_key_alone(world: World) -> None:
    """Who erased whom, why, and how much; no name."""
    erase(world.store, LUCIA, world.folders, ENTRY)
    entries = world.store.audit.of_customer(world.lucia)
    assert (entries[0].who, entries[0].action, entries[0].why) == ("ana", "erase", "letter of 3 December")
    assert "1 calls" in entries[0].what and "Lucía" not in repr(entries)


def test_nobody_contacts_her_again(world: World) -> None:
    """Number, identity and customer number as hashes; unless she wants it otherwise."""
    assert erase(world.store, LUCIA, world.folders, ENTRY).suppressed == 3
    assert world.store.suppressions.contains("number", NUMBER)
    assert world.store.suppressions.contains("person", "12345678Z")
    assert erase(world.store, ANTONIO, world.folders, ENTRY, suppress=False).suppressed == 0
    assert not world.store.suppressions.contains("number", "+34759000102")


def test_it_can_be_done_again_after_a_break(world: World) -> None:
    """A file that cannot be deleted stops it before any row goes; afterwards it is simply done again."""
    stuck = world.files[0]
    stuck.unlink()
    stuck.mkdir()
    with pytest.raises(FilesNotRemoved, match=r"call\.wav"):
        erase(world.store, LUCIA, world.folders, ENTRY)
    assert world.store.customers.by_number(LUCIA) is not None
    stuck.rmdir()
    erase(world.store, LUCIA, world.folders, ENTRY)
    assert world.store.customers.by_number(LUCIA) is None
    with pytest.raises(PersonUnknown):
        erase(world.store, LUCIA, world.folders, ENTRY)


def test_the_spool_forgets_too(world: World) -> None:
    """Calls that wait for the database, by number or customer; other people's lines stay, and are drained."""
    spool = Spool(world.folders.spool)
    hers, his = begun(caller_number="0034759000101"), begun(caller_number="+34759000102")
    spool.keep(begun(call_id=his.call_id, caller_number="+34759000102"))
    spool.keep(hers, ended(hers.call_id), ended(world.call), ended(his.call_id))
    (world.folders.spool / "set-aside.jsonl").write_text(
        json.dumps({"at": "x", "why": "y", "line": json.dumps({"record": {"call_id": str(world.call)}})})
        + "\n{torn\n"
    )
    done = erase(world.store, LUCIA, world.folders, ENTRY)
    assert done.spooled == 4
    assert spool.drain(world.store).written == 2
    assert world.store.calls.get(his.call_id) is not None and world.store.calls.get(hers.call_id) is None
    assert (world.folders.spool / "set-aside.jsonl").read_text() == "{torn\n"


def test_a_caller_whom_nobody_knows_is_forgotten_by_number(world: World) -> None:
    """They are no customer, and have the same right."""
    stranger = begun(caller_number="600111222", caller_name="Pau")
    world.store.calls.begin(stranger)
    done = erase(world.store, "+34600111222", world.folders, ENTRY)
    assert (done.rows["calls"], done.suppressed) == (1, 1)
    call = world.store.calls.get(stranger.call_id)
    assert call is not None and (call.caller_number, call.caller_name) == ("", "")


def test_a_shared_number_is_nobodys_alone(world: World) -> None:
    """It does not say who is meant, and goes with none of them; calls from it stay whose they were."""
    with pytest.raises(PersonUnknown, match="2 customers"):
        erase(world.store, "+34759000106", world.folders, ENTRY)
    shared = begun(caller_number="+34759000106")
    world.store.calls.begin(shared)
    erase(world.store, "29389", world.folders, ENTRY)
    call = world.store.calls.get(shared.call_id)
    assert call is not None and call.caller_number == "+34759000106"
    assert len(world.store.customers.by_phone_number("+34759000106")) == 1
    assert not world.store.suppressions.contains("number", "+34759000106")


def _antonio_calls_from_her_number(world: World) -> UUID:
    """He proves who he is, agrees to something, and shares her e-mail; his call."""
    store, him = world.store, world.store.customers.by_number(ANTONIO)
    assert him is not None
    store.customers.correct(ANTONIO, OwnData(email="lucia@example.org"), ASKED)
    his = begun(caller_number=NUMBER, caller_name="Antonio")
    recording = f"2026/{his.call_id}.wav"
    (world.folders.recordings / recording).write_bytes(b"RIFF")
    store.calls.begin(dataclasses.replace(his, recording=recording))
    store.calls.add_turn(his.call_id, turn(1, text="soy Antonio"))
    store.calls.finish(ended(his.call_id, customer_id=him.id))
    marked = {"customer_id": him.id, "e164": NUMBER, "call_id": his.call_id}
    store.consents.note(
        Consent(kind="k", given=True, terms_version="1", text="Antonio", language="es", at=NOW, **marked)
    )
    with store.database.writing() as connection:
        common = {"id": new_id(), "at": NOW, "customer_id": him.id}
        segment = {"segment": "vip", "reason": "Antonio", "rule": "r", "rules_version": "1", "e164": NUMBER}
        connection.execute(insert(SegmentRow).values(**common, **segment))
        message = {"channel": "email", "recipient": "lucia@example.org", "template": "Antonio"}
        message |= {"state": "sent", "updated_at": NOW}
        connection.execute(insert(MessageRow).values(**common, **message))
    told = {"to": "lucia@example.org", "text": "Antonio", "call_id": str(his.call_id)}
    (world.folders.messages / "c.json").write_text(json.dumps(told))
    waiting = begun(caller_number=NUMBER, caller_name="Antonio")
    Spool(world.folders.spool).keep(waiting, ended(waiting.call_id, customer_id=him.id))
    return his.call_id


def test_what_is_another_person_s_is_not_hers(world: World, tmp_path: Path) -> None:
    """From her number, to an address that both have, in the spool: it is not shown to her, and it stays."""
    his = _antonio_calls_from_her_number(world)
    shown = show(world.store, LUCIA, tmp_path / "lucia", world.folders, ENTRY)
    assert "Antonio" not in shown.file.read_text("utf-8")
    assert not list((tmp_path / "lucia").rglob(f"{his}*"))
    erase(world.store, LUCIA, world.folders, ENTRY)
    call = world.store.calls.get(his)
    assert call is not None and (call.caller_name, call.turns[0].text) == ("Antonio", "soy Antonio")
    assert call.recording is not None and (world.folders.recordings / call.recording).exists()
    assert len(world.store.consents.of_call(his)) == 1
    assert (world.folders.messages / "c.json").exists()
    assert everything(world.store).count("'Antonio'") == 5, "two calls, the consent, the segment, the message"
    assert Spool(world.folders.spool).drain(world.store).written == 2
    theirs = show(world.store, ANTONIO, tmp_path / "antonio", world.folders, ENTRY)
    assert (theirs.recordings, theirs.messages) == (2, 2) and "Lucía" not in theirs.file.read_text("utf-8")


def test_what_no_row_names_is_hers_all_the_same(world: World, tmp_path: Path) -> None:
    """A ticket that she opened before she proved who she is; a file with her call's name; a message; a line
    of the spool."""
    store, call = world.store, world.call
    opened = new_id()
    with store.database.writing() as connection:
        ticket = {"ticket_number": "77777777", "subject": "mi secreto", "status": "open", "call_id": call}
        moments = {"opened_at": NOW, "updated_at": NOW}
        connection.execute(insert(TicketRow).values(id=opened, **ticket, **moments))
    note = TicketNote(at=NOW, who="caller", text="mi secreto", recording=f"2026/{call}-note-1.wav")
    store.tickets.add_note("77777777", note)
    for name in (f"{call}-note-1.wav", f"{call}-answer-2.wav"):
        (world.folders.recordings / "2026" / name).write_bytes(b"RIFF")
    told = {"to": "elsewhere@example.org", "text": "mi secreto", "call_id": str(call)}
    (world.folders.messages / "c.json").write_text(json.dumps(told))
    Spool(world.folders.spool).keep(ended(call, outcome="mi secreto"))
    shown = show(store, LUCIA, tmp_path / "lucia", world.folders, ENTRY)
    assert (shown.recordings, shown.messages, shown.spooled) == (6, 2, 1)
    told = json.loads(shown.file.read_text("utf-8"))
    assert told["tables"]["outbox"][0]["body"] == {"to": NUMBER}
    assert told["messages"][1]["text"] == "mi secreto" and told["spool"][0]["outcome"] == "mi secreto"
    assert {one["ticket_number"] for one in told["tables"]["tickets"]} >= {"77777777"}
    erase(store, LUCIA, world.folders, ENTRY)
    assert "mi secreto" not in everything(store)
    left = {file.name for folder in vars(world.folders).values() for file in folder.rglob("*.*")}
    assert left == {"antonio.wav", "b.json", "calls.jsonl"}
    assert (world.folders.spool / "calls.jsonl").read_bytes() == b""


@pytest.mark.parametrize("who", ["", "99999", "+34999999999x", "' OR 1=1 --", "é" * 30])
def test_who_is_not_there(world: World, who: str) -> None:
    """Told, and nothing happens."""
    before = everything(world.store)
    with pytest.raises(PersonUnknown):
        erase(world.store, who, world.folders, ENTRY)
    assert everything(world.store) == before


def test_a_path_never_leads_out_of_its_folder(world: World, tmp_path: Path) -> None:
    """Whatever stands in a row: no file elsewhere is deleted or copied."""
    outside = tmp_path / "outside.wav"
    outside.write_bytes(b"x")
    assert inside(world.folders.recordings, "../outside.wav") is None
    assert inside(world.folders.recordings, str(outside)) is None
    assert inside(world.folders.recordings, ".") is None
    with world.store.database.writing() as connection:
        connection.execute(update(CallRow).where(CallRow.id == world.call).values(recording="../outside.wav"))
    show(world.store, LUCIA, tmp_path / "out", world.folders, ENTRY)
    erase(world.store, LUCIA, world.folders, ENTRY)
    assert outside.exists() and not list((tmp_path / "out").rglob("outside.wav"))


def test_a_person_is_shown_all_that_is_kept(world: World, tmp_path: Path) -> None:
    """Every table that holds something, the recordings, and nothing of others; it is on record."""
    shown = show(world.store, LUCIA, tmp_path / "lucia", world.folders, ENTRY)
    text = shown.file.read_text(encoding="utf-8")
    told = json.loads(text)
    assert all(trace in text for trace in TRACES) and "Antonio" not in text
    assert shown.recordings == 4 and (tmp_path / "lucia" / "recordings" / "2026" / "call.wav").exists()
    assert told["tables"]["identities"][0].keys() >= {"kind", "value"}
    assert "secret_hash" not in text and "subject_hash" not in text
    assert shown.file.stat().st_mode & 0o077 == 0
    filled = {name for name, rows in told["tables"].items() if rows}
    assert filled >= {"customers", "calls", "turns", "tickets", "orders", "consents", "segments", "messages"}
    assert world.store.audit.of_customer(world.lucia)[0].what == "all that is kept of a person"


def test_what_is_old_is_forgotten_each_after_its_own_time(world: World) -> None:
    """A recording after 90 days, words after a year, the caller after two; the call itself never."""
    at = NOW + timedelta(days=91)
    assert set(expire(world.store, Retention(), world.folders, at=NOW + timedelta(days=29)).values()) == {0}
    dry = expire(world.store, Retention(), world.folders, at=at, dry_run=True)
    assert world.files[0].exists()
    done = expire(world.store, Retention(), world.folders, at=at)
    assert done == dry
    assert (done["recordings"], done["verification"], done["transcripts"]) == (3, 1, 0)
    assert [file.exists() for file in world.files] == [False, False, True, True, False]
    call = world.store.calls.get(world.call)
    assert call is not None and call.recording is None and call.turns[0].text == "mi secreto"
    done = expire(world.store, Retention(), world.folders, at=NOW + timedelta(days=731))
    assert (done["transcripts"], done["callers"], done["segments"], done["messages"]) == (2, 3, 1, 3)
    call = world.store.calls.get(world.call)
    assert call is not None and (call.caller_number, call.turns) == ("", ())
    assert call.outcome == "balance_told"
    assert set(expire(world.store, Retention(), world.folders, at=NOW + timedelta(days=732)).values()) == {0}


def test_what_is_still_needed_is_not_old(world: World) -> None:
    """A call that is going on, and an errand that waits, however long; a call that was lost is no call."""
    going = begun(recording="2026/antonio.wav")
    world.store.calls.begin(going)
    short = Retention(callers=1, recordings=1)
    expire(world.store, short, world.folders, at=NOW + timedelta(days=1, hours=23))
    call = world.store.calls.get(going.call_id)
    assert call is not None and (call.caller_number, call.recording) == (NUMBER, "2026/antonio.wav")
    expire(world.store, short, world.folders, at=NOW + timedelta(days=3))
    call = world.store.calls.get(going.call_id)
    assert call is not None and (call.caller_number, call.recording) == ("", None)
    expire(world.store, Retention(), world.folders, at=NOW + timedelta(days=5000))
    with world.store.database.reading() as connection:
        assert len(connection.execute(select(OutboxRow)).all()) == 1


def _everything_old(world: World) -> None:
    """Something of each kind that has had its time, beside what the seeds and the world hold."""
    store, lucia = world.store, world.lucia
    for day, given in ((0, True), (9, False)):
        at, clip = NOW + timedelta(days=day), f"2026/said-{day}.wav"
        (world.folders.recordings / clip).write_bytes(b"RIFF")
        store.consents.note(
            Consent(kind="marketing", given=given, terms_version="1", text="x", language="es", at=at,
                    customer_id=lucia, clip=clip)
        )  # fmt: skip
    wanted = Booking(queue="x", number=NUMBER, language="es", joined_at=NOW, at=NOW, customer_id=lucia)
    for queue in ("x", "y"):
        store.callbacks.book(replace(wanted, queue=queue))
    store.callbacks.cancel([lucia.hex], at=NOW, why="x", queue="x")
    store.agents.note_contact(
        NewContact(key="x", queue="x", leg="leg-1", result="missed", joined_at=NOW, at=NOW)
    )
    store.agents.change_state(StateChange(agent="2001", state="in", at=NOW, by="x", source="cli"))
    store.agents.change_state(StateChange(agent="2001", state="out", at=NOW + DAY, by="x", source="cli"))
    for key in ("done", "lost"):
        store.outbox.put(Errand(kind="write", target="x", body={"a": key}, idempotency_key=key, at=NOW))
    mine = {one.idempotency_key: one.id for one in store.outbox.claim("n", at=NOW, lease=DAY, most=9)}
    store.outbox.done(mine["done"], "n", at=NOW)
    store.outbox.give_up(mine["lost"], "n", at=NOW, error="x")
    _day_in_a_queue(store)
    with store.database.writing() as connection:
        connection.execute(
            insert(LockoutRow).values(
                id=new_id(), scope="caller", subject="x", reason="x", since=NOW, until=NOW
            )
        )
        connection.execute(update(TicketRow).where(TicketRow.customer_id == lucia).values(status="closed"))
    world.folders.spool.mkdir()
    (world.folders.spool / "set-aside.jsonl").write_text(
        json.dumps({"at": NOW.isoformat(), "why": "x", "line": "{"}) + "\n{torn\n"
    )
    (world.folders.prompts / "ab").mkdir(parents=True)
    sounds = ("prompts/ab/name.wav", "prompts/hold_music.wav", "recordings/2026/left.wav")
    for file in (*sounds, "messages/c.json", "recordings/README.md"):
        (world.folders.recordings.parent / file).write_text("x")
    for file in world.folders.recordings.parent.rglob("*.*"):
        os.utime(file, (NOW.timestamp(), NOW.timestamp()))


def _day_in_a_queue(store: Store) -> None:
    """Somebody was there, an agent missed them; and there was work."""
    store.queue_visits.learn(
        [
            VisitFacts(id="m1", queue="x", leg="a", joined_at=NOW),
            MissedOffer(visit_id="m1", at=NOW, agent="1001", queue="x"),
        ]
    )
    for about in ("done", "open"):
        item, _ = store.work_items.add(NewWork(kind="case", about=about, at=NOW, by="eva"))
        store.work_items.assign(item.id, "1001", by="eva", at=NOW)
        if about == "done":
            assert store.work_items.done(item.id, Finished(by="1001", at=NOW))


def test_every_kind_has_its_time(world: World) -> None:
    """Of each something goes, as much as was foretold, with its files; and nothing that still counts."""
    _everything_old(world)
    at = NOW + timedelta(days=2400)
    foretold = expire(world.store, Retention(), world.folders, at=at, dry_run=True)
    before = everything(world.store)
    assert (world.folders.recordings / "2026" / "left.wav").exists()
    done = expire(world.store, Retention(), world.folders, at=at)
    assert [kind for kind, count in done.items() if not count and kind != "audit"] == []
    assert done == foretold and before != everything(world.store)
    assert set(expire(world.store, Retention(), world.folders, at=at).values()) == {0}
    left = {file.name for folder in vars(world.folders).values() for file in folder.rglob("*.*")}
    assert left == {"consent.wav", "said-9.wav", "README.md", "set-aside.jsonl", "hold_music.wav"}
    (no,) = world.store.consents.of(customer_id=world.lucia)[:1]
    assert (no.kind, no.given) == ("marketing", False)
    assert world.store.customers.by_number(LUCIA) is not None
    assert [one.about for one in world.store.work_items.open()] == ["open"]
    assert [one.state for one in world.store.agents.state_changes()] == ["out"]
    with world.store.database.reading() as connection:
        for table, over in ((TicketRow, ("resolved", "closed")), (OrderRow, ("delivered", "cancelled"))):
            states = set(connection.scalars(select(table.status)))
            assert states and not states & set(over), "what is not over was forgotten, or nothing was"


def test_a_file_that_is_needed_elsewhere_outlives_its_call(world: World) -> None:
    """An answer that became a note on an open ticket is the ticket's."""
    note = TicketNote(at=NOW, who="caller", text="x", recording="2026/answer.wav")
    world.store.tickets.add_note("20264511", note)
    expire(world.store, Retention(), world.folders, at=NOW + timedelta(days=400))
    assert (world.folders.recordings / "2026" / "answer.wav").exists()


@pytest.mark.parametrize("with_its_turn", [True, False])
def test_what_a_case_was_opened_with_is_heard_as_long_as_it_is_open(
    world: World, with_its_turn: bool
) -> None:
    """What a caller told of the fault stands in the case alone; it goes with the case, and not before."""
    call, name = (world.call, "answer.wav") if with_its_turn else (new_id(), "told.wav")
    about = {"topic": "internet", "recording": f"2026/{name}"}
    reference = world.store.tickets.open(NewTicket(at=NOW, kind="fault", about=about, call_id=call))
    sound = world.folders.recordings / "2026" / name
    sound.write_bytes(b"RIFF")
    os.utime(sound, (NOW.timestamp(), NOW.timestamp()))
    expire(world.store, Retention(), world.folders, at=NOW + timedelta(days=400))
    assert sound.exists()
    with world.store.database.writing() as connection:
        closed = update(TicketRow).where(TicketRow.ticket_number == reference).values(status="closed")
        connection.execute(closed)
    expire(world.store, Retention(recordings=None), world.folders, at=NOW + timedelta(days=1826))
    assert not sound.exists()


@pytest.mark.parametrize("about", [{"contact": NUMBER}, {"number": "0034759000101", "topic": "x"}])
def test_a_case_to_be_told_at_her_number_is_hers(world: World, about: dict[str, str]) -> None:
    """Opened by nobody in particular, from a number that is withheld or a call that is forgotten by now."""
    opened = NewTicket(at=NOW, kind="fault", about=about, call_id=new_id())
    world.store.tickets.open(opened)
    others = NewTicket(at=NOW, kind="fault", about={"contact": "+34759000102"}, call_id=new_id())
    world.store.tickets.open(others)
    found = world.store.database
    with found.reading() as connection:
        mine = belongings(find(connection, LUCIA))[TicketRow]
        hers = {row.about for row in connection.execute(select(TicketRow).where(mine)) if row.about != "{}"}
    assert [json.loads(one) for one in hers] == [about]


def test_every_kind_is_a_setting_and_is_told() -> None:
    """In the configuration with the same days, and in the documentation."""
    kinds = asdict(Retention())
    assert RetentionSettings().model_dump() == kinds
    folder = Path(__file__).parents[2] / "docs"
    page, configuration = (
        (folder / name).read_text("utf-8") for name in ("data-protection.md", "configuration.md")
    )
    for kind, days in kinds.items():
        assert f"| `{kind}` | {days} |" in page
        assert f"\n  {kind}: {days}" in configuration


def test_for_ever_is_for_ever(world: World) -> None:
    """Kinds without a time are left alone."""
    for_ever = Retention(**dict.fromkeys(Retention.__dataclass_fields__))
    before = everything(world.store)
    assert set(expire(world.store, for_ever, world.folders, at=NOW + timedelta(days=9999)).values()) == {0}
    assert everything(world.store) == before


def test_many_portions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than a portion: all of them go."""
    monkeypatch.setattr("data.protection.ageing.PORTION", 3)
    calls = [begun(started_at=NOW + timedelta(minutes=n)) for n in range(10)]
    for call in calls:
        world.store.calls.begin(call)
        world.store.calls.add_turn(call.call_id, turn(1))
        world.store.calls.finish(ended(call.call_id, at=NOW + timedelta(hours=1)))
    done = expire(
        world.store, Retention(callers=30, transcripts=30), world.folders, at=NOW + timedelta(days=31)
    )
    assert (done["callers"], done["transcripts"]) == (13, 11)
    with world.store.database.reading() as connection:
        assert [row.text for row in connection.execute(select(TurnRow))] == ["2026/answer.wav"]


def test_calls_have_their_turn_between_portions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each portion nothing is held, for at least as long as it took: a record goes in at once."""
    monkeypatch.setattr("data.protection.ageing.PORTION", 1)
    pauses: list[float] = []

    def call_comes(seconds: float) -> None:
        pauses.append(seconds)
        world.store.calls.begin(begun())

    ageing = Ageing(world.store, world.folders, dry_run=False, pause=call_comes)
    calls = len(world.store.calls.latest(99))
    assert ageing.callers(NOW + timedelta(minutes=1)) == len(pauses) == 3
    assert min(pauses) >= SHORTEST_PAUSE
    assert len(world.store.calls.latest(99)) == calls + 3


def test_the_commands(world: World, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shown, asked before it is forgotten, forgotten, and told in JSON; a nightly run is on record."""
    monkeypatch.setenv("IVR_HOME", str(tmp_path))

    def run(*arguments: str, said: str = "") -> tuple[int, str]:
        done = CliRunner().invoke(commands[0], [*arguments, "--database", store_url], input=said)
        return done.exit_code, done.output

    status, output = run("export", "--person", LUCIA, str(tmp_path / "out"))
    assert status == 0 and "4 recordings" in output
    status, output = run("erase", LUCIA, "--why", "letter", said="n\n")
    assert status == 1 and output.endswith("nothing was done\n")
    status, output = run("erase", LUCIA, "--why", "letter")
    assert status == 2 and "nobody is there to say yes: add --yes" in output
    status, output = run("erase", "99999", "--why", "letter")
    assert status == 2 and "there is no customer" in output and "Forget" not in output
    assert world.store.customers.by_number(LUCIA) is not None
    status, output = run("erase", LUCIA, "--why", "letter", "--yes", "--json")
    assert status == 0 and json.loads(output.splitlines()[-1])["rows"]["customers"] == 1
    status, output = run("erase", LUCIA, "--why", "letter", "--yes")
    assert status == 2 and "no customer" in output
    assert run("export", "--person", LUCIA)[0] == 2
    status, output = run("expire", "--json")
    assert status == 0 and json.loads(output)["dry_run"] is False
