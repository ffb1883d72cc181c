"""Which way the server takes the callers' sound: as the settings say, or it does not start."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import structlog

from esl.audio_socket import AudioSocket
from esl.live_audio import LiveAudio, default_folder
from esl.live_folder import claim
from ivr.config import AudioSettings, Settings, SwitchSettings
from ivr.doors import live_audio_of
from ivr.errors import NotWritable, PortTaken
from ivr.switch_settings import FreeswitchSettings

REAL = SwitchSettings(kind="freeswitch")


def test_by_default_a_file_in_shared_memory(tmp_path: Path) -> None:
    """Or in the folder for temporary files, where there is no shared memory."""
    audio = live_audio_of(Settings(home=tmp_path))
    assert isinstance(audio, LiveAudio)
    assert audio.folder.parent == default_folder() / f"ivr-{os.geteuid()}"
    assert stat.S_IMODE(audio.folder.stat().st_mode) == 0o700
    audio.close()


def test_a_folder_that_was_left_open_is_closed(tmp_path: Path) -> None:
    """Whoever may read what lies beside it may read it, and nobody else: its parent decides."""
    parent = tmp_path / "shared"
    parent.mkdir()
    parent.chmod(0o700)
    first = claim(parent)
    first.release()
    first.path.chmod(0o755)
    again = claim(parent)
    assert again.path == first.path
    assert stat.S_IMODE(again.path.stat().st_mode) == 0o700
    again.release()


def test_the_folder_that_the_switch_was_told_is_the_server_s_too(tmp_path: Path) -> None:
    """`ivr freeswitch init` and `ivr serve` read the same setting."""
    folder = tmp_path / "shared"
    audio = live_audio_of(
        Settings(home=tmp_path, freeswitch=FreeswitchSettings(live_audio=folder), switch=REAL)
    )
    assert isinstance(audio, LiveAudio)
    assert audio.folder.parent == folder
    audio.close()


def test_a_server_starts_without_the_files_of_a_dead_one(tmp_path: Path) -> None:
    """And says so; those of a live server beside it stay."""
    settings = Settings(home=tmp_path, freeswitch=FreeswitchSettings(live_audio=tmp_path / "shared"))
    living, dying = live_audio_of(settings), live_audio_of(settings)
    assert isinstance(living, LiveAudio)
    assert isinstance(dying, LiveAudio)
    kept, left = living.path_for("kept"), dying.path_for("left")
    kept.touch()
    left.touch()
    dying.close()
    with structlog.testing.capture_logs() as logged:
        live_audio_of(settings).close()
    assert kept.exists()
    assert not left.exists()
    assert [entry["files"] for entry in logged if entry["event"] == "live_audio_left_over"] == [1]
    living.close()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """At the start: no caller would be heard."""
    folder = tmp_path / "shared"
    folder.write_text("a file where the folder should be", encoding="utf-8")
    settings = Settings(home=tmp_path, freeswitch=FreeswitchSettings(live_audio=folder))
    with pytest.raises(NotWritable, match="live audio folder"):
        live_audio_of(settings)


def test_a_websocket_and_its_port_taken(tmp_path: Path) -> None:
    """The second server is told which setting to change."""
    settings = Settings(home=tmp_path, switch=REAL, audio=AudioSettings(transport="websocket", port=0))
    audio = live_audio_of(settings)
    assert isinstance(audio, AudioSocket)
    taken = settings.audio.model_copy(update={"port": audio.address[1]})
    with pytest.raises(PortTaken, match=r"set audio\.port in ivr\.yaml"):
        live_audio_of(settings.model_copy(update={"audio": taken}))
    audio.close()
