"""A call's recording becomes an MP3 by itself, while the server goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.store import Store
from ivr.config import RecordingSettings
from ivr.recordings import upkeep
from ivr.recordings.sound import read, side_of
from ivr.stage import Stage
from tests.calls.conftest import settings_in
from tests.freeswitch.harness import wait_until


@pytest.mark.long
def test_a_call_ends_as_an_mp3_in_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notice, question, hang-up; then the child finds it, and the record names the new file."""
    monkeypatch.setattr(upkeep.Upkeep.__init__, "__kwdefaults__", {"every": 0.5})
    settings = settings_in(tmp_path, engine="none").model_copy(
        update={"recordings": RecordingSettings(format="mp3")}
    )
    store = Store(settings.database_url)
    with Stage(settings) as stage:
        stage.server.rooms.voice.wait_warm()
        caller = stage.caller("+34600000077")
        caller.join()
        caller.wait_until_quiet(0.8)
        caller.silent(1.0)
        caller.hang_up()
        stage.wait_until_idle()
        wait_until(lambda: str(store.calls.latest(1)[0].recording).endswith(".mp3"), 60, "converted")
        call = store.calls.latest(1)[0]
    assert call.recording is not None
    file = settings.recordings_folder / call.recording
    sound = read(file)
    assert len(sound) > 2000
    assert side_of(sound, "system").dBFS > -40 > side_of(sound, "caller").dBFS
    assert [each.suffix for each in file.parent.iterdir()] == [".mp3"]
    store.close()
