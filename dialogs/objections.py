"""How people say that they want no more calls: to whoever calls them that is an order, however they put it.

Rules:
1. Each way is a whole sentence of its own, so that "no" in it is never taken for the plain "no" to an offer.
2. What is about now alone ("ahora no", "no me llamen hoy") is no objection.
3. A flow that calls people says once where it leads (`objection: do_not_call`): from every question of it,
   and of the flows that it uses. A menu that offers it itself leads where that says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


_MOST_NOES = 3


@cache
def objections(language: str) -> tuple[str, ...]:
    """Every way of saying it in that language; none in one that nobody has written down."""
    return tuple(dict.fromkeys(one for way in _WAYS.get(language, ()) for one in _spelled_out(way)))


def objected(answer: Heard, language: str) -> Match | None:
    """The objection in what was said, if it is one for sure: it has no rivals, least of all a yes or no."""
    ways = objections(language)
    if not ways:
        return None
    choices = [Choice(OBJECTION, "", {language: ways})]
    for noes in range(_MOST_NOES + 1):
        heard = tuple(one for each in answer.alternatives if (one := _behind(each, noes)) is not None)
        found = choose(choices, Heard(heard), language, rescue=False)
        if isinstance(found, Match) and found.band == "sure":
            return replace(found, said=answer.alternatives[0].text)
    return None


def heeding(question: Collect) -> Collect:
    """The question, at which an objection is heard before any answer."""
    judge, language = question.judge, question.language

    def judged(answer: Heard | Keyed) -> Match | NoMatch:
        against = objected(answer, language) if isinstance(answer, Heard) else None
        return against or judge(answer)

    phrases = question.phrases
    if phrases:  # without any it is free speech, which holds every sentence
        phrases = tuple(dict.fromkeys((*phrases, *objections(language))))
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
