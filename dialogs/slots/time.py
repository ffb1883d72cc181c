"""A time of day: "las cinco y media", "dos quarts de cinc", "half past four", "17:30".

```yaml
- ask: call_me_at
  type: time
  earliest: "09:00"         # optional: other times are refused, and "las cinco" is 17:00
  latest: "20:00"
  prompt:
    es: "¿A qué hora le llamamos?"
    ca: "A quina hora li truquem?"
    en: "At what time shall we call you?"
```
The value is the time on a 24-hour clock, `17:30`; `{call_me_at}` is said as "las cinco y media de la tarde".
"Las cinco" without morning or afternoon means two times: `earliest` and `latest` choose, and where both
fit, or nothing is said about the hours, the more usual one (from eight to eight) is asked back. Catalan
quarters count towards the coming hour: "dos quarts de cinc" is half past four ("dos quarts de vint-i-dues",
which nobody says, is asked back). A range ("de dos a cuatro",
"two to four pm") is no time, nor is "a quarts de cinc"; "ten to five" is asked back: it may be
a range.

By key: hours and minutes on the 24-hour clock: `1730`, `0905`, `930`.

Reasons of a miss: `outside_hours`, `no_such_time`, `several`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field
from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.slots.asking import Asking
from dialogs.slots.from_now import from_now
from dialogs.slots.numerals import number_words
from dialogs.slots.phrasing import CARELESS, Meanings, Reading, SpokenKind, understand
from dialogs.slots.time_reading import WRITTEN, Clock, apart, at_the_clock, relative
from dialogs.slots.time_words import FILLERS, LEAVE_OPEN, TIME_WORDS, time_vocabulary
from dialogs.slots.words import Words, starts, tokens
from dialogs.spoken_days import time_of_day

_USUAL = (8 * 60, 20 * 60)
"""Minutes of the day between which "a las cinco" is meant, if nothing else is known."""
_LESS_USUAL = 0.1
_LOST_MINUTES = frozenset({"to", "past", "till", "til"})


def _clock_time(value: object) -> object:
    # YAML 1.2 reads 09:00 as text; 9:00 is as good.
    return f"0{value}" if isinstance(value, str) and re.fullmatch(r"\d:\d\d", value) else value


_Time = Annotated[str, BeforeValidator(_clock_time), Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


def _minutes(clock_time: str) -> int:
    return int(clock_time[:2]) * 60 + int(clock_time[3:])


class Time(SpokenKind):
    """A time of day on the 24-hour clock."""

    name: ClassVar[str] = "time"
    value_type: ClassVar[ValueType] = "time"
    keypad_wording: ClassVar[str] = "keypad_time"
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("a las cinco y media de la tarde", "17:30"),
            ("las nueve menos cuarto de la mañana", "08:45"),
            ("a las diecisiete treinta", "17:30"),
        ),
        "ca": (
            ("dos quarts de cinc de la tarda", "16:30"),
            ("tres quarts de nou del matí", "08:45"),
            ("a les disset trenta", "17:30"),
        ),
        "en": (
            ("half past five in the afternoon", "17:30"),
            ("a quarter to nine in the morning", "08:45"),
            ("seventeen thirty", "17:30"),
        ),
    }

    earliest: _Time | None = Field(None, description="The first time that is taken, 09:00")
    latest: _Time | None = Field(None, description="The last time that is taken, 20:00")

    def mistake(self) -> str | None:
        if self.earliest and self.latest and self.latest < self.earliest:
            return "`latest` is before `earliest`: swap them"
        return None

    def words(self, language: str) -> tuple[str, ...]:
        return number_words(language)

    def phrases(self, language: str) -> tuple[str, ...]:
        return (*time_vocabulary(language), *super().phrases(language))

    def keys(self) -> Keys:
        return Keys(3, 4)

    @override
    def keyed(self, keys: str, asking: Asking) -> Iterable[Reading]:
        if not keys.isdecimal() or len(keys) not in (3, 4):
            return
        hour, minute = int(keys[:-2]), int(keys[-2:])
        if hour > 23 or minute > 59:
            yield Reading("", reason="no_such_time")
        else:
            yield self._taken(hour * 60 + minute, 0.0)

    def readings(self, text: str, asking: Asking) -> Iterable[Reading]:
        language = asking.language
        if language not in TIME_WORDS:
            return ()
        clock = Clock(language)
        words = tokens(apart(text), WRITTEN)
        if relative(text):  # else "in five minutes" would be five o'clock

            def ahead_at(words: Words, at: int) -> Iterator[tuple[int, Meanings]]:
                for size, minutes in from_now(words, at, language):
                    yield size, (self._ahead(minutes, asking.now),)
                named = at_the_clock(words, at, language)
                if named:  # "in half an hour, at eleven" is two answers
                    yield named, (Reading(""),)

            return understand(
                words, language, ahead_at, fillers=FILLERS[language], leave_open=LEAVE_OPEN[language]
            )
        if language == "en":
            words = tuple("oh" if word == "o" else word for word in words)  # "nine o five"

        def read_at(words: Words, at: int) -> Iterator[tuple[int, Meanings]]:
            if language == "en" and words[at] in _LOST_MINUTES:  # "… to nine": the minutes were not heard
                led = starts(words, at + 1, clock.words.lead)
                for size, *_ in clock.at(words, at + 1) if not led else ():
                    yield 1 + size, (Reading(""),)
            for size, minutes, open_half, cost in clock.at(words, at):
                yield size, tuple(self._meanings(minutes, open_half, cost))

        return understand(
            words, language, read_at, fillers=FILLERS[language], leave_open=LEAVE_OPEN[language]
        )

    def _meanings(self, minutes: int, open_half: bool, cost: float) -> list[Reading]:
        if minutes < 0:
            return [Reading("", cost, "no_such_time")]
        if not open_half:
            return [self._taken(minutes, cost)]
        both = [self._taken(m, cost) for m in (minutes % 720, minutes % 720 + 720)]
        taken = [reading for reading in both if reading.value]
        if len(taken) != 2 or not (self.earliest or self.latest):
            usual = [r for r in taken if _USUAL[0] <= _minutes(r.value) < _USUAL[1]] or taken
            rivals = [
                Reading(r.value, r.cost + _LESS_USUAL)
                for r in taken
                if r is not (usual[0] if usual else None)
            ]
            return [*usual[:1], *rivals] or both[:1]
        return taken

    def _ahead(self, minutes: int, now: datetime | None) -> Reading:
        """So many minutes from now, today; asked back, because it is meant loosely."""
        if now is None:
            return Reading("", reason="no_clock")
        later = now.hour * 60 + now.minute + minutes
        return self._taken(later, CARELESS) if later < 24 * 60 else Reading("", reason="no_such_time")

    def _taken(self, minutes: int, cost: float) -> Reading:
        value = f"{minutes // 60 % 24:02}:{minutes % 60:02}"
        if (self.earliest and value < self.earliest) or (self.latest and value > self.latest):
            return Reading("", cost, "outside_hours")
        return Reading(value, cost)

    def read_back(self, value: str, asking: Asking) -> str:
        return time_of_day(value, asking.language, region=asking.region)[0]
