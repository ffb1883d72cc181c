"""Who keeps a place in a queue without holding the line, for those on the line who are told where they stand.

Rules:
1. The database is read beside the calls, at most once in `FRESH` seconds for each queue. Whoever looks waits
   `PATIENCE` for it and no longer, and goes by what was known last.
2. Counted are those who may be called now or are being called. Whoever is in the switch's queue by now, on
   their own leg or as a virtual member, is the switch's to count; an agent who was reserved for somebody is
   not free, and they are ahead of nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import gevent
import structlog
from gevent.event import Event

from data.callbacks import Callbacks
from data.errors import DataError
from data.records import Callback, CallbackState
from ivr.in_thread import in_thread
from ivr.queueing.reserving import virtual_leg

log = structlog.get_logger(__name__)

FRESH = timedelta(seconds=2)
PATIENCE = 0.3
"""Seconds."""


@dataclass
class _Known:
    places: Sequence[Callback] = ()
    asked_at: datetime | None = None
    at_rest: Event = field(default_factory=Event)
    """The database is not being read for it."""

    def __post_init__(self) -> None:
        self.at_rest.set()


class PlacesKept:
    """Those of all queues. `agent_first`: an agent is reserved before anybody is dialled."""

    def __init__(self, store: Callbacks, *, now: Callable[[], datetime], agent_first: bool) -> None:
        """`now`: in UTC."""
        self._store, self._now = store, now
        still_ahead: tuple[CallbackState, ...] = ("waiting", "claimed")
        self._ahead = still_ahead if agent_first else (*still_ahead, "dialled", "answered")
        self._known: dict[str, _Known] = {}

    def scores(self, queue: str, legs: Collection[str]) -> list[float]:
        """As mod_callcenter's, of those who keep a place there now and have none of these `legs`."""
        now = self._now()
        return [
            one.score(now)
            for one in self._places(queue, now)
            if one.state in self._ahead and one.due_at <= now and not _legs(one) & {*legs}
        ]

    def _places(self, queue: str, now: datetime) -> Sequence[Callback]:
        known = self._known.setdefault(queue, _Known())
        # One that hangs is asked once, however many look.
        if known.at_rest.is_set() and (known.asked_at is None or now - known.asked_at >= FRESH):
            known.asked_at = now
            known.at_rest.clear()
            gevent.spawn(self._read, queue, known)
        known.at_rest.wait(PATIENCE)
        return known.places

    def _read(self, queue: str, known: _Known) -> None:
        try:
            known.places = in_thread(lambda: self._store.waiting(queue))
        except DataError as lost:
            log.warning("places_not_seen", queue=queue, reason=str(lost))
        finally:
            known.at_rest.set()


def _legs(one: Callback) -> set[str]:
    """On which they may be in the switch's queue: their own, and that of a virtual member."""
    return set() if one.attempt_id is None else {str(one.attempt_id), virtual_leg(one.attempt_id)}
