"""The files that the switch writes of one leg: the whole call, and the caller's voice alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from gevent.event import Event as Flag

from esl import commands, leg_variables
from esl.errors import CommandRefusedError
from esl.wire import Command

RECORD_RETRIES = (0.05, 0.1)
"""Seconds to wait before `uuid_record` is sent again that the switch could not begin yet: right after the
answer there are moments in which a channel has no sound."""

_NOT_YET = "-ERR Cannot record session"


class Recordings:
    """`request` sends commands and raises `CallEnded` or `CommandRefusedError`; `ended` is set when the leg
    is gone. One recording of each kind at a time."""

    def __init__(
        self,
        uuid: str,
        request: Callable[..., object],
        *,
        ended: Flag,
        retries: Sequence[float] = RECORD_RETRIES,
    ) -> None:
        self._uuid = uuid
        self._request = request
        self._ended = ended
        self._retries = retries
        self._call: Path | None = None
        self._voice: Path | None = None

    def begin(self, batch: tuple[Command, ...]) -> None:
        """Sends what begins a recording; again, a few times, while the switch says that it cannot yet."""
        for pause in self._retries:
            try:
                self._request(*batch)
            except CommandRefusedError as refused:
                if not refused.answer.startswith(_NOT_YET):
                    raise
                self._ended.wait(pause)  # a leg that is gone ends the wait, and the next request says so
            else:
                return
        self._request(*batch)

    def start(self, file: Path) -> None:
        """The whole call, in stereo."""
        variables = {**leg_variables.RECORDED, leg_variables.RECORDING: str(file)}
        recorded = commands.set_variables(self._uuid, variables)
        self.begin((recorded, commands.record(self._uuid, "start", file)))
        self._call = file

    def start_voice(self, file: Path) -> None:
        """The caller alone."""
        voice = commands.set_variables(self._uuid, leg_variables.VOICE)
        self.begin((voice, commands.record(self._uuid, "start", file)))
        self._voice = file

    def stop_voice(self) -> None:
        """Without one, nothing to do."""
        file, self._voice = self._voice, None
        if file is not None:
            self._request(commands.record(self._uuid, "stop", file))

    def mark(self, action: Literal["mask", "unmask"]) -> None:
        """Of the whole call's recording. Without one, nothing to do."""
        if self._call is not None:
            self._request(commands.record(self._uuid, action, self._call))

    def stop(self) -> None:
        """Of the whole call. Without one, nothing to do."""
        if self._call is not None:
            self._request(commands.record(self._uuid, "stop", self._call))
        self._call = None
