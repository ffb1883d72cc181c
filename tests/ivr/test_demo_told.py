"""What `ivr demo --json` tells programs: one line, with the promised keys (its calls are `make demo`'s)."""

from __future__ import annotations

import json
from pathlib import Path

from ivr.cli.demo import Played, keying_caller, speaking_caller
from ivr.demo import Persona, PlayedCall, Verdict
from ivr.moments import CallOver


def _verdict(persona: Persona, recording: Path | None, *, reached: bool) -> Verdict:
    over = CallOver("1", cause="NORMAL_CLEARING", by="system", outcome="", seconds=9.0, recording=recording)
    return Verdict(PlayedCall(persona, moments=[over], turn_seconds=[1.2]), "hear the balance", reached, "x")


def test_the_last_line_holds_what_is_promised(tmp_path: Path) -> None:
    """How many reached what they wanted, and only recordings that are there."""
    recording = tmp_path / "call.wav"
    recording.write_bytes(b"RIFF")
    spoken = _verdict(speaking_caller("45716", "+34600111222"), recording, reached=True)
    keyed = _verdict(keying_caller("10009", "+34600111333"), tmp_path / "refused.wav", reached=False)
    assert json.loads(json.dumps(Played([spoken, keyed], "whisper-base", "pyttsx3").as_json())) == {
        "calls": 2,
        "reached_goal": 1,
        "asr_engine": "whisper-base",
        "tts_engine": "pyttsx3",
        "turn_ms_p50": 1200,
        "recordings": [str(recording)],
    }
