"""Several rows on offer, and one of them said or keyed: what an answer to a `pick` means.

Rules:
1. What is in a row, its place in the list, its key and what else is on offer are looked for side by side;
   where they disagree, the answer is asked back.
2. Where several rows fit, the answer is all of these (`these`), and the caller is asked which.
3. What no row has is no answer, and never the row that is nearest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dialogs.nodes.row_phrases import row_phrases
from dialogs.nodes.row_values import Field, Row, number_runs
from dialogs.nodes.rows import Meant, rows_meant
from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.choosing import Choice, choose, spoken_keys
from dialogs.slots.kind import best_said
from dialogs.slots.naming import taken_apart
from dialogs.slots.places import expected
from dialogs.slots.trust import band

IN_FULL = "in_full"
MOST_KEYS = 8
"""Rows that have a key of their own, and one is left for something else."""
LEAST_DIGITS = 5
"""Of a number that is said as a whole; fewer may be an hour, or how a number ends."""
_THESE = "these:"


def these(places: Sequence[int]) -> str:
    """Several rows as the value of an answer."""
    return _THESE + ",".join(map(str, places))


def those(value: str) -> frozenset[int]:
    """The rows of such a value; none where it is one answer."""
    if not value.startswith(_THESE):
        return frozenset()
    return frozenset(int(place) for place in value.removeprefix(_THESE).split(","))


def says_in_full(heard: Heard | None, language: str) -> bool:
    """Whether a whole number is said, whatever its length should be."""
    if heard is None:
        return False
    runs = number_runs(taken_apart(best_said(heard)), language)
    return any(len(digits) >= LEAST_DIGITS for run in runs for digits in run)


@dataclass(frozen=True)
class Offer:
    """What is on offer at one moment: all `rows`, of which `offered` are read out, and the `others`."""

    rows: Sequence[Row]
    offered: Sequence[Row]
    fields: Sequence[Field]
    others: Sequence[Choice]
    nouns: Sequence[str]
    in_full: bool = False

    @property
    def _by_key(self) -> list[Choice]:
        return [Choice(str(row.place), str(row.place), {}) for row in self.offered]

    def judge(self, answer: Heard | Keyed, asking: Asking) -> Match | NoMatch:
        """The row's place, the name of something else, `IN_FULL`, or several places."""
        if isinstance(answer, Keyed):
            every = [Choice(str(row.place), str(row.place), {}) for row in self.rows]
            return choose([*every, *self.others], answer, asking.language)
        other = choose(self.others, answer, asking.language, rescue=False)
        meant = self._meant(answer, asking)
        if isinstance(meant, Meant) and meant.places:
            if isinstance(other, Match):
                return replace(other, band="check", others=tuple(map(str, meant.places)))
            return self._row(meant, choose(self._by_key, answer, asking.language))
        if isinstance(other, Match):
            return other
        return meant if isinstance(meant, NoMatch) else self._unnamed(answer, asking, meant)

    def _unnamed(self, answer: Heard, asking: Asking, meant: Meant | None) -> Match | NoMatch:
        """What names nothing that is in a row: a whole number, a key, a place; `meant`: something else."""
        if self.in_full and says_in_full(answer, asking.language):
            sure = answer.alternatives[0].confidence
            return Match(IN_FULL, best_said(answer), "voice", sure, "sure")
        placed = choose(self._by_key, answer, asking.language)
        if isinstance(placed, Match):
            return placed
        if meant is not None:
            return NoMatch(meant.said, "not_offered")
        return placed if placed.reason else choose(self.others, answer, asking.language)

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
