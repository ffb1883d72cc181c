"""Days that are told by another one: "la víspera de Navidad", "el segundo martes de diciembre".

A day before or after another, a week from a named day, the nth weekday of a month, and a month's first and
last day; "a fin de mes" is its last one, "a principios" the first, "a mediados" the fifteenth, and asked back. What is reckoned from another day is asked back: one slip of the ear moves two days.
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from dialogs.slots.date_words import DATE_WORDS
from dialogs.slots.days import Days
from dialogs.slots.phrasing import CARELESS, Reading
from dialogs.slots.words import Words, phrases_of, starts, tokens

Dated = tuple[int, list[Reading]]
"""The place behind the words that were taken, and what they mean."""
DaysAt = Callable[[Words, int], Iterator[Dated]]
StretchAt = Callable[[Words, int], Iterator[tuple[int, int, str]]]

LAST = -1
MIDDLE = 15
"""The day that "a mediados de mes" is taken for, and asked back."""
_NEEDS_NO_OF = frozenset({"mid", "mitjan"})
"""Parts of a month that stand right before it: "mid March", "a mitjan març"."""
_MONTH = phrases_of("month|mes")
_OF_THE_MONTH = phrases_of("del mes|of the month")


@dataclass(frozen=True)
class _Relations:
    day_before: tuple[Words, ...]
    day_after: tuple[Words, ...]
    before: tuple[Words, ...]
    """Behind a stretch of time: "dos días antes de"."""
    after: tuple[Words, ...]
    nth: Mapping[str, int]
    day: frozenset[str]
    of: tuple[Words, ...]
    end: tuple[Words, ...]
    """Before a month: "a fin de"."""
    begin: tuple[Words, ...]
    middle: tuple[Words, ...]
    bare_month: tuple[Words, ...]
    """ "De mes", behind it."""
    month_end: tuple[Words, ...]
    """The same in a word of its own: "month end"."""
    near: frozenset[str]
    """Before "a fin de mes", they leave the day open."""


def _nth(text: str) -> dict[str, int]:
    return {tokens(word)[0]: int(n) for word, _, n in (item.partition("=") for item in text.split())}


_RELATIONS: Mapping[str, _Relations] = {
    "es": _Relations(
        day_before=phrases_of(
            "día antes de|día antes del|día anterior a|día anterior al|víspera de|víspera del|la víspera de"
            "|la víspera del|un día antes de|un día antes del|día de antes de"
        ),
        day_after=phrases_of(
            "día después de|día después del|día de después de|día de después del|día siguiente a|día siguiente al|día siguiente de|día siguiente del"
            "|un día después de|un día después del"
        ),
        before=phrases_of("antes de|antes del"),
        after=phrases_of("después de|después del"),
        nth=_nth(
            "primer=1 primero=1 segundo=2 tercer=3 tercero=3 cuarto=4 quinto=5 último=-1 1er=1 2º=2 3er=3 1º=1"
        ),
        day=frozenset({"dia"}),
        of=phrases_of("de|del mes de"),
        end=phrases_of(
            "fin|final|a fin|a final|al final|para fin|para final|finales|a finales|para finales|últimos|a últimos"
            "|fines|a fines|para fines"
        ),
        begin=phrases_of("principios|a principios|a principio|al principio|para principios|primeros|a primeros|a comienzos"),
        middle=phrases_of("mediados|a mediados|para mediados|a la mitad"),
        bare_month=phrases_of("de mes"),
        month_end=(),
        near=frozenset({"hacia", "antes", "hasta", "sobre", "casi", "desde", "partir"}),
    ),
    "ca": _Relations(
        day_before=phrases_of(
            "dia abans de|dia abans del|dia anterior a|dia anterior al|vigília de|vigília del|la vigília de"
            "|la vigília del|un dia abans de|un dia abans del"
        ),
        day_after=phrases_of(
            "endemà de|endemà del|l'endemà de|l'endemà del|dia després de|dia després del|dia següent de"
            "|dia següent del|dia següent a|dia següent al|un dia després de|un dia després del|sendemà de"
        ),
        before=phrases_of("abans de|abans del"),
        after=phrases_of("després de|després del"),
        nth=_nth("primer=1 segon=2 tercer=3 quart=4 cinquè=5 últim=-1 darrer=-1 1r=1 2n=2 3r=3"),
        day=frozenset({"dia"}),
        of=phrases_of("de|del mes de"),
        end=phrases_of(
            "fi|final|a fi|a final|al final|per a fi|per a final|per fi|finals|a finals|per a finals|darrers|a darrers|a últims"
        ),
        begin=phrases_of(
            "principis|a principis|a principi|al principi|per a principis|primers|a primers|començaments|a començaments"
        ),
        middle=phrases_of("mitjans|a mitjans|mitjan|a mitjan|per a mitjans|a meitat|a la meitat"),
        bare_month=phrases_of("de mes"),
        month_end=(),
        near=frozenset({"cap", "abans", "fins", "sobre", "gairebe", "quasi", "des", "partir"}),
    ),
    "en": _Relations(
        day_before=phrases_of("day before|a day before|one day before|eve of|the eve of"),
        day_after=phrases_of("day after|a day after|one day after"),
        before=phrases_of("before"),
        after=phrases_of("after"),
        nth=_nth(
            "first=1 second=2 third=3 fourth=4 fifth=5 last=-1 1st=1 2nd=2 3rd=3 4th=4 5th=5"
        ),
        day=frozenset({"day"}),
        of=phrases_of("of|in|of the month of"),
        end=phrases_of("end|the end|at the end|by the end|on the end"),
        begin=phrases_of("beginning|the beginning|at the beginning|start|the start|at the start"),
        middle=phrases_of("middle|the middle|in the middle|mid"),
        bare_month=phrases_of("of month"),
        month_end=phrases_of("month end|month's end|by month end|at month end|the month end|the month's end"),
        near=frozenset({"towards", "toward", "before", "near", "around", "until", "till", "nearly", "from", "to", "after"}),
    ),
}  # fmt: skip

_WEEKS = frozenset({"week", "fortnight"})


class RelatedDays:
    """Such days in one language. `days_at` reads the other day, `stretch_at` a stretch of time."""

    def __init__(self, language: str, days: Days, days_at: DaysAt, stretch_at: StretchAt) -> None:
        self.language, self.days = language, days
        self.days_at, self.stretch_at = days_at, stretch_at
        self.words, self.relations = DATE_WORDS[language], _RELATIONS[language]

    def at(self, words: Words, at: int) -> Iterator[Dated]:
        """All such days at that place of the utterance."""
        table = self.relations
        for phrases, apart in ((table.day_before, -1), (table.day_after, 1)):
            size = starts(words, at, phrases)
            if size:
                yield from self._shifted(words, at + size, apart)
        for end, count, unit in self.stretch_at(words, at):
            days = count * {"day": 1, "week": 7, "fortnight": 14}.get(unit, 0)
            for phrases, sign in ((table.before, -1), (table.after, 1)):
                size = starts(words, end, phrases)
                if size and days:
                    yield from self._shifted(words, end + size, sign * days)
            if unit in _WEEKS and self.language == "en":
                yield from self._weeks_from(words, end, days)
        if self.language == "en" and words[at : at + 1] == ("fortnight",):
            yield from self._weeks_from(words, at + 1, 14)
        yield from self._nth_day(words, at)
        yield from self._part_of_month(words, at)

    def _weeks_from(self, words: Words, at: int, days: int) -> Iterator[Dated]:
        """ "A fortnight today", "two weeks on Friday"."""
        linked = starts(words, at, (("on",), ("from",), ("this",), ("from", "this"), ("from", "next")))
        begin = at + linked - (words[at + linked - 1 : at + linked] in (("this",), ("next",)))
        if words[begin : begin + 1] and (
            linked or words[begin] in self.words.weekdays or words[begin] in ("today", "tomorrow")
        ):
            yield from self._shifted(words, begin, days)

    def _shifted(self, words: Words, at: int, days: int) -> Iterator[Dated]:
        place = at + starts(words, at, self.words.articles)
        for end, found in self.days_at(words, place):
            yield end, [_moved(reading, days) for reading in found]

    def _nth_day(self, words: Words, at: int) -> Iterator[Dated]:
        """ "Segundo martes de diciembre", "último día del mes"."""
        which = self.relations.nth.get(words[at]) if at + 1 < len(words) else None
        if which is None:
            return
        weekday = self.words.weekdays.get(words[at + 1])
        if weekday is None and words[at + 1] not in self.relations.day:
            if which == LAST:  # "el último de mes"
                yield from self._of_month(words, at + 1, which, None)
            return
        if weekday is None and which not in (1, LAST):
            return
        yield from self._of_month(words, at + 2, which, weekday)

    def _of_month(self, words: Words, at: int, which: int, weekday: int | None) -> Iterator[Dated]:
        """ "… de este mes", "… de diciembre"."""
        for phrases, apart in (
            (self.words.month_this, 0),
            (self.words.month_next, 1),
            (self.words.month_last, -1),
        ):
            size = starts(words, at, phrases)
            if size and self.days.today:
                month = self.days.today.year * 12 + self.days.today.month - 1 + apart
                yield at + size, [self._in(month // 12, month % 12 + 1, which, weekday)]
        bare = starts(words, at, self.relations.bare_month) if which == LAST else 0
        if bare and self.days.today:
            yield at + bare, [self._in(self.days.today.year, self.days.today.month, which, weekday)]
        place = at + starts(words, at, self.relations.of)
        month_named = self.words.months.get(words[place]) if place < len(words) else None
        if month_named and place > at:
            yield place + 1, list(self._in_some_year(month_named, which, weekday))

    def _part_of_month(self, words: Words, at: int) -> Iterator[Dated]:
        """ "A fin de mes": the last day, though some mean the days around it; "hacia fin de mes" is none. So
        are "a principios de mes" the first and "a mediados de marzo" the fifteenth."""
        table = self.relations
        vague = not table.near.isdisjoint(words[max(0, at - 3) : at])
        for phrases, which in ((table.begin, 1), (table.middle, MIDDLE), (table.end, LAST)):
            for end, meant in self._whole_part(words, at, phrases, which):
                yield end, [Reading("") if vague else _moved(reading, 0) for reading in meant]

    def _whole_part(self, words: Words, at: int, phrases: tuple[Words, ...], which: int) -> Iterator[Dated]:
        today, table = self.days.today, self.relations
        size = starts(words, at, phrases)
        coming = starts(words, at + size, _OF_THE_MONTH) if size and which != LAST else 0
        if coming:  # the next one: on the twentieth, "a principios del mes" is behind nobody
            yield at + size + coming, list(self.days.in_some_month(which, 0.0, None))
        elif size:
            yield from self._of_month(words, at + size, which, None)
            month = self.words.months.get(words[at + size]) if at + size < len(words) else None
            if month and words[at + size - 1] in _NEEDS_NO_OF:
                yield at + size + 1, list(self._in_some_year(month, which, None))
        bare = starts(words, at + size, table.bare_month) if size else 0
        if not bare and size and words[at + size - 1] in _NEEDS_NO_OF:
            bare = starts(words, at + size, _MONTH)
        whole = size + bare if bare else starts(words, at, table.month_end) if which == LAST else 0
        if whole and today and which == LAST:
            yield at + whole, [self._in(today.year, today.month, LAST, None)]
        elif whole:
            yield at + whole, list(self.days.in_some_month(which, 0.0, None))

    def _in(self, year: int, month: int, which: int, weekday: int | None) -> Reading:
        there = _nth_of(year, month, which, weekday)
        return Reading(there.isoformat()) if there else Reading("", reason="no_such_date")

    def _in_some_year(self, month: int, which: int, weekday: int | None) -> Iterator[Reading]:
        today = self.days.today
        if today is None:
            yield Reading("", reason="no_clock")
            return
        years = range(today.year - 1, today.year + 2)
        found = [there for year in years if (there := _nth_of(year, month, which, weekday))]
        ahead = [there for there in found if there >= today]
        back = [there for there in found if there <= today]
        if not ahead or not back:  # a fifth Friday is rare
            yield Reading("", reason="no_such_date")
            return
        yield from self.days.choose(min(ahead), max(back), 0.0)


def _nth_of(year: int, month: int, which: int, weekday: int | None) -> date | None:
    """The first, second … or last such weekday of a month; without a weekday, that day or the last."""
    first, length = monthrange(year, month)
    if weekday is None:
        return date(year, month, length if which == LAST else which)
    day = 1 + (weekday - first) % 7
    days = range(day, length + 1, 7)
    if which == LAST:
        return date(year, month, days[-1])
    return date(year, month, days[which - 1]) if which <= len(days) else None


def _moved(reading: Reading, days: int) -> Reading:
    if not reading.value:
        return reading
    moved = date.fromisoformat(reading.value) + timedelta(days=days)
    return replace(reading, value=moved.isoformat(), cost=reading.cost + CARELESS)
