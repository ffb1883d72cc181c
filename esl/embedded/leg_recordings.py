"""The recordings of one leg: started, masked and stopped by name, each told to whoever listens."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from esl.embedded.recording import Recording, RecordingStyle

if TYPE_CHECKING:
    from esl.embedded.channel import Channel

_log = logging.getLogger(__name__)


class LegRecordings:
    """Recordings by the name that started them, which is also the name that ends them."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._running = channel.media.recordings

    def _path(self, name: str) -> Path | None:
        """Where a recording of that name goes; None if it is relative and there is no folder for it."""
        path = Path(name)
        if path.is_absolute():
            return path
        folder = self._channel.switch.config.recordings
        return None if folder is None else folder / path

    def get(self, name: str) -> Recording | None:
        """The recording, while it runs."""
        return self._running.get(name)

    def start(self, name: str, *, longest: float | None = None) -> bool:
        """Starts to record into a file, at most `longest` seconds. True also if it runs already."""
        channel = self._channel
        if not channel.pre_answer():
            return False
        if name in self._running:
            return True
        path = self._path(name)
        if path is None:
            _log.warning("a recording has a relative path, and the switch has no folder for recordings")
            return False
        try:
            style = RecordingStyle.from_variables(channel.variables)
            self._running[name] = Recording(path, style, longest=longest)
        except (OSError, ValueError) as fault:
            _log.warning("cannot record: %s", fault)
            return False
        channel.fire("RECORD_START", [("Record-File-Path", name)])
        return True

    def stop(self, name: str) -> bool:
        """Ends a recording; `all` ends every one. False if there is none."""
        stopped = False
        for each in list(self._running) if name == "all" else [name]:
            recording = self._running.pop(each, None)
            if recording is not None:
                stopped = True
                recording.stop()
                self._account_for(each, recording)
        return stopped

    def mask(self, name: str, *, masked: bool) -> bool:
        """Writes silence instead of sound, or sound again. False if there is no such recording."""
        recording = self._running.get(name)
        if recording is None:
            return False
        recording.masked = masked
        return True

    def close_ended(self) -> None:
        """Closes those that came to their end by themselves."""
        ended = self._channel.media.ended_recordings
        while ended:
            self.stop(ended.popleft())

    def _account_for(self, name: str, recording: Recording) -> None:
        channel, samples = self._channel, recording.samples
        cause = "success-maxtime" if recording.frames else "empty-file"
        if recording.failed:
            cause = "uri-failure"
        channel.set("record_file_size", str(recording.written))
        channel.set("record_samples", str(samples))
        channel.set("record_seconds", str(samples // 8000))
        channel.set("record_ms", str(samples // 8))
        channel.set("record_completion_cause", cause)
        channel.fire("RECORD_STOP", [("Record-File-Path", name), ("Record-Completion-Cause", cause)])
