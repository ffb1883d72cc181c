"""The sound of the calls: a clock that ticks every 20 ms, and each leg's way of living one tick.

Rules:
1. Ticks are due at absolute times. A late tick is made up for; time never drifts.
2. In a tick a leg reads one frame from its line, writes one to it, and every recording gets both.
3. Nothing in a tick waits. What an application wants to hear of it (the prompt has ended) wakes the
   application's greenlet, which runs after the tick.
4. A leg that fails in a tick loses its media and hangs up; the other legs do not notice.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

import gevent

from esl.embedded.clock import Clock
from esl.embedded.line import FarEnd
from esl.embedded.recording import Recording, mixed
from esl.embedded.sounds import FRAME_SAMPLES, SILENCE, Source
from esl.switch import FRAME_SECONDS

_log = logging.getLogger(__name__)

_MOST_BEHIND = 2.0
"""Seconds: whoever was asleep for longer (a laptop, a debugger) starts anew instead of racing."""
_RELAXED_BACKLOG = 2
"""Frames from the caller that may wait; above that, silent ones are left out to catch up.

A frame that comes too late for its tick leaves one waiting from then on: the cushion against the
jitter of two clocks makes itself, where it is needed, and nobody else pays its 20 ms.
"""
_MOST_BACKLOG = 25
"""Frames from the caller that may wait at all: half a second."""


class Media:
    """One leg's sound. `wake` is called when the application that plays or waits should look."""

    def __init__(self, *, wake: Callable[[], None]) -> None:
        self.line: FarEnd | None = None
        self.source: Source | None = None
        """What is being played; None while nothing is."""
        self.source_ended = False
        self.voice: Source | None = None
        """A simulated agent of a queue: heard while nothing is played."""
        self.far: Callable[[], bytes] | None = None
        """Who is heard while nothing is played: this tick's frame of another leg, or of several."""
        self.heard = SILENCE
        """What the caller said in the last tick, and what was said to them."""
        self.spoken = SILENCE
        self.whispers: dict[Media, Media] = {}
        """Legs that this one hears beside everything else."""
        self.joins: dict[Media, Media] = {}
        """Legs that are heard with this one, by whoever hears it."""
        self.suspended = False
        """A command runs on the leg in the middle of a conversation: the other side does not hear it."""
        self.echo = False
        self.open = False
        """Whether the caller can hear anything yet (early media, or answered)."""
        self.recordings: dict[str, Recording] = {}
        self.ended_recordings: deque[str] = deque()
        """Keys of recordings that came to their end by themselves; the leg's greenlet closes them."""
        self.ticks = 0
        self.frames_in = 0
        self.frames_out = 0
        self.skipped = 0
        """Frames of the caller that were left out to catch up."""
        self.held = False
        """The caller has put us on hold: what is played passes unheard, and no recording grows."""
        self.on_tick: Callable[[], None] | None = None
        """Called once, in the next tick."""
        self._inbox: deque[bytes] = deque()
        self._wake = wake

    def hear(self, sound: bytes) -> None:
        """A frame came from the caller."""
        self._inbox.append(sound)
        if len(self._inbox) > _MOST_BACKLOG:
            self._inbox.popleft()
            self.skipped += 1

    def play(self, source: Source) -> None:
        """Starts to play with the next tick."""
        self.source = source
        self.source_ended = False

    def stop_playing(self) -> None:
        """Not one more frame of it."""
        self.source = None

    def tick(self) -> None:
        """Lives 20 ms."""
        heard = self._next_heard()
        spoken = self._next_spoken(heard)
        self.heard, self.spoken = heard, spoken
        position = self.ticks * FRAME_SAMPLES
        self.ticks += 1
        if self.open and not self.held and self.line is not None:
            out = mixed(spoken, *(leg.heard for leg in self.whispers)) if self.whispers else spoken
            self.line.send_audio(position, out)
            self.frames_out += 1
        if self.recordings and not self.held:
            self._record(heard, spoken)
        if self.on_tick is not None:
            once, self.on_tick = self.on_tick, None
            once()

    def tell(self) -> bytes:
        """What others hear of this leg: its last frame, and those who join in."""
        if self.suspended:
            return SILENCE
        return mixed(self.heard, *(leg.heard for leg in self.joins)) if self.joins else self.heard

    def overheard(self) -> bytes:
        """Both sides of this leg, as an eavesdropper hears them."""
        return mixed(self.heard, self.spoken)

    def _next_heard(self) -> bytes:
        inbox = self._inbox
        if self.held:  # FreeSWITCH drops what a telephone sends meanwhile, its hold music above all
            inbox.clear()
            return SILENCE
        while len(inbox) > _RELAXED_BACKLOG and inbox[0] == SILENCE:
            inbox.popleft()
            self.skipped += 1
        if not inbox:
            return SILENCE
        self.frames_in += 1
        return inbox.popleft()

    def _next_spoken(self, heard: bytes) -> bytes:
        source = self.source
        if source is not None:
            frame = source.read()
            if frame is not None:
                return frame
            self.source = None
            self.source_ended = True
            self._wake()
        if self.voice is not None:
            return self.voice.read() or SILENCE
        if self.far is not None:
            return self.far()
        return heard if self.echo else SILENCE

    def _record(self, heard: bytes, spoken: bytes) -> None:
        for key, recording in tuple(self.recordings.items()):
            recording.take(heard, spoken)
            if recording.finished and key not in self.ended_recordings:
                self.ended_recordings.append(key)
                self._wake()


class MediaClock:
    """Ticks for every leg that has media."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._legs: dict[Media, Callable[[], None]] = {}
        self.lateness: deque[float] = deque(maxlen=50_000)
        """Seconds (of the clock) by which each of the last ticks came late."""
        self.restarts = 0
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def add(self, media: Media, *, failed: Callable[[], None]) -> None:
        """Ticks `media` from now on; `failed` is called if a tick raises."""
        self._legs[media] = failed

    def remove(self, media: Media) -> None:
        self._legs.pop(media, None)

    def start(self) -> None:
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill()

    def _run(self) -> None:
        start, ticks = self._clock.now(), 0
        while True:
            ticks += 1
            due = start + ticks * FRAME_SECONDS
            wait = due - self._clock.now()
            # Also when late: the readers must run between ticks, or there is nothing to hear in them.
            self._clock.sleep(wait)
            late = self._clock.now() - due
            self.lateness.append(max(late, 0.0))
            if late > _MOST_BEHIND:
                start, ticks = self._clock.now(), 0
                self.restarts += 1
            for media, failed in tuple(self._legs.items()):
                try:
                    media.tick()
                except Exception:  # noqa: BLE001 - rule 4: one leg's fault is not the others'
                    _log.exception("a leg failed in its tick and is hung up")
                    self.remove(media)
                    failed()
