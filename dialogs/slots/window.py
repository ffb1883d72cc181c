"""When somebody wants to be called: as soon as it is their turn, or a stretch of time, such as "mañana por la
mañana", "entre las cinco y las siete", "el jueves a partir de las diez".

The value is `now`, `later` (another time, which they have not said), or a stretch of the wall clock,
`2026-11-24T09:00/2026-11-24T14:00`. It is no kind of answer of its own in flow files: `callback` asks it,
reads it back, and has it looked at whether anybody is called then.

"Las cinco" without morning or afternoon is the one in which people are awake (`_AWAKE`); a time alone ("a las
diez") is the hour that begins then; a day alone is the whole of it. Opening hours are not known here.

By key: 1 for now, 2 for another time; then day, month and hour: `241117`, or `24111730`.

Reasons of a miss: `in_the_past`, `no_such_date`, `no_such_time`, `several`, `no_clock`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import ClassVar

from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.slots.asking import Asking
from dialogs.slots.date import Date
from dialogs.slots.date_reading import WRITTEN as WRITTEN_DATES
from dialogs.slots.date_reading import Calendar
from dialogs.slots.from_now import from_now
from dialogs.slots.numerals import number_words
from dialogs.slots.phrasing import Meanings, Reading, SpokenKind, understand
from dialogs.slots.time_reading import WRITTEN as WRITTEN_TIMES
from dialogs.slots.time_reading import Clock, apart
from dialogs.slots.time_words import CLOCK_LEADS
from dialogs.slots.window_words import WINDOW_WORDS, Part, WindowWords
from dialogs.slots.words import Words, starts, tokens
from dialogs.spoken_windows import said_window

NOW, LATER = "now", "later"
_DAY = 24 * 60
_AWAKE = (8 * 60, 21 * 60 + 30)
"""Minutes of the day between which "a las cinco" is meant, if nothing else is known."""
_HOUR = 60
_DAYS = Date.model_validate({"range": "future"})
_LEAST = 10
"""Minutes that must be left of a stretch that has begun."""


@dataclass(frozen=True)
class _Clocked:
    """What was said of the clock: minutes since midnight. `None`: that side is open."""

    begin: int | None
    end: int | None
    cost: float = 0.0
    ahead: bool = False
    """They count from now on, not from midnight."""


@dataclass(frozen=True)
class _Said:
    """A stretch as far as it was said, and where the words for it end."""

    end: int
    day: Reading | None = None
    part: Part | None = None
    clocked: tuple[_Clocked, ...] = ()
    cost: float = 0.0

    @property
    def known(self) -> bool:
        return self.day is not None or self.part is not None or bool(self.clocked)


class CallTime(SpokenKind):
    """When somebody wants to be called."""

    name: ClassVar[str] = "call_time"
    value_type: ClassVar[ValueType] = "text"
    final_silence: ClassVar[float] = 0.9
    longest_utterance: ClassVar[float] = 10.0
    keypad_wording: ClassVar[str] = "keypad_call_time"
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("mañana por la mañana", "2026-11-24T08:00/2026-11-24T14:00"),
            ("entre las cinco y las siete", "2026-11-23T17:00/2026-11-23T19:00"),
            ("el jueves a partir de las diez", "2026-11-26T10:00/2026-11-27T00:00"),
            ("cuanto antes", NOW),
        ),
        "ca": (
            ("demà al matí", "2026-11-24T08:00/2026-11-24T14:00"),
            ("entre les cinc i les set", "2026-11-23T17:00/2026-11-23T19:00"),
            ("dijous a partir de les deu", "2026-11-26T10:00/2026-11-27T00:00"),
            ("com més aviat millor", NOW),
        ),
        "en": (
            ("tomorrow morning", "2026-11-24T08:00/2026-11-24T12:00"),
            ("between five and seven", "2026-11-23T17:00/2026-11-23T19:00"),
            ("on Thursday after ten", "2026-11-26T10:00/2026-11-27T00:00"),
            ("as soon as possible", NOW),
        ),
    }

    by_number: bool = False
    """Whether it is keyed as day, month and hour; else 1 is now and 2 another time."""

    def words(self, language: str) -> tuple[str, ...]:
        return number_words(language)

    @override
    def phrases(self, language: str) -> tuple[str, ...]:
        table = WINDOW_WORDS.get(language)
        listed = tuple(table.written.split()) if table else ()
        return (*listed, *_DAYS.phrases(language))

    def keys(self) -> Keys:
        return Keys(6, 8) if self.by_number else Keys(1, 1)

    @override
    def keyed(self, keys: str, asking: Asking) -> Iterable[Reading]:
        if not self.by_number:
            value = {"1": NOW, "2": LATER}.get(keys)
            return (Reading(value),) if value else ()
        if not keys.isdecimal() or len(keys) not in (6, 8):
            return ()
        now = asking.now
        if now is None:
            return (Reading("", reason="no_clock"),)
        hour, minute = int(keys[4:6]), int(keys[6:] or 0)
        if hour > 23 or minute > 59:
            return (Reading("", reason="no_such_time"),)
        found = _DAYS.keyed(keys[:4], asking)
        clocked = _Clocked(hour * 60 + minute, hour * 60 + minute + _HOUR)
        return tuple(_resolved(_Said(0, day, None, (clocked,)), now) for day in found)

    @override
    def readings(self, text: str, asking: Asking) -> Iterable[Reading]:
        table = WINDOW_WORDS.get(asking.language)
        if table is None:
            return ()
        words = tokens(apart(text), _WRITTEN)
        if asking.language == "en":
            words = tuple("oh" if word == "o" else word for word in words)
        reader = _Reader(asking, table)
        for read_at in (reader.windows, reader.now_or_later):
            found = understand(words, asking.language, read_at, fillers=table.fillers)
            if found:
                return found
        return ()

    def read_back(self, value: str, asking: Asking) -> str:
        return said_window(value, asking.language, asking.today, region=asking.region)[0]

    @override
    def shown(self, value: str, asking: Asking) -> str:
        return said_window(value, asking.language, asking.today, region=asking.region)[1]


class _Reader:
    """Reads stretches of time in one language, at one moment."""

    def __init__(self, asking: Asking, table: WindowWords) -> None:
        self.asking, self.table, self.language = asking, table, asking.language
        self.clock = Clock(asking.language)
        self.days = Calendar(asking.language, asking.today, "future")

    def now_or_later(self, words: Words, at: int) -> Iterator[tuple[int, Meanings]]:
        for value, phrases in ((NOW, self.table.now), (LATER, self.table.later)):
            size = starts(words, at, phrases)
            if size:
                yield size, (Reading(value),)

    def windows(self, words: Words, at: int) -> Iterator[tuple[int, Meanings]]:
        now = self.asking.now
        for said in self._grown(words, _Said(at)):
            if now is None:
                yield said.end - at, (Reading("", reason="no_clock"),)
            else:
                yield said.end - at, (_resolved(said, now),)

    def _grown(self, words: Words, said: _Said) -> Iterator[_Said]:
        """All that goes on from there: a day, a part of the day and a time, each once, in any order."""
        if said.known:
            yield said
        at = said.end
        if said.known and words[at : at + 1] in (("el",), ("on",), ("a",), ("at",)) and not said.day:
            at += 1  # "por la tarde, el jueves"
        longest = said.end
        for more in self._more(words, said):
            longest = max(longest, more.end)
            yield from self._grown(words, more)
        if at > said.end and longest == said.end:
            for more in self._more(words, replace(said, end=at)):
                yield from self._grown(words, more)

    def _more(self, words: Words, said: _Said) -> Iterator[_Said]:
        at = said.end
        if at >= len(words):
            return
        if not said.clocked:
            by_end: dict[int, list[_Clocked]] = {}
            for end, clocked in self._clocked(words, at):
                by_end.setdefault(end, []).append(clocked)
            for end, several in by_end.items():
                yield replace(said, end=end, clocked=tuple(several))
        size = starts(words, at, self.table.parts)
        part = self.table.parts[words[at : at + size]] if size else None
        if part and said.part is None:
            yield replace(said, end=at + size, part=part, cost=_PART_BEHIND if said.clocked else 0.0)
        if said.day is None:
            # "De mañana" and "this afternoon" are parts of a day, and not "mañana" and "today".
            longer_than = size if part and (part.today or self.language != "en") else 0
            for length, meanings in self.days.bare(words, at):
                for one in meanings:
                    if not one.bare and length > longer_than:
                        yield replace(said, end=at + length, day=one)

    # --- the clock ---

    def _clocked(self, words: Words, at: int) -> Iterator[tuple[int, _Clocked]]:
        table = self.table
        yield from self._range(words, at, table.between, table.and_)
        yield from self._range(words, at, table.from_, table.to)
        for size in self._sizes(words, at, table.after):
            for end, minutes, cost in self._times(words, at + size):
                onwards = starts(words, end, table.onwards)
                if onwards or words[at : at + size] not in _NEED_MORE:
                    yield end + onwards, _Clocked(minutes, None, cost)
        for size in self._sizes(words, at, table.before):
            for end, minutes, cost in self._times(words, at + size):
                yield end, _Clocked(None, minutes, cost)
        if starts(words, at, CLOCK_LEADS[self.language]):
            for end, minutes, cost in self._times(words, at):
                yield end, _Clocked(minutes, minutes + _HOUR, cost)
        for size, minutes in from_now(words, at, self.language):
            yield at + size, _Clocked(minutes, minutes + _HOUR, ahead=True)

    def _range(
        self, words: Words, at: int, leads: Iterable[Words], joins: Iterable[Words]
    ) -> Iterator[tuple[int, _Clocked]]:
        for lead in self._sizes(words, at, leads):
            for end, begin, cost in self._times(words, at + lead):
                for join in self._sizes(words, end, joins):
                    for last, until, more in self._times(words, end + join):
                        if begin < until:
                            yield last, _Clocked(begin, until, cost + more)

    @staticmethod
    def _sizes(words: Words, at: int, phrases: Iterable[Words]) -> Iterator[int]:
        yield from {len(one) for one in phrases if words[at : at + len(one)] == one}

    def _times(self, words: Words, at: int) -> Iterator[tuple[int, int, float]]:
        """Times of day there: where the words for them end, the minutes, and what it costs to think so."""
        for found in self.clock.at(words, at):
            if found.minutes < 0:
                continue
            if not found.open_half:
                yield at + found.size, found.minutes, 0.0
                continue
            for minutes in (found.minutes % 720, found.minutes % 720 + 720):
                yield at + found.size, minutes, 0.0


_WRITTEN = re.compile(f"{WRITTEN_DATES.pattern}|{WRITTEN_TIMES.pattern}")
_PART_BEHIND = 0.05
"""Behind a time, "de la tarde" says which five it is, rather than how long it may be."""
_NEED_MORE = frozenset({("de",)})
"""Leads that only a word behind the time makes a beginning: "de las cinco en adelante"."""


def _resolved(said: _Said, now: datetime) -> Reading:
    """The stretch that is meant, seen from now: the likeliest of those that the words allow."""
    if said.day is not None and not said.day.value:
        return said.day
    meant = [
        one for clocked in said.clocked or (_Clocked(None, None),) for one in _stretches(said, clocked, now)
    ]
    meant = [one for one in meant if not one.oddness[0]] or meant  # "esta mañana a las nueve" is over by ten
    left = [one for one in meant if (one.end - max(one.begin, now)) >= timedelta(minutes=_LEAST)]
    if not left:
        return Reading("", reason="in_the_past" if meant else "no_such_time")
    best = min(left, key=lambda one: one.oddness)
    begin = max(best.begin, _rounded(now))
    cost = said.cost + (said.day.cost if said.day else 0.0)
    return Reading(f"{begin:%Y-%m-%dT%H:%M}/{best.end:%Y-%m-%dT%H:%M}", cost)


@dataclass(frozen=True)
class _Stretch:
    begin: datetime
    end: datetime
    oddness: tuple[object, ...]
    """Smaller is likelier."""


def _stretches(said: _Said, clocked: _Clocked, now: datetime) -> Iterator[_Stretch]:
    if clocked.ahead:
        assert clocked.begin is not None and clocked.end is not None
        start = _rounded(now)
        yield _Stretch(_at(start, clocked.begin), _at(start, clocked.end), (False, clocked.cost))
        return
    part = said.part
    begin, end = _whole(clocked, part)
    if begin >= end or end > _DAY + _HOUR:
        return
    outside = part is not None and not (
        part.begin <= begin < part.end and min(end, _DAY) <= max(part.end, begin + _HOUR)
    )
    known = clocked.begin if clocked.begin is not None else clocked.end
    asleep = known is not None and not _AWAKE[0] <= known < _AWAKE[1]
    width = end - begin if clocked.begin is not None and clocked.end is not None else 0
    for day, far in _days(said, now):
        midnight = datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)
        yield _Stretch(
            _at(midnight, begin), _at(midnight, end), (outside, asleep, clocked.cost, width, far, begin)
        )


def _whole(clocked: _Clocked, part: Part | None) -> tuple[int, int]:
    """What is open on a side ends with the part of the day, or with the day."""
    begin, end = clocked.begin, clocked.end
    if begin is None:
        begin = part.begin if part and (end is None or part.begin < end) else 0
    if end is None:
        end = part.end if part and part.end > begin else _DAY
    return begin, end


def _at(midnight: datetime, minutes: int) -> datetime:
    """By the wall clock, whatever it does in that night."""
    return midnight + timedelta(minutes=minutes)


def _days(said: _Said, now: datetime) -> Iterator[tuple[date, int]]:
    if said.day is not None:
        yield date.fromisoformat(said.day.value), 0
    elif said.part is not None and said.part.today:
        yield now.date(), 0
    else:  # the next time that it is so late
        yield now.date(), 0
        yield now.date() + timedelta(days=1), 1


def _rounded(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)
