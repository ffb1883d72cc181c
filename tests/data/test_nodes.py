"""A node is dead when the kernel says so, and its open calls are then ended by whoever comes next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data.call_log import CallLog
from data.ids import new_id
from data.nodes import claim, one_lives
from data.records import SERVER_LOST, CallBegun
from data.spool import Spool
from ivr.clock import Clock
from ivr.records import Records
from tests.databases import store_at

OTHER = """
import sys
from pathlib import Path
from data.nodes import claim, one_lives
node = claim(Path(sys.argv[1]), sys.argv[2])
print(node.name, flush=True)
sys.stdin.read()
"""


def another(folder: Path, name: str) -> subprocess.Popen[str]:
    """A process that holds a name until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(folder), name],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip()
    return process


def kill(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        stream.close()


def test_a_name_belongs_to_one_process_at_a_time(tmp_path: Path) -> None:
    """The second gets a number; whoever comes after a crash gets the name itself, and knows who is gone."""
    first = another(tmp_path, "host:8040")
    second = claim(tmp_path, "host:8040")
    assert (second.name, second.dead) == ("host:8040#2", ())
    kill(first)
    third = claim(tmp_path, "host:8040")
    assert (third.name, third.dead) == ("host:8040", ())
    second.release()
    fourth = claim(tmp_path, "other/../host:0")
    assert (fourth.name, fourth.dead) == ("other/../host:0", ("host:8040#2",))
    assert {file.parent for file in tmp_path.rglob("*.lock")} == {tmp_path}
    third.release()
    fourth.release()


def test_only_what_is_provably_dead_is_ended(tmp_path: Path) -> None:
    """Several servers with one database: the calls of the one that lives are left alone, those of the killed
    one end, those of another machine stay open."""
    store = store_at(tmp_path / "ivr.sqlite3")
    spool = tmp_path / "spool"
    alive, killed = another(spool, "host:1"), another(spool, "host:2")
    earlier = datetime.now(UTC) - timedelta(minutes=1)
    calls = {}
    for node in ("host:1", "host:2", "elsewhere:1", "host:3"):
        calls[node] = new_id()
        store.calls.begin(
            CallBegun(
                call_id=calls[node],
                switch_uuid=f"leg-{node}",
                direction="inbound",
                caller_number="34600111222",
                caller_name="",
                destination="9100",
                language="es",
                started_at=earlier,
                node_id=node,
            )
        )
    kill(killed)
    mine = claim(spool, "host:3")
    assert mine.dead == ("host:2",)
    records = Records(
        CallLog(store, Spool(spool)), node=mine.name, dead=mine.dead, clock=Clock(), recordings=None
    )
    try:
        assert records.recover() == 2
        ended = {}
        for node, call_id in calls.items():
            record = store.calls.get(call_id)
            assert record is not None
            ended[node] = record.hangup_cause
        assert ended == {"host:1": None, "host:2": SERVER_LOST, "elsewhere:1": None, "host:3": SERVER_LOST}
        assert records.recover() == 0
    finally:
        records.close()
        mine.release()
        kill(alive)
        store.close()


def test_a_lost_calls_recording_tells_how_long_it_lived_on(tmp_path: Path) -> None:
    """The caller went on in the fallback queue, recorded by the switch: the last turn was not the end. A
    recording that is gone, or older than the call, moves nothing; nothing ends after the new start."""
    store = store_at(tmp_path / "ivr.sqlite3")
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    recorded = {"on.wav": 90, "older.wav": -90, "later.wav": 2 * 3600, "gone.wav": None, "": None}
    calls = {}
    for name, seconds in recorded.items():
        calls[name] = new_id()
        store.calls.begin(
            CallBegun(
                call_id=calls[name],
                switch_uuid=f"leg-{name}",
                direction="inbound",
                caller_number="34600111222",
                caller_name="",
                destination="9100",
                language="es",
                started_at=began,
                node_id="host:1",
                recording=name or None,
            )
        )
        if seconds is not None:
            (tmp_path / name).touch()
            os.utime(tmp_path / name, (began.timestamp() + seconds,) * 2)
    records = Records(
        CallLog(store, Spool(tmp_path / "spool")), node="host:1", clock=Clock(), recordings=tmp_path
    )
    started = datetime.now(UTC)
    try:
        assert records.recover() == len(calls)
        ended = {name: store.calls.get(call_id) for name, call_id in calls.items()}
        at = {name: record.ended_at for name, record in ended.items() if record is not None}
        assert at["on.wav"] == began + timedelta(seconds=90)
        assert at["older.wav"] == at["gone.wav"] == at[""] == began
        assert at["later.wav"] is not None
        assert began + timedelta(seconds=90) < at["later.wav"] <= started
    finally:
        records.close()
        store.close()


def test_whether_one_lives_is_seen_without_taking_its_name(tmp_path: Path) -> None:
    """Of whoever looks nothing stays: the next server gets the name that it wants."""
    spool = tmp_path / "spool"
    assert one_lives(spool) is False, "there is no folder yet"
    process = another(spool, "here@8040")
    assert one_lives(spool) is True
    kill(process)
    assert one_lives(spool) is False and one_lives(spool) is False
    node = claim(spool, "here@8040")
    assert node.name == "here@8040"
    node.release()
