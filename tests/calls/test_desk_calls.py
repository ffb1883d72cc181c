"""`ivr call --voice` with files, and the real recogniser; with a device see `test_keyed_calls`."""

from __future__ import annotations

import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from esl.embedded.measure import spans_of_sound
from ivr.config import CHECKOUT
from ivr.voice import Speaker
from speech.sound import write_wav
from tests.models import need_model


@pytest.mark.long
def test_a_caller_from_a_file_is_understood(speaker: Speaker, tmp_path: Path) -> None:
    """The whole command, with recognition: one answer a question, and both sides are kept."""
    need_model("whisper-base")
    pause = bytes(2 * 8000)
    answers = ("saldo", "operador")
    said, kept = tmp_path / "caller.wav", tmp_path / "call.wav"
    write_wav(said, b"".join(speaker.speak(text, "es") + pause for text in answers))
    done = subprocess.run(
        [sys.executable, "-m", "ivr", "call", "main", "--voice", "--in", str(said), "--out", str(kept)],
        cwd=CHECKOUT,
        env={**os.environ, "IVR_HOME": str(tmp_path), "IVR_SPEECH__ENGINE": "whisper"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert "saldo → balance" in done.stdout, done.stdout
    assert "a person has answered" in done.stdout, done.stdout
    with wave.open(str(kept), "rb") as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        sides = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert len(spans_of_sound(sides[:, 0].tobytes(), pause=0.8)) >= 2
    assert len(spans_of_sound(sides[:, 1].tobytes(), pause=0.8)) >= 4
