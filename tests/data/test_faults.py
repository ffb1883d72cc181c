"""Every way in which an SQLite database can be unusable gives its own clear line, and soon."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from data import sqlite
from data.errors import (
    DatabaseCorrupt,
    DatabaseFull,
    DatabaseLocked,
    DatabaseLost,
    DatabaseReadOnly,
    DatabaseUrlWrong,
    DataError,
    FolderMissing,
    FolderNotWritable,
    SchemaMissing,
)
from data.seeds import seed
from data.sqlite import Sqlite
from data.store import Store
from tests.data.conftest import begun, locked_by_another_process, turn


def refusal(kind: type[DataError], attempt: Callable[[], object]) -> str:
    """The one line of the error, which must not be waited for."""
    started = time.monotonic()
    with pytest.raises(kind) as caught:
        attempt()
    assert time.monotonic() - started < 10
    line = str(caught.value)
    assert "\n" not in line and caught.value.remedy in line
    return line


def test_a_lock_of_another_process(sqlite_store: Store, sqlite_file: Path) -> None:
    """A database browser with an open edit: check and writers say so in two seconds, readers go on."""
    call = begun()
    sqlite_store.calls.begin(call)
    with locked_by_another_process(sqlite_file):
        assert "locked by another process" in refusal(DatabaseLocked, sqlite_store.check)
        refusal(DatabaseLocked, lambda: sqlite_store.calls.add_turn(call.call_id, turn(1)))
        refusal(DatabaseLocked, sqlite_store.upgrade)
        assert sqlite_store.calls.get(call.call_id) is not None
    sqlite_store.check()
    sqlite_store.calls.add_turn(call.call_id, turn(1))


def _refused_to(threads: int, store: Store) -> list[str]:
    """What so many writers at once are told."""
    call = begun()

    def write(number: int) -> str:
        try:
            store.calls.add_turn(call.call_id, turn(number))
        except DataError as refused:
            return str(refused)
        return ""

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(write, range(1, threads + 1)))


def test_whoever_queues_behind_a_lock_of_another_process_is_told_so(
    sqlite_store: Store, sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of four writers is refused by SQLite, three wait for their turn: the cause is the same."""
    monkeypatch.setattr(sqlite, "LOCK_SECONDS", 0.5)
    with locked_by_another_process(sqlite_file):
        told = _refused_to(4, sqlite_store)
    assert len(told) == 4
    assert {"locked by another process" in line for line in told} == {True}


def test_a_turn_that_our_own_work_takes_is_told_so(
    sqlite_store: Store, sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a lock that is gone, too: what was the cause then is not the cause now."""
    monkeypatch.setattr(sqlite, "LOCK_SECONDS", 0.5)
    with locked_by_another_process(sqlite_file):
        refusal(DatabaseLocked, lambda: sqlite_store.calls.add_turn(begun().call_id, turn(1)))
    with sqlite_store.database.writing():
        (line,) = _refused_to(1, sqlite_store)
    assert "this program's own work" in line


def test_a_lock_on_a_database_that_is_not_made_yet(sqlite_file: Path) -> None:
    """The very first upgrade meets a lock: the change of journal does not wait for ever either."""
    sqlite_file.touch()
    store = Store(f"sqlite:///{sqlite_file}")
    with locked_by_another_process(sqlite_file):
        refusal(DatabaseLocked, store.upgrade)
    assert store.upgrade().before is None


def test_a_missing_folder(tmp_path: Path) -> None:
    """A path with a typing error names the folder, and creates nothing."""
    store = Store(f"sqlite:///{tmp_path / 'no' / 'such' / 'ivr.sqlite3'}")
    for attempt in (store.check, store.upgrade, lambda: store.calls.begin(begun())):
        assert str(tmp_path / "no" / "such") in refusal(FolderMissing, attempt)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_there(sqlite_file: Path) -> None:
    """Looking does not create: an empty file would hide that the path is wrong."""
    store = Store(f"sqlite:///{sqlite_file}")
    for attempt in (store.check, lambda: store.calls.begin(begun()), lambda: store.calls.latest(1)):
        assert "ivr db upgrade" in refusal(SchemaMissing, attempt)
    assert not sqlite_file.exists()


def test_an_empty_file(sqlite_file: Path) -> None:
    """What `touch` or a full disk leaves behind is told from damage."""
    sqlite_file.touch()
    store = Store(f"sqlite:///{sqlite_file}")
    for attempt in (store.check, lambda: store.calls.begin(begun()), lambda: store.calls.latest(1)):
        assert "ivr db upgrade" in refusal(SchemaMissing, attempt)


def test_a_read_only_file(public_folder: Path, as_nobody: Callable[[], AbstractContextManager[None]]) -> None:
    """A file that belongs to another user can be looked at and not written."""
    file = public_folder / "ivr.sqlite3"
    store = Store(f"sqlite:///{file}")
    store.upgrade()
    store.close()
    file.chmod(0o444)
    public_folder.chmod(0o777)
    with as_nobody():
        for attempt in (store.check, store.upgrade, lambda: store.calls.begin(begun())):
            assert "read-only" in refusal(DatabaseReadOnly, attempt)
        store.close()


def test_a_read_only_folder(
    public_folder: Path, as_nobody: Callable[[], AbstractContextManager[None]]
) -> None:
    """The file may be writable: without its `-wal` beside it, SQLite cannot work."""
    file = public_folder / "ivr.sqlite3"
    store = Store(f"sqlite:///{file}")
    store.upgrade()
    store.close()
    file.chmod(0o666)
    public_folder.chmod(0o555)
    with as_nobody():
        assert "is not writable" in refusal(FolderNotWritable, store.check)
        refusal(FolderNotWritable, store.upgrade)
        store.close()
    public_folder.chmod(0o755)


def test_a_new_database_in_a_folder_that_refuses(
    public_folder: Path, as_nobody: Callable[[], AbstractContextManager[None]]
) -> None:
    """The first upgrade in a folder of somebody else."""
    public_folder.chmod(0o555)
    with as_nobody():
        store = Store(f"sqlite:///{public_folder / 'ivr.sqlite3'}")
        refusal(FolderNotWritable, store.upgrade)
    public_folder.chmod(0o755)


def test_a_file_that_is_no_database(sqlite_file: Path) -> None:
    """A path to some other file is refused, and the file is not changed."""
    sqlite_file.write_bytes(b"name;amount\n" * 1000)
    store = Store(f"sqlite:///{sqlite_file}")
    for attempt in (store.check, store.upgrade, lambda: store.calls.begin(begun())):
        assert "not a database" in refusal(DatabaseCorrupt, attempt)
    assert sqlite_file.read_bytes() == b"name;amount\n" * 1000


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    """`sqlite:////var/lib/ivr` without the file's name."""
    (tmp_path / "folder").mkdir()
    assert "is a folder" in refusal(DatabaseCorrupt, Store(f"sqlite:///{tmp_path / 'folder'}").check)


def test_damage_in_the_middle(sqlite_store: Store, sqlite_file: Path) -> None:
    """Overwritten pages are found by `check`, before callers find them."""
    seed(sqlite_store)
    sqlite_store.close()
    with sqlite_file.open("r+b") as file:
        file.seek(sqlite_file.stat().st_size // 2)
        file.write(os.urandom(20_000))
    assert "damaged" in refusal(DatabaseCorrupt, lambda: sqlite_store.check(thorough=True))
    assert "damaged" in refusal(DatabaseCorrupt, sqlite_store.check)


def test_a_full_disk(sqlite_store: Store) -> None:
    """The write is taken back whole, and the message says to make room."""
    with sqlite_store.database.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        # The pool gives the same connection again, so its limit holds for what follows.
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    call = begun()
    sqlite_store.calls.begin(call)
    flood = [turn(n, text="x" * 4000) for n in range(1, 100)]
    assert "make room" in refusal(DatabaseFull, lambda: sqlite_store.calls.add_turns(call.call_id, flood))
    record = sqlite_store.calls.get(call.call_id)
    assert record is not None and record.turns == ()


def test_a_file_that_is_removed_while_in_use(sqlite_store: Store, sqlite_file: Path) -> None:
    """SQLite would go on writing into the removed file, and the records would vanish with it."""
    sqlite_store.calls.begin(begun())
    for file in sqlite_file.parent.glob("ivr.sqlite3*"):
        file.unlink()
    refusal(SchemaMissing, lambda: sqlite_store.calls.begin(begun()))
    sqlite_store.upgrade()
    sqlite_store.calls.begin(begun())
    assert len(sqlite_store.calls.latest(10)) == 1


def test_a_file_that_is_replaced_while_in_use(sqlite_store: Store, sqlite_file: Path) -> None:
    """A restored backup is noticed at once: the old file's connections are not used again."""
    call = begun()
    sqlite_store.calls.begin(call)
    backup = sqlite_file.parent / "backup.sqlite3"
    with closing(sqlite3.connect(sqlite_file)) as source, closing(sqlite3.connect(backup)) as copy:
        source.backup(copy)
    later = begun()
    sqlite_store.calls.begin(later)
    sqlite_store.close()
    backup.rename(sqlite_file)
    assert sqlite_store.calls.get(call.call_id) is not None
    assert sqlite_store.calls.get(later.call_id) is None
    sqlite_store.calls.begin(later)
    sqlite_store.check(thorough=True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ivr.sqlite3",
        "mysql://localhost/ivr",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:ivr.sqlite3?mode=ro&uri=true",
        "oracle://ivr:hunter2@localhost/ivr",
        "postgresql://ivr:hunter2@localhost",
        "postgresql://ivr:hunter2@localhost/ivr?sslmoed=require",
        "postgresql://ivr:hunter2@localhost:port/ivr",
        "sqlite:///a\0b",
    ],
)
def test_an_address_that_cannot_work(url: str) -> None:
    """A malformed, forgetful or unsupported address says what to give instead, without the password."""
    line = refusal(DatabaseUrlWrong, lambda: Store(url))
    assert "sqlite:///" in line and "hunter2" not in line


@pytest.mark.parametrize(
    "name", ["with space", "per%cent", "quest?ion", "ha#sh", "ñandú", "%(here)s", "a&b=c"]
)
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    """Signs that mean something in URLs, SQLite's or Alembic's files mean nothing in a folder's name."""
    folder = tmp_path / name
    folder.mkdir()
    escaped = str(folder).replace("%", "%25").replace("?", "%3F")
    for url in {f"sqlite:///{folder}/ivr.sqlite3", f"sqlite:///{escaped}/ivr.sqlite3"}:
        try:
            store = Store(url)
        except DatabaseUrlWrong:
            continue
        if isinstance(store.database, Sqlite) and store.database.file.parent == folder:
            store.upgrade()
            store.check()
            store.close()
    assert (folder / "ivr.sqlite3").exists()


def test_codes_are_stable_and_distinct() -> None:
    """Alarms and scripts rely on the codes; two errors never share one."""
    kinds = list(DataError.__subclasses__())
    codes = [kind.code for kind in kinds]
    assert len(set(codes)) == len(codes) and DataError.code not in codes
    assert all(re.fullmatch(r"[a-z_]+", code) for code in codes)
    assert DatabaseLocked.code == "database_locked" and DatabaseLost.code == "database_lost"
