"""What a caller may say or key at any question: a person, repeat, help, back, slower, another language.

Rules:
1. The question's own answers come first; a universal is looked for only in what does not answer.
2. A person is never refused and never asked back.
3. The usual pace is asked for only by whom we speak more slowly to: "más rápido" may be an answer elsewhere.
4. "¿Cómo?" and "¿qué?" ask for a repetition where they are all that was said; a question whose own phrase
   that is keeps it.
5. What is said of something else is no wish to us: "me han cobrado otra vez" (`said_of_things`).
6. By key: `0` is a person and `*` repeats, where one key answers. In a question for digits `0` is a digit,
   so there `*` alone repeats and `*0` is a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.said_of_things import said_of_things
from dialogs.slots.choosing import NEGATIONS, Choice, choose
from dialogs.slots.words import phrases_of, plain, starts, tokens, words_of

YES_NO = frozenset({"yes", "no"})
"""The values of a question for yes or no."""
MARK = "@"
"""Begins the value of a universal; no choice and no slot value can begin with it."""
PERSON, REPEAT, HELP, BACK, SLOWER = "@person", "@repeat", "@help", "@back", "@slower"
FASTER = "@faster"
"""The usual pace again, after `SLOWER`."""
NOT_AT_HAND = "@not_at_hand"
"""What a caller says who does not have the number that is asked for (`dialogs.nodes.not_at_hand`)."""
OBJECTION = "@objection"
"""That somebody whom we call wants no more calls (`Flow.objection`); the engine looks for it."""
INTERRUPTS = "@interrupts:"
"""Before a menu's choice that was said in the sentences before it (`dialogs.barge_in`)."""
_LANGUAGE = "@language:"
CLEAR = 0.4
"""Confidence below which a universal is not believed: none is ever asked back, and in one of seven sounds
that answered nothing `ivr eval speech` heard one at 0.2 to 0.4 ("inglés" in "tengo hambre")."""
PLAIN = 0.25
"""The same for a person, who is refused to nobody who asks for one."""

_PHRASES: Mapping[str, Mapping[str, str]] = {
    PERSON: {
        "es": "operador|operadora|una persona|con una persona|alguna persona|agente|un agente|humano"
        "|con alguien|hablar con alguien|asesor|un asesor|asesora|representante|teleoperador|telefonista"
        "|persona de verdad|persona real|atención al cliente|ser humano",
        "ca": "operador|operadora|una persona|amb una persona|agent|un agent|humà|amb algú|parlar amb algú"
        "|assessor|assessora|representant|telefonista|persona de veritat|persona real|atenció al client",
        "en": "operator|a person|real person|somebody|someone|agent|an agent|human|human being|advisor"
        "|adviser|representative|customer service|a human|speak to someone|talk to someone",
        "ko": "상담원|상담원 연결",
    },
    REPEAT: {
        "es": "repita|repítalo|repite|repetir|puede repetir|otra vez|cómo dice|cómo ha dicho|no le he oído"
        "|qué ha dicho|de nuevo|no le oigo|no le escucho|no le escuché",
        "ca": "repeteixi|repeteix|repetir|pot repetir|una altra vegada|un altre cop|com diu|com ha dit"
        "|què ha dit|no l'he sentit|no el sento|no la sento|de nou",
        "en": "repeat|say that again|say it again|say again|again please|once more|what did you say"
        "|what was that|come again|repeat that|one more time|i didn't hear you|i can't hear you"
        "|didn't catch that",
        "ko": "다시|다시 한번",
    },
    HELP: {
        "es": "ayuda|ayúdeme|necesito ayuda|qué puedo decir|qué opciones hay|no entiendo|no le entiendo",
        "ca": "ajuda|ajudi'm|necessito ajuda|què puc dir|quines opcions hi ha|no ho entenc|no l'entenc",
        "en": "help|help me|i need help|what can i say|what are my options|i don't understand",
        "ko": "도움말",
    },
    BACK: {
        "es": "atrás|volver|volver atrás|vuelva atrás|anterior|paso anterior|menú anterior",
        "ca": "enrere|tornar|tornar enrere|torni enrere|anterior|pas anterior|menú anterior",
        "en": "back|go back|previous|previous step|step back|previous menu",
        "ko": "뒤로",
    },
    SLOWER: {
        "es": "más despacio|más lento|despacio|vaya más despacio|hable más despacio",
        "ca": "més a poc a poc|a poc a poc|més lent|més despacio|parli més a poc a poc",
        "en": "slower|more slowly|slow down|speak slower|speak more slowly|slowly",
        "ko": "천천히",
    },
    FASTER: {
        "es": "más rápido|más deprisa|más de prisa|a velocidad normal|hable más rápido|hable normal"
        "|no tan despacio|no tan lento",
        "ca": "més ràpid|més de pressa|a velocitat normal|parli més ràpid|parli més de pressa|parli normal"
        "|no tan a poc a poc",
        "en": "faster|speak faster|more quickly|normal speed|at normal speed|not so slowly|speed up",
        "ko": "빠르게|더 빨리",
    },
}

_NOT_HEARD: Mapping[str, str] = {
    "es": "cómo|qué|perdón|mande",
    "ca": "com|què|perdó",
    "en": "what|sorry|pardon|excuse me",
}
"""What whoever did not hear says, and nothing else: "¿cómo?", not "¿cómo va mi pedido?". Within more words
it means something else ("perdón, no" is a correction)."""
_NOT_HEARD_SELDOM: Mapping[str, str] = {
    "es": "perdone|perdona|disculpe|disculpa|qué cosa|cómo es|qué dice|qué dijo|cómo dijo|qué has dicho",
    "ca": "perdoni|perdona|disculpi|disculpa|com és|què diu|què has dit",
    "en": "pardon me|huh|i'm sorry|i beg your pardon|beg your pardon|what's that|what is that",
}
"""The same, understood where it is heard, and not told to the recogniser: "Tuesday" was "qué dice"."""
_BESIDE_NOT_HEARD: Mapping[str, str] = {
    "es": "ah|ay|uy|eh|oiga|señor|señora|señorita|por favor",
    "ca": "ah|ai|ui|eh|escolti|senyor|senyora|senyoreta|si us plau|sisplau",
    "en": "ah|oh|eh|uh|um|please",
}
"""What may stand beside it."""
_ASKS_AGAIN = {
    language: phrases_of(f"{often}|{_NOT_HEARD_SELDOM[language]}") for language, often in _NOT_HEARD.items()
}
_BESIDE = {language: phrases_of(words) for language, words in _BESIDE_NOT_HEARD.items()}

# How a language is asked for, in any language.
_LANGUAGES: Mapping[str, str] = {
    "es": "español|en español|castellano|en castellano|espanyol|en espanyol|castellà|en castellà|spanish"
    "|in spanish",
    "ca": "catalán|en catalán|català|en català|catalan|in catalan",
    "en": "inglés|en inglés|anglès|en anglès|english|in english",
    "ko": "한국어|한국어로",
}


def language_of(value: str) -> str | None:
    """The language that a universal asks for, if it asks for one."""
    return value.removeprefix(_LANGUAGE) if value.startswith(_LANGUAGE) else None


def is_universal(value: str) -> bool:
    """Whether an answer is a universal: it answers no question, and is no secret at any."""
    return value in _PHRASES or value in (NOT_AT_HAND, OBJECTION) or value.startswith((INTERRUPTS, _LANGUAGE))


def universal_choices(language: str, languages: Sequence[str], *, slowed: bool = False) -> tuple[Choice, ...]:
    """The universals as choices, in that language; other languages only if the flow speaks them.

    `slowed`: the caller has asked for slower.
    """
    return _choices(language, tuple(languages), slowed)


@lru_cache(maxsize=256)
def _choices(language: str, languages: tuple[str, ...], slowed: bool) -> tuple[Choice, ...]:
    # Asked for at each question and again at each answer, and of a few languages the same few times.
    choices = [
        Choice(value, "", {language: phrases.get(language, "").split("|")})
        for value, phrases in _PHRASES.items()
        if slowed or value != FASTER
    ]
    for other in languages:
        if other != language:
            choices.append(Choice(_LANGUAGE + other, "", {language: _LANGUAGES[other].split("|")}))
    return tuple(choices)


def universal_phrases(language: str, languages: Sequence[str], *, slowed: bool = False) -> tuple[str, ...]:
    """For the recogniser's grammar."""
    return _told_phrases(language, tuple(languages), slowed)


@lru_cache(maxsize=256)
def _told_phrases(language: str, languages: tuple[str, ...], slowed: bool) -> tuple[str, ...]:
    return tuple(
        phrase
        for choice in universal_choices(language, languages, slowed=slowed)
        for phrase in choice.phrases[language]
        if phrase
    ) + tuple(filter(None, _NOT_HEARD.get(language, "").split("|")))


_NINE = re.compile(r"\bquarts?\b.*?\bde nou\b|\bde nou (?=(?:euros?|centims?|cents|mil|hores|de|del)\b)")
"""In Catalan "de nou" is "again", and "of nine": "dos quarts de nou", "de nou euros"."""


def _without_nine(heard: Alternative, language: str) -> Alternative:
    said = plain(heard.text)
    return replace(heard, text=_NINE.sub(" ", said)) if language == "ca" and _NINE.search(said) else heard


def _is_what(said: str, language: str) -> bool:
    """Whether all that was said is "what?", in one way or several: "perdone, ¿cómo?"."""
    words, at, asked = tokens(said), 0, False
    while at < len(words):
        size = starts(words, at, _ASKS_AGAIN.get(language, ()))
        asked |= size > 0
        size = size or starts(words, at, _BESIDE.get(language, ()))
        if not size:
            return False
        at += size
    return asked


def find_universal(
    answer: Heard | Keyed, language: str, languages: Sequence[str], *, one_key: bool, slowed: bool = False
) -> Match | None:
    """The universal that is asked for, if any."""
    if isinstance(answer, Keyed):
        keys = {"0": PERSON, "*": REPEAT} if one_key else {"*0": PERSON, "*": REPEAT}
        value = keys.get(answer.keys)
        return Match(value, answer.keys, "keys") if value else None
    choices = universal_choices(language, languages, slowed=slowed)
    for alternative in answer.alternatives:
        for candidates in (choices[:1], choices):  # a person first: "otra vez una persona" is a person
            wish = _without_nine(alternative, language)
            found = choose(candidates, Heard((wish,)), language, rescue=False)
            if isinstance(found, Match):
                if alternative.confidence < (PLAIN if found.value == PERSON else CLEAR):
                    continue
                if said_of_things(wish.text, _PHRASES.get(found.value, {}).get(language, ""), language):
                    continue
                return Match(found.value, alternative.text, "voice", found.confidence, "sure")
    return _asks_again(answer, language)


def _asks_again(answer: Heard, language: str) -> Match | None:
    """ "¿Cómo?", where it was heard best: it is a second reading of much."""
    for best in answer.alternatives[:1]:
        if best.confidence >= CLEAR and _is_what(best.text, language):
            return Match(REPEAT, best.text, "voice", best.confidence, "sure")
    return None


def wanted_instead(
    own: Match | NoMatch,
    answer: Heard | Keyed,
    language: str,
    languages: Sequence[str],
    *,
    one_key: bool,
    slowed: bool = False,
) -> Match | None:
    """The universal that counts, and not what the question itself makes of the answer."""
    wished = find_universal(answer, language, languages, one_key=one_key, slowed=slowed)
    if not isinstance(own, Match) or own.band != "sure":
        return wished
    if isinstance(answer, Keyed):
        return None
    again = _asks_again(answer, language)
    if again is not None and again.said != own.said:
        return again  # "¿cómo?", and "cómo no" only as the next best reading of it
    # "No, quiero una persona" is no no: yes and no leave words over, and these must not be lost.
    beside = wished is not None and own.value in YES_NO and not _denied(own.said)
    return wished if beside and wished is not None and _cannot_wait(wished.value) else None


def _cannot_wait(value: str) -> bool:
    """Whether it counts beside an answer: a person, what was not heard, another language."""
    return value in (PERSON, REPEAT) or language_of(value) is not None


def _denied(said: str) -> bool:
    """Whether more than the answer's own no is in it: "no, no quiero una persona"."""
    return sum(word in NEGATIONS for word in words_of(said)) > 1
