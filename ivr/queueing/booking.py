"""Performs `callback`: a caller hangs up, keeps their place in the queue, and is called at their turn.

Rules:
1. A number is checked before it is kept; what is not called is `Refused` with its reason.
2. Their place is as old as their wait; the base score is their segment's in that queue.
3. Whoever calls again and waits on the line takes their place up, and is not called.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from data.callbacks import Callbacks as Store
from data.errors import DataError
from data.records import Booking
from dialogs.effects import CallBack
from dialogs.results import Done, Failed, Refused
from ivr.in_thread import in_thread
from ivr.numbers import NotCalled, checked
from ivr.occasion import Occasion, Person
from ivr.queueing.callback_rules import CallbackSettings, next_lawful
from ivr.queueing.people import People

log = structlog.get_logger(__name__)


class Bookings:
    """Callbacks of all calls of this process. Every method blocks cooperatively."""

    def __init__(
        self,
        store: Store,
        settings: CallbackSettings,
        people: People,
        *,
        region: str,
        now: Callable[[], datetime],
    ) -> None:
        """`region`: whose numbers come without a country code. `now`: in UTC."""
        self._store, self._settings, self._people = store, settings, people
        self._region, self._now = region, now

    def book(self, wish: CallBack, occasion: Occasion, *, waited: float) -> Done | Refused | Failed:
        """Keeps the place of somebody who has waited so many seconds. Asked twice, it is one callback."""
        if not self._settings.enabled:
            return Refused("callbacks are switched off")
        try:
            number = checked(wish.number, region=self._region, countries=self._settings.countries)
        except NotCalled as refused:
            return Refused(refused.reason)
        now = self._now()
        due_at = next_lawful(now, number.zones, self._settings.hours)
        if due_at is None:
            return Refused("no_hours")
        queue, segment = self._people.queue(wish.queue, occasion.language), wish.context.get("segment", "")
        booking = Booking(
            queue=queue.name,
            number=number.e164,
            language=occasion.language,
            joined_at=now - timedelta(seconds=waited if wish.keep_place else 0.0),
            at=now,
            due_at=due_at,
            segment=segment,
            base_score=queue.base_score(segment, 0),
            story=dict(wish.context),
            call_id=occasion.call_id,
            customer_id=occasion.person.customer_id if occasion.person else None,
        )
        try:
            _, new = in_thread(lambda: self._store.book(booking))
        except DataError as lost:
            log.error("callback_not_booked", call=str(occasion.call_id), reason=str(lost))
            return Failed(f"callbacks cannot be kept ({lost.code})")
        log.info("callback_booked", call=str(occasion.call_id), queue=queue.name, new=new)
        return Done()

    def taken_up(self, caller_number: str, person: Person | None, queue: str) -> float:
        """Seconds since a caller, who waits in the queue on the line now, first came to it; their callback is
        over. 0: they had none there, or it cannot be known."""
        now, who = self._now(), [person.customer_id.hex] if person else []
        with suppress(NotCalled):
            who.append(checked(caller_number, region=self._region, countries=self._settings.countries).e164)
        if not who:
            return 0.0
        try:
            since = in_thread(lambda: self._store.take_up(who, queue, at=now))
        except DataError as lost:
            log.error("callback_not_taken_up", queue=queue, reason=str(lost))
            return 0.0
        return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
