"""The live audio of one leg: begun, begun again where nothing comes, ended.

Seen on FreeSWITCH 1.11.2, right after the answer and in 3 of 1000 calls: `uuid_record` is refused once, or it
is accepted and nothing is ever written. Both pass when one asks again.
"""

from __future__ import annotations

from collections.abc import Callable

import gevent
import structlog

from esl.errors import CallEnded, CommandRefusedError
from esl.later import run_later
from esl.live_audio import AudioTransport, Tap
from esl.switch import Audio, ListeningLost
from esl.wire import Command

log = structlog.get_logger("esl.listening")

SILENT_AFTER = 0.6
"""Seconds from the switch's acceptance on. Silence is sound, too: the first frame comes within 20 ms, on a
busy machine within 200."""
MOST_TRIES = 3


class Listening:
    """`start` sends the commands that begin something on the switch, `end` one that ends it; both raise
    `CallEnded`, `start` also `CommandRefusedError`. `post` gets `Audio` and `ListeningLost`."""

    def __init__(
        self,
        uuid: str,
        live_audio: AudioTransport,
        *,
        start: Callable[[tuple[Command, ...]], None],
        end: Callable[[Command], None],
        post: Callable[[Audio | ListeningLost], None],
        silent_after: float = SILENT_AFTER,
    ) -> None:
        self._uuid = uuid
        self._live_audio = live_audio
        self._start, self._end, self._post = start, end, post
        self._silent_after = silent_after
        self._tap: Tap | None = None
        self._later: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        """Nothing to do while it goes on. Raises `CallEnded`."""
        if self._tap is None or self._tap.stopped:
            self._begin(self._live_audio.tap(self._uuid, self._post), MOST_TRIES - 1)

    def stop(self) -> None:
        """Nothing arrives afterwards; the switch is told. Raises `CallEnded`."""
        tap = self._tap
        self.drop()
        if tap is not None:
            self._end(tap.end)

    def drop(self) -> None:
        """Nothing arrives afterwards; the switch knows."""
        tap, self._tap = self._tap, None
        later, self._later = self._later, None
        if tap is not None:
            tap.stop()
        if later is not None and later is not gevent.getcurrent():
            later.kill(block=False)

    def _begin(self, tap: Tap, tries_left: int) -> None:
        self._tap = tap
        try:
            self._start(tap.begin)
        except CommandRefusedError as refused:
            # A call without live audio is still a call: keys can be collected.
            tap.stop()
            log.warning("listening_refused", leg=self._uuid, answer=refused.answer)
            self._post(ListeningLost(f"the switch refused: {refused.answer}"))
            return
        except BaseException:
            tap.stop()
            raise
        if self._tap is tap and tries_left > 0:
            self._later = run_later(self._silent_after, self._begin_again, tap, tries_left)

    def _begin_again(self, tap: Tap, tries_left: int) -> None:
        """Unless sound has come: the same once more, under another name."""
        if self._tap is not tap or (next_tap := tap.again()) is None:
            return
        log.warning("listening_begun_again", leg=self._uuid, silent_for=self._silent_after)
        self._later = None  # from here on to the end: whoever stops must not cut the commands off
        self._tap = next_tap
        try:
            tap.stop()
            self._end(tap.end)
            if next_tap.stopped:  # `stop` has come in between
                return
            self._begin(next_tap, tries_left - 1)
            if self._tap is not next_tap:  # likewise: what has begun a moment later ends, too
                self._end(next_tap.end)
        except CallEnded:
            next_tap.stop()
