"""A disk fills up in the middle of a call: the voice or the recording is lost, the call is not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from esl.errors import CommandRefusedError
from esl.live_audio import LiveAudio
from esl.switch import Audio, Digit, ListeningLost
from ivr.recordings.library import TOLERANCE, Recording
from ivr.recordings.sound import wav_shape
from tests.contract.place import Application, Place, connected, gone, pause, wav
from tests.contract.test_notice import FLOW, Life
from tests.freeswitch.harness import wait_until
from tests.freeswitch.sound import tone
from tests.small_disk import small_disk_at

WRITTEN = 60_000
"""Bytes: the switch keeps 64 KiB back, and writes them together."""


@pytest.fixture
def small_folder(tmp_path: Path) -> Iterator[Path]:
    """256 kB of shared memory: a real file system that is really full."""
    with small_disk_at(tmp_path / "small", size="256k", mode="1777") as folder:
        yield folder


def fill(folder: Path) -> None:
    with (
        (folder / "somebody-elses").open("wb", buffering=0) as file,
        pytest.raises(OSError, match="No space"),
    ):
        while True:
            file.write(bytes(4096))


def test_a_full_folder_costs_the_voice_and_not_the_call(place: Place, small_folder: Path) -> None:
    """The application is told soon and why; prompts and keys go on, and the caller can hang up."""
    audio = LiveAudio(folder=small_folder)
    application = Application(place.port, live_audio=audio)
    try:
        caller, session = connected(place, application)
        session.call.start_listening()
        session.until(lambda event: isinstance(event, Audio))
        fill(small_folder)
        lost = session.until(lambda event: isinstance(event, ListeningLost))
        assert lost == ListeningLost(f"{small_folder} is full")
        prompt = wav(place.folder / "full.wav", tone(440, 1.0))
        playing = session.call.play([prompt])
        caller.press("5")
        session.until(lambda event: event == Digit("5"))
        assert session.finished(playing).response == "FILE PLAYED"
        caller.hang_up()
        gone(place)
    finally:
        application.close()
        audio.close()


def test_a_full_disk_cuts_the_recording_and_not_the_call(
    place: Place, application: Application, small_folder: Path
) -> None:
    """What was written until then is there and can be heard; prompts and keys go on."""
    file = small_folder / "call.wav"
    caller, session = connected(place, application)
    session.call.start_recording(file)
    wait_until(lambda: file.stat().st_size > WRITTEN, 10, "something in the file")
    fill(small_folder)
    playing = session.call.play([wav(place.folder / "cut.wav", tone(440, 3.0))])
    caller.press("5")
    session.until(lambda event: event == Digit("5"))
    assert session.finished(playing).response == "FILE PLAYED"
    caller.hang_up()
    session.hung_up()
    session.let_go()
    gone(place)
    shape = wav_shape(file)
    assert shape.closed
    assert shape.length >= WRITTEN
    assert file.stat().st_size < WRITTEN * 2


def test_a_disk_that_is_full_from_the_start_costs_the_recording_and_not_the_call(
    place: Place, application: Application, small_folder: Path
) -> None:
    """The switch refuses, and leaves an empty file; the caller hears no difference."""
    file = small_folder / "call.wav"
    fill(small_folder)
    caller, session = connected(place, application)
    with pytest.raises(CommandRefusedError, match="Cannot record session"):
        session.call.start_recording(file)
    assert file.stat().st_size == 0
    playing = session.call.play([wav(place.folder / "full.wav", tone(440, 0.5))])
    assert session.finished(playing).response == "FILE PLAYED"
    caller.hang_up()
    session.hung_up()


def test_a_recording_that_a_full_disk_cut_is_told(
    place: Place, application: Application, small_folder: Path, tmp_path: Path
) -> None:
    """One warning for the disk, though it is looked at when the call begins and when it ends; what there is
    of the recording says `cut`."""
    with structlog.testing.capture_logs() as logged:
        life = Life(place, application, tmp_path, FLOW, recordings=small_folder)
        life.until_said("more")
        file = next(iter(wait_for(small_folder)))
        wait_until(lambda: file.stat().st_size > WRITTEN, 10, "something in the file")
        fill(small_folder)
        pause(2.2 + TOLERANCE)  # the switch keeps two seconds back, which nobody can write any more
        life.caller.hang_up()
        record = life.end()
        gone(place)
    told = [entry["event"] for entry in logged if entry["log_level"] in ("warning", "error")]
    assert told == ["recordings_disk_full"]
    condition = Recording(record, small_folder / str(record.recording)).look()
    assert condition.state == "cut"
    assert condition.lacks > TOLERANCE
    assert "missing" in condition.warning


def wait_for(folder: Path) -> list[Path]:
    """The recordings below it, as soon as there is one."""
    wait_until(lambda: any(folder.rglob("*.wav")), 5, "a recording")
    return list(folder.rglob("*.wav"))


def test_time_on_hold_is_in_the_record_and_not_in_the_time_that_was_recorded(
    place: Place, application: Application, tmp_path: Path
) -> None:
    """When the hold was and how long it lasted; the recording need not hold it to be whole."""
    life = Life(place, application, tmp_path, FLOW)
    life.until_said("more")
    asked = time.monotonic()
    life.caller.put_on_hold()
    held_at = time.monotonic()
    pause(1.0)
    least = time.monotonic() - held_at
    life.caller.take_back()
    most = time.monotonic() - asked
    pause(0.3)
    life.caller.hang_up()
    record = life.end()
    gone(place)
    (hold,) = [turn for turn in record.turns if turn.kind == "hold"]
    assert (hold.who, hold.flow, hold.step) == ("caller", "trial", "more")
    assert hold.latency_ms is not None
    assert least - 0.5 < hold.latency_ms / 1000 < most + 2.0
    assert record.seconds is not None
    assert record.recorded_ms is not None
    assert record.recorded_ms <= record.seconds * 1000 - hold.latency_ms
    file = life.recordings / str(record.recording)
    wait_until(lambda: wav_shape(file).closed, 5, "a complete recording")
    assert Recording(record, file).look().state == "whole"
