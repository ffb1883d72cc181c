"""The scripted caller: what it says, hears and measures."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from esl.embedded.caller import (
    HangUp,
    Key,
    ScriptedCaller,
    Silent,
    Speak,
    TalkOver,
    WaitForPromptEnd,
    WaitForSound,
    WaitHangup,
)
from esl.embedded.clock import Clock
from esl.embedded.errors import ScriptError
from esl.embedded.measure import end_of_sound, first_loud, spans_of_sound
from tests.embedded.sound import counting, tone, write_wav


def test_spans_of_sound() -> None:
    """Words a short pause apart are one stretch, sentences are two."""
    quiet = bytes(8000)
    samples = quiet + tone(0.5) + bytes(1600) + tone(0.2) + quiet + tone(0.1)
    (first, second) = spans_of_sound(samples)
    assert first == (4000, 4000 + 4000 + 800 + 1600)
    assert second[0] == first[1] + 4000
    assert abs((second[1] - second[0]) - 800) <= 80


def test_first_and_end_of_sound() -> None:
    """The instants that latencies are measured between."""
    samples = bytes(2000) + counting(10) + bytes(4000)
    assert first_loud(samples) == 1000
    assert first_loud(samples, start=1100) == 1100
    assert first_loud(bytes(100)) is None
    assert end_of_sound(samples, start=1500) == 1000 + 1600
    assert end_of_sound(samples, start=0, pause=0.01) == 0
    assert end_of_sound(samples + counting(10), start=4500) is None


def test_what_is_said_is_heard_back_at_its_place(make_switch, call, clock: Clock, tmp_path: Path) -> None:
    """Both directions are on one timeline: an echo comes later, never earlier, and unchanged."""
    switch = make_switch(["answer"], ["echo"], clock=clock)
    caller: ScriptedCaller = call(switch)
    caller.wait_for_answer()
    spoken = counting(25)
    utterance = caller.speak(spoken)
    assert caller.said[utterance.start * 2 : utterance.end * 2] == spoken
    caller.wait_until_quiet(quiet=0.3)
    heard = caller.heard
    assert spoken in heard
    latency = caller.response_latency(utterance.start)
    assert latency is not None
    assert 0.02 <= latency <= 0.08
    path = tmp_path / "both.wav"
    caller.write_wav(path)
    with wave.open(str(path)) as file:
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert both[:, 0].tobytes().startswith(caller.said[: utterance.end * 2])
    assert both[:, 1].tobytes().startswith(heard[: utterance.end * 2])


def test_barge_in_is_measured(make_switch, call, clock: Clock) -> None:
    """The time from the caller's first sound to the last of the prompt."""
    switch = make_switch(["answer"], ["playback", "tone_stream://%(60000,0,300)"], ["park"], clock=clock)
    caller: ScriptedCaller = call(switch)
    caller.wait_for_sound()
    caller.silent(0.5)
    onset = caller.position
    caller.silent(0.2)
    switch.api("uuid_break", f"{caller.uuid} all")
    stopped = caller.position
    caller.silent(0.5)
    latency = caller.barge_in_latency(onset)
    assert latency is not None
    assert abs(latency - (stopped - onset) / 8000) <= 0.04
    assert caller.barge_in_latency(stopped + 3000) == 0


def test_a_script_from_beginning_to_end(make_switch, call, clock: Clock, tmp_path: Path) -> None:
    """Every step does what it says, and the script ends with the call."""
    question = "1 1 1 5000 # tone_stream://%(600,0,300) silence_stream://250 answer \\d 2000"
    switch = make_switch(
        ["answer"],
        ["playback", "tone_stream://%(600,0,440)"],
        ["sleep", "2500"],
        ["play_and_get_digits", question],
        ["playback", "tone_stream://%(3000,0,500)"],
        ["park"],
        clock=clock,
    )
    caller: ScriptedCaller = call(switch)
    file = write_wav(tmp_path / "words.wav", tone(0.4, hz=900))
    caller.run(
        [
            WaitForPromptEnd(quiet=0.3),
            Speak(tone(0.5)),
            WaitForSound(),
            Key("1"),
            TalkOver(file, after=0.3),
            Silent(0.2),
            HangUp("USER_BUSY"),
            WaitHangup(),
        ]
    )
    assert caller.hangup_cause == "USER_BUSY"
    said = spans_of_sound(caller.said)
    assert [round((end - onset) / 8000, 1) for onset, end in said] == [0.5, 0.4]


def test_waiting_has_an_end(make_switch, call, clock: Clock) -> None:
    """A script that waits for what does not come fails with one line; a hang-up just ends the wait."""
    switch = make_switch(["answer"], ["sleep", "5000"], ["hangup", "USER_BUSY"], clock=clock)
    caller: ScriptedCaller = call(switch)
    with pytest.raises(ScriptError, match="nothing was heard within 1 s"):
        caller.wait_for_sound(timeout=1.0)
    with pytest.raises(ScriptError, match="had not ended"):
        caller.wait_hangup(timeout=0.5)
    assert caller.wait_for_sound(timeout=60.0) is False
    assert caller.hangup_cause == "USER_BUSY"
    assert caller.speak(tone(1.0)).end == -1  # nobody there to say it to
