"""How people say that they want no more calls: to whoever calls them that is an order, however they put it.

Rules:
1. Each way is a whole sentence of its own, so that "no" in it is never taken for the plain "no" to an offer.
2. What is about now alone ("ahora no", "no me llamen hoy", "no, llamen más tarde") is no objection.
3. A flow that calls people says once where it leads (`objection: do_not_call`): from every question of it,
   and of the flows that it uses, and from its sentences (`dialogs.barge_in`). A menu that offers it itself
   leads where that says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import product

from dialogs.effects import Collect
from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.choosing import Choice, choose
from dialogs.slots.words import plain
from dialogs.universals import OBJECTION

_WAYS: Mapping[str, tuple[str, ...]] = {
    "es": (
        "no me llame|llamen|llames|moleste|molesten más",
        "no llame|llamen|llames|moleste|molesten más",
        "no llame|llamen nunca más",
        "no me vuelva|vuelvan|vuelvas a llamar|molestar",
        "no vuelva|vuelvan|vuelvas a llamar|llamarme|molestar|molestarme",
        "deje|dejen|deja de llamar|llamarme|molestar|molestarme",
        "no quiero más llamadas",
        "no quiero recibir más|sus llamadas",
        "no quiero recibir llamadas",
        "no quiero que me llamen|llame|vuelvan|molesten",
        "no quiero que me llamen|llame|molesten más",
        "no quiero que vuelvan a llamar|llamarme",
        "no más llamadas",
        "ni una llamada más",
        "bórreme|bórrenme|bórrame|quíteme|quítenme|quítame de la|su lista",
        "elimíneme|elimínenme|sáqueme|sáquenme de la|su lista",
        "borre|borren|quite|quiten|elimine|eliminen mi número|teléfono",
        "déjeme|déjenme en paz",
    ),
    "ca": (
        "no em truqui|truquin|truquis|molesti|molestin més",
        "no truqui|truquin|truquis|molesti|molestin més",
        "no em torni|tornin|tornis a trucar|molestar",
        "no torni|tornin|tornis a trucar|trucar-me|molestar|molestar-me",
        "deixi|deixin|deixa de trucar|trucar-me|molestar|molestar-me",
        "no vull més trucades",
        "no vull rebre més trucades",
        "no vull rebre trucades",
        "no vull que em truquin|truqui|tornin|molestin",
        "no vull que em truquin|truqui|molestin més",
        "no vull que tornin a trucar|trucar-me",
        "no més trucades",
        "ni una trucada més",
        "esborri'm|esborrin-me|tregui'm|treguin-me|elimini'm|eliminin-me de la|la-seva llista",
        "esborri|esborrin|tregui|treguin|elimini|eliminin el meu número|telèfon",
        "deixi'm|deixin-me en pau",
    ),
    "en": (
        "don't|do-not|never call|ring|phone|bother me again|anymore|any-more",
        "don't|do-not|never call|ring|phone|bother again|anymore|any-more",
        "don't|do-not call me|us",
        "do not call",
        "stop calling|ringing|phoning|bothering",
        "no more calls",
        "don't|do-not want any|more calls",
        "don't|do-not want any more calls",
        "don't|do-not want to be called",
        "take|remove|delete me off|from your|the list",
        "take my number off your list",
        "remove|delete my number",
        "leave me alone",
    ),
}
"""By language; words of which one is said stand with a bar, words that belong together with a dash (but where
a word has one of its own)."""
_OWN_DASH = frozenset({"trucar-me", "molestar-me", "esborrin-me", "treguin-me", "eliminin-me", "deixin-me"})

_FOR_NOW: Mapping[str, str] = {
    "es": r"(?:tarde|hoy|(?<!más )(?:ahora|mañana|luego|más tarde|tan \w+|a estas? horas?))",
    "ca": r"(?:tard|avui|(?<!més )(?:ara|demà|més tard|tan \w+|a aquestes? hor(?:a|es)))",
    "en": r"(?:now|today|tonight|tomorrow|later|(?:so|this) (?:late|early)|at this (?:hour|time))",
}
"""What follows such a sentence where it is only about now: without commas "no, llamen más tarde" is one."""
_NO = re.compile(r"^(?:no|don't|do not|never) ")
_LATER: Mapping[str, tuple[str, ...]] = {
    "es": ("tarde", "más tarde", "hoy", "ahora", "mañana", "luego", "a esta hora"),
    "ca": ("tard", "més tard", "avui", "ara", "demà", "a aquesta hora"),
    "en": ("now", "today", "tonight", "tomorrow", "later", "at this time"),
}
"""The commonest of these for the recogniser: one that does not know "tarde" hears the objection alone."""

_COURTEOUS: Mapping[str, tuple[str, ...]] = {
    "es": (
        "no me llamen más por favor",
        "no me llames más por favor",
        "por favor no me llamen más",
        "no me vuelvan a llamar por favor",
        "dejen de llamarme por favor",
    ),
    "ca": (
        "no em truquin més si us plau",
        "si us plau no em truquin més",
        "no em tornin a trucar si us plau",
        "deixin de trucar-me si us plau",
    ),
    "en": (
        "please don't call me again",
        "don't call me again please",
        "please stop calling me",
        "stop calling me please",
        "take me off your list please",
    ),
}
"""The commonest of them as polite people put them, for the recogniser as well: laid along the short phrase, a
"por favor" behind it made the whole unlikely, and what was heard was no answer (0.24 of 1 by Whisper)."""

_MOST_NOES = 3


@cache
def objections(language: str) -> tuple[str, ...]:
    """Every way of saying it in that language; none in one that nobody has written down."""
    return tuple(dict.fromkeys(one for way in _WAYS.get(language, ()) for one in _spelled_out(way)))


def expected(language: str) -> tuple[str, ...]:
    """What a recogniser must know to hear objections, and to tell from them what is none."""
    ways = objections(language)
    return (*ways, *_COURTEOUS[language], *_LATER[language]) if ways else ()


def objected(answer: Heard, language: str) -> Match | None:
    """The objection in what was said, if it is one for sure: it has no rivals, least of all a yes or no."""
    ways = objections(language)
    if not ways:
        return None
    return sure_of([Choice(OBJECTION, "", {language: ways})], answer, language)


def sure_of(choices: Sequence[Choice], answer: Heard, language: str) -> Match | None:
    """Which of them it is for sure, also behind noes ("no, no, soy su hermano"), and for more than now."""
    for_good = but_for_now(answer, language)
    for noes in range(_MOST_NOES + 1):
        heard = tuple(one for each in for_good.alternatives if (one := _behind(each, noes)) is not None)
        found = choose(choices, Heard(heard), language, rescue=False)
        if isinstance(found, Match) and found.band == "sure":
            return replace(found, said=answer.alternatives[0].text)
    return None


def but_for_now(answer: Heard, language: str) -> Heard:
    """The same without its noes that are about now alone, in which the words of an objection stand."""
    about_now = _about_now(language)
    if about_now is None:
        return answer

    def stripped(found: re.Match[str]) -> str:
        return _NO.sub("", found[0])

    texts = [about_now.sub(stripped, _spaced(one.text)) for one in answer.alternatives]
    changed = [text != _spaced(one.text) for text, one in zip(texts, answer.alternatives, strict=True)]
    return Heard(
        tuple(
            replace(one, text=text) if new else one
            for one, text, new in zip(answer.alternatives, texts, changed, strict=True)
        )
    )


@cache
def _about_now(language: str) -> re.Pattern[str] | None:
    ways = sorted(map(_spaced, objections(language)), key=len, reverse=True)
    if not ways:
        return None
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, ways))}) {_FOR_NOW[language]}\b")


def _spaced(text: str) -> str:
    """In small letters and with one space between two words, without stops and commas."""
    return " ".join(re.sub(r"[^\w'’-]", " ", text.lower()).replace("’", "'").split())


def heeding(question: Collect) -> Collect:
    """The question, at which an objection is heard before any answer."""
    judge, language = question.judge, question.language

    def judged(answer: Heard | Keyed) -> Match | NoMatch:
        against = objected(answer, language) if isinstance(answer, Heard) else None
        return against or judge(answer)

    phrases = question.phrases
    if phrases:  # without any it is free speech, which holds every sentence
        phrases = tuple(dict.fromkeys((*phrases, *expected(language))))
    return replace(question, judge=judged, phrases=phrases)


def _behind(alternative: Alternative, noes: int) -> Alternative | None:
    """ "No, no, dejen de llamarme": an answer first, and then an order that it does not deny."""
    words = plain(alternative.text).split()
    if words[:noes] != ["no"] * noes:
        return None
    return replace(alternative, text=" ".join(words[noes:])) if noes else alternative


def _spelled_out(way: str) -> Iterator[str]:
    for words in product(*(place.split("|") for place in way.split())):
        yield " ".join(word if word in _OWN_DASH else word.replace("-", " ") for word in words)
