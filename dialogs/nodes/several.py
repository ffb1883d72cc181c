"""Several answers in one sentence: which words answer which slot.

Rules:
1. The sentence is cut where a new thought may begin, never inside a row of number words: five digits out of
   a telephone number are no customer number.
2. Every stretch is judged by every slot; stretches do not overlap. Most slots filled wins, then the surer
   answers, then the longer stretches, then the order of the page.
3. Where a longer stretch gives the same slot another value ("a las diez", "a las diez y cincuenta"), the
   longer one counts, unless a sure answer to another slot joins on to the shorter ("a las diez | cincuenta
   euros").
   Either way it is asked back, and so is whatever another slot's answer reaches into.
4. A time of day ends where the clock says so, also among numbers: "a dos quarts de cinc | cent euros".
5. Bounded: `MOST_CUTS` cuts, so that judging takes milliseconds whatever was said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dialogs.results import Alternative, Heard, Match, NoMatch
from dialogs.slots.hedges import denies
from dialogs.slots.time_reading import clock_edges
from dialogs.slots.words import plain

MOST_CUTS = 7
"""They leave eight pieces, so 36 stretches."""
SHORT = 8
"""Words up to which a sentence may be cut anywhere."""
_KEPT = 4
"""Stretches that are kept for each slot."""
_JOINTS: Mapping[str, str] = {
    "es": "y e el la los las mi su para por de del con en al a que es son lo pero tambien quiero"
    " puedo pago pagare",
    "ca": "i el la els les meu seu per de del amb en al a que es son pero tambe vull em puc pago pagare",
    "en": "and the my your for on at by with in to is are but also it i i'd i'll pay",
}
"""Words that may begin a new thought, as `plain` gives them."""
_AND = {"y", "i", "and"}
_BEFORE_AND = re.compile(
    "treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|cien|ciento|mil|vint|cent|hundred|thousand"
)
"""Behind these an "and" goes on with the number: "cuarenta y cinco", "one hundred and five"."""

Judge = Callable[[Heard], Match | NoMatch]


@dataclass(frozen=True)
class _Piece:
    """One slot's answer in one stretch."""

    begin: int
    end: int
    match: Match

    @property
    def weight(self) -> int:
        return 2 if self.match.band == "sure" else 1

    def holds(self, other: _Piece) -> bool:
        return self.begin <= other.begin and other.end <= self.end and self != other

    def overlaps(self, other: _Piece) -> bool:
        return self.begin < other.end and other.begin < self.end

    def reached_over_by(self, other: _Piece) -> bool:
        """Whether the other begins in it and ends behind it."""
        return self.begin < other.begin < self.end < other.end

    def doubted(self) -> _Piece:
        return replace(self, match=replace(self.match, band="check"))


def answers_in(
    heard: Heard,
    judges: Mapping[str, Judge],
    language: str,
    number_words: frozenset[str],
    *,
    clock: bool = False,
) -> Mapping[str, Match]:
    """The slots that the best reading answers, in the order of `judges`; empty if it answers none. `clock`:
    whether one of them wants a time of day."""
    for alternative in heard.alternatives[:2]:
        words = alternative.text.split()
        edges = clock_edges(words, language) if clock else {}
        pieces = _pieces(words, language, number_words, edges)
        found: dict[str, list[_Piece]] = {slot: [] for slot in judges}
        for begin, end in _stretches(len(pieces)):
            text = " ".join(word for piece in pieces[begin:end] for word in piece)
            for slot, judge in judges.items():
                match = judge(Heard((Alternative(text, alternative.confidence),)))
                if isinstance(match, Match):
                    found[slot].append(_Piece(begin, end, match))
        best = _best(_longest(found))
        if best and denies(alternative.text, language):
            # "El viernes no puedo": cut into stretches, nobody can tell what is denied.
            return {slot: replace(match, band="check") for slot, match in best.items()}
        if best:
            return best
    return {}


def _pieces(
    words: Sequence[str], language: str, number_words: frozenset[str], edges: Mapping[int, bool]
) -> list[list[str]]:
    joints = set(_JOINTS.get(language, "").split())
    pieces: list[list[str]] = []
    before = ""
    cuts = 0
    for at, word in enumerate(words):
        bare = plain(word)
        numbers = _is_number(before, number_words) and _is_number(bare, number_words)
        if bare in _AND and not _BEFORE_AND.fullmatch(before):
            numbers = False
        wanted = len(words) <= SHORT or bare in joints or before.endswith(",")
        if not pieces or (edges.get(at, wanted and not numbers) and cuts < MOST_CUTS):
            cuts += bool(pieces)
            pieces.append([])
        pieces[-1].append(word)
        before = bare + ("," if word.endswith((",", ".", ";")) else "")
    return pieces


def _is_number(word: str, number_words: frozenset[str]) -> bool:
    word = word.rstrip(",")
    return word in number_words or bool(re.search("[0-9]", word))


def _stretches(pieces: int) -> Iterator[tuple[int, int]]:
    """The shortest first."""
    for size in range(1, pieces + 1):
        for begin in range(pieces - size + 1):
            yield begin, begin + size


def _longest(found: Mapping[str, Sequence[_Piece]]) -> Mapping[str, Sequence[_Piece]]:
    """Rule 3 of this module."""
    kept: dict[str, list[_Piece]] = {}
    for slot, answers in found.items():
        joined = [p for other, pieces in found.items() if other != slot for p in pieces if p.weight > 1]
        kept[slot] = []
        for piece in answers:
            # The shortest of each value: "… euros" behind a time only makes it longer.
            wider = [p for p in answers if p.match.value != piece.match.value and p.holds(piece)]
            wider = [
                p for p in wider if not any(p.holds(w) and p.match.value == w.match.value for w in wider)
            ]
            if not wider:
                kept[slot].append(piece)
            elif all(_joins(piece, other, joined) for other in wider):
                kept[slot].append(piece.doubted())
    return kept


def _joins(piece: _Piece, wider: _Piece, others: Sequence[_Piece]) -> bool:
    """Whether what the wider one has more belongs to the answer to another slot, which joins on to the piece
    and says of itself what it is: "cincuenta euros", not "cincuenta"."""
    behind = wider.end == piece.end or any(o.begin == piece.end and o.end > wider.end for o in others)
    before = wider.begin == piece.begin or any(o.end == piece.begin for o in others)
    return behind and before


def _kept(answers: Sequence[_Piece]) -> list[_Piece]:
    """The shortest stretch of each value at each place, the surest first."""
    kept: list[_Piece] = []
    for piece in sorted(answers, key=lambda p: (-p.weight, p.end - p.begin, p.begin)):
        if not any(p.match.value == piece.match.value and p.overlaps(piece) for p in kept):
            kept.append(piece)
    return sorted(kept, key=lambda p: (-p.weight, p.begin, p.end - p.begin))[:_KEPT]


def _best(found: Mapping[str, Sequence[_Piece]]) -> dict[str, Match]:
    slots = [(slot, _kept(answers)) for slot, answers in found.items()]
    best: tuple[tuple[int, int, int], tuple[tuple[str, _Piece], ...]] = ((0, 0, 0), ())

    def choose(at: int, taken: tuple[tuple[str, _Piece], ...]) -> None:
        nonlocal best
        if at == len(slots):
            score = (
                len(taken),
                sum(piece.weight for _, piece in taken),
                # "Las diez y media" is more than "las diez"; what adds nothing to a value is left out before.
                sum(piece.end - piece.begin for _, piece in taken),
            )
            if score > best[0]:
                best = score, taken
            return
        slot, answers = slots[at]
        for piece in answers:
            if all(piece.end <= other.begin or other.end <= piece.begin for _, other in taken):
                choose(at + 1, (*taken, (slot, piece)))
        choose(at + 1, taken)

    choose(0, ())
    chosen = dict(best[1])
    left = [piece for slot, answers in found.items() if slot not in chosen for piece in answers]
    return {
        slot: (piece.doubted() if _is_disputed(piece, found[slot], left) else piece).match
        for slot, piece in chosen.items()
    }


def _is_disputed(piece: _Piece, own: Sequence[_Piece], left: Sequence[_Piece]) -> bool:
    """Whether an answer that was not chosen begins in it and goes on behind it, with words that its own slot
    cannot explain: "a las diez y cincuenta | euros", but not "el quince | de diciembre"."""
    wider = [p for p in own if p.holds(piece) and p.match.value == piece.match.value and p.weight > 1]
    return any(
        piece.reached_over_by(other) and not any(w.begin <= other.begin and other.end <= w.end for w in wider)
        for other in left
    )
