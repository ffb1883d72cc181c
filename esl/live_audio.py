"""The callers' live audio: what carries it, and the way of a switch on the same machine, which is a file.

One greenlet reads the files that the switch writes, for all calls at once.

The switch records each leg to a file in memory (`uuid_record` to `.r8`: raw 16-bit little-endian mono at
8 kHz, unbuffered); what has been added since the last look goes to the leg as whole 20 ms frames.

Rules:
1. The file is unlinked as soon as it is open: it lives on for the two that hold it open, and nobody else can
   read a caller's voice. (For `uuid_record stop` the path is a key.) What a crash leaves in the milliseconds
   before that is removed at the next start (`esl.live_folder`). The switch writes on until the leg ends, into
   a file without a name: 16 kB for each second that the caller of a killed server still waits.
2. One look at a file costs microseconds, a round yields to the other greenlets when it takes longer.
3. What has been read is given back to memory, so that a long call needs no more of it than a short one.
4. Listening that fails says so once (`ListeningLost`) and never harms the call.
"""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import gevent
import structlog
from gevent.event import Event as Flag

from esl import commands
from esl.errors import UnsafeTextError
from esl.live_folder import ENDING, LiveFolder, claim, give_back
from esl.switch import FRAME_BYTES, SAMPLE_RATE, Audio, ListeningLost
from esl.wire import Command

log = structlog.get_logger("esl.live_audio")

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - tmpfs that the switch and we share, by design
BYTES_PER_SECOND = 2 * SAMPLE_RATE
_MOST_PER_LOOK = 200 * FRAME_BYTES  # bytes; four seconds, so that no backlog holds up the others
_GIVEN_BACK = 1 << 16  # bytes; four seconds, and a whole number of pages
_LONGEST_STRETCH = 0.002  # seconds of reading before the other greenlets get their turn


def default_folder() -> Path:
    """Shared memory where there is such a thing, else the folder for temporary files."""
    if SHARED_MEMORY.is_dir() and os.access(SHARED_MEMORY, os.W_OK):
        return SHARED_MEMORY
    return Path(tempfile.gettempdir())


class Tap(Protocol):
    """One leg's audio, by whatever way it comes."""

    stopped: bool

    @property
    def begin(self) -> tuple[Command, ...]:
        """What the switch has to be told for it to come."""

    @property
    def end(self) -> Command:
        """What the switch has to be told for it to cease."""

    def stop(self) -> None:
        """Nothing is delivered afterwards. Safe to call twice."""

    def again(self) -> Tap | None:
        """Another tap for the same audio, where nothing has come although the switch had accepted to send
        it, and asking once more may help. None otherwise. This one is to be stopped then."""


class AudioTransport(Protocol):
    """A way from the switch to us: a file (`LiveAudio`) or a websocket (`esl.audio_socket`)."""

    def tap(self, uuid: str, deliver: Callable[[Audio | ListeningLost], None]) -> Tap:
        """Expects that leg's audio. `deliver` must not wait. Raises `UnsafeTextError` for an odd uuid."""

    def close(self) -> None:
        """Stops all taps."""


TAP = "ivr_tap"
"""The channel variable with the file: should we die, the dialplan's fallback ends the recording by it."""
_TAPPED = {
    "enable_file_write_buffering": "false",
    "RECORD_READ_ONLY": "true",
    "RECORD_PRE_BUFFER_FRAMES": "0",
    "playback_terminators": "none",
    "RECORD_STEREO": "",
    # A recording thread that starts while the leg hangs up waits for ever and keeps the session as a
    # zombie (seen on FreeSWITCH 1.11.2 in 2 of 3 runs of 100 calls; none in 800 calls without the thread).
    "RECORD_USE_THREAD": "false",
}


@dataclass(eq=False)
class FileTap:
    """One leg's audio on its way. `stop` ends it; nothing is delivered afterwards."""

    audio: LiveAudio
    uuid: str
    path: Path
    deliver: Callable[[Audio | ListeningLost], None]
    since: float
    """When it was asked for, then when it last grew: by the clock of `LiveAudio`."""
    position: int = 0
    """Bytes delivered so far."""
    file: int | None = None
    kept_from: int = 0
    """Where what has not been given back begins; behind it everything is still in memory."""
    stopped: bool = field(default=False)
    attempt: int = 1

    @property
    def begin(self) -> tuple[Command, ...]:
        """The variables count at the start of each recording: they go out right before it."""
        start = commands.record(self.uuid, "start", self.path)
        return commands.set_variables(self.uuid, {**_TAPPED, TAP: str(self.path)}), start

    @property
    def end(self) -> Command:
        return commands.record(self.uuid, "stop", self.path)

    def again(self) -> FileTap | None:
        """Where the switch has made the file and written nothing. Under a new name: the switch knows what it
        records by the path."""
        if self.stopped or self.file is None or self.position:
            return None
        return self.audio.follow(self.uuid, self.deliver, attempt=self.attempt + 1)

    def stop(self) -> None:
        """Safe to call twice. A file that nobody opened yet is removed."""
        self.stopped = True
        if self.file is not None:
            os.close(self.file)
            self.file = None
        else:
            with suppress(OSError):  # not there, or a folder, which is not the switch's
                self.path.unlink()


class LiveAudio:
    """Reads every tap every `interval` seconds.

    `appear_within`: seconds until a file must be there, else the switch is on another machine or the
    folder is not shared. `stall_after`: seconds without growth until listening counts as lost; at once
    if the folder is full. `clock` gives seconds. `folder` is used as it is; a `LiveFolder` is released at
    the end; without either, one is claimed in shared memory (then `OSError` is raised where that cannot be).
    Raises `UnsafeTextError` for a folder that cannot be named to the switch.
    """

    def __init__(
        self,
        *,
        interval: float = 0.01,
        folder: Path | LiveFolder | None = None,
        appear_within: float = 3.0,
        stall_after: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.interval = interval
        place = folder or claim(default_folder())
        self._claimed = place if isinstance(place, LiveFolder) else None
        self.folder = (place.path if isinstance(place, LiveFolder) else place).absolute()
        commands.safe_path(self.folder)
        self.appear_within = appear_within
        self.stall_after = stall_after
        self._clock = clock
        self._taps: list[FileTap] = []
        self._wanted = Flag()
        self._reader: gevent.Greenlet[[], None] | None = None

    def path_for(self, uuid: str, attempt: int = 1) -> Path:
        """Where the switch should write this leg's audio. Raises `UnsafeTextError` for an odd uuid."""
        if not commands.is_token(uuid):
            raise UnsafeTextError(f"not a leg's uuid: {uuid[:80]!r}")
        return self.folder / (f"{uuid}{ENDING}" if attempt == 1 else f"{uuid}.{attempt}{ENDING}")

    def tap(self, uuid: str, deliver: Callable[[Audio | ListeningLost], None]) -> FileTap:
        """Follows the file of that leg. Raises `UnsafeTextError` for an odd uuid."""
        return self.follow(uuid, deliver)

    def follow(
        self, uuid: str, deliver: Callable[[Audio | ListeningLost], None], *, attempt: int = 1
    ) -> FileTap:
        """Delivers what is written to that file from now on. `deliver` must not wait."""
        path = self.path_for(uuid, attempt)
        tap = FileTap(self, uuid, path, deliver, self._clock(), attempt=attempt)
        self._taps.append(tap)
        if self._reader is None or self._reader.dead:
            self._reader = gevent.spawn(self._read)
        self._wanted.set()
        return tap

    def close(self) -> None:
        """Stops all taps and the greenlet."""
        for tap in self._taps:
            tap.stop()
        self._taps.clear()
        if self._reader is not None:
            self._reader.kill()
        if self._claimed is not None:
            self._claimed.release()

    @property
    def following(self) -> int:
        """How many taps are alive."""
        return sum(not tap.stopped for tap in self._taps)

    def _read(self) -> None:
        while True:
            self.look()
            if not self._taps:
                self._wanted.clear()
                self._wanted.wait()
            gevent.sleep(self.interval)

    def look(self) -> None:
        """One round over all taps."""
        turn = self._clock()
        for tap in self._taps.copy():
            self._look_at(tap)
            if self._clock() - turn > _LONGEST_STRETCH:
                gevent.sleep(0)
                turn = self._clock()
        self._taps = [tap for tap in self._taps if not tap.stopped]

    def _look_at(self, tap: FileTap) -> None:
        if tap.stopped:
            return
        try:
            if tap.file is None and not self._open(tap):
                return
            assert tap.file is not None
            samples = os.pread(tap.file, _MOST_PER_LOOK, tap.position)
        except OSError as fault:
            self._lose(tap, f"the file cannot be read: {fault.strerror or fault}")
            return
        samples = samples[: len(samples) // FRAME_BYTES * FRAME_BYTES]
        if samples:
            started = tap.position / BYTES_PER_SECOND
            tap.position += len(samples)
            tap.since = self._clock()
            self._forget_read(tap)
            self._give(tap, Audio(samples, started))
        else:
            self._check_growth(tap)

    def _open(self, tap: FileTap) -> bool:
        """True once the file is there. Follows no link, opens nothing but a plain file."""
        how = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            try:
                tap.file = os.open(tap.path, os.O_RDWR | how)
            except PermissionError:  # the switch is another user: read, but do not give back
                tap.file = os.open(tap.path, os.O_RDONLY | how)
        except FileNotFoundError:
            waited = self._clock() - tap.since
            if waited > self.appear_within:
                self._lose(tap, f"the switch wrote no audio to {tap.path.parent} within {waited:.1f} s")
            return False
        if not stat.S_ISREG(os.fstat(tap.file).st_mode):
            raise OSError("not a plain file")
        tap.path.unlink(missing_ok=True)
        return True

    @staticmethod
    def _forget_read(tap: FileTap) -> None:
        whole = tap.position // _GIVEN_BACK * _GIVEN_BACK
        if whole > tap.kept_from:
            assert tap.file is not None
            give_back(tap.file, tap.kept_from, whole)
            tap.kept_from = whole

    def _check_growth(self, tap: FileTap) -> None:
        assert tap.file is not None
        if os.fstat(tap.file).st_size < tap.position:
            self._lose(tap, "the file was cut short")
            return
        silent = self._clock() - tap.since
        if silent > self.stall_after:
            self._lose(tap, f"no audio for {silent:.1f} s")
        elif silent > 1.0 and os.fstatvfs(tap.file).f_bavail == 0:
            self._lose(tap, f"{tap.path.parent} is full")

    def _lose(self, tap: FileTap, reason: str) -> None:
        log.warning("live_audio_lost", reason=reason)
        tap.stop()
        self._give(tap, ListeningLost(reason))

    @staticmethod
    def _give(tap: FileTap, what: Audio | ListeningLost) -> None:
        try:
            tap.deliver(what)
        except Exception:
            log.exception("live_audio_delivery_failed")
            tap.stop()
