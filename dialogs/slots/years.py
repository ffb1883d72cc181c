"""Which year is said behind a day: "del veintisiete", "nineteen eighty-five", "de l'any que ve"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from dialogs.slots.date_words import DATE_WORDS
from dialogs.slots.phrasing import CARELESS
from dialogs.slots.quantities import below_hundred, quantities
from dialogs.slots.weekdays import RIVAL, Range
from dialogs.slots.words import Words, starts


@dataclass(frozen=True)
class Year:
    end: int
    years: tuple[tuple[int, float], ...]


class Years:
    """The years of one language, seen from one day."""

    def __init__(self, language: str, today: date | None, wanted: Range) -> None:
        self.language, self.today, self.wanted = language, today, wanted
        self.words = DATE_WORDS[language]

    def at(self, words: Words, at: int, *, marked: bool) -> Iterator[Year]:
        """A year at that place; two digits count only behind "del", where a year must stand (`marked`), and
        of a day that is past, such as a birthday."""
        table = self.words
        for which, years in (("year_this", 0), ("year_next", 1), ("year_last", -1)):
            size = starts(words, at, getattr(table, which))
            if size and self.today:
                yield Year(at + size, ((self.today.year + years, 0.0),))
        place = at
        while place < len(words) and (
            words[place] in table.of
            or words[place] in table.year
            or words[place] in ("el", "slash", "stroke", "barra", "guion", "guio")
        ):
            place += 1
        for size, year, cost in quantities(words, place, self.language):
            if 1900 <= year <= 2100:
                yield Year(place + size, ((year, cost),))
        two_digits = list(self._two_digits(words, place))
        for size, century, _cost in below_hundred(words, place, self.language):
            if century in (19, 20):
                for end, rest in self._two_digits(words, place + size):
                    if rest > 9 or end - place - size > 1:
                        yield Year(end, ((century * 100 + rest, 0.0),))
        for end, rest in two_digits:
            if marked or place > at:
                yield Year(end, self.century(rest))
            elif self.wanted == "past" and self.today:
                # "July third eighty"; "July third nineteen" may have been cut short.
                doubt = CARELESS if 2000 + rest <= self.today.year else 0.0
                yield Year(end, tuple((year, cost + doubt) for year, cost in self.century(rest)))

    def _two_digits(self, words: Words, at: int) -> Iterator[tuple[int, int]]:
        zero = at + 1 < len(words) and below_hundred(words[at : at + 1], 0, self.language)[:1] == (
            (1, 0, 0.0),
        )
        for size, rest, _cost in below_hundred(words, at + zero, self.language):
            if (rest < 10) == zero:  # "del cero cinco"; "tres cuatro cinco" is no date
                yield at + zero + size, rest

    def century(self, rest: int) -> tuple[tuple[int, float], ...]:
        if self.wanted == "future" or self.today is None:
            return ((2000 + rest, 0.0),)
        if self.wanted == "past":
            return (((2000 if 2000 + rest <= self.today.year else 1900) + rest, 0.0),)
        near = 2000 + rest - self.today.year <= 20
        return ((2000 + rest, 0.0), (1900 + rest, RIVAL)) if near else ((1900 + rest, 0.0),)
