"""How much sound the recording of a call should hold: what is shorter was cut (a full disk, as a rule)."""

from __future__ import annotations

from collections.abc import Callable


class RecordedTime:
    """Seconds that were recorded so far. Recordings stand still while the caller has us on hold.

    `now` gives seconds of call time.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._begun_at: float | None = None
        self._over_at: float | None = None
        self._held_at: float | None = None
        self._missing = 0.0  # on hold, since it began

    def begin(self) -> None:
        """The recording has begun; the first time counts."""
        if self._begun_at is None:
            self._begun_at = self._now()

    def end(self) -> None:
        """It is over; the first time counts. Without this it goes on."""
        if self._over_at is None and self._begun_at is not None:
            self._over_at = self._now()

    @property
    def held(self) -> bool:
        """The caller has us on hold now."""
        return self._held_at is not None

    def hold(self) -> None:
        """The caller puts us on hold. Twice is once."""
        if self._held_at is None:
            self._held_at = self._now()

    def take_back(self) -> tuple[float, float] | None:
        """The caller is back: since when we were held, and for how many seconds; `None`: we were not."""
        if self._held_at is None:
            return None
        held_at, self._held_at = self._held_at, None
        now = self._now()
        if self._begun_at is not None:
            until = now if self._over_at is None else self._over_at
            self._missing += max(0.0, until - max(held_at, self._begun_at))
        return held_at, now - held_at

    @property
    def seconds(self) -> float | None:
        """How much sound there should be; `None`: nothing was recorded."""
        if self._begun_at is None:
            return None
        until = self._now() if self._over_at is None else self._over_at
        held = 0.0 if self._held_at is None else max(0.0, until - max(self._held_at, self._begun_at))
        return max(0.0, until - self._begun_at - self._missing - held)
