"""Under which circumstances a question is put: what an answer means depends on them.

"El viernes" is another day every week, and nine digits are a telephone number in one country and none in
the next. Nothing of this comes from the caller, and nothing is looked up: it is handed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Asking:
    """The language of the question, the site's wall clock and the site's country, and the caller's number.

    `now` is without a zone or with the site's; without a clock, relative answers ("mañana") are not
    understood. `region` is an ISO 3166 country code: it tells whose telephone numbers and postcodes are
    meant. `own_number` is the telephone that the caller calls from, as it came; empty if it is withheld.
    """

    language: str
    now: datetime | None = None
    region: str = "ES"
    own_number: str = ""

    @property
    def today(self) -> date | None:
        return self.now.date() if self.now else None
