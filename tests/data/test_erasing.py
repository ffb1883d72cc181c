"""A person is forgotten everywhere: in rows, bytes, calls, the spool; what is another's stays."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from data.errors import FilesNotRemoved, PersonUnknown
from data.ids import new_id
from data.models import (
    AppointmentSlotRow,
    MessageRow,
    SegmentRow,
    TicketRow,
)
from data.protection.erasing import erase
from data.protection.files import Folders
from data.protection.persons import belongings, find
from data.protection.showing import show
from data.records import (
    Consent,
    NewTicket,
    OwnData,
    TicketNote,
)
from data.spool import Spool
from data.sqlite import Sqlite
from data.store import Store
from tests.data.conftest import NOW, begun, ended, turn
from tests.data.kept_of_people import (
    ANTONIO,
    ASKED,
    ENTRY,
    LUCIA,
    NUMBER,
    TRACES,
    World,
    everything,
    folders,
    furnished,
    world,
)

__all__ = ["folders", "world"]


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
