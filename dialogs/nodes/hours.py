"""`hours`: goes by the opening hours of a calendar.

```yaml
- hours: office
  open: main_menu
  closed: after_hours
  holiday: after_hours            # optional: else as `closed`
```
The calendar stands in `catalogue.yaml`, beside the flows. Without a zone it goes by the site's clock;
`holidays` are the public ones of a country or a region; a date beats a holiday, a holiday beats the week.

Everywhere in texts, `{hours.office}` says the calendar's week, and the days of the next two weeks on which it
is otherwise: "de lunes a jueves, de nueve a siete, y los viernes, de nueve a tres. El martes, ocho de
diciembre, está cerrado". So what is told is what the flow goes by.
```yaml catalogue
calendars:
  office:
    days: {mon-thu: [09:00-14:00, 16:00-19:00], fri: 09:00-15:00}
    holidays: ES-CT
    dates: {2026-12-24: 09:00-13:00, 2026-12-31: closed}
```
```yaml test
- test: monday morning, monday night, and the first of May
  now: 2026-11-23T10:00
  steps:
    - expect: {step: main_menu}
- test: at night
  now: 2026-11-23T22:00
  steps:
    - expect: {step: after_hours}
- test: the first of May
  now: 2026-05-01T10:00
  steps:
    - expect: {step: after_hours}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue
from dialogs.errors import ClockMissing
from dialogs.flow import Name
from dialogs.nodes.step import Exit, Run, Step, Way
from dialogs.source import nearest


class Hours(Step):
    """Goes by the opening hours of a calendar."""

    type_name: ClassVar[str] = "hours"
    hours: Name = Field(description="A calendar of the catalogue")
    open: Name | None = Field(None, description="Where to go while it is open; the next on the page")
    closed: Name = Field(description="Where to go while it is closed")
    holiday: Name | None = Field(None, description="Where to go on holidays and dated closures; `closed`")

    @override
    def own_name(self, at: int) -> str:
        return f"hours_{self.hours}"

    def run(self, call: Call) -> Run:
        yield from ()  # says and asks nothing
        if call.facts.now is None:
            raise ClockMissing(f"the hours of `{self.hours}` need the time of the call")
        state = call.flows.catalogue.calendars[self.hours].at(call.facts.now)
        return "closed" if state == "holiday" and not self.holiday else state

    def exits(self) -> Iterator[Exit]:
        yield Exit("open", self.open, ("open",))
        yield Exit("closed", self.closed, ("closed",))
        if self.holiday:
            yield Exit("holiday", self.holiday, ("holiday",))

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.then is not None:
            yield ("then",), "hours go on by `open` and `closed`: remove `then`"
        if self.hours not in catalogue.calendars:
            yield ("hours",), f"unknown calendar `{self.hours}`: {nearest(self.hours, catalogue.calendars)}"
