"""From an utterance to the one thing in it that answers: what stands around it, and how far to trust it.

Rules:
1. A kind of answer reads meanings at a place of the utterance; the longest reading there wins, and
   everything around it must be explained: fillers ("eh", "pues", "mire") are free, any other word makes
   the answer one that is asked back.
2. A later answer counts where the caller corrects themself ("el lunes, no, perdón, el martes"), and is
   asked back. Two answers without a correction ("el lunes o el martes") are none.
3. "No" behind an answer takes it away ("el lunes no puedo").
4. Several meanings of the same words are rivals: the likeliest is asked back, and the others are kept.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import ClassVar

from typing_extensions import override

from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.denials import only_denies, parted
from dialogs.slots.fillers import FILLERS
from dialogs.slots.hedges import AFTER_NO, BETWEEN, EXPECTED, corrects, cuts, denied, opens, without_hedges
from dialogs.slots.kind import SlotKind, best_said
from dialogs.slots.mentioned import mentioned
from dialogs.slots.numerals import lexicon_of
from dialogs.slots.trust import RIVAL_MARGIN, Fit, band
from dialogs.slots.words import LONGEST_UTTERANCE, Words

BENT = 0.35
"""A reading that costs more than this was mended by sound, or words were left out."""
UNEXPLAINED = 0.4
"""For a word around the answer that says nothing to us: enough to ask back."""
CARELESS = 0.4
"""For what is said shorter or looser than one would ("cinco", where "el cinco" is a day)."""
MOST_UNEXPLAINED = 6
"""Words; with more, the caller is telling a story."""
MOST_OTHERS = 4


@dataclass(frozen=True)
class Reading:
    """A value and what it cost to get there, from 0; or, with an empty value, why there is none."""

    value: str
    cost: float = 0.0
    reason: str = ""
    proven: bool = False
    """A check digit or letter fits."""
    doubted: bool = False
    """The caller corrected or doubted it: it is asked back, whatever proves it."""
    bare: bool = field(default=False, compare=False)
    """Nothing but a number ("dos", "the second"): among words that say nothing it counts something else."""


Meanings = tuple[Reading, ...]
"""What the same words may mean."""

ReadAt = Callable[[Words, int], Iterable[tuple[int, Meanings]]]
"""The meanings at a place of the utterance, each with the number of words that it takes; words that are
understood and answer nothing ("por la mañana", where a day is wanted) have no meanings."""


# --- one utterance -----------------------------------------------------------------------------------


Mend = Callable[[Words, Words], Words | None]
"""From an answer and what corrects it to the whole as it is meant ("quince de marzo", "dieciséis": "dieciséis
de marzo"); `None` where the correction is whole by itself."""


@dataclass(frozen=True)
class _Span:
    start: int
    end: int
    meanings: Meanings


def understand(
    words: Words,
    language: str,
    read_at: ReadAt,
    *,
    fillers: frozenset[str] = frozenset(),
    leave_open: frozenset[str] = frozenset(),
    mend: Mend | None = None,
) -> Meanings:
    """What the utterance means; no meanings if it holds no answer, or several. Beside words that `leave_open`
    what is meant ("a finales de", "la mitad de"), there is no answer."""
    words, hedged = without_hedges(words, language)
    found = list(_spans(words, read_at)) if len(words) <= LONGEST_UTTERANCE else []
    spans = [span for span in found if span.meanings]
    for span in found:
        if not span.meanings:
            words = (*words[: span.start], *[""] * (span.end - span.start), *words[span.end :])
    if not spans:
        return ()
    before, between, after = words[: spans[0].start], _between(words, spans), words[spans[-1].end :]
    corrected = any(span.meanings != spans[-1].meanings for span in spans)
    if _are_several(words, spans, language, corrected=corrected):
        return (Reading("", reason="several"),)
    if not leave_open.isdisjoint((*before, *between, *after)):
        return ()
    last = _mended(words, spans, read_at, mend) if corrected else spans[-1]
    doubted = hedged or corrected or denied(before, language) or mentioned(words, language)
    doubted = doubted or cuts(between, language) or cuts(after, language)
    around = _around(*(((), ()) if corrected else (before, between)), after, language, fillers)
    if around is None:
        return ()
    # What is a careless reading already is nothing among words that say nothing: "tengo tres hijos".
    kept = (r for r in last.meanings if around < 2 * UNEXPLAINED or (r.cost < CARELESS and not r.bare))
    return tuple(replace(r, cost=round(r.cost + around, 3), doubted=doubted) for r in kept)


def _are_several(words: Words, spans: list[_Span], language: str, *, corrected: bool) -> bool:
    """Whether these are answers side by side: a range, a choice, a sum."""
    if any(word in BETWEEN.get(language, ()) for word in words[: spans[0].start]):
        return True
    if corrected:
        between = words[spans[-2].end : spans[-1].start]
        return not corrects(between, language) and not _instead(words[: spans[0].start], between, language)
    # "Cien euros ahora y cien luego"
    return not lexicon_of(language).joins.isdisjoint(_between(words, spans))


_INSTEAD = frozenset(
    {"but", "it's", "its", "is", "es", "sino", "mejor", "millor", "rather", "the", "el", "la", "on"}
)


def _instead(before: Words, between: Words, language: str) -> bool:
    """Whether the first of two answers is turned down for the second: "not the fifth, the sixth"."""
    if not all(word in _INSTEAD or not word for word in between):
        return False
    turned = denied(before[-1:], language)
    return turned or (denied(before[-2:-1], language) and before[-1] in AFTER_NO[language])


def _mended(words: Words, spans: list[_Span], read_at: ReadAt, mend: Mend | None) -> _Span:
    """The corrected answer as a whole, where only a piece of it was said again."""
    before, last = spans[-2:]
    whole = mend(words[before.start : before.end], words[last.start : last.end]) if mend else None
    for span in _spans(whole, read_at) if whole else ():
        if span.meanings and span.start == 0 and whole and span.end == len(whole):
            return replace(last, meanings=span.meanings)
    return last


def _between(words: Words, spans: list[_Span]) -> Words:
    """What stands between the first answer and its repetitions."""
    return tuple(w for one, other in pairwise(spans) for w in words[one.end : other.start])


def _spans(words: Words, read_at: ReadAt) -> Iterator[_Span]:
    at = 0
    while at < len(words):
        longest = 0
        best: dict[str, Reading] = {}
        for size, meanings in read_at(words, at):
            if size < longest:
                continue
            if size > longest:
                longest, best = size, {}
            for reading in meanings:
                key = reading.value or f"@{reading.reason}"
                if key not in best or reading.cost < best[key].cost:
                    best[key] = reading
        if longest:
            yield _Span(at, at + longest, tuple(sorted(best.values(), key=lambda r: (r.cost, r.value))))
            at += longest
        else:
            at += 1


def _around(
    before: Words, between: Words, after: Words, language: str, fillers: frozenset[str]
) -> float | None:
    """The cost of the words around the answer; `None` if they take it away."""
    known = FILLERS.get(language, frozenset()) | fillers | {""}
    if denied(after, language):
        return None
    # "no, el martes" answers a question that was misunderstood before; "no puedo el martes" does not.
    first = next((at for at, word in enumerate(before) if denied((word,), language)), len(before))
    rest = before[first:]
    if rest and (
        any(word not in known for word in before[:first])
        or any(word not in AFTER_NO[language] for word in rest)
    ):
        return None
    # "Perdón, el viernes": an apology or a pause before the answer is mere manners.
    before = tuple(word for word in before if not opens(word, language))
    if _runs_on(before, after, language):
        return None
    unknown = sum(word not in known for word in (*before, *between, *after))
    return None if unknown > MOST_UNEXPLAINED else unknown * UNEXPLAINED


_LARGE = frozenset({"millon", "millones", "milio", "milions", "million", "millions", "k"})


def _runs_on(before: Words, after: Words, language: str) -> bool:
    """Whether a number goes over the answer's edge: "cuarenta y | dos de marzo", "cien y | …"."""
    lexicon = lexicon_of(language)
    tables = (lexicon.units, lexicon.teens, lexicon.tens, lexicon.hundreds, lexicon.thousand)

    def number(word: str) -> bool:
        return word.isdecimal() or word in _LARGE or any(word in table for table in tables)

    behind = before[:-1] if before and before[-1] in lexicon.joins else before
    return bool(
        (behind and number(behind[-1])) or (after and (number(after[0]) or after[0] in lexicon.joins))
    )


# --- all alternatives --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """A reading of one alternative of what was heard."""

    reading: Reading
    said: str
    confidence: float

    @property
    def score(self) -> float:
        return self.confidence - 0.2 * self.reading.cost


def decide(
    answer: Heard, read: Callable[[str], Iterable[Reading]], *, exact: Fit = "bare"
) -> Match | NoMatch:
    """The best reading of all alternatives, with its band; `exact` is the fit of one that is not bent."""
    found = [
        Candidate(reading, alternative.text, alternative.confidence)
        for alternative in answer.alternatives
        for reading in read(alternative.text)
    ]
    found.sort(key=lambda c: (-c.score, c.reading.value))
    values = [candidate for candidate in found if candidate.reading.value]
    refused = [candidate for candidate in found if not candidate.reading.value]
    if not values:
        return NoMatch(refused[0].said, refused[0].reading.reason) if refused else NoMatch(best_said(answer))
    best = values[0]
    rivals = [c for c in values[1:] if c.reading.value != best.reading.value]
    # What was heard best makes no sense: what was heard second best is believed only if confirmed.
    doubtful = bool(refused) and refused[0].score >= best.score
    trust = band(best.confidence, _fit(best, rivals, doubtful=doubtful, exact=exact))
    if trust == "unsure":
        return NoMatch(best.said)
    others = tuple(dict.fromkeys(rival.reading.value for rival in rivals))[:MOST_OTHERS]
    return Match(best.reading.value, best.said, "voice", best.confidence, trust, others)


def _fit(best: Candidate, rivals: list[Candidate], *, doubtful: bool, exact: Fit) -> Fit:
    if doubtful or any(best.score - rival.score < RIVAL_MARGIN / 2 for rival in rivals):
        return "mended"
    bent = best.reading.cost > BENT
    if best.reading.doubted:
        return "mended"
    if best.reading.proven:
        return "mended_proven" if bent else "proven"
    return "mended" if bent else exact


class SpokenKind(SlotKind):
    """A kind of answer that reads the words of each alternative by itself."""

    exact_fit: ClassVar[Fit] = "bare"

    @override
    def phrases(self, language: str) -> tuple[str, ...]:
        return EXPECTED.get(language, ())

    @override
    def judge(self, answer: Heard | Keyed, asking: Asking) -> Match | NoMatch:
        if isinstance(answer, Heard):
            if only_denies(best_said(answer), asking.language):
                return self._denied(answer, asking)
            return decide(answer, lambda text: self.readings(text, asking), exact=self.exact_fit)
        keys = answer.keys
        if not keys.isascii():
            return NoMatch(keys)
        found = sorted(self.keyed(keys, asking), key=lambda reading: reading.cost)
        values = [reading for reading in found if reading.value]
        if not values:
            return NoMatch(keys, found[0].reason if found else "")
        sure = len(values) == 1 and values[0].cost <= BENT
        others = tuple(reading.value for reading in values[1:])
        return Match(values[0].value, keys, "keys", 1.0, "sure" if sure else "check", others)

    def _denied(self, answer: Heard, asking: Asking) -> NoMatch:
        """ "No es el 4571" answers nothing; who hears the question again was understood."""
        said = best_said(answer)
        (told,) = parted(said, asking.language).denied
        named = any(reading.value for reading in self.readings(told, asking))
        return NoMatch(said, "denied" if named else "")

    @abstractmethod
    def readings(self, text: str, asking: Asking) -> Iterable[Reading]:
        """What one alternative of what was heard may mean."""

    @abstractmethod
    def keyed(self, keys: str, asking: Asking) -> Iterable[Reading]:
        """What the keys may mean."""
