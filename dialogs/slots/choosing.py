"""Which of several things somebody wants: by a phrase in what is said, or by key. Menus and `choice` ask so.

Rules:
1. Whole words count; the longest phrase wins; where two are named at once, the answer is asked back.
2. What is denied ("no es un pedido, es una avería") is no rival of what is wanted instead.
3. A near miss by sound ("salvo" for "saldo") is always asked back, and a "not" is never mended away.
4. "The second one" is the second that was read out; it is sure only where its key says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.hedges import denied
from dialogs.slots.kind import best_said
from dialogs.slots.numerals import readings
from dialogs.slots.places import places, refuses_all
from dialogs.slots.trust import band
from dialogs.slots.words import likeness, phrases_of, plain, starts, within, words_of
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
_CANNOT = frozenset({"imposible", "impossible"})
_UNSUITED = frozenset(
    plain(word)
    for words in (
        "mal fatal trabajo trabajando ocupado ocupada tampoco nunca menos excepto salvo",
        "malament treballo treballant ocupat ocupada tampoc mai menys excepte llevat",
        "bad badly work working busy never except",
    )
    for word in words.split()
)
"""Words that speak against what they stand beside: "por la tarde trabajo", "todo menos la mañana"."""
_SET_WORDS = phrases_of(
    "buenas tardes|buena tarde|buenos días|buenas noches|bona tarda|bones tardes|bon dia|bona nit"
    "|good morning|good afternoon|good evening|más tarde|muy tarde|demasiado tarde|tan tarde|llego tarde"
    "|llegaré tarde|he llegado tarde|es tarde|ya es tarde|se hace tarde|se me hace tarde|tarde o temprano"
    "|of the day|mañana será otro día|de la noche a la mañana|el día de mañana"
)
"""Set phrases in which a word does not name what it names by itself: a greeting is no part of the day."""
_BEHIND = 3
"""Words behind a phrase among which one may turn it round: "por la tarde yo no puedo"."""
_BEGIN_ANEW = frozenset(
    word
    for words in (
        "sino pero es son era quiero queria prefiero necesito busco llamo dame digame",
        "sino pero es era son vull volia prefereixo necessito busco truco sisplau",
        "but it's is are want i'd rather need prefer give",
    )
    for word in words.split()
)
"""Words before which a "not" ends: "no quiero un operador, quiero mi saldo"."""


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
    for find in (_exact, _spoken_key, _by_place, _alike) if rescue else (_exact,):
        for alternative in answer.alternatives:
            hits = find(choices, alternative, language)
            if hits:
                return _judge(hits, alternative)
    return NoMatch(best_said(answer))


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
        found = [phrase for phrase in choice.words(language) if _named(phrase, said)]
        if found:
            named[choice.id] = max(found, key=len)
    turned = {
        name for name, best in named.items()
        if _turned(best, said, language, [p for p in named.values() if p != best])
    }  # fmt: skip
    # "No es un pedido, es una avería": what is denied is no rival of what is wanted instead.
    wanted = [best for name, best in named.items() if name not in turned]
    gone = {name for name in turned if any(_anew(named[name], best, said) for best in wanted)}
    hits = [
        _Hit(name, len(best), 0.99 if name in turned else 1.0)
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


def _named(phrase: tuple[str, ...], said: tuple[str, ...]) -> bool:
    """Whether the phrase stands somewhere by itself, not only within a set phrase: "más tarde"."""
    return within(phrase, _without_set_words(said, longer_than=phrase)) >= 0


def _without_set_words(said: tuple[str, ...], *, longer_than: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What was said, an empty word for each of a set phrase that holds more than `longer_than`."""
    left = list(said)
    held = [p for p in _SET_WORDS if len(p) > len(longer_than) and within(longer_than, p) >= 0]
    for at in range(len(said)):
        size = starts(said, at, held)
        left[at : at + size] = [""] * size
    return tuple(left)


def _turned(
    phrase: tuple[str, ...], said: tuple[str, ...], language: str, others: Sequence[tuple[str, ...]] = ()
) -> bool:
    """Whether a "not" stands shortly before the phrase, or right behind it: "no quiero mi saldo", "por la
    tarde no" are asked back. A "not" before another thing on offer is that one's if the sentence begins anew
    behind it: "no quiero un operador, quiero mi saldo"."""
    at = within(phrase, said)
    behind = at + len(phrase)
    begin = max([max(0, at - 4), *(within(p, said) + len(p) for p in others if _anew(p, phrase, said))])
    # "Not the afternoon, the morning": a "not" goes with what it stands before.
    claimed = (e for p in others if (e := within(p, said) + len(p)) <= at and _leads(said[: e - len(p)]))
    begin = max([begin, *claimed])
    near = (*said[begin:at], *said[behind : behind + _BEHIND])
    if not _UNSUITED.isdisjoint(near):
        return True
    return denied(near, language) or not _CANNOT.isdisjoint(near) or not NEGATIONS.isdisjoint(near)


def _leads(before: tuple[str, ...]) -> bool:
    """Whether a "not" stands within three words before."""
    return not (NEGATIONS | _UNSUITED).isdisjoint(before[-3:])


def _anew(phrase: tuple[str, ...], later: tuple[str, ...], said: tuple[str, ...]) -> bool:
    """Whether the sentence begins anew between the two."""
    end, begin = within(phrase, said) + len(phrase), within(later, said)
    return any(word in _BEGIN_ANEW for word in said[end:begin])


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
