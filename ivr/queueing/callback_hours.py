"""When somebody may be called back from a queue: their hours, the law's, its people's. Pure.

Rules:
1. Whoever may be in two time zones is called when it is lawful in both (`callback_rules`).
2. The queue's people must be there: its own calendar, by the site's clock.
3. A time that somebody chooses for later lies within the hours of the contact rules for service calls, too.
   Who is called as soon as it is their turn has just asked for it: that is the exception of those rules.
4. Wall-clock hours are computed anew for each day, so that no change of the clock moves a morning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dialogs.calendars import Calendar
from ivr.campaigns.contact_rules.contact import Blocked, Contact, Ledger, Person
from ivr.campaigns.contact_rules.deciding import decide
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.contact_rules.windows import next_open, open_in_all
from ivr.numbers import Number
from ivr.queueing.callback_rules import CallbackSettings, calendars_of

_DAYS_AHEAD = 14
_STEP = timedelta(minutes=5)
SHORTEST = timedelta(minutes=15)
"""Of a stretch that is agreed on: a telephone rings, is busy, and is tried again."""
_MOST_STEPS = 400


@dataclass(frozen=True)
class CallingHours:
    """Those of one site."""

    settings: CallbackSettings
    zone: str = "UTC"
    """The site's (IANA)."""
    calendar: Callable[[str], Calendar | None] = lambda _queue: None
    """A queue's; `None`: always open."""
    rulebook: Rulebook | None = None

    def lawful(self, queue: str, number: Number, moment: datetime) -> bool:
        """Whether they may be called from that queue then."""
        return open_in_all(moment, self._calendars(queue, number))

    def next(self, queue: str, number: Number, moment: datetime) -> datetime | None:
        """The first moment from then on; `None`: none within two weeks."""
        return next_open(moment, self._calendars(queue, number), days=_DAYS_AHEAD)

    def stretch(
        self, queue: str, number: Number, begin: datetime, end: datetime, *, until: datetime
    ) -> tuple[datetime, datetime] | None:
        """What is possible of that stretch, or next after it; `None`: nothing that begins before `until`."""
        at: datetime | None = begin
        for _ in range(_MOST_STEPS):
            at = None if at is None else self.next(queue, number, at)
            if at is None or at >= until:
                return None
            later = self._by_rules(number, at)
            if later is not None:
                at = later
                continue
            # What begins after the wanted stretch is as long as that was.
            last = self._end(queue, number, at, end if at < end else at + (end - begin))
            if last - at >= SHORTEST:
                return at, last
            at = last + _STEP
        return None

    def wall(self, number: Number) -> ZoneInfo:
        """By whose clock they say "a las cinco": the site's, unless they are surely elsewhere."""
        zones = number.candidate_zones
        return ZoneInfo(self.zone if self.zone in zones or not zones else zones[0])

    def _end(self, queue: str, number: Number, begin: datetime, end: datetime) -> datetime:
        # Hours begin and end at whole steps; the first may be shorter.
        at = begin
        over = (begin - begin.replace(minute=0, second=0, microsecond=0)) % _STEP
        if over and self.lawful(queue, number, at) and self._by_rules(number, at) is None:
            at += _STEP - over
        while at < end and self.lawful(queue, number, at) and self._by_rules(number, at) is None:
            at += _STEP
        return min(at, end)

    def _calendars(self, queue: str, number: Number) -> tuple[Calendar, ...]:
        own = calendars_of(number.zones, self.settings.hours)
        theirs = self.calendar(queue)
        if theirs is None:
            return own
        here = Calendar(theirs.days, theirs.dates, theirs.holidays, theirs.zone or self.zone)
        return (*own, here)

    def _by_rules(self, number: Number, moment: datetime) -> datetime | None:
        """Until when the hours of the contact rules forbid it; `None`: they do not."""
        if self.rulebook is None:
            return None
        contact = Contact(
            person=Person(key=number.e164), number=number, channel="call", purpose="service", automated=True
        )
        decision = decide(self.rulebook, contact, at=moment.astimezone(UTC), ledger=Ledger())
        if not isinstance(decision, Blocked):
            return None
        until = [one.until for one in decision.why if one.reason == "window" and one.until is not None]
        return max((one for one in until if one > moment), default=None)
