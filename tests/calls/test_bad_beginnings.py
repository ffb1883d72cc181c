"""What can be wrong at the start: one clear line with the remedy, status 2, no stack trace."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data.store import Store
from ivr.config import CHECKOUT
from ivr.stage import Stage
from tests.calls.conftest import settings_in
from tests.commands import Done, environment_of, ivr
from tests.serving import START_SECONDS

SPEECHLESS = {
    "IVR_SPEECH__ENGINE": "none",
    "IVR_SPEECH__PREPARE": "false",
    "IVR_UNDERSTANDING__PREPARE": "false",
}
"""Nobody is to be heard here: what a start makes ready for callers has nothing to do with it."""


def ivr_process(home: Path, *arguments: str, **variables: str) -> Done:
    """The same as a process of its own: for what has children, or ends a process."""
    done = subprocess.run(
        [sys.executable, "-m", "ivr", *arguments],
        cwd=CHECKOUT,
        env=environment_of(home, **variables),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def refused(home: Path, *arguments: str, run: Callable[..., Done] = ivr, **variables: str) -> str:
    """The one line of a start that cannot be."""
    done = run(home, *arguments, **SPEECHLESS, **variables)
    lines = [line for line in done.stderr.splitlines() if line.startswith("ivr: ") or "Error" in line]
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return lines[-1]


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_the_port_is_taken(tmp_path: Path, taken_port: int) -> None:
    """The operator is told which port, and what to do."""
    line = refused(tmp_path, "serve", "--port", str(taken_port))
    assert f"Port {taken_port} on 127.0.0.1 is taken" in line
    assert "outbound.port" in line


def test_the_port_of_the_api_is_taken(tmp_path: Path, taken_port: int) -> None:
    """Told before any model is loaded, with the ways out."""
    line = refused(tmp_path, "serve", "--port", "0", IVR_API__PORT=str(taken_port))
    assert f"Port {taken_port} on 127.0.0.1 is taken" in line
    assert "api.enabled: false" in line


def test_the_embedded_switch_finds_its_port_taken(tmp_path: Path, taken_port: int) -> None:
    """The child's refusal is the operator's line, too."""
    line = refused(tmp_path, "serve", "--port", "0", run=ivr_process, IVR_SWITCH__LINE_PORT=str(taken_port))
    assert str(taken_port) in line
    assert "switch.line_port" in line


def test_the_database_is_locked(tmp_path: Path) -> None:
    """Another program holds the write lock and does not let go."""
    path = tmp_path / "ivr.sqlite3"
    Store(f"sqlite:///{path}").upgrade()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        line = refused(tmp_path, "serve", "--port", "0")
    finally:
        holder.close()
    assert "locked" in line


def test_the_database_is_damaged(tmp_path: Path) -> None:
    """A file that is no database is not overwritten."""
    (tmp_path / "ivr.sqlite3").write_bytes(b"these are no tables" * 1000)
    line = refused(tmp_path, "serve", "--port", "0")
    assert "ivr.sqlite3" in line
    assert (tmp_path / "ivr.sqlite3").read_bytes().startswith(b"these are no tables")


def test_the_recordings_folder_cannot_be_written(tmp_path: Path) -> None:
    """Found at the start, not by the first caller."""
    (tmp_path / "recordings").write_text("a file where the folder should be", encoding="utf-8")
    line = refused(tmp_path, "serve", "--port", "0")
    assert "recordings folder" in line
    assert "cannot be written" in line


def test_the_configuration_is_malformed(tmp_path: Path) -> None:
    """File and line of the mistake."""
    (tmp_path / "ivr.yaml").write_text("outbound:\n  prot: 8040\n", encoding="utf-8")
    line = refused(tmp_path, "serve")
    assert "ivr.yaml:2: outbound.prot: no such setting: did you mean `port`?" in line


def test_no_mistake_in_the_configuration_keeps_help_away(tmp_path: Path) -> None:
    """Help alone: whatever else is asked hears what the mistake is."""
    (tmp_path / "ivr.yaml").write_text("database_url: sqlite:///x\n", encoding="utf-8")
    helped = ivr(tmp_path, "campaign", "report", "--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "Usage: ivr campaign report" in helped.stdout
    assert "database_url: no such setting" in refused(tmp_path, "campaign", "report", "fees", "reminder")
    assert "database_url: no such setting" in refused(tmp_path, "say", "--", "--help")


def test_a_flow_is_broken(tmp_path: Path) -> None:
    """A server does not start on flows that it could not play."""
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "catalogue.yaml").write_text("queues: [billing]\n", encoding="utf-8")
    (flows / "main.flow.yaml").write_text("flow: main\nlanguages: [es]\nsteps: []\n", encoding="utf-8")
    done = ivr(tmp_path, "serve", "--port", "0", **SPEECHLESS)
    assert done.returncode == 2
    assert "main.flow.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_model_to_be_had_still_takes_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every source that was tried is named, and the call goes on by keys."""
    settings = settings_in(tmp_path, engine="auto")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty-cache"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")
    told: list[str] = []
    with Stage(settings, tell=told.append) as stage:
        explained = "\n".join(told)
        assert "whisper-base" in explained
        assert "Tried:" in explained
        assert "keys only" in explained
        caller = stage.caller("+34630000000")
        caller.join()
        caller.wait_until_quiet(0.6)
        caller.key("0")
        assert caller.wait_for_sound(20)
        caller.hang_up()
