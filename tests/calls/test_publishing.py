"""Publishing while calls are lived: two servers on one database, and a caller who is in the middle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import gevent
import gevent.subprocess

from data.releases import Intent
from data.store import Store
from ivr.clock import Clock
from ivr.config import Settings
from ivr.moments import CallOver, Moment, SystemSpoke
from ivr.stage import Stage
from tests.calls.conftest import settings_in
from tests.ivr.flow_files import files, folder_with

LEAD = 4.5
"""Seconds: a look at the log, and a process that reads the release on a busy machine."""


@contextmanager
def another_server(settings: Settings, home: Path) -> Iterator[gevent.subprocess.Popen[bytes]]:
    """`ivr serve` on the same database, with a place of its own; its log is JSON on standard error."""
    environment = {
        **os.environ,
        "IVR_HOME": str(home),
        "IVR_FLOWS": str(settings.flows_folder),
        "IVR_DATABASE__URL": settings.database_url,
        "IVR_OUTBOUND__PORT": "0",
        "IVR_SWITCH__EVENT_PORT": "0",
        "IVR_SWITCH__LINE_PORT": "0",
        "IVR_SPEECH__ENGINE": "none",
        "IVR_LOG__FORMAT": "json",
    }
    server = gevent.subprocess.Popen(
        [sys.executable, "-m", "ivr", "serve", "--drain", "0"],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(20)
        except gevent.subprocess.TimeoutExpired:
            server.kill()


def told(server: gevent.subprocess.Popen[bytes], event: str) -> dict[str, object]:
    """The next line of that event in a server's log."""
    with gevent.Timeout(40, AssertionError(f"{event} was never told")):
        for line in server.stderr:
            if line.startswith(b"{") and (found := json.loads(line))["event"] == event:
                return dict(found)
    raise AssertionError(f"the server ended without telling {event}")


def publish(store: Store, content: dict[str, bytes], lead: float) -> datetime:
    """Publishes, and returns the instant of the switch."""
    now, last = datetime.now(UTC), store.releases.last()
    at = now + timedelta(seconds=lead)
    intent = Intent(who="ana", why="w", at=now, effective_at=at, after=last.n if last else 0)
    return store.releases.publish(content, intent).effective_at


def test_two_servers_switch_together_and_the_call_in_the_middle_stays_on_its_version(tmp_path: Path) -> None:
    """A real publish: both take it at the instant; whoever is talking hears nothing of it; records tell."""
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
    settings = settings_in(tmp_path / "one", engine="none")
    folder = folder_with(tmp_path / "flows", files("Viejo"))
    settings = settings.model_copy(update={"flows": folder})
    moments: list[Moment] = []
    store = Store(settings.database_url)
    with (
        another_server(settings, tmp_path / "two") as other,
        Stage(settings, watch=moments.append, clock=Clock()) as stage,
    ):
        assert told(other, "flows_live")["source"] == "the folder"
        stage.server.rooms.voice.wait_warm()
        live = stage.server.rooms.live
        early = stage.caller("+34600000031")
        early.join()
        with gevent.Timeout(20):
            while not any(isinstance(one, SystemSpoke) and one.step == "agrees" for one in moments):
                gevent.sleep(0.02)
        at = publish(store, files("Nuevo"), LEAD)
        with gevent.Timeout(20):
            while live.current.release is None:
                gevent.sleep(0.001)
        switched = datetime.now(UTC)
        theirs = datetime.fromisoformat(str(told(other, "flows_switched")["timestamp"]))
        assert timedelta(0) <= switched - at < timedelta(seconds=0.5)
        assert timedelta(0) <= theirs - at < timedelta(seconds=0.5)
        late = stage.caller("+34600000032")
        late.join()
        early.key("1")
        late.wait_until_quiet(0.5)
        late.key("1")
        for caller in (early, late):
            assert caller.wait_hangup(30) == "NORMAL_CLEARING"
        with gevent.Timeout(20):
            stage.wait_until_idle()
    records = {record.caller_number: record for record in store.calls.latest(2)}
    old, new = records["+34600000031"], records["+34600000032"]
    assert (old.release, new.release) == (None, 1)
    assert old.flow_version != new.flow_version
    assert [old.turns[0].text, new.turns[0].text] == ["Viejo.", "Nuevo."]
    for record in (old, new):
        assert (record.hangup_cause, record.ended_by) == ("NORMAL_CLEARING", "system")
        assert [turn.text for turn in record.turns][-1] == "Adiós."
    assert sum(isinstance(one, CallOver) for one in moments) == 2
