"""Several answers in one sentence: which words answer which slot.

Rules:
1. The sentence is cut where a new thought may begin, never inside a row of number words: five digits out of
   a telephone number are no customer number.
2. Every stretch is judged by every slot; stretches do not overlap. Most slots filled wins, then the surer
   answers, then the longer stretches, then the order of the page.
3. Bounded: `MOST_STRETCHES` stretches, so that judging takes milliseconds whatever was said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dialogs.results import Alternative, Heard, Match, NoMatch
from dialogs.slots.hedges import denies
from dialogs.slots.words import plain

MOST_CUTS = 7
MOST_STRETCHES = 36
"""Of the eight pieces that seven cuts leave."""
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


def answers_in(
    heard: Heard, judges: Mapping[str, Judge], language: str, number_words: frozenset[str]
) -> Mapping[str, Match]:
    """The slots that the best reading answers, in the order of `judges`; empty if it answers none."""
    for alternative in heard.alternatives[:2]:
        words = alternative.text.split()
        pieces = _pieces(words, language, number_words)
        found: dict[str, list[_Piece]] = {slot: [] for slot in judges}
        for begin, end in _stretches(len(pieces)):
            text = " ".join(word for piece in pieces[begin:end] for word in piece)
            for slot, judge in judges.items():
                match = judge(Heard((Alternative(text, alternative.confidence),)))
                if isinstance(match, Match):
                    found[slot].append(_Piece(begin, end, match))
        best = _best([(slot, _kept(answers)) for slot, answers in found.items()])
        if best and denies(alternative.text, language):
            # "El viernes no puedo": cut into stretches, nobody can tell what is denied.
            return {slot: replace(match, band="check") for slot, match in best.items()}
        if best:
            return best
    return {}


def _pieces(words: Sequence[str], language: str, number_words: frozenset[str]) -> list[list[str]]:
    joints = set(_JOINTS.get(language, "").split())
    pieces: list[list[str]] = []
    before = ""
    cuts = 0
    for word in words:
        bare = plain(word)
        numbers = _is_number(before, number_words) and _is_number(bare, number_words)
        if bare in _AND and not _BEFORE_AND.fullmatch(before):
            numbers = False
        wanted = len(words) <= SHORT or bare in joints or before.endswith(",")
        if not pieces or (wanted and not numbers and cuts < MOST_CUTS):
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


def _kept(answers: Sequence[_Piece]) -> list[_Piece]:
    """The shortest stretch of each value, the surest values first."""
    by_value: dict[str, _Piece] = {}
    for piece in answers:
        known = by_value.get(piece.match.value)
        if known is None or piece.weight > known.weight:
            by_value[piece.match.value] = piece
    ranked = sorted(by_value.values(), key=lambda p: (-p.weight, p.begin, p.end - p.begin))
    return ranked[:_KEPT]


def _best(slots: Sequence[tuple[str, Sequence[_Piece]]]) -> dict[str, Match]:
    best: tuple[tuple[int, int, int], dict[str, Match]] = ((0, 0, 0), {})

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
                best = score, {slot: piece.match for slot, piece in taken}
            return
        slot, answers = slots[at]
        for piece in answers:
            if all(piece.end <= other.begin or other.end <= piece.begin for _, other in taken):
                choose(at + 1, (*taken, (slot, piece)))
        choose(at + 1, taken)

    choose(0, ())
    return best[1]
