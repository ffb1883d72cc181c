"""The folder of the live audio fills up in the middle of a call: the voice is lost, the call is not."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from esl.live_audio import LiveAudio
from esl.switch import Audio, Digit, ListeningLost
from tests.contract.place import Application, Place, connected, gone, wav
from tests.freeswitch.sound import tone


@pytest.fixture
def small_folder(tmp_path: Path) -> Iterator[Path]:
    """256 kB of shared memory: a real file system that is really full."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k,mode=1777", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted by this user")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


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
