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
import pytest

from data.releases import Intent
from data.store import Store
from ivr.config import Settings
from ivr.publishing.live import LiveFlows
from ivr.stage import Stage
from tests.calls.conftest import settings_in
from tests.ivr.flow_files import files, folder_with

LEADS = (2.5, 5.0, 10.0)
"""Seconds: a look at the log, and a process that reads the release; on a busy machine it takes longer."""


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
        "IVR_API__PORT": "0",
        "IVR_SPEECH__ENGINE": "none",
        "IVR_SPEECH__PREPARE": "false",
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


def wait_for_switch(live: LiveFlows) -> datetime:
    """When new calls take another version."""
    before = live.current.n
    with gevent.Timeout(40, AssertionError("this server has not changed over")):
        while live.current.n == before:
            gevent.sleep(0.001)  # the instant is what is measured: nobody tells it
    return datetime.now(UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with a draft that was never published."""
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
    folder = folder_with(tmp_path / "flows", files("Viejo"))
    return settings_in(tmp_path / "one", engine="none").model_copy(update={"flows": folder})


def test_a_call_in_the_middle_stays_on_its_version(settings: Settings) -> None:
    """A publish while somebody is talking: they hear nothing of it; the next caller does."""
    store = Store(settings.database_url)
    with Stage(settings) as stage:
        stage.server.rooms.voice.wait_warm()
        early = stage.caller("+34600000031")
        early.join()
        early.wait_for_sound()
        publish(store, files("Nuevo"), 0.0)
        wait_for_switch(stage.server.rooms.live)
        late = stage.caller("+34600000032")
        late.join()
        for caller in (early, late):
            caller.wait_until_quiet(0.5)
            caller.key("1")
            assert caller.wait_hangup(40) == "NORMAL_CLEARING"
        with gevent.Timeout(20):
            stage.wait_until_idle()
    records = {record.caller_number: record for record in store.calls.latest(2)}
    old, new = records["+34600000031"], records["+34600000032"]
    assert (old.release, new.release) == (None, 1)
    assert old.flow_version != new.flow_version
    assert [old.turns[0].text, new.turns[0].text] == ["Viejo.", "Nuevo."]
    for record in (old, new):
        assert (record.hangup_cause, record.ended_by) == ("NORMAL_CLEARING", "system")
        assert record.turns[-1].text == "Adiós."


@pytest.mark.long
def test_two_servers_switch_together(settings: Settings, tmp_path: Path) -> None:
    """Two processes on one database: neither before the instant, both at it, if they are ready by then."""
    store = Store(settings.database_url)
    with another_server(settings, tmp_path / "two") as other, Stage(settings) as stage:
        assert told(other, "flows_live")["source"] == "the folder"
        live = stage.server.rooms.live
        for number, lead in enumerate(LEADS):
            at = publish(store, files(f"Nuevo {number}"), lead)
            mine = wait_for_switch(live)
            theirs = datetime.fromisoformat(str(told(other, "flows_switched")["timestamp"]))
            assert min(mine, theirs) >= at
            print(
                f"lead {lead} s: {(mine - at).total_seconds():.3f} s, {(theirs - at).total_seconds():.3f} s"
            )
            if max(mine, theirs) - at < timedelta(seconds=0.3):
                return
        raise AssertionError("the servers were never ready in time")
