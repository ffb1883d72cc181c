"""On which days the company delivers and receives: the section `working_days` of `ivr.yaml`.

Public holidays (of the library `holidays`) are those of the country, or of the regions that are named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from dialogs.calendars import Calendar, Hours, holiday_place, read_dates, read_days

_WHOLE = (Hours(0, 24 * 60),)
_EVERY_DAY: Mapping[int, tuple[Hours, ...]] = dict.fromkeys(range(7), _WHOLE)
_MONDAY_TO_FRIDAY: Mapping[int, tuple[Hours, ...]] = dict.fromkeys(range(5), _WHOLE)


@dataclass(frozen=True)
class WorkingDays:
    """Calendars that look-ups and writes go by."""

    deliveries: Calendar = field(default_factory=lambda: Calendar(_MONDAY_TO_FRIDAY))
    appointments: Calendar = field(default_factory=lambda: Calendar(_EVERY_DAY))
    """Beyond it no free slot is told, whatever the table of slots holds."""


USUAL = WorkingDays()
"""Where nobody has set any."""


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class OpenDays(BaseModel):
    """When one thing is done; what is not written is as in `WorkingDays`."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    days: Mapping[str, Any] | None = None
    """`{mon-fri: 09:00-20:00}`, as the calendars of a catalogue."""
    holidays: Annotated[
        tuple[Annotated[str, AfterValidator(holiday_place)], ...], BeforeValidator(_listed)
    ] = ()
    """Countries and regions by their ISO 3166 codes; default: the site's country."""
    dates: Mapping[date, Any] = {}
    """`{2026-12-24: closed}`: beats holidays and week."""

    @model_validator(mode="after")
    def _readable(self) -> OpenDays:
        self.calendar(Calendar(), "ES")
        return self

    def calendar(self, default: Calendar, region: str) -> Calendar:
        """`region`: the site's country, for the holidays."""
        days = default.days if self.days is None else read_days(dict(self.days))
        dates = read_dates({day.isoformat(): hours for day, hours in self.dates.items()})
        return Calendar(days, dates, self.holidays or (region,))


class WorkingDaySettings(BaseModel):
    """The section `working_days`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    deliveries: OpenDays = OpenDays()
    appointments: OpenDays = OpenDays()

    def of_site(self, region: str) -> WorkingDays:
        """What look-ups go by; `region` is the site's country."""
        return WorkingDays(
            self.deliveries.calendar(USUAL.deliveries, region),
            self.appointments.calendar(USUAL.appointments, region),
        )
