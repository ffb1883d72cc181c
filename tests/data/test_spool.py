"""Records that wait on disk: none lost, none doubled, whatever breaks in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from gevent import Timeout
from gevent.event import AsyncResult
from gevent.threadpool import ThreadPool
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data import spool as spool_module
from data.bulk import insert_many
from data.errors import DatabaseLocked, DataError, SpoolNotWritable
from data.ids import new_id
from data.models import CustomerRow
from data.records import CallAnswered, CallProved, CallRecord, Errand, Reading
from data.spool import Drained, Record, Spool, TurnAdded
from data.store import Store
from tests.data.conftest import NOW, begun, ended, locked_by_another_process, turn
from tests.databases import store_at


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def a_call(turns: int = 3) -> list[Record]:
    """Everything that is told about one call, in order."""
    call = begun(caller_name="Nuria\u2028Puig")
    return [
        call,
        CallAnswered(call_id=call.call_id, at=NOW),
        *(TurnAdded(call.call_id, turn(n)) for n in range(1, turns + 1)),
        ended(call.call_id),
    ]


def told_directly(store: Store, records: list[Record]) -> CallRecord:
    """The same records written to the database without any spool."""
    call, answer, *turns, end = records
    store.calls.begin(call)  # type: ignore[arg-type]  # the order of `a_call`
    store.calls.answered(answer)  # type: ignore[arg-type]  # the order of `a_call`
    for added in turns:
        assert isinstance(added, TurnAdded)
        store.calls.add_turn(added.call_id, added.turn)
    store.calls.finish(end)  # type: ignore[arg-type]  # the order of `a_call`
    (record,) = store.calls.latest(1)
    return record


def waiting_lines(spool: Spool) -> list[bytes]:
    return (spool.folder / "calls.jsonl").read_bytes().splitlines(keepends=True)


def set_aside(spool: Spool) -> list[dict[str, str]]:
    file = spool.folder / "set-aside.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_what_was_spooled_arrives_as_if_told_directly(store: Store, spool: Spool, tmp_path: Path) -> None:
    """The way over the disk changes nothing: not a microsecond, not an accent."""
    records = a_call()
    spool.keep(*records)
    assert spool.waiting
    assert spool.drain(store) == Drained(written=6, set_aside=0)
    assert not spool.waiting
    other = store_at(tmp_path / "direct.sqlite3")
    assert store.calls.latest(10) == (told_directly(other, records),)
    other.close()


def test_draining_an_empty_spool_touches_nothing(store: Store, spool: Spool) -> None:
    """It is done at every start, also where there never was a spool."""
    assert spool.drain(store) == Drained(0, 0)
    assert not spool.folder.exists()


def test_a_line_is_json_with_a_checksum(spool: Spool) -> None:
    """Operators can read it, and each line stands on its own."""
    spool.keep(*a_call(1))
    kinds = [json.loads(line)["kind"] for line in waiting_lines(spool)]
    assert kinds == ["begun", "answered", "turn", "ended"]


def test_a_sensitive_answer_never_reaches_the_disk(spool: Spool) -> None:
    """The spool is written in the worst of moments; it must not be where the digits leak."""
    call = begun()
    spool.keep(call, TurnAdded(call.call_id, turn(2, text="4929 1034", sensitive=True)))
    lines = waiting_lines(spool)
    assert len(lines) == 2 and b"4929" not in b"".join(lines)


def test_the_spool_is_for_the_servers_user_alone(spool: Spool) -> None:
    """It holds what people said."""
    spool.keep(begun())
    for path in (spool.folder, *spool.folder.iterdir()):
        assert path.stat().st_mode & 0o077 == 0


def test_what_was_heard_and_found_comes_back_from_the_disk(store: Store, spool: Spool) -> None:
    """A call that was lived without the database can be played again like any other."""
    call = begun(release=3, caller_facts={"segment": "vip"})
    heard = turn(2, flow="balance", language="es", heard=(Reading(text="saldo", confidence=0.5),))
    asked = turn(3, kind="lookup", asked={"n": "1"}, found={"balance": -5, "known": True, "due": None})
    spool.keep(call, TurnAdded(call.call_id, heard), TurnAdded(call.call_id, asked))
    spool.drain(store)
    found = store.calls.get(call.call_id)
    assert found is not None
    assert (found.release, found.caller_facts, found.turns) == (3, {"segment": "vip"}, (heard, asked))


@pytest.mark.parametrize("fails_at", range(6))
def test_a_draining_that_breaks_off_is_repeated(
    store: Store, spool: Spool, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    """The database goes away at any record: the next draining completes it, nothing is doubled."""
    records = a_call()
    spool.keep(*records)
    count = 0

    def failing(name: str) -> None:
        real: Callable[..., object] = getattr(store.calls, name)

        def write(*told: object) -> object:
            nonlocal count
            count += 1
            if count == fails_at + 1:
                raise DatabaseLocked("locked", remedy="wait")
            return real(*told)

        monkeypatch.setattr(store.calls, name, write)

    for name in ("begin", "answered", "add_turn", "finish"):
        failing(name)
    with pytest.raises(DatabaseLocked):
        spool.drain(store)
    assert spool.waiting
    late = a_call()
    spool.keep(*late)
    spool.drain(store)
    found = store.calls.latest(10)
    assert {len(record.turns) for record in found} == {3} and len(found) == 2
    assert all(record.finished for record in found)
    assert not spool.waiting and set_aside(spool) == []


def test_a_locked_database_leaves_the_spool_as_it_is(
    sqlite_store: Store, sqlite_file: Path, spool: Spool
) -> None:
    """The real thing: draining while another process holds the lock."""
    spool.keep(*a_call())
    with locked_by_another_process(sqlite_file), pytest.raises(DatabaseLocked):
        spool.drain(sqlite_store)
    assert spool.drain(sqlite_store).written == 6


@pytest.mark.parametrize("kills_at", [1, 4, 9])
def test_a_process_killed_while_draining_loses_nothing(
    sqlite_store: Store, sqlite_file: Path, spool: Spool, kills_at: int
) -> None:
    """SIGKILL between two records; the lock it held is free again at once."""
    for _ in range(2):
        spool.keep(*a_call())
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from data import spool\n"
        "from data.store import Store\n"
        "write, count = spool._write, 0\n"
        "def deadly(store, record):\n"
        "    global count\n"
        "    write(store, record)\n"
        "    count += 1\n"
        "    if count == int(sys.argv[3]):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "spool._write = deadly\n"
        "spool.Spool(Path(sys.argv[1])).drain(Store(sys.argv[2]))\n"
    )
    arguments = [str(spool.folder), f"sqlite:///{sqlite_file}", str(kills_at)]
    killed = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=Path(__file__).parents[2], timeout=30, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert spool.drain(sqlite_store) == Drained(written=12, set_aside=0)
    found = sqlite_store.calls.latest(10)
    assert len(found) == 2 and all(len(r.turns) == 3 and r.finished for r in found)


def test_a_torn_last_line_takes_nothing_with_it(store: Store, spool: Spool) -> None:
    """A power cut tears a line; what is appended later is not glued to it."""
    first, second = a_call(), a_call()
    spool.keep(*first)
    file = spool.folder / "calls.jsonl"
    os.truncate(file, file.stat().st_size - 20)
    spool.keep(*second)
    assert spool.drain(store) == Drained(written=11, set_aside=1)
    assert sorted(record.finished for record in store.calls.latest(10)) == [False, True]
    (aside,) = set_aside(spool)
    assert '"kind": "ended"' in aside["line"] and aside["why"]


def test_damage_is_noticed_even_if_it_is_still_json(store: Store, spool: Spool) -> None:
    """A flipped digit must not become another amount of milliseconds: the checksum catches it."""
    spool.keep(*a_call(1))
    file = spool.folder / "calls.jsonl"
    damaged = file.read_bytes().replace(b'"at_ms": 1000', b'"at_ms": 7000')
    assert damaged != file.read_bytes()
    file.write_bytes(damaged)
    assert spool.drain(store) == Drained(written=3, set_aside=1)
    (aside,) = set_aside(spool)
    assert "checksum" in aside["why"] and "7000" in aside["line"]


@pytest.mark.parametrize(
    "line",
    [
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"kind": "begun", "sum": 0, "record": {}}',
        b'{"kind": ["begun"], "sum": 0, "record": {}}',
        b'{"kind": "__class__", "sum": 0, "record": null}',
        b"\x00" * 4096,
    ],
)
def test_a_line_that_is_no_record_is_put_aside(store: Store, spool: Spool, line: bytes) -> None:
    """Whatever a disk or an editor leaves there, the records around it arrive."""
    records = a_call()
    spool.keep(*records[:2])
    with (spool.folder / "calls.jsonl").open("ab") as file:
        file.write(line + b"\n")
    spool.keep(*records[2:])
    assert spool.drain(store) == Drained(written=6, set_aside=1)
    assert len(set_aside(spool)) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), damage=st.binary(min_size=1, max_size=40))
def test_no_damage_stops_the_draining(sqlite_store: Store, tmp_path: Path, place: int, damage: bytes) -> None:
    """Any bytes, anywhere in the file: every line is written or put aside, and the spool ends empty."""
    spool = Spool(tmp_path / str(new_id()))
    spool.keep(*a_call())
    file = spool.folder / "calls.jsonl"
    content = bytearray(file.read_bytes())
    place %= len(content)
    content[place : place + len(damage)] = damage
    file.write_bytes(content)
    lines = sum(1 for line in bytes(content).split(b"\n") if line.strip())
    drained = spool.drain(sqlite_store)
    assert drained.written + drained.set_aside == lines
    assert len(set_aside(spool)) == drained.set_aside
    assert not spool.waiting


def test_a_turn_whose_beginning_is_lost_is_put_aside(store: Store, spool: Spool) -> None:
    """The database refuses it for good; it must not block what comes after it."""
    orphan = TurnAdded(new_id(), turn(1, text="sin principio"))
    spool.keep(orphan, *a_call())
    assert spool.drain(store) == Drained(written=6, set_aside=1)
    (aside,) = set_aside(spool)
    assert "no beginning" in aside["why"] and "sin principio" in aside["line"]


def test_many_may_keep_while_others_drain(store: Store, spool: Spool) -> None:
    """Calls go on while the spool is emptied: every record arrives, in spite of the race."""
    calls = 30

    def work(index: int) -> int:
        if index % 5 == 0:
            return spool.drain(store).written
        for record in a_call(2):
            spool.keep(record)
        return 0

    pool = ThreadPool(5)
    jobs = range(calls * 5 // 4)
    for _ in pool.imap_unordered(work, jobs):
        pass
    spool.drain(store)
    found = store.calls.latest(calls * 2)
    assert len(found) == len([index for index in jobs if index % 5])
    assert all(record.finished and len(record.turns) == 2 for record in found)
    assert set_aside(spool) == [] and not spool.waiting


def test_a_draining_does_not_overtake_a_record_that_is_being_written(
    store: Store, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between opening the file and writing to it, a draining must not carry that file off and remove it."""
    spool.keep(begun())
    pool = ThreadPool(1)
    draining: list[AsyncResult] = []

    class Interrupted:
        """`os`, but a whole draining is tried just before the first write."""

        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

        def fstat(self, descriptor: int) -> os.stat_result:
            if not draining:
                draining.append(pool.spawn(spool.drain, store))
                with suppress(Timeout):
                    draining[0].get(timeout=0.3)
            return os.fstat(descriptor)

    monkeypatch.setattr(spool_module, "os", Interrupted())
    spool.keep(begun())
    draining[0].get(timeout=10)
    spool.drain(store)
    assert len(store.calls.latest(10)) == 2


def test_a_folder_that_cannot_be_written_says_so(
    public_folder: Path, as_nobody: Callable[[], AbstractContextManager[None]]
) -> None:
    """The last resort is gone: one line with the remedy, for the log and for `doctor`."""
    public_folder.chmod(0o555)
    with as_nobody(), pytest.raises(SpoolNotWritable, match="right to write"):
        Spool(public_folder / "spool").keep(begun())
    public_folder.chmod(0o755)


def test_a_file_in_the_place_of_the_folder_says_so(store: Store, tmp_path: Path) -> None:
    """A wrong path in the configuration is a clear error as well."""
    (tmp_path / "spool").write_text("not a folder")
    with pytest.raises(DataError, match="cannot be kept"):
        Spool(tmp_path / "spool").keep(begun())


def test_errands_wait_with_the_calls_and_are_put_in_once(spool: Spool, store: Store) -> None:
    """What a caller asked for while the database was lost: kept twice, it is put in once, whole."""
    asked = Errand(
        kind="write", target="crm", body={"values": {"day": "2026-12-01"}}, idempotency_key="k", at=NOW
    )
    spool.keep(*a_call(), asked)
    spool.keep(asked)
    assert spool.drain(store) == Drained(written=8, set_aside=0)
    (mine,) = store.outbox.claim("n1", at=NOW, lease=timedelta(seconds=9), most=9)
    assert (mine.target, dict(mine.body), mine.idempotency_key) == ("crm", dict(asked.body), "k")
    assert mine.created_at == NOW


def test_who_was_on_the_line_arrives_with_the_spool_and_the_end_has_the_last_word(
    store: Store, spool: Spool
) -> None:
    """A proof stands in a call that was never ended, and in none that has told its end itself."""
    ana, eva, call = a_customer(store, "1"), a_customer(store, "2"), begun()
    spool.keep(call, CallProved(call_id=call.call_id, verified="pin", customer_id=ana))
    assert spool.drain(store) == Drained(written=2, set_aside=0)
    record = store.calls.get(call.call_id)
    assert record is not None and (record.verified, record.customer_id) == ("pin", ana)
    store.calls.finish(ended(call.call_id, verified="voice", customer_id=eva))
    spool.keep(CallProved(call_id=call.call_id, verified="pin", customer_id=ana))
    spool.drain(store)
    record = store.calls.get(call.call_id)
    assert record is not None and (record.verified, record.customer_id) == ("voice", eva)


def a_customer(store: Store, number: str) -> UUID:
    found, told = new_id(), {"name": "x", "language": "es", "zone": "Europe/Madrid", "origin": "t"}
    with store.database.writing() as connection:
        insert_many(connection, CustomerRow, [{"id": found, "customer_number": number, **told}])
    return found
