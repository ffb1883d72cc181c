"""Free places and appointments, looked up in a real database: none twice, none on a holiday."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from data.records import Appointment, Request
from data.store import Store
from dialogs.results import Found, Missing
from ivr.lookups import Lookups
from ivr.working_days import WorkingDaySettings
from tests.ivr.own_lookups import DECEMBER, TODAY, found, store

__all__ = ["store"]


def test_free_places_and_the_next_appointment(store: Store) -> None:
    """In the time of their place; what is past, taken or before the wanted day is not told."""
    begins = [TODAY - timedelta(hours=1), *(TODAY + timedelta(days=day) for day in (1, 2, 3, 4))]
    slots = [
        store.appointments.offer("visit", at, site="Las Palmas", zone="Atlantic/Canary", minutes=20)
        for at in begins
    ]
    store.appointments.book("12807", slots[1], Request(at=TODAY))
    free = found(store, "free_slots", service="visit", from_date="2026-11-20")
    assert [free[f"date_{n}"] for n in (1, 2, 3)] == ["2026-11-25", "2026-11-26", "2026-11-27"]
    assert (free["count"], free["time_1"], free["slot_1"]) == (3, "09:00", slots[2].hex)
    later = found(store, "free_slots", service="visit", from_date="2026-11-27")
    assert (later["count"], later["slot_1"], later["slot_2"]) == (1, slots[4].hex, None)
    mine = found(store, "appointment", customer_number="12807")
    assert (mine["date"], mine["time"], mine["site"]) == ("2026-11-24", "09:00", "Las Palmas")
    store.appointments.book("12807", slots[3], Request(at=TODAY))
    both = found(store, "appointments", customer_number="12807")
    assert [both[f"date_{n}"] for n in (1, 2, 3)] == ["2026-11-24", "2026-11-26", None]
    assert (both["count"], both["service_2"], both["time_2"]) == (2, "visit", "09:00")
    lookups = Lookups(store, lambda: TODAY)
    assert lookups.ask("free_slots", {"service": "visit", "from_date": "2027-01-01"}) == Missing()
    assert lookups.ask("free_slots", {"service": "visit", "from_date": "tomorrow"}) == Missing()
    assert lookups.ask("appointment", {"customer_number": "45716"}) == Missing()


def test_nobody_is_offered_the_time_that_they_have(store: Store) -> None:
    """Whoever moves an appointment, or wants another one: also where their slot has places left, or another
    site has one at the same time. Others are offered it, and so are they once they have given it up."""
    at = [TODAY + timedelta(days=day) for day in (1, 2)]
    mine, second = (
        store.appointments.offer("visit", one, site="Madrid", zone="Europe/Madrid", minutes=30, capacity=2)
        for one in at
    )
    store.appointments.offer("visit", at[0], site="Getafe", zone="Europe/Madrid", minutes=30)
    booked = store.appointments.book("12807", mine, Request(at=TODAY))
    assert isinstance(booked, Appointment)

    def offered(customer: str) -> list[object]:
        told = found(store, "free_slots", service="visit", from_date="today", customer_number=customer)
        return [told["slot_1"], told["count"]]

    assert offered("12807") == [second.hex, 1]
    assert offered("45716")[1] == 3
    store.appointments.cancel(booked.appointment_number, Request(at=TODAY))
    assert offered("12807")[1] == 3


def test_no_appointment_on_a_holiday_or_outside_the_hours(store: Store) -> None:
    """Whatever slots there are: fifty on the holiday, one before the doors open, two that can be had."""
    zone = ZoneInfo("Europe/Madrid")
    for minute in range(50):
        begins = datetime(2026, 12, 8, 10, minute, tzinfo=zone)
        store.appointments.offer("visit", begins, site="Madrid", zone="Europe/Madrid", minutes=20)
    for hour in (8, 10, 11):
        begins = datetime(2026, 12, 9, hour, tzinfo=zone)
        store.appointments.offer("visit", begins, site="Madrid", zone="Europe/Madrid", minutes=20)
    settings = {"appointments": {"days": {"mon-fri": "09:00-19:00"}}}
    working = WorkingDaySettings.model_validate(settings).of_site("ES")
    answer = Lookups(store, lambda: DECEMBER, working).ask(
        "free_slots", {"service": "visit", "from_date": "2026-12-08"}
    )
    assert isinstance(answer, Found)
    told = [(answer.record[f"date_{n}"], answer.record[f"time_{n}"]) for n in (1, 2, 3)]
    assert told == [("2026-12-09", "10:00"), ("2026-12-09", "11:00"), (None, None)]


@pytest.mark.parametrize(
    "settings",
    [{"holidays": "XX"}, {"holidays": "ES-XX"}, {"days": {"monday": "9-18"}}, {"dates": {"soon": "closed"}}],
)
def test_days_that_cannot_be_read(settings: dict[str, object]) -> None:
    """Refused when the settings are read, and not in a call."""
    with pytest.raises(ValidationError):
        WorkingDaySettings.model_validate({"deliveries": settings})
