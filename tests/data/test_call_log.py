"""The call never stops for the database: records go to the disk while it is lost, and home afterwards."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from data.call_log import PAUSE_SECONDS, CallLog
from data.errors import DatabaseLocked, SchemaMissing, SpoolNotWritable
from data.records import SERVER_LOST, AuditEntry, CallAnswered
from data.seeds import seed
from data.spool import Drained, Spool
from data.store import Store
from tests.clocks import Seconds
from tests.data.conftest import NODE, NOW, begun, ended, locked_by_another_process, turn


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def test_with_a_database_nothing_goes_to_the_disk(store: Store, spool: Spool) -> None:
    """The spool is for bad days."""
    log = CallLog(store, spool)
    call = begun()
    told = [
        log.begin(call),
        log.answered(CallAnswered(call_id=call.call_id, at=NOW)),
        log.add_turn(call.call_id, turn(1)),
        log.add_turns(call.call_id, (turn(2), turn(3))),
        log.finish(ended(call.call_id)),
    ]
    assert set(told) == {"stored"} and not spool.folder.exists()
    assert log.database_lost is None
    record = store.calls.get(call.call_id)
    assert record is not None and len(record.turns) == 3 and record.finished


def test_a_database_lost_in_the_middle_of_a_call(
    sqlite_store: Store, sqlite_file: Path, spool: Spool
) -> None:
    """One wait, then the disk; after its return all of the call is in the database, once."""
    clock = Seconds()
    log = CallLog(sqlite_store, spool, clock=clock)
    call = begun()
    assert log.begin(call) == "stored"
    with locked_by_another_process(sqlite_file):
        assert log.add_turn(call.call_id, turn(1)) == "spooled"
        assert isinstance(log.database_lost, DatabaseLocked)
        # No second wait for the lock: the clock stands still, and so nobody asks the database.
        assert log.add_turn(call.call_id, turn(2)) == "spooled"
    assert log.add_turn(call.call_id, turn(3)) == "spooled"
    clock.now += PAUSE_SECONDS
    assert log.finish(ended(call.call_id)) == "stored"
    assert log.database_lost is None
    assert log.recover(NODE, NOW).drained == Drained(written=3, set_aside=0)
    record = sqlite_store.calls.get(call.call_id)
    assert record is not None and record.finished
    assert [one.n for one in record.turns] == [1, 2, 3]


def test_a_call_that_begins_on_the_disk_goes_on_there(
    store: Store, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is back but does not know the call: its turns follow its beginning."""
    clock = Seconds()
    log = CallLog(store, spool, clock=clock)

    def lost(*_: object) -> None:
        raise DatabaseLocked("locked", remedy="wait")

    call, other = begun(), begun()
    with monkeypatch.context() as patch:
        patch.setattr(store.calls, "begin", lost)
        assert log.begin(call) == "spooled"
    clock.now += PAUSE_SECONDS
    assert log.add_turn(call.call_id, turn(1)) == "spooled"
    # That was no loss of the database: other calls are not sent to the disk for it.
    assert log.begin(other) == "stored"
    assert log.finish(ended(call.call_id)) == "spooled"
    log.recover(NODE, NOW)
    record = store.calls.get(call.call_id)
    assert record is not None and record.finished and len(record.turns) == 1


def test_the_real_ending_in_the_spool_comes_before_the_guess(store: Store, spool: Spool) -> None:
    """After a crash, a call whose ending waits on disk is not declared lost; one without is."""
    whole, cut = begun(), begun()
    store.calls.begin(whole)
    store.calls.begin(cut)
    spool.keep(ended(whole.call_id))
    restart = NOW + timedelta(hours=1)
    recovered = CallLog(store, spool).recover(NODE, restart)
    assert recovered.completed == (cut.call_id,)
    causes = {record.call_id: record.hangup_cause for record in store.calls.latest(2)}
    assert causes == {whole.call_id: "NORMAL_CLEARING", cut.call_id: SERVER_LOST}


def test_a_removed_database_is_a_lost_one(sqlite_store: Store, sqlite_file: Path, spool: Spool) -> None:
    """Somebody deletes the file under the server: records are kept, recovery says what to do."""
    log = CallLog(sqlite_store, spool)
    for file in sqlite_file.parent.glob("ivr.sqlite3*"):
        file.unlink()
    call = begun()
    assert log.begin(call) == log.finish(ended(call.call_id)) == "spooled"
    with pytest.raises(SchemaMissing, match="ivr db upgrade"):
        log.recover(NODE, NOW)
    sqlite_store.upgrade()
    log.recover(NODE, NOW)
    record = sqlite_store.calls.get(call.call_id)
    assert record is not None and record.finished


def test_when_both_are_lost_it_is_an_error(sqlite_store: Store, sqlite_file: Path, tmp_path: Path) -> None:
    """Only then does the session hear of it."""
    (tmp_path / "spool").write_text("in the way")
    log = CallLog(sqlite_store, Spool(tmp_path / "spool"))
    sqlite_store.close()
    sqlite_file.unlink()
    with pytest.raises(SpoolNotWritable):
        log.begin(begun())


def test_who_read_what_waits_in_the_spool_too(store: Store, tmp_path: Path) -> None:
    """Lost in the middle of a call: it is on record after the return, once, however often it is drained."""
    seed(store, customers=10)
    lucia = store.customers.by_number("45716")
    assert lucia is not None
    entry = AuditEntry(
        at=NOW,
        who="call",
        action="read",
        what="account: balance",
        why="balance.tell",
        customer_number="45716",
    )
    spool = Spool(tmp_path / "spool")
    spool.keep(entry, entry)
    assert CallLog(store, spool).audit(entry) == "stored"
    assert spool.drain(store).written == 2
    (noted,) = store.audit.of_customer(lucia.id)
    assert (noted.id, noted.what, noted.why) == (entry.id, "account: balance", "balance.tell")
