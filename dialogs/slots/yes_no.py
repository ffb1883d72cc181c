"""Yes or no, as people say it.

A negation is stronger than a polite word ("no, gracias", "no, vale"); a yes and a no that contradict each
other are not understood, rather than guessed.

```yaml
- ask: more
  type: yes_no
  prompt: {es: "¿Desea algo más?", ca: "Desitja alguna cosa més?", en: "Anything else?"}
```
By key: 1 is yes, 2 is no.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Literal

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.kind import SlotKind, best_said
from dialogs.slots.trust import band
from dialogs.slots.words import plain, words_of

Meaning = Literal["yes", "no", "politeness", "neither"]

# Longest phrases win, so a phrase that contains another ("eso es todo" and "eso es") needs no rule.
_PHRASES: Mapping[str, Mapping[Meaning, str]] = {
    "es": {
        "yes": "sí|sip|claro|claro que sí|por supuesto|desde luego|correcto|es correcto|exacto|exactamente"
        "|eso es|así es|afirmativo|efectivamente|cierto|es cierto|sí señor|sí señora|cómo no"
        "|eso mismo|ya lo creo|sí que quiero|venga|ok|okay|sin duda|seguro|pues sí|no hay problema"
        "|ningún problema|no me importa|no faltaba más|no faltaría más|no hay inconveniente|no lo dude"
        "|por qué no|no veo por qué no|todo bien|va bien",
        "no": "no|claro que no|por supuesto que no|desde luego que no|para nada|en absoluto|negativo|nada"
        "|nada más|eso es todo|esto es todo|eso sería todo|ninguno|ninguna|ninguna más|qué va|incorrecto"
        "|no es correcto|nunca|no está bien|tampoco|ya está|ya está todo|no es cierto|no así no|nones"
        "|está mal|es falso",
        "politeness": "vale|bien|está bien|muy bien|perfecto|de acuerdo|bueno|conforme|gracias"
        "|muchas gracias",
        "neither": "no sé|no lo sé|no entiendo|no le entiendo|no te entiendo|no he entendido|no oigo"
        "|no le oigo|no te oigo|no sabría|no sabría decirle|no estoy seguro|no estoy segura|sí o no"
        "|no recuerdo|no me acuerdo|no me entero|no cuelgue|no le he oído|no he oído|ya está solucionado",
    },
    "ca": {
        "yes": "sí|i tant|és clar|clar|clar que sí|és clar que sí|per descomptat|correcte|és correcte|exacte"
        "|exactament|això mateix|això és|així és|i tant que sí|efectivament|cert|és cert|ok|okay|segur"
        "|sens dubte|sisplau sí|naturalment|evidentment|evident|afirmatiu|doncs sí|cap problema"
        "|no hi ha problema|no em fa res|només faltaria|per què no|ja està bé|va bé|vinga|tot bé",
        "no": "no|és clar que no|clar que no|per descomptat que no|i ara|de cap manera|en absolut|negatiu|res"
        "|res més|això és tot|ja està|cap|cap més|no pas|incorrecte|no és correcte|mai|tampoc|no està bé"
        "|ja està tot|això seria tot|no és cert|gens|està malament|és fals",
        "politeness": "val|bé|està bé|molt bé|perfecte|d'acord|bo|conforme|gràcies|moltes gràcies|mercès",
        "neither": "no ho sé|no sé|no ho entenc|no l'entenc|no t'entenc|no ho he entès|no sento|no el sento"
        "|no t'escolto|no sabria dir|no estic segur|no estic segura|sí o no|no recordo|no pengi"
        "|no l'he sentit|no he sentit",
    },
    "en": {
        "yes": "yes|yeah|yep|yup|ya|yes please|sure|of course|certainly|correct|that's correct|that's right"
        "|that is right|that is correct|right|exactly|indeed|absolutely|definitely|affirmative|i do"
        "|yes i do|yes it is|ok|okay|uh huh|you bet|go on|go ahead|sure thing|i would|aye|no problem"
        "|no worries|i don't mind|that's fine|why not|you're not wrong",
        "no": "no|nope|nah|no way|of course not|certainly not|not really|absolutely not|definitely not"
        "|that's all|that is all|that's it|nothing|nothing else|not at all|negative|never|i don't|i do not"
        "|wrong|that's wrong|incorrect|not correct|not right|that's not right|it isn't|it is not|none"
        "|that's not correct|that will be all|that'll be all|not now|no i don't|not today|not yet"
        "|still not|it's still not|sure not",
        "politeness": "fine|good|very good|perfect|great|all right|alright|thanks|thank you|please",
        "neither": "i don't know|don't know|i do not know|not sure|i'm not sure|i don't understand"
        "|i do not understand|i can't hear you|yes or no|no idea|wait|ok wait|hold on|is that right"
        "|yeah right",
    },
    "ko": {
        "yes": "네|예|응|그래요|맞아요|맞습니다|좋아요|네 맞아요|네 네",
        "no": "아니요|아니오|아뇨|아니|아닙니다|틀려요|싫어요|괜찮아요",
        "politeness": "감사합니다|고맙습니다",
        "neither": "모르겠어요|모르겠습니다",
    },
}

LONGEST_ANSWER = 9
"""Words. Whoever says more is telling something, not answering yes or no."""

_READ_BACK = {"es": ("sí", "no"), "ca": ("sí", "no"), "en": ("yes", "no"), "ko": ("네", "아니요")}


def _table(language: str) -> dict[tuple[str, ...], Meaning]:
    table: dict[tuple[str, ...], Meaning] = {}
    for meaning, phrases in _PHRASES[language].items():
        for phrase in phrases.split("|"):
            table[words_of(phrase)] = meaning
    return table


_TABLES = {language: _table(language) for language in _PHRASES}
_LONGEST = {language: max(map(len, table)) for language, table in _TABLES.items()}


def meant(text: str, language: str) -> Literal["yes", "no"] | None:
    """What the words mean, or `None` if they are no clear yes or no."""
    words = words_of(text)
    if len(words) > LONGEST_ANSWER:
        return None
    found: list[Meaning] = []
    unknown = 0
    at = 0
    while at < len(words):
        for size in range(min(_LONGEST[language], len(words) - at), 0, -1):
            meaning = _TABLES[language].get(words[at : at + size])
            if meaning:
                found.append(meaning)
                at += size
                break
        else:
            unknown += 1
            at += 1
    return _weigh(found, unknown)


def _weigh(found: list[Meaning], unknown: int) -> Literal["yes", "no"] | None:
    hard = set(found) - {"politeness"}
    if "neither" in hard or unknown > 3:
        return None
    if hard == {"yes"}:
        return "yes"
    if hard == {"no"}:
        return "no"
    # A politeness alone ("vale", "perfecto") agrees; "gracias" alone does not answer, see POLITE_ONLY.
    return None


_LEADING_NO = re.compile(r"^\W*(?:(?:que\s+)?no\b\W*)+", re.IGNORECASE)


def behind_no(heard: Heard) -> Heard:
    """What follows a "no" at the beginning: the correction in "no, el viernes", after "did you say …?"."""
    found = (Alternative(_LEADING_NO.sub("", a.text), a.confidence) for a in heard.alternatives)
    return Heard(tuple(alternative for alternative in found if alternative.text.strip()))


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

    def phrases(self, language: str) -> tuple[str, ...]:
        listed = _PHRASES[language]
        return tuple(
            phrase for meaning in ("yes", "no", "politeness") for phrase in listed[meaning].split("|")
        )

    def keys(self) -> Keys:
        return Keys(1, 1)

    def judge(self, answer: Heard | Keyed, asking: Asking) -> Match | NoMatch:
        if isinstance(answer, Keyed):
            value = {"1": "yes", "2": "no"}.get(answer.keys)
            return Match(value, answer.keys, "keys") if value else NoMatch(answer.keys)
        language = asking.language
        for alternative in answer.alternatives:
            value = meant(alternative.text, language) or _agreement(alternative.text, language)
            if value is None:
                continue
            # Asking "did you say yes?" after a yes is absurd: what is not sure is asked again.
            if band(alternative.confidence, "exact") == "unsure":
                return NoMatch(alternative.text)
            return Match(value, alternative.text, "voice", alternative.confidence)
        return NoMatch(best_said(answer))

    def read_back(self, value: str, asking: Asking) -> str:
        return _READ_BACK[asking.language][value != "yes"]


_AGREEMENT = {
    "es": {"vale", "bien", "esta bien", "muy bien", "perfecto", "de acuerdo", "bueno", "conforme"},
    "ca": {"val", "be", "esta be", "molt be", "perfecte", "d'acord", "bo", "conforme"},
    "en": {"fine", "good", "very good", "perfect", "great", "all right", "alright", "please"},
}


def _agreement(text: str, language: str) -> Literal["yes"] | None:
    """ "Vale", "perfecto" on their own agree; thanks on their own ("gracias") do not answer."""
    words = plain(text)
    thanks = ("muchas gracias", "gracias", "moltes gracies", "gracies", "merces", "thank you", "thanks")
    for thank in thanks:
        words = words.removesuffix(thank).strip()
    return "yes" if words in _AGREEMENT.get(language, set()) else None
