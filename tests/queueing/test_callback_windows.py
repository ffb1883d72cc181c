"""A time of the caller's choice: what is possible of it, when they are called, and what if it has passed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from data.ids import new_id
from data.records import Booking
from data.store import Store
from dialogs.calendars import Calendar, read_dates, read_days
from dialogs.effects import CallBack, MayCallBack
from dialogs.results import Done, Found, Refused, Result
from ivr.campaigns.contact_rules.gate import Gate
from ivr.campaigns.contact_rules.reading import presets
from ivr.occasion import Occasion
from ivr.queueing.booking import Bookings
from ivr.queueing.callback_hours import CallingHours
from ivr.queueing.callback_room import expected
from ivr.queueing.callback_rules import CallbackSettings
from ivr.queueing.callbacks import QueueView
from ivr.queueing.people import People
from ivr.queueing.plan import Plan, QueuePlan
from ivr.queueing.written import AgentFile
from tests.databases import store_at
from tests.queueing.paper import NOW as SERVED_AT
from tests.queueing.paper import SECOND, Telephones, Time, server

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=MADRID)
"""A Monday."""
LANDLINE, MOBILE, CANARY = "+34912345678", "+34600111222", "+34928123456"
OFFICE = Calendar(
    read_days({"mon-fri": ["09:00-14:00", "16:00-19:00"]}), dates=read_dates({"2026-11-25": "closed"})
)


class Rig:
    """A site in Madrid, its office hours, and the shipped contact rules."""

    def __init__(self, store: Store, **settings: object) -> None:
        self.store, self.now = store, NOW.astimezone(UTC)
        rules = CallbackSettings.model_validate(settings)
        plan = Plan({"billing": QueuePlan("billing", calendar=OFFICE)})
        self.hours = CallingHours(
            rules,
            zone="Europe/Madrid",
            calendar=lambda queue: plan.queue(queue).calendar,
            rulebook=presets(),
        )
        self.bookings = Bookings(
            store.callbacks,
            rules,
            People(plan, now=lambda: 0.0, local=lambda: self.now.astimezone(MADRID)),
            region="ES",
            now=lambda: self.now,
            hours=self.hours,
            gate=Gate(store.contacts, presets(), now=lambda: self.now),
        )

    def may(self, window: str = "", number: str = LANDLINE, caller: str = MOBILE) -> Result:
        return self.bookings.may(MayCallBack("billing", number, window, "call_me"), _call(caller))

    def book(self, window: str = "", number: str = LANDLINE, caller: str = MOBILE) -> Result:
        wish = CallBack("billing", number, True, "call_me", {"order": "4571"}, window)
        return self.bookings.book(wish, _call(caller), waited=300.0)


def _call(caller: str) -> Occasion:
    return Occasion(new_id(), caller, "main", "call_me", "es")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = store_at(tmp_path / "ivr.sqlite3")
    yield store
    store.close()


@pytest.mark.parametrize(
    ("wanted", "possible"),
    [
        ("2026-11-24T09:30/2026-11-24T11:00", "2026-11-24T09:30/2026-11-24T11:00"),
        ("2026-11-24T08:00/2026-11-24T14:00", "2026-11-24T09:00/2026-11-24T14:00"),
        ("2026-11-24T10:00/2026-11-25T00:00", "2026-11-24T10:00/2026-11-24T14:00"),  # the office has lunch
        ("2026-11-24T13:55/2026-11-24T17:00", "2026-11-24T16:00/2026-11-24T17:00"),  # five minutes are none
        ("2026-11-23T20:00/2026-11-23T21:00", "2026-11-24T09:00/2026-11-24T10:00"),  # the next morning
        ("2026-11-25T10:00/2026-11-25T11:00", "2026-11-26T09:00/2026-11-26T10:00"),  # that day is closed
        ("2026-11-23T10:00/2026-11-23T13:00", "2026-11-23T12:00/2026-11-23T13:00"),  # it has begun
    ],
)
def test_what_is_possible_of_a_time(store: Store, wanted: str, possible: str) -> None:
    """Inside the office's hours and those in which people may be called; else the next that is."""
    begin, _, end = possible.partition("/")
    assert Rig(store).may(wanted) == Found({"from": begin, "until": end})


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ("2026-11-23T09:00/2026-11-23T11:00", "past"),
        ("2026-11-27T10:00/2026-11-27T11:00", "too_far"),
        ("tomorrow", "past"),
    ],
)
def test_times_that_are_not_promised(store: Store, wanted: str, reason: str) -> None:
    """Three days ahead at most; what is no window is nothing."""
    assert Rig(store).may(wanted) == Refused(reason)
    assert Rig(store).book(wanted) == Refused(reason)
    assert store.callbacks.waiting() == ()


def test_a_feast_of_the_contact_rules_is_no_day_to_be_called(store: Store) -> None:
    """The eighth of December: the office is open, and service calls are not made."""
    rig = Rig(store)
    rig.now = datetime(2026, 12, 7, 11, 0, tzinfo=UTC)
    assert rig.may("2026-12-08T10:00/2026-12-08T11:00") == Found(
        {"from": "2026-12-09T09:00", "until": "2026-12-09T10:00"}
    )


def test_five_in_the_canaries_is_six_in_madrid(store: Store) -> None:
    """Who is surely in another zone means their own clock; of a mobile it is the site's."""
    rig = Rig(store)
    assert rig.book("2026-11-24T17:00/2026-11-24T17:30", number=CANARY) == Done()
    assert rig.book("2026-11-24T17:00/2026-11-24T17:30", number=MOBILE, caller=LANDLINE) == Done()
    due = {one.number: one.due_at.astimezone(MADRID).hour for one in store.callbacks.waiting()}
    assert due == {CANARY: 18, MOBILE: 17}


@pytest.mark.parametrize(
    ("now", "day", "utc"),
    [
        (datetime(2028, 3, 24, 11, tzinfo=UTC), "2028-03-27", 8),  # summer time since Sunday
        (datetime(2026, 10, 23, 10, tzinfo=UTC), "2026-10-26", 9),  # winter time since Sunday
    ],
)
def test_a_change_of_the_clock_moves_no_appointment(store: Store, now: datetime, day: str, utc: int) -> None:
    """Ten on Monday is ten on Monday."""
    rig = Rig(store)
    rig.now = now
    assert rig.book(f"{day}T10:00/{day}T11:00") == Done()
    (kept,) = store.callbacks.waiting()
    assert (kept.due_at.hour, kept.until_at) == (utc, kept.due_at + timedelta(hours=1))


def test_the_night_before_is_no_wait(store: Store) -> None:
    """At the beginning of the window their place is as old as they had waited; in its second half they are
    first; who holds the line all the same has the place that they had."""
    rig = Rig(store)
    rig.book("2026-11-24T10:00/2026-11-24T11:00")
    (kept,) = store.callbacks.waiting()
    begins = datetime(2026, 11, 24, 10, tzinfo=MADRID)
    assert kept.from_at == kept.due_at == begins
    assert kept.score(begins) == 300
    assert kept.score(begins + timedelta(minutes=20)) == 300 + 1200
    assert kept.score(begins + timedelta(minutes=30)) == 300 + 1800 + 3600
    rig.now += timedelta(hours=3)
    assert rig.bookings.taken_up(MOBILE, None, "billing") == 300.0


def test_the_number_is_not_the_person(store: Store) -> None:
    """At another number it is still theirs: asked again it is the same, and calling in takes it up."""
    rig = Rig(store)
    rig.book(number=LANDLINE)
    rig.book(number="+34934051020")
    (kept,) = store.callbacks.waiting()
    assert (kept.number, kept.caller) == ("+34934051020", MOBILE)
    assert rig.bookings.taken_up("600 111 222", None, "billing") == 300.0
    assert store.callbacks.waiting() == ()


def test_too_many_at_one_number(store: Store) -> None:
    """Who has somebody called again and again, from wherever, is told no; a day later it is forgotten."""
    rig = Rig(store)
    for n in range(3):
        assert rig.book(caller=f"+3460011133{n}") == Done()
    assert rig.book(caller="+34600111339") == Refused("too_many")
    assert rig.may(caller="+34600111339") == Refused("too_many")
    assert rig.book(caller="+34600111330") == Done()  # theirs, once more
    rig.now += timedelta(hours=25)
    assert rig.book(caller="+34600111339") == Done()


def test_whom_nobody_may_contact(store: Store) -> None:
    """Also if somebody else asks for it."""
    rig = Rig(store)
    store.suppressions.add("number", LANDLINE, reason="asked by letter", at=rig.now)
    assert rig.may() == Refused("do_not_call")
    assert rig.book(number=MOBILE) == Done()


def tomorrow(begin: str, end: str) -> str:
    return f"2026-11-24T{begin}/2026-11-24T{end}"


def test_a_full_time_is_not_offered_but_the_nearest_with_room(store: Store) -> None:
    """Of one agent's hour a third goes to callbacks of 240 s each: five; half of those of another hour count
    where they reach into it."""
    rig = Rig(store, window_agents=1, window_share=1 / 3)
    for n in range(5):
        window, who = tomorrow("10:00", "11:00"), f"+3460011100{n}"
        assert rig.may(window, number=who, caller=who) == Found({"from": window[:16], "until": window[17:]})
        assert rig.book(window, number=who, caller=who) == Done()
    later = Found({"from": "2026-11-24T10:30", "until": "2026-11-24T11:30"})
    assert rig.may("2026-11-24T10:00/2026-11-24T11:00") == later
    for n in range(5, 8):  # 2.5 reach into it already
        window, who = tomorrow("10:30", "11:30"), f"+3460011100{n}"
        found = rig.may(window, number=who, caller=who)
        assert (found == later) == (n < 7)
        rig.book(window, number=who, caller=who)
    # 09:30 has 2.5 of the first five, and is as near to ten as 10:30, which has more than enough.
    assert rig.may("2026-11-24T10:00/2026-11-24T11:00") == Found(
        {"from": "2026-11-24T09:30", "until": "2026-11-24T10:30"}
    )


def test_who_asks_again_is_not_in_their_own_way(store: Store) -> None:
    """One at a time in that hour, and it is theirs; an hour that nobody else has is never full."""
    rig = Rig(store, window_agents=1, window_share=0.01)
    assert rig.book("2026-11-24T10:00/2026-11-24T11:00") == Done()
    same = Found({"from": "2026-11-24T10:00", "until": "2026-11-24T11:00"})
    assert rig.may("2026-11-24T10:00/2026-11-24T11:00") == same
    other = {"number": "+34600111999", "caller": "+34600111999"}
    assert rig.may("2026-11-24T10:00/2026-11-24T11:00", **other) != same
    # What was agreed to is kept: somebody else has said yes at the same moment.
    assert rig.book("2026-11-24T10:00/2026-11-24T11:00", **other) == Done()


def test_when_every_time_is_full(store: Store) -> None:
    """It is told so, and nothing is promised."""
    rig = Rig(store, window_agents=1, window_share=0.01, window_days=0)
    for n, window in enumerate(("T12:00/2026-11-23T14:00", "T16:00/2026-11-23T19:00")):
        who = f"+3460011133{n}"
        assert rig.book(f"2026-11-23{window}", number=who, caller=who) == Done()
    assert rig.may("2026-11-23T17:00/2026-11-23T18:00") == Refused("full")


def test_agents_are_those_who_serve_the_queue_first() -> None:
    """Whoever serves two queues is half of one in each; who only helps is not counted."""
    plan = Plan(
        {"billing": QueuePlan("billing"), "support": QueuePlan("support")},
        {
            "1": AgentFile(queues=["billing"]),
            "2": AgentFile(queues=["billing", "support"]),
        },
    )
    assert (expected(plan, "billing"), expected(plan, "support"), expected(plan, "sales")) == (1.5, 0.5, 0)


def test_without_agents_that_are_known_there_is_no_limit(store: Store) -> None:
    """As before: nobody has said who serves the queue."""
    rig = Rig(store)
    for n in range(20):
        one = f"+346002200{n:02}"
        assert rig.book("2026-11-24T10:00/2026-11-24T10:30", number=one, caller=one) == Done()
    wanted = Found({"from": "2026-11-24T10:00", "until": "2026-11-24T10:30"})
    assert rig.may("2026-11-24T10:00/2026-11-24T10:30") == wanted


# --- served ----------------------------------------------------------------------------------------


def chosen(store: Store, *, begins: timedelta, lasts: timedelta, number: str = LANDLINE) -> UUID:
    at = SERVED_AT + begins
    wish = Booking(
        queue="billing",
        number=number,
        language="es",
        joined_at=SERVED_AT - 60 * SECOND,
        at=SERVED_AT,
        due_at=at,
        from_at=at,
        until_at=at + lasts,
    )
    return store.callbacks.book(wish)[0].id


def test_nobody_is_called_before_their_time(store: Store) -> None:
    """And inside it before whoever has come later, on the line or not."""
    chosen(store, begins=timedelta(hours=2), lasts=timedelta(hours=1))
    telephones, time = Telephones(), Time()
    busy = server(store, telephones, time, view=QueueView(free=1, on_the_line=[2000.0]))
    assert busy.step() == 0
    time.at += timedelta(hours=2)
    assert busy.step() == 0  # somebody on the line has waited for longer
    time.at += timedelta(minutes=30)
    assert busy.step() == 1  # from the half of it on they come first
    assert [order.chosen for order in telephones.orders] == [True]
    assert telephones.orders[0].since == time.at - timedelta(seconds=60 + 1800)


def test_a_window_that_has_passed_is_told_once(store: Store) -> None:
    """By whichever server sees it; they are called next all the same."""
    callback = chosen(store, begins=timedelta(hours=1), lasts=timedelta(minutes=30))
    telephones, time = Telephones(), Time(SERVED_AT + timedelta(hours=1, minutes=31))
    nobody = QueueView()
    servers = [server(store, telephones, time, owner=name, view=nobody) for name in ("n1", "n2")]
    for one in (*servers, *servers):
        one.work = store.work_items
        assert one.step() == 0
    (told,) = store.work_items.open()
    assert (told.kind, told.about) == ("callback", str(callback))
    kept = store.callbacks.get(callback)
    assert kept is not None and kept.overdue_at == time.at
    assert server(store, telephones, time, view=QueueView(free=1, on_the_line=[900.0])).step() == 1
    assert store.callbacks.counts() == {"reached": 1}


def test_who_was_called_in_time_is_not_overdue(store: Store) -> None:
    """Their telephone was busy: that is not our fault."""
    chosen(store, begins=timedelta(0), lasts=timedelta(minutes=30))
    telephones, time = Telephones({LANDLINE: ["busy"]}), Time()
    ours = server(store, telephones, time)
    ours.work = store.work_items
    assert ours.step() == 1
    time.at += timedelta(minutes=31)
    assert store.callbacks.overdue(time.at) == ()


def test_the_queue_must_be_open(store: Store) -> None:
    """Put off to the next moment at which its people are there, also if the holiday was entered later."""
    wish = Booking(queue="billing", number=LANDLINE, language="es", joined_at=SERVED_AT, at=SERVED_AT)
    callback = store.callbacks.book(wish)[0].id
    telephones, time = Telephones(), Time(SERVED_AT.replace(hour=14, minute=30))
    ours = server(store, telephones, time)
    ours.hours = Rig(store).hours
    assert ours.step() == 0
    kept = store.callbacks.get(callback)
    assert kept is not None and kept.due_at == SERVED_AT.replace(hour=16)
    time.at = kept.due_at
    assert ours.step() == 1


def test_whom_nobody_may_contact_any_more_is_not_called(store: Store) -> None:
    """Looked at again at the instant of dialling."""
    wish = Booking(queue="billing", number=LANDLINE, language="es", joined_at=SERVED_AT, at=SERVED_AT)
    store.callbacks.book(wish)
    telephones = Telephones()
    ours = server(store, telephones, Time())
    ours.may_call = lambda number, _callback: number.e164 != LANDLINE
    assert ours.step() == 0 and telephones.rung == []
    assert [(one.state, one.last_result) for one in store.callbacks.ended()] == [
        ("cancelled", "not to be contacted")
    ]
