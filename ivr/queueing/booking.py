"""Performs `callback`: a caller hangs up, keeps their place in the queue, and is called at their turn.

Rules:
1. A number is checked before it is kept; what is not called is `Refused` with its reason.
2. Their place is as old as their wait; the base score is their segment's in that queue.
3. Whoever calls again and waits on the line takes their place up, and is not called; nobody takes up that
   of somebody else who can be reached at the same number (`data.kept_places`).
4. What somebody chooses is a wall clock's time where they are; what is kept are moments.
5. A time that is full is not offered, but the nearest that has room. What was agreed to is kept, also if
   somebody else was agreed with at the same moment.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from data.callbacks import Callbacks as Store
from data.errors import DataError
from data.records import Booking
from dialogs.effects import CallBack, MayCallBack
from dialogs.results import Done, Failed, Found, Refused
from dialogs.spoken_windows import read_window
from ivr.campaigns.contact_rules.contact import Blocked
from ivr.campaigns.contact_rules.gate import Gate, Wish
from ivr.in_thread import in_thread
from ivr.numbers import NotCalled, Number, checked
from ivr.occasion import Occasion, ServedCustomer
from ivr.queueing.callback_hours import CallingHours
from ivr.queueing.callback_room import Room, expected, instead
from ivr.queueing.callback_rules import CallbackSettings
from ivr.queueing.people import People

log = structlog.get_logger(__name__)

DAY = timedelta(hours=24)


@dataclass(frozen=True)
class _When:
    """When somebody is called."""

    due_at: datetime
    window: tuple[datetime, datetime] | None = None


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
        hours: CallingHours | None = None,
        gate: Gate | None = None,
    ) -> None:
        """`region`: whose numbers come without a country code. `now`: in UTC. `hours`: by default those of
        the settings alone. `gate`: knows whom nobody may contact."""
        self._store, self._settings, self._people = store, settings, people
        self._region, self._now = region, now
        self.hours = hours or CallingHours(settings)
        self.gate = gate

    def may(self, wish: MayCallBack, occasion: Occasion) -> Found | Refused | Failed:
        """Whether that number is called from that queue, and when; nothing is kept."""
        try:
            arranged = in_thread(lambda: self._arranged(wish, occasion))
        except DataError as lost:
            return Failed(f"callbacks cannot be kept ({lost.code})")
        if isinstance(arranged, Refused):
            return arranged
        number, when = arranged
        zone = self.hours.wall(number)
        begin, end = when.window or (when.due_at, when.due_at)
        sides = (one.astimezone(zone).strftime("%Y-%m-%dT%H:%M") for one in (begin, end))
        return Found(dict(zip(("from", "until"), sides, strict=True)))

    def book(self, wish: CallBack, occasion: Occasion, *, waited: float) -> Done | Refused | Failed:
        """Keeps the place of somebody who has waited so many seconds. Asked twice, it is one callback."""
        now = self._now()
        try:
            arranged = in_thread(lambda: self._arranged(wish, occasion))
        except DataError as lost:
            return self._lost(lost, occasion)
        if isinstance(arranged, Refused):
            log.info("callback_refused", call=str(occasion.call_id), reason=arranged.reason)
            return arranged
        number, when = arranged
        queue, segment = self._people.queue(wish.queue, occasion.language), wish.context.get("segment", "")
        from_at, until_at = when.window or (None, None)
        booking = Booking(
            queue=queue.name,
            number=number.e164,
            caller=self._e164(occasion.caller_number),
            language=occasion.language,
            joined_at=now - timedelta(seconds=waited if wish.keep_place else 0.0),
            at=now,
            due_at=when.due_at,
            from_at=from_at,
            until_at=until_at,
            segment=segment,
            base_score=queue.base_score(segment, 0),
            story=dict(wish.context),
            call_id=occasion.call_id,
            customer_id=occasion.person.customer_id if occasion.person else None,
        )
        try:
            _, new = in_thread(lambda: self._store.book(booking))
        except DataError as lost:
            return self._lost(lost, occasion)
        log.info("callback_booked", call=str(occasion.call_id), queue=queue.name, new=new)
        return Done()

    def taken_up(self, caller_number: str, person: ServedCustomer | None, queue: str) -> float:
        """Seconds that the place of a caller is old, who waits in the queue on the line now; their callback
        is over, if it is certain that it was theirs. 0: they had none there, or it cannot be known."""
        now, number = self._now(), self._e164(caller_number)
        caller = person.customer_id if person else None
        if caller is None and not number:
            return 0.0
        try:
            kept = in_thread(lambda: self._store.take_up(caller, number, queue, at=now))
        except DataError as lost:
            log.error("callback_not_taken_up", queue=queue, reason=str(lost))
            return 0.0
        return max(kept or 0.0, 0.0)

    def _lost(self, lost: DataError, occasion: Occasion) -> Failed:
        log.error("callback_not_booked", call=str(occasion.call_id), reason=str(lost))
        return Failed(f"callbacks cannot be kept ({lost.code})")

    def _e164(self, written: str) -> str:
        with suppress(NotCalled):
            return checked(written, region=self._region, countries=None).e164
        return ""

    def _arranged(self, wish: CallBack | MayCallBack, occasion: Occasion) -> tuple[Number, _When] | Refused:
        """Raises `DataError`. Blocks."""
        try:
            number = self._callable(wish.number, occasion, wish.queue)
            when = self._when(wish.queue, number, wish.window, occasion.language)
            if when.window is not None and isinstance(wish, MayCallBack):
                when = self._with_room(wish.queue, number, when.window, occasion)
            return number, when
        except _Refusal as refused:
            return Refused(refused.reason)

    def _callable(self, written: str, occasion: Occasion, queue: str) -> Number:
        if not self._settings.enabled:
            raise _Refusal("callbacks are switched off")
        try:
            number = checked(written, region=self._region, countries=self._settings.countries)
        except NotCalled as refused:
            raise _Refusal(refused.reason) from None
        now, gate = self._now(), self.gate
        here = self._people.queue(queue, occasion.language).name
        has = self._store.open_of(self._who(occasion, number), here)
        asked = self._store.asked_for(number.e164, since=now - DAY)
        if asked >= self._settings.most_per_number and (has is None or has.number != number.e164):
            raise _Refusal("too_many")
        customer_id = occasion.person.customer_id if occasion.person else None
        if gate is not None and not may_call(gate, number, customer_id):
            raise _Refusal("do_not_call")
        return number

    def _when(self, queue: str, number: Number, window: str, language: str) -> _When:
        now, name = self._now(), self._people.queue(queue, language).name
        if not window:
            due_at = self.hours.next(name, number, now)
            if due_at is None:
                raise _Refusal("no_hours")
            return _When(due_at)
        zone = self.hours.wall(number)
        try:
            begin, end = (one.replace(tzinfo=zone).astimezone(UTC) for one in read_window(window))
        except ValueError:
            raise _Refusal("past") from None
        if end <= now:
            raise _Refusal("past")
        until = self._last(zone)
        if begin >= until:
            raise _Refusal("too_far")
        found = self.hours.stretch(name, number, max(begin, now), end, until=until)
        if found is None:
            raise _Refusal("no_hours")
        return _When(found[0], found)

    def _last(self, zone: ZoneInfo) -> datetime:
        """From then on nothing is promised."""
        last_day = self._now().astimezone(zone).date() + timedelta(days=self._settings.window_days + 1)
        return datetime.combine(last_day, time(), zone).astimezone(UTC)

    def _who(self, occasion: Occasion, number: Number) -> str:
        """Whose callback it is (`data.records.Booking.who`)."""
        if occasion.person:
            return occasion.person.customer_id.hex
        return self._e164(occasion.caller_number) or number.e164

    def _with_room(
        self, queue: str, number: Number, wanted: tuple[datetime, datetime], occasion: Occasion
    ) -> _When:
        """That stretch if it has room, else the nearest that has."""
        now, plan = self._now(), self._people.plan
        here, until = self._people.queue(queue, occasion.language), self._last(self.hours.wall(number))
        room = Room(
            agents=self._settings.window_agents or expected(plan, here.name),
            share=self._settings.window_share,
            handling=float(here.written.handling_time),
            booked=self._store.windows(here.name, since=now, but_not=self._who(occasion, number)),
        )
        if room.fits(wanted):
            return _When(wanted[0], wanted)
        lasts = wanted[1] - wanted[0]
        for begin in instead(wanted[0], since=now, until=until):
            if not self.hours.lawful(here.name, number, begin):
                continue
            found = self.hours.stretch(here.name, number, begin, begin + lasts, until=until)
            if found is not None and found[0] == begin and room.fits(found):
                log.info("callback_window_full", queue=here.name, call=str(occasion.call_id))
                return _When(begin, found)
        raise _Refusal("full")


class _Refusal(Exception):
    """That number or time is none; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def may_call(gate: Gate, number: Number, customer_id: UUID | None) -> bool:
    """Whether somebody who has asked for it may be called: not if nobody may contact them. Blocks."""
    wish = Wish(
        to=number.e164,
        channel="call",
        purpose="service",
        customer_id=customer_id,
        asked_for="callback",
    )
    return not isinstance(gate.look(wish), Blocked)
