"""The appointments of a customer, and the places that are free."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from data.records import FreeSlot
from dialogs.calendars import Calendar
from dialogs.catalogue import LookupSchema, ValueType
from dialogs.results import Found, Missing
from ivr.working_days import USUAL

if TYPE_CHECKING:
    from data.store import Store

MOST_TOLD = 3
"""Appointments or free slots in one answer: nobody remembers a fourth."""

_AT_ONCE, _LOOKS = 20, 15
"""Slots that are read at once, and how often: beyond so many closed days there is nobody to wait for."""

APPOINTMENT = LookupSchema(
    ("customer_number",),
    {
        "appointment_id": "digits",
        "service": "text",
        "site": "text",
        "date": "date",
        "time": "time",
        "minutes": "number",
    },
)
_BOOKED: Mapping[str, ValueType] = {
    "appointment_id": "digits",
    "service": "text",
    "site": "text",
    "date": "date",
    "time": "time",
}
ALL = LookupSchema(
    ("customer_number",),
    {
        "count": "number",
        **{f"{name}_{n}": kind for n in range(1, MOST_TOLD + 1) for name, kind in _BOOKED.items()},
    },
)
"""All that are to come, by what tells them apart; `count` is that of all of them."""
_PLACE: Mapping[str, ValueType] = {"slot": "code", "date": "date", "time": "time", "site": "text"}
FREE = LookupSchema(
    ("service", "from_date", "customer_number"),
    {
        "count": "number",
        **{f"{name}_{n}": kind for n in range(1, MOST_TOLD + 1) for name, kind in _PLACE.items()},
    },
)
"""`slot_1` is what `appointment_book` takes; of what there is not, the fields are empty."""


def ask_next(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """The next one that is booked, in the time of its place."""
    booked = store.appointments.of_customer(by.get("customer_number", ""), since=now)
    if not booked:
        return Missing()
    one = booked[0]
    begins = one.begins_at.astimezone(ZoneInfo(one.zone))
    return Found(
        {
            "appointment_id": one.appointment_number,
            "service": one.service,
            "site": one.site,
            "date": begins.date().isoformat(),
            "time": f"{begins:%H:%M}",
            "minutes": one.minutes,
        }
    )


def ask_all(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """Those that are booked and to come, the next one first, each in the time of its place."""
    booked = store.appointments.of_customer(by.get("customer_number", ""), since=now)
    if not booked:
        return Missing()
    record: dict[str, str | int | bool | None] = dict.fromkeys(ALL.fields)
    record["count"] = len(booked)
    for n, one in enumerate(booked[:MOST_TOLD], start=1):
        begins = one.begins_at.astimezone(ZoneInfo(one.zone))
        record |= {
            f"appointment_id_{n}": one.appointment_number,
            f"service_{n}": one.service,
            f"site_{n}": one.site,
            f"date_{n}": begins.date().isoformat(),
            f"time_{n}": f"{begins:%H:%M}",
        }
    return Found(record)


def ask_free(
    store: Store, by: Mapping[str, str], now: datetime, *, calendar: Calendar = USUAL.appointments
) -> Found | Missing:
    """The first free places of a service from a day on, which may be `today`; today's only from now on, and
    none at which the calendar is closed, or the customer has an appointment already."""
    day = by.get("from_date", "")
    try:
        wanted = now.date() if day == "today" else date.fromisoformat(day)
    except ValueError:
        return Missing()
    since = max(now, datetime.combine(wanted, time(), now.tzinfo))
    theirs = {
        one.begins_at for one in store.appointments.of_customer(by.get("customer_number", ""), since=since)
    }
    free = _open(store, by.get("service", ""), since, calendar, theirs)
    if not free:
        return Missing()
    record: dict[str, str | int | bool | None] = dict.fromkeys(FREE.fields)
    record["count"] = len(free)
    for n, one in enumerate(free, start=1):
        begins = one.begins_at.astimezone(ZoneInfo(one.zone))
        record |= {
            f"slot_{n}": one.id.hex,
            f"date_{n}": begins.date().isoformat(),
            f"time_{n}": f"{begins:%H:%M}",
            f"site_{n}": one.site,
        }
    return Found(record)


def _open(
    store: Store, service: str, since: datetime, calendar: Calendar, theirs: Collection[datetime]
) -> list[FreeSlot]:
    """The first free slots at which the calendar is open, and that begin at none of `theirs`."""
    found: list[FreeSlot] = []
    for _ in range(_LOOKS):
        some = store.appointments.free(service, since=since, most=_AT_ONCE)
        open_then = [
            one for one in some if calendar.at(one.begins_at.astimezone(ZoneInfo(one.zone))) == "open"
        ]
        found += [one for one in open_then if one.begins_at not in theirs]
        if len(found) >= MOST_TOLD or len(some) < _AT_ONCE:
            break
        last = some[-1]
        since = last.begins_at + timedelta(seconds=1)
        if not calendar.opens_on(last.begins_at.astimezone(ZoneInfo(last.zone)).date()):
            # The rest of a day on which nothing is open need not be read.
            tomorrow = last.begins_at.astimezone(ZoneInfo(last.zone)).date() + timedelta(days=1)
            since = datetime.combine(tomorrow, time(), ZoneInfo(last.zone))
    return found[:MOST_TOLD]
