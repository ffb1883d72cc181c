"""A full disk of recordings is told once, and again only after there was room; no call is refused for it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from dialogs.effects import Hangup
from ivr.recordings_disk import LITTLE, RecordingsDisk, free_bytes
from tests.ivr.session_rig import Rig


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 48 MB, where calls are recorded."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted by this user")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, *, but: int = 0) -> Path:
    """All of it, but so many bytes."""
    file = folder / "somebody-elses"
    file.write_bytes(bytes(free_bytes(folder) - but))
    return file


def events(logged: list[dict[str, object]]) -> list[object]:
    return [entry["event"] for entry in logged if entry["log_level"] != "debug"]


def test_each_time_that_it_runs_full_is_told_once(small: Path) -> None:
    """Not with every look; at the edge it stays as it was; and anew after there was room."""
    disk = RecordingsDisk(small)
    with structlog.testing.capture_logs() as logged:
        assert not disk.look()
        for _ in range(2):
            file = fill(small, but=LITTLE // 2)
            assert disk.look()
            assert disk.look()
            file.write_bytes(bytes(free_bytes(small) + file.stat().st_size - LITTLE - LITTLE // 2))
            assert disk.look()
            file.unlink()
            assert not disk.look()
    assert events(logged) == ["recordings_disk_full", "recordings_disk_has_room"] * 2
    assert "ivr db expire" in str(logged[0]["remedy"])


def test_a_disk_that_cannot_be_asked_tells_nothing(tmp_path: Path) -> None:
    """It stays as it was."""
    disk = RecordingsDisk(tmp_path / "nowhere")
    with structlog.testing.capture_logs() as logged:
        assert not disk.look()
    assert logged == []


def test_a_disk_without_free_names_is_full() -> None:
    """Bytes are no use where no file can be made."""
    full = RecordingsDisk(Path("/"), free=lambda _folder: 0)
    with structlog.testing.capture_logs() as logged:
        full.look_beside()
        full.look_beside()
        full.settle(5)
    assert events(logged) == ["recordings_disk_full"]


@pytest.mark.parametrize("full", [True, False])
def test_a_switch_that_does_not_record(tmp_path: Path, small: Path, full: bool) -> None:
    """With a full disk, its warning says it all; with room on it, each refusal is told. The call goes on
    either way, its record knows of no recording, and the empty file is gone."""
    rig = Rig(tmp_path)
    rig.call.refused = "start_recording"
    rig.call.leaves_empty = True
    if full:
        fill(small)
    with structlog.testing.capture_logs() as logged:
        _, record = rig.live([Hangup("bye")])
    told = [event for event in events(logged) if event not in ("call_began", "call_over")]
    assert told == (["recordings_disk_full"] if full else ["not_recorded"])
    assert not record.recording
    assert record.recorded_ms is None
    assert list(small.rglob("*.wav")) == []
