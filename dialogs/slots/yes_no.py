"""Yes or no, as people say it.

A negation is stronger than a polite word ("no, gracias", "no, vale"); a yes and a no that contradict each
other are not understood, rather than guessed. So it is with words that nobody foresaw beside a yes or a no:
"si tengo tiempo" is no yes. "Creo que sí" and "I suppose so" are asked back. "Ya está" and "that's it" are a
no only where the question asks whether there is anything else, and says so; there, whoever tells what else
they want ("quiero saber de mi pedido") has said yes, and "adiós" is a no.

```yaml
- ask: more
  type: yes_no
  anything_else: true       # optional: "ya está" means that there is nothing more; "sí, quiero pagar" is
                            # told to the menu or open question that comes next
  prompt: {es: "¿Desea algo más?", ca: "Desitja alguna cosa més?", en: "Anything else?"}
```
`cancels: true` says that a yes cancels something: there "cancélelo" and "sí, cancélelo" are a yes, too.
By key: 1 is yes, 2 is no.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.results import Alternative, Band, Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.hedges import apology, cuts, denies, taken_back
from dialogs.slots.kind import SlotKind, best_said
from dialogs.slots.numerals import number_words
from dialogs.slots.trust import RIVAL_MARGIN, band
from dialogs.slots.words import Words, plain, words_of
from dialogs.slots.yes_no_words import (
    BESIDE,
    CANCELLED,
    CANCELLING,
    CANCELLING_EXPECTED,
    COURTEOUS_EXPECTED,
    DOING,
    DOING_EXPECTED,
    FAREWELLS,
    LIKELY_EXPECTED,
    PHRASES,
    SELDOM,
    THANKS,
    UNKNOWING_EXPECTED,
    Meaning,
)

LONGEST_ANSWER = 9
"""Words. Whoever says more is telling something, not answering yes or no."""

_READ_BACK = {
    "es": ("que sí", "que no"),
    "ca": ("que sí", "que no"),
    "en": ("yes", "no"),
    "ko": ("네", "아니요"),
}

Meant = tuple[Literal["yes", "no"], Band]
""""Creo que sí" is a yes to check."""


def _table(language: str) -> dict[tuple[str, ...], Meaning]:
    table: dict[tuple[str, ...], Meaning] = {}
    for listed in (PHRASES[language], SELDOM.get(language, {})):
        for meaning, phrases in listed.items():
            for phrase in phrases.split("|"):
                table[words_of(phrase)] = meaning
    return table


_TABLES = {language: _table(language) for language in PHRASES}
_LONGEST = {language: max(map(len, table)) for language, table in _TABLES.items()}
_BESIDE = {
    language: {value: frozenset(words_of(words)) for value, words in table.items()}
    for language, table in BESIDE.items()
}
_DOING = {language: frozenset(words_of(words)) for language, words in DOING.items()}
_CANCELLING = {language: frozenset(words_of(words)) for language, words in CANCELLING.items()}
_CANCELLED = {language: frozenset(words_of(words)) for language, words in CANCELLED.items()}
_CONDITION = re.compile(r"^\W*si\s+(?!us\b)(\w+)", re.IGNORECASE)
""" "Si" without its accent and something behind it, in Spanish and Catalan: maybe "if"."""


def meant(text: str, language: str, *, anything_else: bool = False, cancels: bool = False) -> Meant | None:
    """What the words mean, or `None` if they are no clear yes or no.

    `anything_else`: whether it is asked if there is anything else, where "ya está" is a no.
    `cancels`: whether it is asked if something is to be cancelled, where "cancélelo" is a yes.
    """
    words = _without_apology(words_of(text), language)
    if len(words) > LONGEST_ANSWER or _is_condition(text, language):
        return None
    if cancels and _agrees_to_cancel(words, language):
        return "yes", "sure"
    read = partial(_meant, language=language, anything_else=anything_else)
    return read(words) or _mended(words, language, read)


def _without_apology(words: Words, language: str) -> Words:
    """ "Perdón, no" is a no."""
    size = apology(words, language) if words else 0
    return words[size:] if 0 < size < len(words) else words


def _agrees_to_cancel(words: Words, language: str) -> bool:
    found, rest = _found_in(words, language)
    cancelling = _CANCELLING.get(language, frozenset())
    whole = cancelling | _CANCELLED.get(language, frozenset())
    agreed = set(found) <= {"yes", "politeness"}
    return agreed and not cancelling.isdisjoint(rest) and whole.issuperset(rest)


def _mended(words: Words, language: str, read: Callable[[Words], Meant | None]) -> Meant | None:
    """ "No, perdón, sí": what stands behind the apology, asked back."""
    for at in range(1, len(words)):
        size = taken_back(words, at, language)
        if size:
            before, after = read(words[:at]), read(words[at + size :])
            return (after[0], "check") if before and after and before[0] != after[0] else None
    return None


def _meant(words: Words, *, language: str, anything_else: bool) -> Meant | None:
    found, rest = _found_in(words, language)
    if anything_else:
        found = ["no" if meaning == "enough" else meaning for meaning in found]
    return _weigh(found, rest, language)


def _found_in(words: Words, language: str) -> tuple[list[Meaning], list[str]]:
    """What the phrases in it mean, and the words that are in no phrase."""
    found: list[Meaning] = []
    rest: list[str] = []
    at = 0
    while at < len(words):
        for size in range(min(_LONGEST[language], len(words) - at), 0, -1):
            meaning = _TABLES[language].get(words[at : at + size])
            if meaning:
                found.append(meaning)
                at += size
                break
        else:
            rest.append(words[at])
            at += 1
    return found, rest


def _more(text: str, language: str) -> Meant | None:
    """What answers "is there anything else?" without a yes or a no: a farewell, or what else is wanted.

    Who has said two words and taken nothing back wants something; the flow asks what.
    """
    words = words_of(text)
    found, rest = _found_in(words, language)
    said = f" {plain(text)} "
    if any(f" {plain(phrase)} " in said for phrase in FAREWELLS.get(language, ())):
        return None if "yes" in found else ("no", "sure")
    doubtful = {"no", "likely_yes", "likely_no", "enough", "neither"}.intersection(found)
    thanks = any(f" {plain(phrase)} " in said for phrase in THANKS.get(language, ()))
    takes_back = denies(text, language) or cuts(words, language)
    if doubtful or takes_back or (thanks and "yes" not in found) or _is_condition(text, language):
        return None
    return ("yes", "sure") if rest and len(words) > 1 else None


def _is_condition(text: str, language: str) -> bool:
    """Whether it may be "if …" instead of "yes": "si tengo tiempo"."""
    condition = _CONDITION.match(text) if language in ("es", "ca") else None
    word = plain(condition.group(1)) if condition else ""
    return bool(word) and (word,) not in _TABLES[language] and word in _BESIDE[language]["yes"]


_LIKELY: Mapping[Meaning, Literal["yes", "no"]] = {"likely_yes": "yes", "likely_no": "no"}


def _weigh(found: list[Meaning], rest: list[str], language: str) -> Meant | None:
    """Words that are neither an answer nor known to go along with it may turn it round: it is asked again."""
    hard = set(found) - {"politeness"}
    if len(hard) > 1:
        hard.discard("enough")  # "sí, ya está", "no, ya está"
    beside = _BESIDE.get(language, {})
    doing = _DOING.get(language, frozenset())
    band: Band = "check" if hard & set(_LIKELY) else "sure"
    hard = {_LIKELY.get(meaning, meaning) for meaning in hard}
    for value in ("yes", "no"):
        if hard == {value}:
            known = beside.get(value, frozenset()) | beside.get("both", frozenset())
            known |= doing if value == "yes" else frozenset()
            return (value, band) if known.issuperset(rest) else None
    # A politeness alone ("vale", "perfecto") agrees; "gracias" alone does not answer, see `_agreement`.
    return None


def is_reply(text: str, language: str) -> bool:
    """Whether it is only a yes, a no, a politeness or "no lo sé", and tells nothing else."""
    if meant(text, language) or _agreement(text, language):
        return True
    found, rest = _found_in(words_of(text), language)
    both = _BESIDE.get(language, {}).get("both", frozenset())
    return bool(found) and both.issuperset(rest)


def replies_in(text: str, language: str) -> bool:
    """Whether a yes, a no or "no lo sé" stands among the words."""
    return bool(set(_found_in(words_of(text), language)[0]) - {"politeness"})


_LEADING_NO = re.compile(r"^\W*(?:(?:que\s+)?no\b\W*)+", re.IGNORECASE)


def behind_no(heard: Heard) -> Heard:
    """What follows a "no" at the beginning: the correction in "no, el viernes", after "did you say …?"."""
    found = (Alternative(_LEADING_NO.sub("", a.text), a.confidence) for a in heard.alternatives)
    return Heard(tuple(alternative for alternative in found if alternative.text.strip()))


def corrects_a_number(heard: Heard, language: str) -> bool:
    """Whether it is a "no" and a number, and nothing that agrees: "no, es el 45718", "no, acaba en ocho"."""
    if not heard.alternatives:
        return False
    said = heard.alternatives[0].text
    words = words_of(said)
    # "No, the blue one" gives no number.
    numbers = {plain(word) for word in number_words(language)} - {"one", "un", "una", "uno", "u"}
    agrees = any(
        _TABLES[language].get(words[at : at + size]) in ("yes", "enough", "politeness", "neither")
        for at in range(len(words))
        for size in (1, 2, 3)
    )
    return (
        bool(_LEADING_NO.match(said))
        and not agrees
        and any(word in numbers or word.isdecimal() for word in words)
    )


class YesNo(SlotKind):
    """Yes or no; the value is `yes` or `no`."""

    name: ClassVar[str] = "yes_no"
    value_type: ClassVar[ValueType] = "text"
    final_silence: ClassVar[float] = 0.5
    confirmable: ClassVar[bool] = False
    keypad_wording: ClassVar[str] = "keypad_yes_no"
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (("sí, claro", "yes"), ("vale", "yes"), ("no, gracias", "no"), ("nada más", "no")),
        "ca": (("sí, és clar", "yes"), ("d'acord", "yes"), ("no, gràcies", "no"), ("res més", "no")),
        "en": (("yes, please", "yes"), ("sure", "yes"), ("no, thank you", "no"), ("that's all", "no")),
    }

    anything_else: bool = Field(
        default=False, description='Whether it asks if there is anything else, where "that\'s it" is a no'
    )

    cancels: bool = Field(
        default=False, description='Whether a yes cancels something, where "cancel it" is a yes'
    )

    def phrases(self, language: str) -> tuple[str, ...]:
        listed = PHRASES[language]
        expected: tuple[Meaning, ...] = ("yes", "no", "enough", "politeness")
        plainly = (phrase for m in expected for phrase in listed.get(m, "").split("|") if phrase)
        ends = FAREWELLS.get(language, ()) if self.anything_else else ()
        doing = (DOING_EXPECTED, CANCELLING_EXPECTED) if self.cancels else (DOING_EXPECTED,)
        done = (phrase for table in doing for phrase in table.get(language, "").split("|") if phrase)
        tables = (COURTEOUS_EXPECTED, LIKELY_EXPECTED, UNKNOWING_EXPECTED)
        apart = (phrase for table in tables for phrase in table.get(language, ()))
        return (*plainly, *apart, *done, *ends)

    def keys(self) -> Keys:
        return Keys(1, 1)

    def judge(self, answer: Heard | Keyed, asking: Asking) -> Match | NoMatch:
        if isinstance(answer, Keyed):
            value = {"1": "yes", "2": "no"}.get(answer.keys)
            return Match(value, answer.keys, "keys") if value else NoMatch(answer.keys)
        heard = [(a, found) for a in answer.alternatives if (found := self._found(a.text, asking.language))]
        if not heard or self._is_neither(best_said(answer), asking.language):
            return NoMatch(best_said(answer))
        first, (value, how) = heard[0]
        # Whether it was "no" or "no, no" need not be known: each reading takes its share of the doubt away.
        chance, other = (
            1 - math.prod(1 - a.confidence for a, found in heard if (found[0] == value) is same)
            for same in (True, False)
        )
        # Asking "did you say yes?" after a yes is absurd: what was hardly heard is asked again.
        rivals = band(first.confidence, "exact") != "sure" and chance < other + RIVAL_MARGIN
        if rivals or band(chance, "never_asked_back") != "sure":
            return NoMatch(first.text)
        return Match(value, first.text, "voice", chance, how)

    def _is_neither(self, said: str, language: str) -> bool:
        """ "No sé" is no no: what sounds like it, and was heard less well, is no answer either."""
        return _TABLES[language].get(words_of(said)) == "neither" and self._found(said, language) is None

    def _found(self, said: str, language: str) -> Meant | None:
        found = self._meant(said, language) or _agreement(said, language)
        return _more(said, language) if found is None and self.anything_else else found

    def _meant(self, said: str, language: str) -> Meant | None:
        return meant(said, language, anything_else=self.anything_else, cancels=self.cancels)

    def outright(self, answer: Heard | Keyed, asking: Asking) -> Match | NoMatch:
        """As `judge`, for questions that are not asked back: "creo que sí" does not answer them."""
        found = self.judge(answer, asking)
        return NoMatch(found.said) if isinstance(found, Match) and found.band == "check" else found

    def read_back(self, value: str, asking: Asking) -> str:
        return _READ_BACK[asking.language][value != "yes"]

    @override
    def shown(self, value: str, asking: Asking) -> str:
        return self.read_back(value, asking).removeprefix("que ")


_AGREEMENT = {
    "es": {"vale", "bien", "esta bien", "muy bien", "perfecto", "de acuerdo", "bueno", "conforme"}
    | {"esta bien asi"},
    "ca": {"val", "be", "esta be", "molt be", "perfecte", "d'acord", "bo", "conforme"}
    | {"vale", "si us plau", "sisplau", "esta be aixi"},
    "en": {"fine", "good", "very good", "perfect", "great", "all right", "alright", "please"}
    | {"it is", "i have"},
}


def _agreement(text: str, language: str) -> Meant | None:
    """ "Vale", "perfecto" on their own agree; thanks on their own ("gracias") do not answer."""
    words = plain(text)
    for thank in THANKS.get(language, ()):
        words = words.removesuffix(plain(thank)).strip()
    agreements = _AGREEMENT.get(language, set())
    # "Bueno, vale" are two of them.
    first, _, second = words.partition(" ")
    agrees = words in agreements or {first, second} <= agreements
    return ("yes", "sure") if agrees else None
