"""What the laws say, once more: written by hand from texts and calendars, with no code of the product.

It judges schedules that are there already. It knows nothing of rule files, of the library of holidays, or of
how the product reads a week. Where a text leaves room, the looser reading stands here: it must accept all
that is lawful, and the product may be stricter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

HOURS = {  # rule -> weekday (0 is Monday) -> from, to: whole hours of the callee's wall
    "co.collection": {0: (7, 19), 1: (7, 19), 2: (7, 19), 3: (7, 19), 4: (7, 19), 5: (8, 15)},
    "co.commercial": {0: (7, 19), 1: (7, 19), 2: (7, 19), 3: (7, 19), 4: (7, 19), 5: (8, 15)},
    "es.commercial": {0: (9, 21), 1: (9, 21), 2: (9, 21), 3: (9, 21), 4: (9, 21)},
    "es.collection": {0: (9, 21), 1: (9, 21), 2: (9, 21), 3: (9, 21), 4: (9, 21)},
    "mx.collection": dict.fromkeys(range(7), (7, 22)),
    "pe.collection": {0: (7, 20), 1: (7, 20), 2: (7, 20), 3: (7, 20), 4: (7, 20)},
    "cl.collection": {0: (8, 20), 1: (8, 20), 2: (8, 20), 3: (8, 20), 4: (8, 20), 5: (8, 20)},
    "us.collection": dict.fromkeys(range(7), (8, 21)),
    "us.telemarketing": dict.fromkeys(range(7), (8, 21)),
    "uk": dict.fromkeys(range(7), (8, 21)),
    "uk.commercial": dict.fromkeys(range(7), (8, 21)),
    "mx.commercial": {0: (8, 20), 1: (8, 20), 2: (8, 20), 3: (8, 20), 4: (8, 20), 5: (8, 20)},
    "pe.commercial": {0: (7, 20), 1: (7, 20), 2: (7, 20), 3: (7, 20), 4: (7, 20)},
    "cl.commercial": {0: (8, 20), 1: (8, 20), 2: (8, 20), 3: (8, 20), 4: (8, 20), 5: (8, 20)},
}
CLOSED_ON_HOLIDAYS = {
    "co.collection": "CO",
    "co.commercial": "CO",
    "es.commercial": "ES",
    "es.collection": "ES",
    "pe.collection": "PE",
    "cl.collection": "CL",
    "pe.commercial": "PE",
    "cl.commercial": "CL",
}
US_ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Adak",
    "Pacific/Honolulu",
)
MX_ZONES = (
    "America/Mexico_City",
    "America/Cancun",
    "America/Hermosillo",
    "America/Tijuana",
    "America/Mazatlan",
)
ZONES = {  # telephone, or how it begins, -> where its owner may be
    "+573001234567": ("America/Bogota",),
    "+576012345678": ("America/Bogota",),
    "+34600111222": ("Europe/Madrid", "Atlantic/Canary"),
    "+34934445566": ("Europe/Madrid",),
    "+34928445566": ("Atlantic/Canary",),
    "+525512345678": MX_ZONES,
    "+51912345678": ("America/Lima",),
    "+56221234567": ("America/Santiago", "Pacific/Easter", "America/Punta_Arenas"),
    "+12125550123": US_ZONES,
    "+18085551234": US_ZONES,
    "+442071234567": ("Europe/London",),
    "+57300": ("America/Bogota",),
    "+34600": ("Europe/Madrid", "Atlantic/Canary"),
    "+34934": ("Europe/Madrid",),
    "+34928": ("Atlantic/Canary",),
    "+5255": MX_ZONES,
    "+519": ("America/Lima",),
    "+562": ("America/Santiago", "Pacific/Easter", "America/Punta_Arenas"),
    "+1212": US_ZONES,
    "+4420": ("Europe/London",),
}


def _days(year: int, text: str) -> frozenset[date]:
    return frozenset(date(year, int(part[:2]), int(part[3:])) for part in text.split())


HOLIDAYS = {
    "CO": _days(2026, "01-01 01-12 03-23 04-02 04-03 05-01 05-18 06-08 06-15 06-29 07-20 08-07 08-17 10-12")
    | _days(2026, "11-02 11-16 12-08 12-25")
    | _days(2027, "01-01 01-11 03-22 03-25 03-26 05-01 05-10 05-31 06-07 07-05 07-20 08-07 08-16 10-18")
    | _days(2027, "11-01 11-15 12-08 12-25"),
    "ES": _days(2026, "01-01 01-06 04-03 05-01 08-15 10-12 12-08 12-25")
    | _days(2027, "01-01 01-06 03-26 05-01 10-12 12-08 12-25"),
    "ES-MD": _days(2026, "04-02 05-02 11-02 12-07") | _days(2027, "03-25 11-01 12-06"),
    "ES-CT": _days(2026, "04-06 06-24 09-11 12-26") | _days(2027, "03-29 06-24 09-11 11-01 12-06"),
    "ES-AN": _days(2026, "02-28 04-02 11-02 12-07") | _days(2027, "03-01 03-25 11-01 12-06"),
    "MX": _days(2026, "01-01 02-02 03-16 05-01 09-16 11-16 12-25")
    | _days(2027, "01-01 02-01 03-15 05-01 09-16 11-15 12-25"),
    "PE": _days(2026, "01-01 04-02 04-03 05-01 06-07 06-29 07-23 07-28 07-29 08-06 08-30 10-08 11-01 12-08")
    | _days(2026, "12-09 12-25")
    | _days(2027, "01-01 03-25 03-26 05-01 06-07 06-29 07-23 07-28 07-29 08-06 08-30 10-08 11-01 12-08")
    | _days(2027, "12-09 12-25"),
    "CL": _days(2026, "01-01 04-03 04-04 05-01 05-21 06-21 06-29 07-16 08-15 09-18 09-19 10-12 10-31 11-01")
    | _days(2026, "12-08 12-25")
    | _days(2027, "01-01 03-26 03-27 05-01 05-21 06-21 06-28 07-16 08-15 09-18 09-19 10-11 10-31 11-01")
    | _days(2027, "12-08 12-25"),
    "US": _days(2026, "01-01 01-19 02-16 05-25 06-19 07-04 09-07 10-12 11-11 11-26 12-25")
    | _days(2027, "01-01 01-18 02-15 05-31 06-19 07-04 09-06 10-11 11-11 11-25 12-25"),
}


@dataclass(frozen=True)
class Made:
    """A contact that was made."""

    at: datetime
    channel: str
    debt: str
    talked: bool


def violations(rule: str, number: str, region: str, made: list[Made]) -> list[str]:
    """What of these contacts with one person broke the law, in words."""
    return [told for n, one in enumerate(made) for told in wrong_with(one, rule, number, region, made[:n])]


def wrong_with(one: Made, rule: str, number: str, region: str, before: list[Made]) -> list[str]:
    """What of one contact broke that rule; `before`: all earlier ones with this person, by whatever rule."""
    found = []
    for name in ZONES.get(number) or next(ZONES[begin] for begin in ZONES if number.startswith(begin)):
        zone = ZoneInfo(name)
        found += _of_hours(rule, region, one, zone)
        found += _of_frequency(rule, one, before, zone)
    return found


def _of_hours(rule: str, region: str, one: Made, zone: ZoneInfo) -> list[str]:
    if rule == "es.commercial" and one.channel != "call":
        return []  # the law's hours are those of calls
    if rule == "us.telemarketing" and one.channel == "email":
        return []  # CAN-SPAM names none
    there = one.at.astimezone(zone)
    hours = HOURS[rule].get(there.weekday())
    if hours is None:
        return [f"{rule}: {there:%A} in {zone}"]
    found = []
    if not hours[0] <= there.hour < hours[1]:
        found.append(f"{rule}: {there:%A %H:%M} in {zone}")
    country = CLOSED_ON_HOLIDAYS.get(rule)
    if country:
        feasts = set(HOLIDAYS[country])
        if country == "ES":
            for place in ("ES-MD", "ES-CT", "ES-AN"):
                if region in ("", place):
                    feasts |= HOLIDAYS[place]
        if there.date() in feasts:
            found.append(f"{rule}: {there.date()} is a holiday in {zone}")
    return found


def _of_frequency(rule: str, one: Made, before: list[Made], zone: ZoneInfo) -> list[str]:
    day = one.at.astimezone(zone).date()

    def days_since(other: Made) -> int:
        return (day - other.at.astimezone(zone).date()).days

    same_day = [other for other in before if days_since(other) == 0]
    this_week = [other for other in before if 0 <= days_since(other) <= day.weekday()]
    found = []
    if rule in ("co.collection", "co.commercial"):
        if any(other.talked for other in same_day):
            found.append(f"{rule}: a second contact on {day} after a direct one")
        if any(other.talked and other.channel != one.channel for other in this_week):
            found.append(f"{rule}: a second channel in the week of {day} after a direct contact")
    if rule == "es.collection" and (same_day or len(this_week) >= 3):
        found.append(f"{rule}: {len(same_day)} before on {day}, {len(this_week)} in the week")
    if rule == "cl.collection":
        written = [other for other in this_week if other.channel != "call"]
        if one.channel == "call" and any(other.channel == "call" for other in this_week):
            found.append(f"{rule}: a second call in the week of {day}")
        if one.channel != "call" and len(written) >= 2:
            found.append(f"{rule}: a third message in the week of {day}")
        if one.channel != "call" and any(
            days_since(other) < 2 for other in before if other.channel != "call"
        ):
            found.append(f"{rule}: messages less than two days apart on {day}")
    if rule == "us.collection" and one.channel == "call":
        calls = [other for other in before if other.channel == "call" and other.debt == one.debt]
        if sum(1 for other in calls if days_since(other) <= 6) >= 7:
            found.append(f"{rule}: more than 7 calls in 7 days until {day}")
        if any(other.talked and days_since(other) <= 6 for other in calls):
            found.append(f"{rule}: a call on {day}, within 7 days of a conversation")
    return found


def every_day(country: str) -> list[date]:
    """The days of both years that are holidays there."""
    return sorted(HOLIDAYS[country])
