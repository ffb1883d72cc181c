"""A day: "el viernes", "pasado mañana", "quince de marzo", "dentro de tres días".

```yaml
- ask: payment_day
  type: date
  range: future             # any (default), past, future; today belongs to both
  within_days: 60           # optional: not further away than that
  prompt:
    es: "¿Qué día lo pagará? Por ejemplo: el viernes, o el quince de marzo."
    ca: "Quin dia ho pagarà? Per exemple: divendres, o el quinze de març."
    en: "Which day will you pay? For example: Friday, or the fifteenth of March."
```
Where the prompt offers days, name them in their order, such as `offered: [delivery_days.day_1, delivery_days.day_2]`
(found by a look-up). "El primero", "el más temprano" and "cualquiera" are understood then, and a weekday means the
one that was read out. Any other day may still be said.

The value is a date: `{payment_day}` is said as "veintisiete de noviembre"; asked back, it has its weekday.

Where it is asked from which day on, set `weeks: true`: "la semana que viene" is its Monday then, and "esta semana" is
today. Elsewhere a week alone is no day.

What the caller leaves out is filled in from today and `range`, so say what you want: of a promise, `future`; of
a date of birth, `past`. With `any`, "quince de marzo" may be last March or next, and is asked back. So is
whatever people mean differently: "next Friday", "en quince días", "el viernes" on a Friday. A time beside the
day ("el viernes a las cinco") is left to another question.

"El segundo martes de diciembre" and "el último día del mes" are days, too; "la víspera de Navidad", "a fortnight on
Friday" and "a fin de mes" (the last day) are asked back, and so is what is corrected ("mañana no, pasado"). A range
("del lunes al viernes") is none, nor is what stays open ("a finales de marzo"). Where the day is `past`, two digits
may be a year: "July third eighty".

By key: day and month, or day, month and year: `1503`, `150326`, `15032026`.

Reasons of a miss: `no_such_date` (the 31st of June), `in_the_past`, `in_the_future`, `too_far`,
`weekday_differs` ("el lunes quince" that is a Tuesday), `several`, `no_clock`.
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.results import Heard, Keyed, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.date_reading import WRITTEN, Calendar
from dialogs.slots.date_words import DATE_WORDS
from dialogs.slots.numerals import number_words
from dialogs.slots.phrasing import Meanings, Reading, SpokenKind, understand
from dialogs.slots.time_reading import relative
from dialogs.slots.weekdays import Range
from dialogs.slots.words import Words, tokens
from dialogs.spoken_days import day_and_weekday
from dialogs.spoken_numbers import Said

_MONTHS_FIRST = frozenset({"US", "PH"})
"""Countries that write the month before the day."""


class Date(SpokenKind):
    """A day, as ISO text."""

    name: ClassVar[str] = "date"
    value_type: ClassVar[ValueType] = "date"
    final_silence: ClassVar[float] = 0.9
    longest_utterance: ClassVar[float] = 10.0
    keypad_wording: ClassVar[str] = "keypad_date"
    example_options: ClassVar[Mapping[str, Any]] = {"range": "future"}
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("el viernes", "2026-11-27"),
            ("pasado mañana", "2026-11-25"),
            ("el quince de marzo", "2027-03-15"),
            ("dentro de tres días", "2026-11-26"),
        ),
        "ca": (
            ("divendres", "2026-11-27"),
            ("demà passat", "2026-11-25"),
            ("el quinze de març", "2027-03-15"),
            ("d'aquí a tres dies", "2026-11-26"),
        ),
        "en": (
            ("on Friday", "2026-11-27"),
            ("the day after tomorrow", "2026-11-25"),
            ("March the fifteenth", "2027-03-15"),
            ("in three days", "2026-11-26"),
        ),
    }

    range: Range = Field("any", description="Which days may be meant; today belongs to both sides")
    offered: Annotated[list[str], Field(max_length=8)] = Field(
        default_factory=list, description="The names of days that are read out before, in that order"
    )
    within_days: Annotated[int, Field(ge=1, le=36525)] | None = Field(
        None, description="How many days from today it may be at most"
    )

    weeks: bool = Field(
        False, description="Whether a week alone is an answer: its first day, of this one today"
    )

    def week_alone(self, answer: Heard | Keyed, asking: Asking) -> str | None:
        """The first day of a week that is named and no day of it; `None`: none is."""
        found = self.model_copy(update={"weeks": True}).judge(answer, asking)
        if isinstance(found, NoMatch):
            return None
        plain = self.model_copy(update={"weeks": False}).judge(answer, asking)
        return found.value if isinstance(plain, NoMatch) else None

    def words(self, language: str) -> tuple[str, ...]:
        return number_words(language)

    def phrases(self, language: str) -> tuple[str, ...]:
        weeks = _WEEKS.get(language, ()) if self.weeks else ()
        return (*_PHRASES.get(language, ()), *weeks, *_more_words(language), *super().phrases(language))

    def keys(self) -> Keys:
        return Keys(4, 8)

    @override
    def keyed(self, keys: str, asking: Asking) -> Iterable[Reading]:
        if not keys.isdecimal() or len(keys) not in (4, 6, 8) or asking.language not in DATE_WORDS:
            return
        written = "/".join((keys[:2], keys[2:4], keys[4:])).strip("/")
        # Keys are day first everywhere: the prompt says so.
        for _size, meanings in self._calendar("es", asking).at((written,), 0):
            yield from (self._allowed(reading, asking.today) for reading in meanings)

    def readings(self, text: str, asking: Asking) -> Iterable[Reading]:
        if asking.language not in DATE_WORDS or relative(text):
            return ()  # "en cinco minutos" is no day
        calendar = self._calendar(asking.language, asking)

        def read_at(words: Words, at: int) -> Iterator[tuple[int, Meanings]]:
            for size, meanings in calendar.at(words, at):
                yield size, tuple(self._allowed(reading, asking.today) for reading in meanings)
            for size, first in calendar.week(words, at) if self.weeks else ():
                yield size, (self._allowed(first, asking.today),)

        return understand(
            tokens(text, WRITTEN),
            asking.language,
            read_at,
            fillers=_FILLERS[asking.language]
            | (_FROM_THEN_ON[asking.language] if self.weeks else frozenset()),
            leave_open=calendar.leave_open,
            mend=calendar.mended,
        )

    def _calendar(self, language: str, asking: Asking) -> Calendar:
        return Calendar(language, asking.today, self.range, month_first=asking.region in _MONTHS_FIRST)

    def _allowed(self, reading: Reading, today: date | None) -> Reading:
        """The reading, or why its day is none that was asked for."""
        if not reading.value or today is None:
            return reading
        apart = (date.fromisoformat(reading.value) - today).days
        reason = ""
        if self.range == "future" and apart < 0:
            reason = "in_the_past"
        elif self.range == "past" and apart > 0:
            reason = "in_the_future"
        elif self.within_days is not None and abs(apart) > self.within_days:
            reason = "too_far"
        return Reading("", reading.cost, reason) if reason else reading

    def read_back(self, value: str, asking: Asking) -> str:
        return self._told(value, asking)[0]

    @override
    def shown(self, value: str, asking: Asking) -> str:
        return self._told(value, asking)[1]

    def _told(self, value: str, asking: Asking) -> Said:
        day = date.fromisoformat(value)
        return day_and_weekday(day, asking.language, asking.today, region=asking.region)


_FILLERS: Mapping[str, frozenset[str]] = {
    "es": frozenset(
        tokens("nací nació nacido nacida fecha nacimiento fue pasó llegó caduca vence vengo ir mes")
    ),
    "ca": frozenset(tokens("vaig néixer nascut nascuda data naixement va ser caduca venç vinc anar mes")),
    "en": frozenset(tokens("born was birth birthday date my happened came expires due come going on the")),
}
_FROM_THEN_ON: Mapping[str, frozenset[str]] = {
    "es": frozenset(tokens("a partir desde de ya")),
    "ca": frozenset(tokens("a partir des de ja")),
    "en": frozenset(tokens("from starting onwards on some time")),
}
_PHRASES: Mapping[str, tuple[str, ...]] = {
    "es": (
        "hoy", "mañana", "pasado mañana", "ayer", "anteayer", "que viene", "próximo", "dentro de", "de aquí a",
        "hace", "este", "pasado", "de la semana que viene", "del mes que viene", "de este mes", "del año que viene",
        "por la mañana", "por la tarde",
    ),
    "ca": (
        "avui", "demà", "demà passat", "passat demà", "ahir", "abans d'ahir", "vinent", "que ve", "proper",
        "d'aquí a", "dins de", "fa", "aquest", "passat", "de la setmana que ve", "del mes que ve", "d'aquest mes",
        "de l'any que ve", "al matí", "a la tarda",
    ),
    "en": (
        "today", "tomorrow", "the day after tomorrow", "yesterday", "next", "this", "last", "in", "from now", "ago",
        "next week", "next month", "of this month", "next year", "in the morning", "in the afternoon",
    ),
}  # fmt: skip

_WEEKS: Mapping[str, tuple[str, ...]] = {
    "es": ("la semana que viene", "la próxima semana", "esta semana"),
    "ca": ("la setmana que ve", "la setmana vinent", "aquesta setmana"),
    "en": ("this week",),
}


def _more_words(language: str) -> tuple[str, ...]:
    """The words of dates that are no numbers, as they are written."""
    listed = {
        "es": "lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril mayo junio julio"
        " agosto septiembre octubre noviembre diciembre el de del día días semana semanas mes meses año primero mil"
        " segundo tercer último víspera antes después",
        "ca": "dilluns dimarts dimecres dijous divendres dissabte diumenge gener febrer març abril maig juny"
        " juliol agost d'abril d'agost d'octubre setembre octubre novembre desembre el de del dia dies setmana"
        " setmanes mes mesos any primer mil segon tercer últim vigília endemà abans després",
        "en": "monday tuesday wednesday thursday friday saturday sunday january february march april may june"
        " july august september october november december the of on day days week weeks month months year"
        " first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
        " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth thousand"
        " fortnight before after",
    }
    return tuple(listed.get(language, "").split())
