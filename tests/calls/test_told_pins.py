"""Somebody tells a PIN in a voice note: on a whole spoken call it is silent in every sound that is kept."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import gevent
import numpy as np
import pytest

from ivr.stage import Stage
from ivr.voice import Speaker
from tests.calls.conftest import settings_in
from tests.calls.test_messages_and_transfers import CATALOGUE, FLOW, record_of
from tests.models import need_model

NUMBER = "+34600000321"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    need_model("whisper-base")
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "flows" / "main.flow.yaml").write_text(FLOW, encoding="utf-8")
    with Stage(settings_in(tmp_path, engine="whisper")) as playing:
        playing.server.rooms.voice.wait_warm()
        yield playing


def loud_in(samples: np.ndarray) -> float:
    """Seconds that are no silence."""
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160).astype(float)
    return float((np.abs(frames).mean(axis=1) > 300).sum() * 0.02)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_pin_in_a_voice_note_is_silent_and_the_rest_is_not(stage: Stage, speaker: Speaker) -> None:
    """What the note is for can be heard before it; the PIN neither there nor in the call's recording."""
    before = speaker.speak("no tengo internet desde ayer por la noche", "es")
    pin = speaker.speak("mi clave es cuatro ocho dos uno", "es")
    caller = stage.caller(NUMBER)
    caller.join()
    assert caller.wait_until_quiet(0.5)
    caller.key("3")
    assert caller.wait_for_sound(20)
    assert caller.wait_until_quiet(0.5)
    caller.speak(before + bytes(16_000) + pin + bytes(16_000))
    caller.hang_up()
    record = record_of(stage, NUMBER)
    (note,) = [turn.text for turn in record.turns if turn.kind == "recorded"]
    folder = stage.settings.recordings_folder
    with gevent.Timeout(60, AssertionError("it is not silenced")):
        while list((folder / ".mute").glob("*.jsonl")):
            gevent.sleep(0.2)  # the server looks every few seconds
    told = loud_in(np.frombuffer(before, "<i2"))
    for file, channels in ((folder / note, 1), (folder / str(record.recording), 2)):
        with wave.open(str(file), "rb") as sound:
            assert sound.getnchannels() == channels
            caller_side = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")[::channels]
        heard = loud_in(caller_side)
        # More than the PIN may be gone from the call's recording, whose clock is another.
        assert (0.8 * told if channels == 1 else 0.0) <= heard <= told + 0.1, file
