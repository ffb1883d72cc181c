"""A database that hangs: what it does not answer is on the disk soon, and nothing behind it waits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import gevent
import pytest
from gevent.monkey import get_original

from data.call_log import CallLog
from data.records import Errand
from data.spool import Spool
from data.store import Store
from ivr.clock import Clock
from ivr.records import Records
from ivr.safekeeping import Safekeeping, Spooled
from tests.data.conftest import NODE, NOW, begun, ended, locked_by_another_process, turn
from tests.data.postgresql import Server
from tests.databases import store_at
from tests.small_disk import small_disk_at

PATIENCE = 0.05
Lock = get_original("threading", "Lock")
"""A real one: real threads wait for it."""


def records_of(store: Store, spool: Spool) -> Records:
    log = CallLog(store, spool)
    return Records(log, node=NODE, clock=Clock(), recordings=None, patience=PATIENCE)


def write_a_call(records: Records) -> None:
    log, call = records.call_log, begun()
    records.write(lambda: log.begin(call))
    for n in range(1, 4):
        records.write(lambda n=n: log.add_turn(call.call_id, turn(n)))  # type: ignore[misc]  # each its own
    records.write(lambda: log.finish(ended(call.call_id)))


def wait_for(spool: Spool, **kinds: int) -> None:
    """Until that lies in the spool."""
    with gevent.Timeout(20, AssertionError(f"{kinds} are not on the disk")):
        while kept(spool) != Counter(kinds):
            gevent.sleep(0.01)  # another thread's doing


def kept(spool: Spool) -> Counter[str]:
    """What is on the disk whole; a line may just be being written."""
    files = [file.read_bytes() for file in spool.folder.glob("*.jsonl")]
    lines = [line for file in files for line in file[: file.rfind(b"\n") + 1].splitlines()]
    return Counter(json.loads(line)["kind"] for line in lines)


def insist_on_one_whole_call(store: Store) -> None:
    (call,) = store.calls.latest(5)
    assert call.finished and [one.n for one in call.turns] == [1, 2, 3]


def test_a_frozen_server(postgresql_server: Server, postgresql_store: Store, tmp_path: Path) -> None:
    """A write that hangs is spooled, those behind it are, and thawed it may write it a second time."""
    spool = Spool(tmp_path / "spool")
    postgresql_store.calls.latest(1)  # connected: it hangs in the middle of a conversation
    records = records_of(postgresql_store, spool)
    postgresql_server.freeze()
    try:
        write_a_call(records)
        wait_for(spool, begun=1, turn=3, ended=1)
    finally:
        postgresql_server.thaw()
    records.wait_until_written()
    insist_on_one_whole_call(postgresql_store)
    assert not spool.waiting and not (spool.folder / "set-aside.jsonl").exists()
    records.close()


def test_a_locked_file(sqlite_store: Store, sqlite_file: Path, tmp_path: Path) -> None:
    """As above, where another program holds the file."""
    spool = Spool(tmp_path / "spool")
    records = records_of(sqlite_store, spool)
    with locked_by_another_process(sqlite_file):
        write_a_call(records)
        wait_for(spool, begun=1, turn=3, ended=1)
    records.wait_until_written()
    insist_on_one_whole_call(sqlite_store)
    records.close()


def test_a_stop_keeps_what_hangs(sqlite_store: Store, sqlite_file: Path, tmp_path: Path) -> None:
    """Whoever stops the server while its database hangs loses nothing: the next start brings it in."""
    spool = Spool(tmp_path / "spool")
    records = records_of(sqlite_store, spool)
    with locked_by_another_process(sqlite_file):
        write_a_call(records)
        records.close()
        assert kept(spool) == Counter(begun=1, turn=3, ended=1)
    assert spool.drain(sqlite_store).set_aside == 0
    insist_on_one_whole_call(sqlite_store)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes, that is really full when it is full."""
    with small_disk_at(tmp_path / "small", size="4m", mode="0700") as folder:
        yield folder


def test_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    """No room for the database, in the middle of a call: it waits on another disk, and nothing is lost."""
    store = store_at(small_disk / "ivr.sqlite3")
    spool = Spool(tmp_path / "spool")
    records = records_of(store, spool)
    write_a_call(records)
    records.wait_until_written()
    filler = small_disk / "somebody-elses"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    log, call = records.call_log, begun(started_at=NOW + timedelta(minutes=5))
    records.write(lambda: log.begin(call))
    for n in range(1, 40):
        records.write(lambda n=n: log.add_turn(call.call_id, turn(n, text="ñ" * 3000)))  # type: ignore[misc]  # each its own
    records.write(lambda: log.finish(ended(call.call_id)))
    with gevent.Timeout(20, AssertionError("the ending is not on the disk")):
        while not kept(spool)["ended"]:
            gevent.sleep(0.01)  # another thread's doing
    filler.unlink()
    records.wait_until_written()
    last, first = store.calls.latest(5)
    assert first.finished and len(first.turns) == 3
    assert last.finished and [one.n for one in last.turns] == list(range(1, 40))
    assert not spool.waiting and not (spool.folder / "set-aside.jsonl").exists()
    records.close()
    store.close()


def test_threads_that_hang_hold_up_no_spooling(tmp_path: Path) -> None:
    """Every thread of the pool waits for a database: what a caller is told is on the disk all the same."""
    spool = Spool(tmp_path / "spool")
    safe = Safekeeping(spool, patience=PATIENCE)
    pool, lock = gevent.get_hub().threadpool, Lock()
    lock.acquire()

    def hang() -> None:
        with lock:  # each lets the next one through
            pass

    hanging = [pool.spawn(hang) for _ in range(pool.maxsize)]
    errand = Errand(kind="case", target="case", body={}, idempotency_key="k", at=NOW)
    try:
        with gevent.Timeout(5, AssertionError("the spooling waits for them")):
            assert isinstance(safe.keep(lambda: "never", errand), Spooled)
        assert kept(spool) == Counter(errand=1)
    finally:
        lock.release()
        gevent.wait(hanging, timeout=30)
