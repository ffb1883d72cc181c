"""Which calls have a recording, and where it lies: the call records tell, the folder shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from data.records import CallRecord
from data.store import Store
from ivr.errors import RecordingUnknown, RecordingUnreadable
from ivr.recordings.muting import mute
from ivr.recordings.sound import wav_shape

State = Literal["whole", "open", "cut", "missing", "damaged"]
"""`open`: it is being written, or whoever wrote it died; what there is can be heard. `cut`: its call was
recorded for longer, and what there is can be heard."""

TOLERANCE = 4.0
"""Seconds that a file may be shorter than the time that was recorded: what the switch keeps back before it
writes (2 s), and how late a busy machine may note the end of a call."""
DRIFT = 0.005
"""And this share of it: no two clocks go alike."""

LAST = "last"
"""Instead of an id: the newest recording."""


@dataclass(frozen=True)
class Condition:
    """What a recording is like."""

    state: State
    seconds: float | None
    """How much of it there is, as far as that can be told."""
    lacks: float = 0.0
    """Seconds of the call that were recorded and are not there."""

    @property
    def warning(self) -> str:
        """For whoever is about to hear it; empty: nothing to say."""
        if self.state != "cut":
            return ""
        return f"cut: its last {self.lacks:.0f} s are missing (was the disk full? `ivr doctor`)"


@dataclass(frozen=True)
class Recording:
    """One call's recording."""

    call: CallRecord
    file: Path

    @property
    def call_id(self) -> str:
        return str(self.call.call_id)

    def look(self) -> Condition:
        """Looks at the file, and compares it with the time that was recorded."""
        try:
            if self.file.suffix.lower() == ".wav":
                shape = wav_shape(self.file)
                state: State = "whole" if shape.closed else "open"
                seconds = shape.seconds
            else:
                from ivr.recordings.encoding import seconds_of  # noqa: PLC0415 - loads FFmpeg's libraries

                state, seconds = "whole", seconds_of(self.file)
        except FileNotFoundError:
            return Condition("missing", None)
        except (RecordingUnreadable, OSError):
            return Condition("damaged", None)
        lacks = self._lacks(seconds)
        return Condition("cut", seconds, lacks) if lacks else Condition(state, seconds)

    def _lacks(self, seconds: float) -> float:
        """Of a file that was trimmed, what was written before counts. Nobody knows of a call that goes on, or
        whose server died: its callers may have put the queue on hold."""
        call = self.call
        if call.recorded_ms is None:
            return 0.0
        wanted = call.recorded_ms / 1000
        lacks = wanted - (seconds if call.written_ms is None else call.written_ms / 1000)
        return lacks if lacks > TOLERANCE + wanted * DRIFT else 0.0

    def tags(self, *, full_numbers: bool) -> dict[str, str]:
        """What a file says of itself once it has left the system."""
        call = self.call
        number = shown_number(call.caller_number, full=full_numbers)
        condition = self.look()
        cut = f"; cut: {condition.lacks:.0f} s missing at the end" if condition.lacks else ""
        told = {
            "title": f"Call {call.call_id}",
            "date": f"{call.started_at:%Y-%m-%dT%H:%M:%SZ}",
            "language": call.language,
            "comment": f"caller {number}; outcome {call.outcome or 'none'}; left: caller, right: system{cut}",
            "call_id": str(call.call_id),
            "caller": number,
            "outcome": call.outcome or "",
        }
        return {name: text for name, text in told.items() if text}

    def name_outside(self, ending: str, zone: ZoneInfo) -> str:
        """A file name for people: when, and which call."""
        return f"{self.call.started_at.astimezone(zone):%Y-%m-%d_%H%M%S}_{self.call.call_id}.{ending}"


class Library:
    """The recordings of a site."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self._folder = folder

    def find(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        caller: str = "",
        most: int = 1000,
    ) -> Iterator[Recording]:
        """Newest first. Raises `DataError`."""
        for call in self.store.calls.recorded(since=since, until=until, caller=caller, most=most):
            yield Recording(call, self._file(call))

    def get(self, call_id: str) -> Recording:
        """The recording of a call (its id, or `last`), whose file is there.

        Raises `RecordingUnknown`, `RecordingUnreadable`, `DataError`.
        """
        found = self._last() if call_id == LAST else self._by_id(call_id)
        if not found.file.is_file():
            raise RecordingUnreadable(
                f"The recording of call {found.call_id} is not at {found.file}",
                "Was it moved or deleted? See recordings.folder in ivr.yaml",
            )
        if found.file.suffix.lower() == ".wav":
            _mute(found.file)
        return found

    def _last(self) -> Recording:
        newest = next(self.find(most=1), None)
        if newest is None:
            raise RecordingUnknown("No call has a recording yet", "See `calls.record` in ivr.yaml")
        return newest

    def _by_id(self, call_id: str) -> Recording:
        remedy = "`ivr recordings list` shows which there are"
        try:
            identity = UUID(call_id)
        except ValueError:
            raise RecordingUnknown(f"{call_id[:60]!r} is no call id", remedy) from None
        call = self.store.calls.get(identity)
        if call is None:
            raise RecordingUnknown(f"There is no call {identity}", remedy)
        if not call.recording:
            raise RecordingUnknown(f"Call {identity} was not recorded", remedy)
        return Recording(call, self._file(call))

    def _file(self, call: CallRecord) -> Path:
        """Below the folder, whatever the database says."""
        below = PurePosixPath(call.recording or "")
        if below.is_absolute() or ".." in below.parts:
            raise RecordingUnreadable(
                f"The record of call {call.call_id} names a file outside of the recordings folder",
                "Somebody has changed the database: correct that row",
            )
        return self._folder / below


def _mute(file: Path) -> None:
    """Nobody hears what is to be silenced, the server may not have looked. Raises `RecordingUnreadable`."""
    try:
        mute(file)
    except OSError as refused:
        raise RecordingUnreadable(
            f"{file} holds something that must be silenced first, and cannot be written ({refused.strerror})",
            "Do it as the user who runs the server",
        ) from refused


def shown_number(number: str, *, full: bool) -> str:
    """A caller's number for a screen or a file: its last three digits, unless `full`."""
    if not number:
        return "withheld"
    return number if full else f"•••{number[-3:]}" if len(number) > 5 else "•••"
