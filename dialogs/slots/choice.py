"""One of several things that were offered, by a phrase inside what is said, or by key.

```yaml
- ask: part_of_day
  type: choice
  choices:
    morning:
      key: 1                # optional
      phrases: {es: [mañana, por la mañana], ca: [matí, al matí], en: [morning]}
    afternoon:
      key: 2
      phrases: {es: [tarde, por la tarde], ca: [tarda, vesprada], en: [afternoon, evening]}
  prompt:
    es: "¿Por la mañana o por la tarde?"
    ca: "Al matí o a la tarda?"
    en: "In the morning or in the afternoon?"
```
The value is the choice's name (`morning`); the first phrase is how it is read back. Where each choice leads
to another step, a `menu` is shorter.

"Quiero saber mi saldo" holds the phrase "saldo". Whole words count, the longest phrase wins, and where two
choices are named at once the answer is asked back. A near miss by sound ("salvo" for "saldo") is always
asked back too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.hedges import denied
from dialogs.slots.kind import SlotKind, best_said
from dialogs.slots.numerals import readings
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
_NEVER_RESCUED = NEGATIONS | {"neither", "never", "nor", "none"}
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
    "|of the day"
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
    """Which of them the answer names."""
    if isinstance(answer, Keyed):
        for choice in choices:
            if choice.key and choice.key == answer.keys:
                return Match(choice.id, answer.keys, "keys")
        return NoMatch(answer.keys)
    for find in (_exact, _spoken_key, _alike) if rescue else (_exact,):
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


_REFUSED = re.compile(
    r"\w no$|\b(?:menos|excepto|salvo|menys|excepte|llevat|except|anything but|everything but)\b"
)
"""That the one thing named is not wanted: "por la mañana no", "todo menos la mañana"."""


# --- as a kind of answer -----------------------------------------------------------------------------


def _key(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _texts(value: object) -> object:
    listed = value if isinstance(value, list) else [value]
    return [str(item) if isinstance(item, (int, float)) else item for item in listed]


_PHRASE = {"type": ["string", "number"]}

Key = Annotated[
    str,
    BeforeValidator(_key),
    Field(pattern=r"^[0-9]$"),
    WithJsonSchema({"enum": [*range(10), *map(str, range(10))], "description": "The key, 0 to 9"}),
]
Phrases = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=80)]],
    BeforeValidator(_texts),
    Field(min_length=1, max_length=40),
    WithJsonSchema(
        {
            "description": "What callers say for it; the first phrase is how it is read back",
            "anyOf": [_PHRASE, {"type": "array", "items": _PHRASE, "minItems": 1, "maxItems": 40}],
        }
    ),
]


class Option(BaseModel):
    """One thing on offer."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Key | None = Field(None, description="The key that answers")
    phrases: dict[str, Phrases] = Field(min_length=1, description="What callers say for it, by language")


_OptionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class OneOf(SlotKind):
    """One of several things; the value is its name."""

    name: ClassVar[str] = "choice"
    value_type: ClassVar[ValueType] = "text"
    final_silence: ClassVar[float] = 0.6
    keypad_wording: ClassVar[str] = "keypad_menu"
    example_options: ClassVar[Mapping[str, Any]] = {
        "choices": {
            "morning": {"key": 1, "phrases": {"es": ["mañana"], "ca": ["matí"], "en": ["morning"]}},
            "afternoon": {"key": 2, "phrases": {"es": ["tarde"], "ca": ["tarda"], "en": ["afternoon"]}},
        }
    }
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("mejor por la tarde", "afternoon"),
            ("por la mañana, por favor", "morning"),
            ("la opción uno", "morning"),
        ),
        "ca": (
            ("millor a la tarda", "afternoon"),
            ("al matí, si us plau", "morning"),
            ("l'opció u", "morning"),
        ),
        "en": (
            ("in the afternoon, please", "afternoon"),
            ("the morning is best", "morning"),
            ("option one", "morning"),
        ),
    }

    choices: dict[_OptionName, Option] = Field(
        min_length=2, max_length=40, description="What is on offer: name → key and phrases per language"
    )

    @property
    def _offered(self) -> list[Choice]:
        return [Choice(name, option.key or "", option.phrases) for name, option in self.choices.items()]

    def mistake(self) -> str | None:
        keys = [option.key for option in self.choices.values() if option.key]
        double = next((key for key in keys if keys.count(key) > 1), None)
        if double:
            return f"key {double} stands for two choices: choose another for one of them"
        if "0" in keys:
            return "key 0 is for a person everywhere: choose another"
        return None

    def lacks(self, languages: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str]]:
        for name, option in self.choices.items():
            for language in languages:
                if language not in option.phrases:
                    way = ("choices", name, "phrases")
                    yield way, f'no phrases in `{language}`: add `{language}: ["…"]`'

    def phrases(self, language: str) -> tuple[str, ...]:
        # Keys that are said are phrases, too: as `words` they would be a number that goes on.
        return (
            *(p for option in self.choices.values() for p in option.phrases.get(language, ())),
            *spoken_keys([option.key or "" for option in self.choices.values()], language),
        )

    def keys(self) -> Keys:
        has_keys = any(option.key for option in self.choices.values())
        return Keys(1, 1) if has_keys else Keys(0, 0)

    def judge(self, answer: Heard | Keyed, asking: Asking) -> Match | NoMatch:
        found = choose(self._offered, answer, asking.language)
        if isinstance(found, Match) and found.band == "check" and not found.others:
            # To propose what was just refused would mock the caller.
            return NoMatch(found.said) if _REFUSED.search(plain(found.said)) else found
        return found

    def read_back(self, value: str, asking: Asking) -> str:
        option = self.choices.get(value)
        phrases = option.phrases.get(asking.language) if option else None
        return phrases[0] if phrases else value
