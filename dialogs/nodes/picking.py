"""Several rows on offer, and one of them said or keyed: what an answer to a `pick` means.

Rules:
1. What is in a row, its place in the list, its key and what else is on offer are looked for side by side;
   where they disagree, the answer is asked back.
2. Where several rows fit, the answer is all of these (`these`), and the caller is asked which.
3. What no row has is no answer, and never the row that is nearest.
4. What is denied is never taken: of what is wanted beside it, it is left out; alone, the others are offered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dialogs.nodes.row_phrases import row_phrases
from dialogs.nodes.row_references import (
    asks_for_several,
    at_a_time,
    key_called,
    may_be_a_time,
    minds_not,
    outermost,
)
from dialogs.nodes.row_values import Field, Row, number_runs, same_week
from dialogs.nodes.rows import MOST_ALTERNATIVES, MOST_WORDS, Meant, rows_meant
from dialogs.nodes.several import answers_in
from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.choosing import Choice, choose, spoken_keys
from dialogs.slots.date import Date
from dialogs.slots.denials import Parted, parted
from dialogs.slots.kind import SlotKind, best_said
from dialogs.slots.naming import says_number, taken_apart
from dialogs.slots.places import expected, refuses_all
from dialogs.slots.trust import RIVAL_MARGIN, band
from dialogs.slots.words import plain

IN_FULL = "in_full"
ANOTHER_DAY = "another_day"
MOST_KEYS = 8
"""Rows that have a key of their own, and one is left for something else."""
LEAST_DIGITS = 5
"""Of a number that is said as a whole; fewer may be an hour, or how a number ends."""
SHORT = 3
"""Words of a denial that may be cut anywhere."""
_BEGIN = frozenset(["el", "la", "los", "las", "els", "les", "l'el", "a", "al", "the", "on", "at", "del"])
"""Words with which another row begins."""
_THESE = "these:"


def these(places: Sequence[int]) -> str:
    """Several rows as the value of an answer."""
    return _THESE + ",".join(map(str, places))


def those(value: str) -> frozenset[int]:
    """The rows of such a value; none where it is one answer."""
    if not value.startswith(_THESE):
        return frozenset()
    return frozenset(int(place) for place in value.removeprefix(_THESE).split(","))


def behind_phrase(said: str, phrases: Sequence[str]) -> str:
    """What stands behind the longest of these phrases: "otro día, el jueves"; empty where none is said."""
    low = said.lower()
    named = max((one for one in phrases if one.lower() in low), key=len, default="")
    return said[low.find(named.lower()) + len(named) :].lstrip(" ,.;:") if named else ""


def says_in_full(heard: Heard | None, language: str) -> bool:
    """Whether a whole number is said, whatever its length should be."""
    if heard is None:
        return False
    runs = number_runs(taken_apart(best_said(heard)), language)
    return any(len(digits) >= LEAST_DIGITS for run in runs for digits in run)


def _places(found: Match | NoMatch) -> frozenset[int]:
    """The rows that an answer names."""
    if isinstance(found, NoMatch):
        return frozenset()
    named = frozenset({int(found.value)}) if found.value.isdecimal() else those(found.value)
    return named | {int(other) for other in found.others if other.isdecimal()}


def _unread(found: Match | NoMatch) -> bool:
    return isinstance(found, NoMatch) and found.reason not in ("several_fit", "not_offered")


def _near(answer: Heard) -> bool:
    """Whether the second reading is a rival of the first."""
    first, second = answer.alternatives[:2]
    return first.confidence - second.confidence < RIVAL_MARGIN


@dataclass(frozen=True)
class Offer:
    """What is on offer at one moment: all `rows`, of which `offered` are read out, and the `others`."""

    rows: Sequence[Row]
    offered: Sequence[Row]
    fields: Sequence[Field]
    others: Sequence[Choice]
    nouns: Sequence[str]
    in_full: bool = False
    day: SlotKind | None = None
    """What a day that no row has is taken by, if it is an answer, too."""

    @property
    def _by_key(self) -> list[Choice]:
        return [Choice(str(row.place), str(row.place), {}) for row in self.offered]

    def judge(self, answer: Heard | Keyed, asking: Asking) -> Match | NoMatch:
        """The row's place, the name of something else, `IN_FULL`, `ANOTHER_DAY`, or several places."""
        if isinstance(answer, Keyed):
            every = [Choice(str(row.place), str(row.place), {}) for row in self.rows]
            return choose([*every, *self.others], answer, asking.language)
        if (loose := self._loosely(answer, asking)) is not None:
            return loose
        told = [parted(one.text, asking.language) for one in answer.alternatives[:MOST_ALTERNATIVES]]
        if not told[0].denied or refuses_all(best_said(answer), asking.language):
            found = self._wanted(answer, asking)
            sure = isinstance(found, Match) and found.band == "sure" and not those(found.value)
            if isinstance(found, Match) and sure and any(one.denied for one in told[1:]) and _near(answer):
                return replace(found, band="check")
            return found
        return self._without_denied(answer, told[0], asking)

    def _without_denied(self, answer: Heard, told: Parted, asking: Asking) -> Match | NoMatch:
        """What is wanted but for what is denied; where only that is named, the others."""
        said = answer.alternatives[0]

        def read(text: str) -> Match | NoMatch:
            return self._wanted(Heard((Alternative(text, said.confidence),)), asking)

        if told.either:
            both = [read(text) for text in told.either]
            named = sorted(frozenset().union(*(_places(one) for one in both)))
            return self._which(named, answer) if named else NoMatch(said.text)
        wanted = read(told.wanted) if told.wanted else NoMatch(said.text)
        if isinstance(wanted, Match) and wanted.value == ANOTHER_DAY:
            return wanted  # without the days that are denied beside it
        denied = [read(text) for text in told.denied]
        if told.open and isinstance(wanted, NoMatch) and (cut := self._cut(told.open, read, asking.language)):
            denied[-1], wanted = cut
        gone = frozenset().union(*(self._fitting(one) for one in denied))
        if isinstance(wanted, Match) and not (kept := self._fitting(wanted)):
            dropped = any(isinstance(one, Match) and one.value == wanted.value for one in denied)
            return NoMatch(said.text) if dropped else replace(wanted, said=said.text, band="check")
        if isinstance(wanted, Match):
            return self._which(sorted(kept - gone), answer)
        if wanted.reason == "not_offered" or all(_unread(one) for one in denied):
            return wanted
        left = [row.place for row in self.offered if row.place not in gone]
        return self._which(left, answer) if left else NoMatch(said.text, "none_of_these")

    def _cut(
        self, text: str, read: Callable[[str], Match | NoMatch], language: str
    ) -> tuple[Match | NoMatch, Match | NoMatch] | None:
        """ "La cafetera | la batidora" behind a "not": where another row begins, that is what is wanted."""
        words = text.split()
        for at in range(1, min(len(words), MOST_WORDS)):
            if plain(words[at]) not in _BEGIN and len(words) > SHORT:
                continue
            if at == len(words) - 1 and says_number((plain(words[at]),), language):
                break  # "the Thursday one"
            denied, wanted = read(" ".join(words[:at])), read(" ".join(words[at:]))
            places = self._fitting(denied), self._fitting(wanted)
            if all(places) and places[0].isdisjoint(places[1]):
                return denied, wanted
        return None

    def _fitting(self, found: Match | NoMatch) -> frozenset[int]:
        """The rows of an answer; "several fit" is all that are offered."""
        if isinstance(found, NoMatch) and found.reason == "several_fit":
            return frozenset(row.place for row in self.offered)
        return _places(found)

    def _which(self, places: Sequence[int], answer: Heard) -> Match | NoMatch:
        """One row to be asked back, or which of several."""
        said = answer.alternatives[0]
        if band(said.confidence, "mended") == "unsure":
            return NoMatch(said.text)
        if not places:
            return NoMatch(said.text, "none_of_these")
        if len(places) == 1:
            return Match(str(places[0]), said.text, "voice", said.confidence, "check")
        if len(places) == len(self.offered):
            return NoMatch(said.text, "several_fit")
        return Match(these(places), said.text, "voice", said.confidence, "sure")

    def _wanted(self, answer: Heard, asking: Asking) -> Match | NoMatch:
        """What is named, where nothing is denied."""
        if (loose := self._loosely(answer, asking)) is not None:
            return loose
        other = choose(self.others, answer, asking.language, rescue=False)
        if isinstance(other, NoMatch) and (week := self._other_week(answer, asking)) is not None:
            return week
        meant = self._meant(answer, asking)
        if isinstance(meant, Meant) and meant.places:
            if isinstance(other, Match):
                return replace(other, band="check", others=tuple(map(str, meant.places)))
            return self._row(meant, self._keyed(answer, asking.language))
        if isinstance(other, Match):
            return other
        return meant if isinstance(meant, NoMatch) else self._unnamed(answer, asking, meant)

    def _loosely(self, answer: Heard, asking: Asking) -> Match | NoMatch | None:
        """What names a row by nothing that is in it: its key by name, any, all, the earliest of them."""
        text, language = best_said(answer), asking.language
        if isinstance(choose(self.others, answer, language, rescue=False), Match):
            return None
        if key := key_called(text, language, self.nouns):
            every = [*self._by_key, *self.others]
            wanted = next((choice for choice in every if choice.key == key), None)
            trust = band(answer.alternatives[0].confidence, "exact")
            if wanted is not None and trust != "unsure":
                return Match(wanted.id, text, "voice", answer.alternatives[0].confidence, trust)
        if minds_not(text, language, self.nouns):
            found = self._which([self.offered[0].place], answer)
            rest = tuple(str(row.place) for row in self.offered[1:])
            return replace(found, others=rest) if isinstance(found, Match) else found
        if asks_for_several(text, language, self.nouns) and not self._is_told(answer, asking):
            return NoMatch(text, "one_by_one")
        places = outermost(text, self.offered, self.fields, language, self.nouns)
        return self._which(places, answer) if places else None

    def _is_told(self, answer: Heard, asking: Asking) -> bool:
        """Whether it is a time of day, or what stands in a row: "las cuatro"."""
        meant = self._meant(answer, asking)
        return at_a_time(best_said(answer)) or (isinstance(meant, Meant) and bool(meant.places))

    def _keyed(self, answer: Heard, language: str) -> Match | NoMatch:
        """A row by its key or its place; a time of day is neither."""
        text = best_said(answer)
        if at_a_time(text):
            return NoMatch(text)
        found = choose(self._by_key, answer, language)
        timed = may_be_a_time(text) and any(field.kind == "time" for field in self.fields)
        return replace(found, band="check") if timed and isinstance(found, Match) else found

    def _unnamed(self, answer: Heard, asking: Asking, meant: Meant | None) -> Match | NoMatch:
        """What names nothing that is in a row: a whole number, a key, a place; `meant`: something else."""
        if self.in_full and says_in_full(answer, asking.language):
            sure = answer.alternatives[0].confidence
            return Match(IN_FULL, best_said(answer), "voice", sure, "sure")
        day = self.says_another_day(answer, asking) if meant is not None else None
        placed = self._keyed(answer, asking.language)
        if isinstance(day, Match) and (day.band == "sure" or isinstance(placed, NoMatch)):
            return replace(day, band="sure")  # the question for the day asks back what is in doubt
        # "The first one" may be a day, and is rather a row.
        if isinstance(placed, Match) or day is not None:
            return day if isinstance(placed, NoMatch) and day is not None else placed
        if meant is not None or at_a_time(best_said(answer)):
            other = choose(self.others, answer, asking.language)
            if isinstance(other, Match) and other.band == "sure" and not at_a_time(best_said(answer)):
                return other  # its key: "cuatro"
            return NoMatch(best_said(answer), "not_offered")
        return placed if placed.reason else choose(self.others, answer, asking.language)

    def says_another_day(self, answer: Heard, asking: Asking) -> Match | NoMatch | None:
        """A day that no row has and the question for it takes; why it takes none; `None`: none is said."""
        if (kind := self.day) is None:
            return None
        if (week := self._other_week(answer, asking)) is not None:
            return week
        whole = kind.judge(answer, asking)
        if isinstance(whole, NoMatch) and whole.reason:
            return whole  # and no part of "el treinta de febrero" is a day
        numbers = frozenset(plain(word) for word in kind.words(asking.language))
        judges = {"day": lambda heard: kind.judge(heard, asking)}
        found = answers_in(answer, judges, asking.language, numbers, clock=True).get("day")
        days = [one.name for one in self.fields if one.kind == "date"]
        there = {str(row.values.get(name)) for row in self.rows for name in days}
        if found is None or not there.isdisjoint((found.value, *found.others)):
            return None
        return Match(ANOTHER_DAY, best_said(answer), "voice", answer.alternatives[0].confidence, found.band)

    def _other_week(self, answer: Heard, asking: Asking) -> Match | None:
        """ "Next week", where the question for the day takes it: from its first day on, although one of the
        rows lies in it; unless they all do, and one of these is meant."""
        if not isinstance(self.day, Date) or not self.day.weeks:
            return None
        week = self.day.week_alone(answer, asking)
        days = [
            str(row.values.get(one.name)) for row in self.rows for one in self.fields if one.kind == "date"
        ]
        if week is None or all(same_week(date.fromisoformat(day), week) for day in days if day != "None"):
            return None
        return Match(ANOTHER_DAY, best_said(answer), "voice", answer.alternatives[0].confidence, "sure")

    def _meant(self, answer: Heard, asking: Asking) -> Meant | NoMatch | None:
        """Among those that were read out; where none of these fits, among all."""
        found = rows_meant(self.offered, self.fields, answer, asking, self.nouns)
        if len(self.offered) == len(self.rows) or (isinstance(found, Meant) and found.places):
            return found
        wider = rows_meant(self.rows, self.fields, answer, asking, self.nouns)
        return wider if isinstance(wider, Meant) and len(wider.places) == 1 else found

    def _row(self, meant: Meant, placed: Match | NoMatch) -> Match | NoMatch:
        """One row, or which of several; `placed` is what the key or the place would be, if one was said."""
        places = tuple(map(str, meant.places))
        by_key = placed.value if isinstance(placed, Match) else ""
        if len(places) > 1:
            if isinstance(placed, Match) and by_key in places:
                return placed
            if len(places) == len(self.offered):
                return NoMatch(meant.said, "several_fit")
            if band(meant.confidence, "mended") == "unsure":
                return NoMatch(meant.said)
            # Which of them is asked in any case.
            return Match(these(meant.places), meant.said, "voice", meant.confidence, "sure")
        agreed = not by_key or by_key == places[0]
        trust = band(meant.confidence, "exact" if meant.sure and agreed else "mended")
        if trust == "unsure":
            return NoMatch(meant.said)
        return Match(places[0], meant.said, "voice", meant.confidence, trust, () if agreed else (by_key,))

    def phrases(self, asking: Asking) -> tuple[str, ...]:
        """What a recogniser may expect."""
        language = asking.language
        keys = [choice.key for choice in (*self._by_key, *self.others)]
        return (
            *row_phrases(self.rows, self.fields, asking, self.nouns),
            *(phrase for other in self.others for phrase in other.phrases.get(language, ())),
            *spoken_keys(keys, language),
            *expected(len(self.offered), language),
        )
