"""What of a call is recorded: from its notice on, masked where it is sensitive, less the time on hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dialogs.effects import (
    Hangup,
    Play,
    Spoken,
    StartRecording,
)
from dialogs.results import (
    Alternative,
    Done,
    Heard,
    Match,
    NoMatch,
    Played,
)
from esl.switch import Held, TakenBack
from ivr.living.collected import Collected
from ivr.recorded_time import RecordedTime
from ivr.recordings.muting import list_of, spans_of
from speech.errors import SynthesizerLost
from speech.synthesizer import Waiting
from tests.ivr.session_rig import Rig, number_question, rig, spoken

__all__ = ["rig"]


def test_a_sensitive_value_that_is_said_is_masked_in_the_recording(rig: Rig) -> None:
    """What the system reads back is as secret as what the caller keyed."""
    rig.live([Play(spoken("number"), "tell", sensitive=True), Hangup("bye")])
    orders = rig.call.orders
    assert orders.index("mask") < orders.index("play number.wav") < orders.index("unmask")


NOTICE = Play(spoken("recorded"), "recording_notice", always=True)


def test_the_recording_begins_after_its_notice(rig: Rig) -> None:
    """Not with the answer; what is sensitive before that needs no mask."""
    rig.live(
        [
            Play(spoken("number"), "tell", sensitive=True),
            NOTICE,
            StartRecording("recording_notice"),
            Play(spoken("hola"), "greet"),
            Hangup("bye"),
        ]
    )
    assert rig.call.orders == [
        "answer",
        "play number.wav",
        "play recorded.wav",
        "start_recording",
        "play hola.wav",
        "hang_up NORMAL_CLEARING",
    ]


def test_who_types_ahead_or_cuts_it_short_has_still_been_told(rig: Rig) -> None:
    """The notice begins in any case, a key ends it, and the key still answers the question."""
    rig.call.hold_prompts = True
    rig.call.keys("45713")
    dialog, record = rig.live([NOTICE, StartRecording("recording_notice"), number_question(), Hangup("bye")])
    orders = rig.call.orders
    assert orders.index("play recorded.wav") < orders.index("stop_playing") < orders.index("start_recording")
    assert dialog.results == [Played(interrupted=True), Done(), Match("45713", "45713", "keys")]
    assert record.recording


def test_keys_that_wait_already_do_not_skip_the_notice(rig: Rig) -> None:
    """Pressed in the greeting before it: a greeting is skipped, the notice is not."""
    rig.call.keys("45713")
    dialog, _ = rig.live(
        [
            Play(spoken("hola"), "greet"),
            NOTICE,
            StartRecording("recording_notice"),
            number_question(),
            Hangup("bye"),
        ]
    )
    assert "play recorded.wav" in rig.call.orders
    assert dialog.results[-1] == Match("45713", "45713", "keys")


@pytest.mark.parametrize("gone", ["play", "start_recording"])
def test_a_caller_who_goes_before_the_recording_began_leaves_none(rig: Rig, gone: str) -> None:
    """The record does not name a file that is not there."""
    rig.call.hang_up_at = gone
    _, record = rig.live([NOTICE, StartRecording("recording_notice"), Hangup("bye")])
    assert not record.recording


def test_without_consent_there_is_no_recording(rig: Rig) -> None:
    """The caller said no, so the dialog never starts it; and the record names no file."""
    dialog, record = rig.live([NOTICE, Hangup("bye")], recording_waits=True)
    assert "start_recording" not in rig.call.orders
    assert not record.recording
    assert dialog.results == [Played()]


def test_a_refused_recording_ends_no_call(rig: Rig) -> None:
    """A full disk costs the recording, and the record does not name a file that is not there."""
    rig.call.refused = "start_recording"
    dialog, record = rig.live([Play(spoken("hola"), "greet"), Hangup("bye")])
    assert dialog.results == [Played()]
    assert not record.recording


def test_what_cannot_be_masked_is_not_recorded(rig: Rig) -> None:
    """Better no recording than one with the answer in it."""
    rig.call.refused = "mask"
    rig.call.keys("45713")
    dialog, _ = rig.live([number_question(sensitive=True), Hangup("bye")])
    assert dialog.results == [Match("45713", "45713", "keys")]
    assert rig.call.orders.index("stop_recording") < rig.call.orders.index("play number?.wav")


def test_a_fault_in_a_sensitive_question_unmasks_the_recording(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conversation in the fallback queue is recorded as sound, not as silence."""

    def lost(_spoken: Spoken, _waiting: Waiting) -> Path:
        raise SynthesizerLost("worker gone")

    monkeypatch.setattr(rig.prompts, "file_of", lost)
    rig.live([number_question(sensitive=True), Hangup("bye")])
    assert rig.call.orders[-2:] == ["unmask", "release"]


def test_a_hold_is_noted_with_its_beginning_and_its_length(rig: Rig) -> None:
    """A hold that the hang-up ends lasted until then; twice is once. What was recorded is the rest."""
    for event in (Held(), Held(), TakenBack(), TakenBack(), Held()):
        rig.call.inbox.put(event)
    rig.call.keys("45713")
    _, record = rig.live([number_question(), Hangup("bye")])
    holds = [turn for turn in record.turns if turn.kind == "hold"]
    assert [(turn.who, turn.text) for turn in holds] == [("caller", "")] * 2
    assert all(turn.latency_ms is not None and turn.latency_ms >= 0 for turn in holds)
    assert record.recorded_ms is not None
    ended = holds[-1].at_ms + (holds[-1].latency_ms or 0)  # with the call
    assert record.recorded_ms <= ended - sum(turn.latency_ms or 0 for turn in holds) + 2  # rounded


def test_time_on_hold_counts_only_while_it_is_recorded() -> None:
    """Before the recording, within it, across its end, and still on hold at the end."""
    now = [0.0]
    time = RecordedTime(lambda: now[0])

    def at(moment: float, happens: Callable[[], object]) -> object:
        now[0] = moment
        return happens()

    assert time.seconds is None
    at(1, time.hold)
    at(2, time.begin)
    assert at(5, time.take_back) == (1.0, 4.0)
    assert at(7, lambda: time.seconds) == 2.0
    at(10, time.hold)
    assert at(12, lambda: time.seconds) == 5.0
    at(13, time.end)
    assert at(20, time.take_back) == (10.0, 10.0)
    assert at(30, lambda: time.seconds) == 5.0
    at(31, time.hold)
    assert at(32, time.take_back) == (31.0, 1.0)
    assert at(40, lambda: time.seconds) == 5.0
    assert time.take_back() is None


def hears(monkeypatch: pytest.MonkeyPatch, rig: Rig, said: str) -> None:
    """Whatever is asked, the caller says that."""

    class Heedful:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def ask(self, _play: object) -> Collected:
            now = rig.clock.now()
            given = Heard((Alternative(said, 0.9),))
            return Collected(NoMatch(said), now, given=given, began_at=now - 2.0)

    monkeypatch.setattr("ivr.session.Question", Heedful)


@pytest.mark.parametrize(
    ("said", "secret"), [("mi pin es cuatro ocho dos uno", True), ("quiero saber mi saldo", False)]
)
def test_what_was_said_with_a_secret_in_it_is_to_be_silenced(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, said: str, secret: bool
) -> None:
    """The span is on the disk before the call goes on, and how long was recorded at its end."""
    hears(monkeypatch, rig, said)
    _, record = rig.live([Play(spoken("hola"), "greet"), number_question(), Hangup("bye")])
    assert record.recording is not None
    listed = list_of(rig.folder / "recordings" / record.recording)
    assert listed.exists() == secret
    if secret:
        told = spans_of(listed)
        ((begin, end),) = told.spans
        assert told.lasted is not None
        assert 0 <= begin < end <= told.lasted
    assert all("cuatro" not in turn.text for turn in record.turns)


def test_where_no_span_can_be_noted_nothing_is_recorded(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Better no recording than one with a secret."""
    hears(monkeypatch, rig, "mi pin es cuatro ocho dos uno")
    (rig.folder / "recordings").mkdir()
    (rig.folder / "recordings" / ".mute").write_text("no folder")
    _, record = rig.live([number_question(), number_question(), Hangup("bye")])
    assert not record.recording
    assert rig.call.orders.count("stop_recording") == 1
    assert not list((rig.folder / "recordings").rglob("*.wav"))
