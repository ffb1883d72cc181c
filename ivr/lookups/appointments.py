"""The next appointment of a customer, and the places that are free."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from data.store import Store
from dialogs.catalogue import LookupSchema, ValueType
from dialogs.results import Found, Missing

MOST_TOLD = 3
"""Free slots in one answer: nobody remembers a fourth."""

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
_PLACE: Mapping[str, ValueType] = {"slot": "code", "date": "date", "time": "time", "site": "text"}
FREE = LookupSchema(
    ("service", "from_date"),
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


def ask_free(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """The first free places of a service from a day on, which may be `today`; today's only from now on."""
    day = by.get("from_date", "")
    try:
        wanted = now.date() if day == "today" else date.fromisoformat(day)
    except ValueError:
        return Missing()
    since = max(now, datetime.combine(wanted, time(), now.tzinfo))
    free = store.appointments.free(by.get("service", ""), since=since, most=MOST_TOLD)
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
