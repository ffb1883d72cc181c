"""The tail of what the switch records, on real files, with a clock that the tests move."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from gevent.queue import Queue

from esl.errors import UnsafeTextError
from esl.live_audio import LiveAudio, default_folder
from esl.switch import FRAME_BYTES, Audio, ListeningLost
from tests.clocks import Seconds


class Listening:
    """One leg's tap on a file that the test writes as the switch would."""

    def __init__(self, folder: Path) -> None:
        self.clock = Seconds()
        self.audio = LiveAudio(folder=folder, clock=self.clock)
        self.path = self.audio.path_for("leg-1")
        self.heard: list[Audio | ListeningLost] = []
        # Followed without the greenlet, so that each look is the test's own.
        self.tap = self.audio.follow("leg-1", self.heard.append)
        assert self.audio._reader is not None
        self.audio._reader.kill()

    def look(self, after: float = 0.0) -> list[Audio | ListeningLost]:
        self.clock.now += after
        self.heard.clear()
        self.audio.look()
        return self.heard.copy()


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listening]:
    one = Listening(tmp_path)
    yield one
    one.audio.close()


def frames(first: int, count: int) -> bytes:
    return b"".join(bytes([number % 256]) * FRAME_BYTES for number in range(first, first + count))


def test_whole_frames_with_their_place(listening: Listening) -> None:
    """Frames come whole and in order; a half one waits for its other half; positions are in seconds."""
    with listening.path.open("wb", buffering=0) as switch:
        switch.write(frames(0, 3) + b"\x03" * 100)
        assert listening.look() == [Audio(frames(0, 3), 0.0)]
        assert listening.look() == []
        switch.write(b"\x03" * (FRAME_BYTES - 100) + frames(4, 1))
        assert listening.look() == [Audio(frames(3, 2), 0.06)]


def test_the_file_is_unlinked_once_open_and_goes_on(listening: Listening) -> None:
    """Nobody else can open a caller's voice, and a crash leaves nothing behind."""
    with listening.path.open("wb", buffering=0) as switch:
        assert listening.look() == []
        assert not listening.path.exists()
        switch.write(frames(0, 1))
        assert listening.look() == [Audio(frames(0, 1), 0.0)]


def test_a_backlog_comes_in_bounded_pieces(listening: Listening) -> None:
    """Ten seconds at once (the process was held up) do not hold up the other calls."""
    with listening.path.open("wb", buffering=0) as switch:
        switch.write(frames(0, 500))
        pieces = [listening.look()[0] for _ in range(3)]
    assert [len(piece.samples) // FRAME_BYTES for piece in pieces if isinstance(piece, Audio)] == [
        200,
        200,
        100,
    ]
    assert b"".join(piece.samples for piece in pieces if isinstance(piece, Audio)) == frames(0, 500)


def test_what_was_read_is_given_back_to_memory(listening: Listening) -> None:
    """A long call needs no more memory than a short one; the switch writes on behind the hole."""
    heard = b""
    with listening.path.open("wb", buffering=0) as switch:
        for second in range(30):
            switch.write(frames(second * 50, 50))
            heard += b"".join(piece.samples for piece in listening.look() if isinstance(piece, Audio))
        file = os.fstat(switch.fileno())
    assert heard == frames(0, 1500)
    assert file.st_size == 1500 * FRAME_BYTES
    assert file.st_blocks * 512 < 6 * 50 * FRAME_BYTES


def test_a_file_that_may_not_be_written_is_read_all_the_same(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch is another user, and this process may be root: the refusal is made here."""
    real = os.open

    def refuse(path: Path, flags: int) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(13, "Permission denied")
        return real(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    with listening.path.open("wb", buffering=0) as switch:
        switch.write(frames(0, 300))
        assert [len(one.samples) for one in listening.look() if isinstance(one, Audio)] == [200 * FRAME_BYTES]
        assert [len(one.samples) for one in listening.look() if isinstance(one, Audio)] == [100 * FRAME_BYTES]


def test_a_file_that_never_appears_is_told_once(listening: Listening) -> None:
    """The switch is on another machine, or the folder is not shared: keys remain."""
    assert listening.look(2.9) == []
    (lost,) = listening.look(0.2)
    assert isinstance(lost, ListeningLost)
    assert "wrote no audio" in lost.reason
    assert listening.look(10) == []
    assert listening.audio.following == 0


def test_a_file_that_stops_growing_is_told_once(listening: Listening) -> None:
    """Silence is zeros, not nothing: a file that does not grow is a fault."""
    with listening.path.open("wb", buffering=0) as switch:
        switch.write(frames(0, 1))
        listening.look()
        assert listening.look(9.0) == []
        switch.write(frames(1, 1))
        assert len(listening.look()) == 1
        assert listening.look(9.0) == []
        assert listening.look(2.0) == [ListeningLost("no audio for 11.0 s")]
        assert listening.look(20.0) == []


def test_a_full_folder_is_told_soon(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shared memory is small; the caller should not wait ten seconds to be asked for keys."""
    with listening.path.open("wb", buffering=0) as switch:
        switch.write(frames(0, 1))
        listening.look()
        real = os.fstatvfs(switch.fileno())
        full = os.statvfs_result((*real[:4], 0, *real[5:]))
        monkeypatch.setattr(os, "fstatvfs", lambda file: full)
        assert listening.look(0.9) == []
        assert listening.look(0.2) == [ListeningLost(f"{listening.path.parent} is full")]


def test_a_file_that_was_cut_is_told(listening: Listening) -> None:
    """Positions would be wrong from here on."""
    with listening.path.open("wb", buffering=0) as switch:
        switch.write(frames(0, 2))
        listening.look()
        switch.truncate(10)
        assert listening.look() == [ListeningLost("the file was cut short")]


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_only_a_plain_file_is_read(listening: Listening, kind: str, tmp_path: Path) -> None:
    """A link could lead anywhere, a pipe would block the hub."""
    if kind == "link":
        (tmp_path / "other").write_bytes(frames(0, 1))
        listening.path.symlink_to(tmp_path / "other")
    elif kind == "pipe":
        os.mkfifo(listening.path)
    else:
        listening.path.mkdir()
    (lost,) = listening.look()
    assert isinstance(lost, ListeningLost)
    assert "cannot be read" in lost.reason


def test_stopping_ends_it_and_leaves_nothing(listening: Listening) -> None:
    """Also before the switch has created the file; twice is once."""
    listening.path.write_bytes(frames(0, 1))
    listening.tap.stop()
    listening.tap.stop()
    assert listening.look() == []
    assert not listening.path.exists()


def test_a_listener_that_fails_harms_nobody_else(listening: Listening) -> None:
    """One leg's fault must not make the others deaf."""

    def fail(_what: Audio | ListeningLost) -> None:
        raise ZeroDivisionError("a bug")

    broken = listening.audio.follow("leg-0", fail)
    broken.path.write_bytes(frames(0, 1))
    listening.path.write_bytes(frames(7, 1))
    listening.audio._taps.reverse()
    assert listening.look() == [Audio(frames(7, 1), 0.0)]
    assert broken.stopped


@pytest.mark.parametrize("uuid", ["", "../x", "a/b", "a b", ".", "x" * 65, "ñ"])
def test_an_odd_uuid_never_becomes_a_file_name(tmp_path: Path, uuid: str) -> None:
    """The uuid comes from the peer."""
    with pytest.raises(UnsafeTextError):
        LiveAudio(folder=tmp_path).path_for(uuid)


def test_a_folder_that_cannot_be_named_to_the_switch_is_refused(tmp_path: Path) -> None:
    """At once, and not when the first caller speaks."""
    with pytest.raises(UnsafeTextError):
        LiveAudio(folder=tmp_path / "it's")
    audio = LiveAudio()
    assert audio.folder.parent.parent == default_folder()
    audio.close()


def test_one_greenlet_serves_all_legs(tmp_path: Path) -> None:
    """Live, with real files and the real clock: fifty legs, each gets its own audio and nothing else."""
    audio = LiveAudio(interval=0.005, folder=tmp_path)
    inboxes: list[Queue[Audio | ListeningLost]] = [Queue() for _ in range(50)]
    files = []
    for number, inbox in enumerate(inboxes):
        path = audio.path_for(f"leg-{number}")
        files.append(path.open("wb", buffering=0))
        audio.follow(f"leg-{number}", inbox.put)
    for turn in range(5):
        for number, file in enumerate(files):
            file.write(bytes([number]) * FRAME_BYTES)
        for number, inbox in enumerate(inboxes):
            assert inbox.get(timeout=5) == Audio(bytes([number]) * FRAME_BYTES, round(turn * 0.02, 2))
    audio.close()
    assert audio.following == 0
    for file in files:
        file.close()


def test_the_greenlet_rests_when_nobody_listens(tmp_path: Path) -> None:
    """And wakes for the next call."""
    audio = LiveAudio(interval=0.001, folder=tmp_path)
    for name in ("first", "second"):
        heard: Queue[Audio | ListeningLost] = Queue()
        path = audio.path_for(name)
        path.write_bytes(frames(1, 1))
        tap = audio.follow(name, heard.put)
        assert heard.get(timeout=5) == Audio(frames(1, 1), 0.0)
        tap.stop()
        with gevent.Timeout(5, AssertionError("the reader never rested")):
            while audio._wanted.is_set():
                gevent.idle()
    audio.close()
