"""Made-up appointments: free slots on the working days after the seeds' day, and one that is taken."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from data.models import AppointmentChangeRow, AppointmentRow, AppointmentSlotRow
from data.seed_rows import Rows

SERVICES = {"technician": ("domicilio", 120, (9, 11, 16)), "shop": ("Gran Via", 30, (10, 12, 17))}
"""Site, minutes, and the hours of each day by the site's clock."""
DAYS = 10
CAPACITY = 2
_ZONE = "Europe/Madrid"
Slot = tuple[str, datetime, UUID]
"""Service, beginning, key."""


def add_slots(rows: Rows) -> list[Slot]:
    """Two services, three times a day, on the ten working days after the seeds' day; the earliest first."""
    day, slots = rows.today, []
    for _ in range(DAYS):
        day += timedelta(days=1)
        while day.isoweekday() > 5:
            day += timedelta(days=1)
        for service, (site, minutes, hours) in SERVICES.items():
            for hour in hours:
                begins_at = datetime.combine(day, time(hour), ZoneInfo(_ZONE)).astimezone(UTC)
                name = f"{service} {begins_at.isoformat()}"
                slots.append((service, begins_at, rows.id("slot", name)))
                rows.add(
                    AppointmentSlotRow,
                    name,
                    id=rows.id("slot", name),
                    service=service,
                    site=site,
                    zone=_ZONE,
                    begins_at=begins_at,
                    minutes=minutes,
                    capacity=CAPACITY,
                    taken=0,
                )
    return slots


def add_appointment(rows: Rows, *, number: str, customer_id: UUID, slot: Slot) -> None:
    """A booked one, made on the seeds' day."""
    service, begins_at, slot_id = slot
    rows.tables[AppointmentSlotRow][(f"{service} {begins_at.isoformat()}",)]["taken"] = 1
    appointment_id, at = rows.id("appointment", number), rows.at(rows.today, 0)
    rows.add(
        AppointmentRow,
        number,
        id=appointment_id,
        appointment_number=number,
        customer_id=customer_id,
        slot_id=slot_id,
        status="booked",
        booked_at=at,
        updated_at=at,
        note="",
    )
    rows.add(
        AppointmentChangeRow,
        number,
        appointment_id=appointment_id,
        n=1,
        kind="booked",
        begins_at=begins_at,
        at=at,
        who="agent",
    )
