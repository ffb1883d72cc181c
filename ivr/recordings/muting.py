"""What a recording must not keep, and nobody could know before it was said: "mi PIN es 4821" where something
else was asked. It is silenced in the file afterwards, with its time kept.

Rules:
1. The spans stand in a file of their own, on the disk before the call goes on, so a crash loses none; whoever
   reads, converts or looks after recordings mutes first.
2. A span is silenced as soon as the recording holds it, also while the switch goes on writing, which appends.
3. A recording may be shorter than its call (a caller on hold is not recorded): what it lacks at the end is
   added before each span. Rather a word too much than a digit.
4. The list goes once the recording is finished and silent, or was gone for an hour.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import gevent
import structlog
from gevent.threadpool import ThreadPool

from ivr.errors import RecordingUnreadable
from ivr.recordings.sound import WavShape, wav_shape

log = structlog.get_logger(__name__)

LISTS = ".mute"
"""The folder of the lists, within that of the recordings: one look finds them all."""
ABANDONED = 3600.0
"""Seconds without a change after which nobody will finish a recording any more."""
EVERY = 5.0
"""Seconds between two looks: in time for the switch to write what it holds back."""
_DEPTH = 3
"""Folders between a recording and its root: year, month, day."""


@dataclass(frozen=True)
class Spans:
    """What is to be silenced in a recording, in seconds from its beginning."""

    spans: tuple[tuple[float, float], ...]
    lasted: float | None
    """How long was recorded by the clock; `None` while it goes on, or where a crash came between."""


def list_of(recording: Path) -> Path:
    """Where the list of a recording (`<folder>/YYYY/MM/DD/<call id>.wav`) lies."""
    return recording.parents[_DEPTH] / LISTS / f"{recording.stem}.jsonl"


def note(recording: Path, **what: float) -> None:
    """Adds a span (`begin`, `end`) to the list, or how long it `lasted`, on the disk. Raises OSError."""
    listed = list_of(recording)
    listed.parent.mkdir(parents=True, exist_ok=True)
    line = {"file": str(recording.relative_to(recording.parents[_DEPTH])), **what}
    with listed.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(line) + "\n")
        lines.flush()
        os.fsync(lines.fileno())


def _lines(listed: Path) -> Iterator[dict[str, object]]:
    for line in listed.read_text("utf-8").splitlines():
        with suppress(ValueError):  # the machine died while it was written
            found = json.loads(line)
            if isinstance(found, dict):
                yield found


def spans_of(listed: Path) -> Spans:
    """What a list says. Raises OSError."""
    spans, lasted = [], None
    for line in _lines(listed):
        begin, end, whole = (line.get(name) for name in ("begin", "end", "lasted"))
        if isinstance(begin, (int, float)) and isinstance(end, (int, float)):
            spans.append((float(begin), float(end)))
        if isinstance(whole, (int, float)):
            lasted = float(whole)
    return Spans(tuple(spans), lasted)


def mute(recording: Path, *, clock: Callable[[], float] = time.time) -> bool:
    """Silences what is listed, and the recording holds by now; whether nothing is left to be done.

    Raises OSError, `RecordingUnreadable`.
    """
    listed = list_of(recording)
    try:
        told = spans_of(listed)
    except FileNotFoundError:
        return True
    shape = wav_shape(recording)
    finished = shape.closed or clock() - recording.stat().st_mtime > ABANDONED
    lacks = max(0.0, (told.lasted or 0.0) - shape.seconds) if finished else 0.0
    for begin, end in told.spans:
        _silence(recording, shape, begin - lacks, end)
    # Where the server died, nobody has told how long the call was: what the file holds is all.
    done = finished and (told.lasted is not None or clock() - listed.stat().st_mtime > ABANDONED)
    if done:
        listed.unlink(missing_ok=True)
        log.info("recording_muted", file=recording.name, spans=len(told.spans))
    return done


def _silence(recording: Path, shape: WavShape, begin: float, end: float) -> None:
    frame = 2 * shape.channels
    first = max(0, int(begin * shape.rate)) * frame
    last = min(shape.length, int(end * shape.rate) * frame)
    if first >= last:
        return
    times = recording.stat()
    with recording.open("r+b") as file:
        file.seek(shape.start + first)
        file.write(bytes(last - first))
        file.flush()
        os.fsync(file.fileno())
    # Who waits until a file is left alone must not wait for us.
    os.utime(recording, ns=(times.st_atime_ns, times.st_mtime_ns))


def look(folder: Path, *, clock: Callable[[], float] = time.time) -> int:
    """Mutes what is listed for the recordings below `folder`; how many lists are left. Raises OSError."""
    left = 0
    for listed in sorted((folder / LISTS).glob("*.jsonl")):
        left += 1
        try:
            recording = _recording(folder, listed)
            if recording is not None and recording.is_file():
                left -= mute(recording, clock=clock)
            elif clock() - listed.stat().st_mtime > ABANDONED:
                listed.unlink(missing_ok=True)
                left -= 1
        except FileNotFoundError:
            left -= 1  # another server was quicker
        except (RecordingUnreadable, OSError) as later:
            log.warning("recording_not_muted_yet", list=listed.name, reason=str(later))
    return left


def _recording(folder: Path, listed: Path) -> Path | None:
    below = next((str(line["file"]) for line in _lines(listed) if isinstance(line.get("file"), str)), None)
    if below is None or Path(below).is_absolute() or ".." in Path(below).parts:
        return None
    return folder / below


class Muting:
    """Looks every few seconds, for as long as the server lives."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPool(1)
        self._looking: gevent.Greenlet[[], None] | None = None
        self._told = False

    def start(self) -> None:
        """Begins with what an earlier server has left."""
        self._looking = gevent.spawn(self._look_again_and_again)

    def close(self) -> None:
        """Looks a last time."""
        if self._looking is not None:
            self._looking.kill()
            self._look()
        self._pool.kill()

    def _look_again_and_again(self) -> None:
        while True:
            self._look()
            gevent.sleep(EVERY)

    def _look(self) -> None:
        try:
            self._pool.apply(look, (self._folder,))
            self._told = False
        except OSError as refused:
            if not self._told:
                log.error("recordings_not_muted", reason=refused.strerror)
            self._told = True
