"""Which times of day an utterance may mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dialogs.slots.phrasing import CARELESS
from dialogs.slots.quantities import below_hundred
from dialogs.slots.time_words import ABOUT, CLOCK_LEADS, GUESS, TIME_WORDS
from dialogs.slots.words import Words, plain, starts, tokens

_GLUED = re.compile(r"(?<=\d)(?=[ap]\.?\s?m\b|h(?:s|rs)?\b)", re.IGNORECASE)
WRITTEN = re.compile(r"\b\d{1,2}[:.h]\d{2}\b")

_BEGIN_A_TIME: Mapping[str, tuple[Words, ...]] = {
    "es": (),
    "ca": (("un", "quart"), ("dos", "quarts"), ("tres", "quarts")),
    "en": (("half", "past"), ("quarter", "past"), ("quarter", "to"), ("a", "quarter")),
}
"""What is said of a clock and nothing else, without "a las" before it."""
_AND = frozenset({"y", "i", "and"})
_STRETCH = frozenset({"hora", "horas", "hores"})


class Reading(NamedTuple):
    """A time that may be meant."""

    size: int
    """Words taken."""
    minutes: int
    """Since midnight; negative if there is no such time."""
    open_half: bool
    """Whether it may be before or after noon."""
    cost: float


_RELATIVE = re.compile(
    r"\b(?:dentro de|de aqui a|al cabo de|en|d'aqui(?: a)?|d'aci(?: a)?|dins|dintre|al cap de|in) "
    r"(?:[\w']+ ){0,4}?"
    r"(?:d')?(?:hor(?:it)?as?|minut(?:it)?os?|hores|hora|horet[ae]s?|minut(?:et)?s?|hours?|mins|minutes?)\b"
    r"|\b(?:hours?|minutes?) from now\b"
)


def relative(text: str) -> bool:
    """Whether a stretch of time is meant, not a time: "dentro de una hora", "in half an hour"."""
    return bool(_RELATIVE.search(plain(text)))


def at_the_clock(words: Words, at: int, language: str) -> int:
    """How many words there tell a time and nothing else: "a las cinco y media", "at five"; 0 if none do."""
    lead = starts(words, at, CLOCK_LEADS[language])
    return max((reading.size for reading in Clock(language).at(words, at)), default=0) if lead else 0


def clock_edges(said: Sequence[str], language: str) -> dict[int, bool]:
    """Where, among the words of a sentence, a time of day ends (true), and where it cannot (false): behind
    "a las diez" and "a las diez y cincuenta", but in no "a dos | quarts de cinc"."""
    if language not in TIME_WORDS:
        return {}
    words: list[str] = []
    owner: list[int] = []
    for place, word in enumerate(said):
        for token in tokens(apart(word), WRITTEN):
            words.append(token)
            owner.append(place)
    edges: dict[int, bool] = {}
    at, clock, phrases = 0, Clock(language), (*CLOCK_LEADS[language], *_BEGIN_A_TIME[language])
    while at < len(words):
        ends = (
            {at + r.size for r in clock.at(tuple(words), at)} if starts(tuple(words), at, phrases) else set()
        )
        last = max(ends, default=at)
        for place in range(at + 1, last + 1):
            if place < len(words) and owner[place] != owner[place - 1]:
                goes_on = bool(below_hundred(tuple(words), place, language)) or words[place] in _AND
                edges[owner[place]] = place in ends and (goes_on or place == last)
        at = max(last, at + 1)
    return edges


def apart(text: str) -> str:
    """ "5:30pm" as "5:30 pm", "17h" as "17 h"."""
    return _GLUED.sub(" ", text)


class Clock:
    """The times of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.words = table = TIME_WORDS[language]
        self.parts = (*table.morning, *table.small_hours, *table.noon, *table.afternoon, *table.night)

    def at(self, words: Words, at: int) -> Iterator[Reading]:
        """All times that may be meant at that place of the utterance."""
        yield from self._plainly(words, at)
        part = starts(words, at, self.parts)
        if not part or words[max(0, at - 1) : at] == ("good",):  # "good morning, at five"
            return
        for reading in self._plainly(words, at + part):
            end = at + part + reading.size
            turned = (*words[at + part : end], *words[at : at + part])  # "por la mañana a las diez"
            for found in self._plainly(turned, 0) if reading.open_half else ():
                if found.size == len(turned):
                    yield found

    def _plainly(self, words: Words, at: int) -> Iterator[Reading]:
        lead = starts(words, at, self.words.lead)
        begins = {at, at + lead}
        for begin in begins:
            about = any(word in ABOUT[self.language] for word in words[at:begin])
            for end, minutes, open_half, cost in self._at(words, begin, named=begin > at):
                yield Reading(end - at, minutes, open_half, cost + (GUESS if about else 0.0))

    def _at(self, words: Words, at: int, *, named: bool) -> Iterator[tuple[int, int, bool, float]]:
        size = starts(words, at, self.words.fixed)
        if size:
            minutes, cost = self.words.fixed[words[at : at + size]]
            yield at + size, minutes, False, cost
        for end, minutes, whole_day, cost in self._times(words, at):
            last = end + starts(words, end, self.words.exactly)
            # A bare "cinco" may be an answer to "¿a qué hora?", and may be anything else.
            bare = not named and last == at + 1 and not _FIGURES.fullmatch(words[at])
            for place, found, open_half, extra in self._with_half(
                words, last, minutes, whole_day=whole_day, cost=cost
            ):
                yield place, found, open_half, extra + (CARELESS if bare and place == last else 0.0)

    def _with_half(
        self, words: Words, at: int, minutes: int, *, whole_day: bool, cost: float
    ) -> Iterator[tuple[int, int, bool, float]]:
        """Morning, afternoon, night, said behind the time. `whole_day`: on the 24-hour clock already."""
        table = self.words
        half = minutes % 720
        noon = half < 60 and self.language != "en"
        for phrases, after, fits in (
            # "Las doce de la mañana" is noon in Spain, and midnight to some others.
            (table.morning, half + 720 * noon, not noon),
            (table.small_hours, half, half < 7 * 60),
            (table.noon, half + 720 if half < 4 * 60 else half, half < 4 * 60 or half >= 11 * 60),
            (table.afternoon, half + 720, True),
            # "Two at night" is said; "five at night" is as likely five in the afternoon.
            (table.night, half + 720 if half >= 6 * 60 else half, not 3 * 60 <= half < 6 * 60),
        ):
            size = starts(words, at, phrases)
            if size and minutes >= 0:
                doubt = CARELESS if not fits or (whole_day and minutes >= 720 and after != minutes) else 0.0
                end = at + size + starts(words, at + size, table.exactly)
                yield end, minutes if whole_day and minutes >= 780 else after, False, cost + doubt
        yield at, minutes, not whole_day and minutes >= 0, cost

    def _times(self, words: Words, at: int) -> Iterator[tuple[int, int, bool, float]]:
        yield from self._figures(words, at)
        if self.language == "ca":
            yield from self._quarters(words, at)
        yield from self._missing_first(words, at)
        if self.language == "en":
            yield from self._past_first(words, at)
        for size, hour, cost in self._hour(words, at):
            end = at + size
            oclock = end < len(words) and words[end] in self.words.hours
            if (
                oclock
                and words[end] in _STRETCH
                and hour <= 12
                and not starts(words, at - 1, self.words.lead)
            ):
                continue  # "tres horas" is a stretch of time, "las tres horas" is three o'clock
            end += oclock
            military = self.language == "en" and words[end : end + 1] == ("hundred",)
            if military:
                end += 1 + (words[end + 1 : end + 2] == ("hours",))
            wide = hour > 12 or hour == 0 or military or words[at] == "0"
            yield end, hour * 60, wide, cost
            yield from self._minutes(words, end, hour, wide=wide, cost=cost)

    def _hour(self, words: Words, at: int) -> Iterator[tuple[int, int, float]]:
        zero = self.language == "en" and words[at : at + 1] in (("oh",), ("zero",)) and at + 1 < len(words)
        for size, hour, cost in below_hundred(words, at + zero, self.language):
            if hour <= (9 if zero else 23):
                yield size + zero, hour, cost

    def _minutes(
        self, words: Words, at: int, hour: int, *, wide: bool, cost: float
    ) -> Iterator[tuple[int, int, bool, float]]:
        """What follows the hour: "y media", "menos cuarto", "treinta", "cero cinco"."""
        # "Ten past five" is minutes first: see `_past_first`.
        past = 0 if self.language == "en" else starts(words, at, self.words.past)
        less = starts(words, at, self.words.to_after)
        for size, minutes, extra in self._count(words, at + (past or less), quarters=bool(past or less)):
            end = at + (past or less) + size
            end += end < len(words) and words[end] in ("minutos", "minuts", "minutes", "hores")
            if past and hour == 20 and minutes < 10 and self.language == "ca":
                continue  # "vint-i-una" is one number
            if less:
                yield end, (hour * 60 - minutes) % 1440, wide, cost + extra
            else:
                yield end, hour * 60 + minutes, wide, cost + extra

    def _count(self, words: Words, at: int, *, quarters: bool) -> Iterator[tuple[int, int, float]]:
        if quarters:
            for phrases, minutes in ((self.words.quarter, 15), (self.words.half, 30)):
                size = starts(words, at, phrases)
                if size:
                    yield size, minutes, 0.0
        zero = at + 1 < len(words) and below_hundred(words[at : at + 1], 0, self.language)[:1] == (
            (1, 0, 0.0),
        )
        for size, minutes, cost in below_hundred(words, at + zero, self.language):
            if minutes < (10 if zero else 60) and (
                zero or quarters or minutes > 9 or self._written(words[at])
            ):
                yield size + zero, minutes, cost

    @staticmethod
    def _written(word: str) -> bool:
        return len(word) == 2 and word.isdecimal()

    def _missing_first(self, words: Words, at: int) -> Iterator[tuple[int, int, bool, float]]:
        """ "Ten to five", "cuarto para las cinco", "faltan diez para las cinco"."""
        still = starts(words, at, self.words.still)
        for size, minutes, cost in self._count(words, at + still, quarters=True):
            begin = at + still + size
            begin += self.language == "ca" and words[begin : begin + 1] == ("minuts",)
            if self.language == "ca":  # "falten cinc minuts per dos quarts de cinc"
                bell = begin + starts(words, begin, (("per", "a"), ("per",)))
                for end, belled, _half, extra in self._quarters(words, bell) if bell > begin else ():
                    yield end, (belled - minutes) % 720, False, cost + extra
            to = starts(words, begin, self.words.to_before)
            if not to or minutes == 30:
                continue
            doubt = self._may_be_range(words, at, minutes, words[begin]) if self.language == "en" else 0.0
            for more, hour, extra in self._hour(words, begin + to) if doubt is not None else ():
                wide = hour > 12
                missing = (hour * 60 - minutes) % (1440 if wide else 720)
                yield begin + to + more, missing, wide, cost + extra + (doubt or 0.0)

    @staticmethod
    def _may_be_range(words: Words, at: int, minutes: int, to: str) -> float | None:
        """The doubt whether "ten to five" means from ten until five; `None` where it must."""
        before = words[at - 1] if at else ""
        if before in ("from", "between"):
            return None
        if minutes > 12 or to == "minutes" or before == "at":
            return 0.0
        # Nobody counts three minutes to an hour without saying "minutes".
        return CARELESS if minutes in (5, 10) else None

    def _past_first(self, words: Words, at: int) -> Iterator[tuple[int, int, bool, float]]:
        """ "Half past four", "twenty past five"; "half four" is half past in Britain."""
        for size, minutes, cost in self._count(words, at, quarters=True):
            begin = at + size
            past = starts(words, begin, self.words.past)
            half = minutes == 30 and words[at] == "half"
            if not past and not half:
                continue
            for more, hour, extra in self._hour(words, begin + past):
                british = 0.0 if past or words[begin - 1] == "past" else CARELESS
                yield begin + past + more, hour * 60 + minutes, hour > 12, cost + extra + british

    def _quarters(self, words: Words, at: int) -> Iterator[tuple[int, int, bool, float]]:
        """Catalan bells: one, two or three quarters of the coming hour, and a few minutes more or less."""
        for lead, minutes in _BELLS:
            if words[at : at + len(lead)] != lead:
                continue
            place = at + len(lead)
            for more, offset in self._bell_minutes(words, place):
                of = place + more
                if of >= len(words) or words[of] != "de":
                    continue
                of += starts(words, of, (("de", "les"), ("de", "la"), ("de",)))
                guess = GUESS if minutes % 15 or offset % 5 else 0.0  # "mig quart": seven minutes and a half
                for size, hour, cost in below_hundred(words, of, "ca"):
                    told = (hour - 1) * 60 + minutes + offset
                    if 1 <= hour <= 12:
                        yield of + size, told % 720, False, cost + guess
                    elif 12 < hour <= 24:  # nobody counts quarters on this clock: it is asked back
                        yield of + size, told, True, cost + GUESS

    def _bell_minutes(self, words: Words, at: int) -> Iterator[tuple[int, int]]:
        yield 0, 0
        if words[at : at + 1] in (("tocats",), ("tocat",), ("passats",), ("passat",)):
            yield 1, 0
        sign = {"i": 1, "menys": -1}.get(words[at], 0) if at < len(words) else 0
        if sign and words[at + 1 : at + 2] == ("mig",):
            yield 2, sign * 7
        for size, minutes, _cost in below_hundred(words, at + 1, "ca") if sign else ():
            if 0 < minutes < 15:
                named = words[at + 1 + size : at + 2 + size] in (("minut",), ("minuts",))
                yield 1 + size + named, sign * minutes

    def _figures(self, words: Words, at: int) -> Iterator[tuple[int, int, bool, float]]:
        """ "17:30", "5.30", "17h30"."""
        found = _FIGURES.fullmatch(words[at]) if at < len(words) else None
        if not found:
            return
        hour, minute = int(found.group(1)), int(found.group(2))
        if hour > 24 or minute > 59:
            yield at + 1, -1, False, 0.0
            return
        end = at + 1 + (at + 1 < len(words) and words[at + 1] in self.words.hours)
        yield end, hour % 24 * 60 + minute, hour > 12 or hour == 0 or found.group(1)[0] == "0", 0.0


_FIGURES = re.compile(r"(\d{1,2})[:.h](\d{2})")
_BELLS: tuple[tuple[Words, int], ...] = (
    (("un", "quart"), 15),
    (("quart",), 15),
    (("dos", "quarts"), 30),
    (("tres", "quarts"), 45),
    (("mig", "quart"), 7),
)
