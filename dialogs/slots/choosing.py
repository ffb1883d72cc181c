"""Which of several things somebody wants: by a phrase in what is said, or by key. Menus and `choice` ask so.

Rules:
1. Whole words count; the longest phrase wins; where two are named at once, the answer is asked back.
2. What is denied ("no es un pedido, es una avería") is no rival of what is wanted instead.
3. A near miss by sound ("salvo" for "saldo") is always asked back, and a "not" is never mended away.
4. "The second one" is the second that was read out; it is sure only where its key says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.denials import begins_anew, parted, standing
from dialogs.slots.kind import best_said
from dialogs.slots.numerals import readings
from dialogs.slots.places import places, refuses_all
from dialogs.slots.trust import band
from dialogs.slots.words import likeness, phrases_of, starts, within, words_of
from dialogs.spoken import DIGITS

ALIKE = 0.75
"""Likeness from which a stretch of the utterance may stand for a phrase; one letter in four may differ."""
SHORTEST_RESCUE = 4
"""Letters; shorter phrases are alike to too many words."""
LONGEST_RESCUE = 10
"""Words; in a long sentence something always sounds alike."""
LONGEST_UTTERANCE = 40
"""Words that are looked at; what comes later is a story."""
_KEY_WORDS = frozenset(
    word
    for words in (
        "la el opcion numero tecla pulso pulse marco",
        "l'opcio la opcio numero tecla premo premi marco",
        "the option number key press",
    )
    for word in words.split()
)
"""What is said around a key: "la opción dos"."""


NEGATIONS = frozenset({"no", "ni", "sin", "sense", "not", "don't", "without"})
"""Words that turn an answer round, in any language."""
_NEVER_RESCUED = NEGATIONS | {"neither", "never", "nor", "none", "nunca", "mai", "tampoc", "tampoco"}
_SET_WORDS = phrases_of(
    "buenas tardes|buena tarde|buenos días|buenas noches|bona tarda|bones tardes|bon dia|bona nit"
    "|good morning|good afternoon|good evening|más tarde|muy tarde|demasiado tarde|tan tarde|llego tarde"
    "|llegaré tarde|he llegado tarde|es tarde|ya es tarde|se hace tarde|se me hace tarde|tarde o temprano"
    "|of the day|mañana será otro día|de la noche a la mañana|el día de mañana"
)
"""Set phrases in which a word does not name what it names by itself: a greeting is no part of the day."""


@dataclass(frozen=True)
class Choice:
    """A thing on offer: its key (empty if it has none), and its phrases per language."""

    id: str
    key: str
    phrases: Mapping[str, Sequence[str]]

    def words(self, language: str) -> list[tuple[str, ...]]:
        return [words for phrase in self.phrases.get(language, ()) if (words := words_of(phrase))]


@dataclass(frozen=True)
class _Hit:
    id: str
    length: int
    likeness: float


def choose(
    choices: Sequence[Choice], answer: Heard | Keyed, language: str, *, rescue: bool = True
) -> Match | NoMatch:
    """Which of them the answer names. They stand in the order in which they are read out.

    Without `rescue` only their phrases count: no key that is said, no place in the list, nothing alike.
    """
    if isinstance(answer, Keyed):
        for choice in choices:
            if choice.key and choice.key == answer.keys:
                return Match(choice.id, answer.keys, "keys")
        return NoMatch(answer.keys)
    said = best_said(answer)
    if rescue and refuses_all(said, language) and not _exact(choices, answer.alternatives[0], language):
        return NoMatch(said, "none_of_these")
    if answer.alternatives and (instead := _instead(choices, answer.alternatives[0], language)) is not None:
        found = choose(choices, Heard((instead,)), language, rescue=rescue)
        return replace(found, said=said, band="check") if isinstance(found, Match) else NoMatch(said)
    for find in (_exact, _spoken_key, _by_place, _alike) if rescue else (_exact,):
        for alternative in answer.alternatives:
            hits = find(choices, alternative, language)
            if hits:
                return _judge(hits, alternative)
    return NoMatch(best_said(answer))


def _instead(choices: Sequence[Choice], alternative: Alternative, language: str) -> Alternative | None:
    """What is wanted by other words than those of a choice, where all that is named is refused ("no el saldo,
    la segunda"); `None` where that is not so."""
    told = parted(alternative.text, language)
    if not told.wanted or told.wanted == alternative.text or told.either:
        return None
    return replace(alternative, text=told.wanted) if refused(choices, alternative, language) else None


def refused(choices: Sequence[Choice], alternative: Alternative, language: str) -> bool:
    """Whether something is named, and whatever is, is refused: "por la mañana no"."""
    said = words_of(alternative.text)[:LONGEST_UTTERANCE]
    named = [
        spots
        for choice in choices
        for phrase in choice.words(language)
        if (spots := _places_of(phrase, said))
    ]
    stands = {standing(alternative.text, language, spots) for spots in named}
    return stands == {"refused"}


def _judge(hits: list[_Hit], alternative: Alternative) -> Match | NoMatch:
    best = max(hits, key=lambda hit: (hit.likeness == 1.0, hit.length, hit.likeness))
    others = tuple(dict.fromkeys(hit.id for hit in hits if hit.id != best.id))
    clear = best.likeness == 1.0 and not others
    trust = band(alternative.confidence, "exact" if clear else "mended")
    if trust == "unsure":
        return NoMatch(alternative.text)
    return Match(best.id, alternative.text, "voice", alternative.confidence, trust, others)


def _exact(choices: Sequence[Choice], alternative: Alternative, language: str) -> list[_Hit]:
    said = words_of(alternative.text)[:LONGEST_UTTERANCE]
    named: dict[str, tuple[str, ...]] = {}
    for choice in choices:
        found = [phrase for phrase in choice.words(language) if _places_of(phrase, said)]
        if found:
            named[choice.id] = max(found, key=len)
    stands = {
        name: standing(alternative.text, language, _places_of(best, said)) for name, best in named.items()
    }
    anew = begins_anew(alternative.text, language)
    turned = {name for name, how in stands.items() if how == "refused" or (how == "denied" and anew)}
    # "No es un pedido, es una avería": what is denied is no rival of what is wanted instead.
    gone = turned if any(how in ("wanted", "doubted") for how in stands.values()) else set()
    clear = ("wanted", "doubted") if gone and anew else () if gone else ("wanted",)
    hits = [
        _Hit(name, len(best), 1.0 if stands[name] in clear else 0.99)
        for name, best in named.items()
        if name not in gone
    ]
    # "otro saldo" over "saldo": a phrase that holds the other's words is the more exact one.
    longest = max((hit.length for hit in hits), default=0)
    inside = [hit for hit in hits if hit.length == longest]
    if len(inside) == 1 and longest > 1:
        covered = [p for c in choices if c.id == inside[0].id for p in c.words(language) if len(p) == longest]
        rest = [
            hit for hit in hits
            if hit is not inside[0] and not _covered(choices, hit, covered, said, language)
        ]  # fmt: skip
        return inside + rest
    return hits


def _places_of(phrase: tuple[str, ...], said: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Where the phrase stands by itself, not only within a set phrase: "más tarde"."""
    if within(phrase, said) < 0:  # as nearly always: most phrases are not what was said
        return ()
    left, size = _without_set_words(said, longer_than=phrase), len(phrase)
    return tuple((at, at + size) for at in range(len(left) - size + 1) if left[at : at + size] == phrase)


def _without_set_words(said: tuple[str, ...], *, longer_than: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What was said, an empty word for each of a set phrase that holds more than `longer_than`."""
    left = list(said)
    held = [p for p in _SET_WORDS if len(p) > len(longer_than) and within(longer_than, p) >= 0]
    for at in range(len(said)):
        size = starts(said, at, held)
        left[at : at + size] = [""] * size
    return tuple(left)


def _covered(
    choices: Sequence[Choice],
    hit: _Hit,
    by: list[tuple[str, ...]],
    said: tuple[str, ...],
    language: str,
) -> bool:
    """Whether all that this choice found lies within the longer phrase of another."""
    found = [p for c in choices if c.id == hit.id for p in c.words(language) if within(p, said) >= 0]
    return all(any(within(phrase, longer) >= 0 for longer in by) for phrase in found)


def _spoken_key(choices: Sequence[Choice], alternative: Alternative, language: str) -> list[_Hit]:
    """ "uno", "la opción dos": the key said instead of pressed."""
    said = words_of(alternative.text)
    if len(said) > 4:
        return []
    number = [word for word in said if word not in _KEY_WORDS] or list(said)
    found = readings(" ".join(number), language)
    if not found or found[0].cost > 0.2 or len(found[0].digits) != 1:
        return []
    sure = 0.99 if any(word in NEGATIONS for word in said) else 1.0
    return [_Hit(choice.id, 1, sure) for choice in choices if choice.key == found[0].digits]


def _by_place(choices: Sequence[Choice], alternative: Alternative, language: str) -> list[_Hit]:
    """ "La segunda", "the last one"."""
    # A person on key 0 is offered beside the others, not among them.
    listed = [choice for choice in choices if choice.key != "0"]
    in_order = [choice.key for choice in listed] == [str(n) for n in range(1, len(listed) + 1)]
    hits = []
    for place in places(alternative.text, language):
        at = place.among(len(listed))
        if at is None:
            return []
        sure = in_order and place.counted and not place.hedged
        hits.append(_Hit(listed[at].id, 1, 1.0 if sure else 0.99))
    return hits


def spoken_keys(keys: Sequence[str], language: str) -> tuple[str, ...]:
    """What callers say for these keys, for a recogniser's grammar: "uno", "opción"."""
    names = DIGITS.get(language)
    found = [names[int(key)] for key in keys if key] if names else []
    option = {"es": "opción", "ca": "opció", "en": "option"}.get(language)
    return (*found, option) if found and option else tuple(found)


def _alike(choices: Sequence[Choice], alternative: Alternative, language: str) -> list[_Hit]:
    said = _without_set_words(words_of(alternative.text))
    if len(said) > LONGEST_RESCUE:
        return []
    hits = []
    for choice in choices:
        best = max((_likest(phrase, said, language) for phrase in choice.words(language)), default=0.0)
        if best >= ALIKE:
            # A rescued phrase never counts as exact, however alike it sounds.
            hits.append(_Hit(choice.id, 1, min(best, 0.99)))
    return hits


def _likest(phrase: tuple[str, ...], said: tuple[str, ...], language: str) -> float:
    whole = " ".join(phrase)
    if len(whole) < SHORTEST_RESCUE:
        return 0.0
    best = 0.0
    for size in {len(phrase), len(phrase) + 1} if len(phrase) > 1 else {1}:
        for start in range(len(said) - size + 1):
            if not _NEVER_RESCUED.isdisjoint(said[start : start + size]):
                continue  # "neither" is no "either"
            best = max(best, likeness(whole, " ".join(said[start : start + size]), language, ALIKE))
    return best
