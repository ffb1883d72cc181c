"""Recordings of calls that are over become MP3, Opus or a trimmed WAV, one by one, in their own time.

Rules:
1. What is to be done stands in the folder itself: a file `<call id>.wav` is a recording as the switch wrote
   it. No list is kept, so a crash loses none; the next look finds what is left.
2. The new file is whole before the record names it, and the record names it before the old one goes.
3. A file is taken only when its call is over and its writer has finished with it: a leg that we let go of is
   recorded on by the switch. What a crash left unfinished is taken after an hour without a change.
4. What cannot be converted stays as it is, and is told once; for want of room it is tried again.
5. A half-made file that a killed converter left holds voices that no record names: it goes after an hour.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import structlog

from data.records import CallRecord
from data.store import Store
from ivr.errors import RecordingUnreadable
from ivr.recordings.encoding import HALF, Format, encode
from ivr.recordings.library import Recording
from ivr.recordings.muting import ABANDONED, mute
from ivr.recordings.sound import read, trimmed, wav_shape

log = structlog.get_logger(__name__)

SETTLED = 5.0
"""Seconds without a change after which a finished file is finished."""
TRIMMED = "-trimmed.wav"
"""How a trimmed WAV ends: its name is no call id, so it is not taken again."""


@dataclass
class Converter:
    """Looks through the folder. `clock` gives seconds since 1970, as file times are."""

    store: Store
    folder: Path
    form: Format
    clock: Callable[[], float] = time.time
    _given_up: set[Path] = field(default_factory=set)
    _told: set[Path] = field(default_factory=set)

    def look(self) -> int:
        """Converts what is ready; returns how many. Raises `DataError` if the database is out of reach."""
        done = 0
        self._clear_halves()
        for file in list(self._raw()):
            try:
                done += self._take(file)
            except RecordingUnreadable as damaged:
                self._given_up.add(file)
                log.error("recording_not_converted", file=file.name, reason=str(damaged))
            except OSError as refused:  # a full disk may have room again at the next look
                if file not in self._told:
                    log.error("recording_not_converted_yet", file=file.name, reason=str(refused))
                self._told.add(file)
        return done

    def _raw(self) -> Iterator[Path]:
        for file in sorted(self.folder.glob("[0-9]*/[0-9]*/[0-9]*/*.wav")):
            if file not in self._given_up and not file.is_symlink() and _call_id(file) is not None:
                yield file

    def _clear_halves(self) -> None:
        for half in self.folder.glob(f"[0-9]*/[0-9]*/[0-9]*/.*{HALF}"):
            with suppress(OSError):  # another server's converter was quicker
                if self.clock() - half.stat().st_mtime > ABANDONED:
                    half.unlink()

    def _take(self, file: Path) -> bool:
        untouched = self.clock() - file.stat().st_mtime
        if untouched < SETTLED or (untouched < ABANDONED and not wav_shape(file).closed):
            return False
        call_id = _call_id(file)
        assert call_id is not None
        call = self.store.calls.get(call_id)
        if call is None or not call.finished:
            return False
        if call.recording != str(file.relative_to(self.folder)):
            return self._clear(file, call)
        if not mute(file, clock=self.clock):
            return False
        self._convert(file, call)
        return True

    def _clear(self, file: Path, call: CallRecord) -> bool:
        """The record names another file: if that is there, a crash came between the last two steps."""
        if call.recording and (self.folder / call.recording).is_file():
            file.unlink()
        else:
            self._given_up.add(file)
        return False

    def _convert(self, file: Path, call: CallRecord) -> None:
        target = (
            file.with_name(file.stem + TRIMMED) if self.form == "wav" else file.with_suffix(f".{self.form}")
        )
        recording = Recording(call, file)
        sound = read(file)
        encode(trimmed(sound), target, self.form, recording.tags(full_numbers=False))
        lacks = round(recording.look().lacks)
        self.store.calls.move_recording(
            call.call_id, str(target.relative_to(self.folder)), written_ms=len(sound)
        )
        file.unlink()
        cut = {"cut_seconds": lacks} if lacks else {}
        log.info("recording_converted", call=str(call.call_id), format=self.form, **cut)


def _call_id(file: Path) -> UUID | None:
    try:
        found = UUID(file.stem)
    except ValueError:
        return None
    return found if str(found) == file.stem else None
