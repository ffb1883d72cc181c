"""The telephone that somebody calls from, as an answer to "which number?": "este mismo", "the one I'm calling from".

Rules:
1. It stands for the caller's number only where nothing else is said: no digits, no "not", no other telephone.
2. "El mismo" may also be the number that we have on file, so it is asked back.
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from dialogs.slots.fillers import FILLERS
from dialogs.slots.hedges import NO, cuts, without_hedges
from dialogs.slots.phrasing import CARELESS
from dialogs.slots.words import Words, phrases_of, starts, tokens

_THIS: Mapping[str, tuple[Words, ...]] = {
    "es": phrases_of(
        "este mismo|este número|este mismo número|este teléfono|este mismo teléfono|este móvil|este celular|este de aquí"
        "|el que llamo|el que le llamo|el que les llamo|el que estoy llamando|el que le estoy llamando|del que llamo"
        "|del que le llamo|del que estoy llamando|desde donde llamo|desde donde le llamo|de donde llamo"
        "|el mismo que llamo|el mismo del que llamo|el mismo desde el que llamo|al que me llama|al que me llaman"
        "|al que me ha llamado|al que me han llamado|al que me está llamando|al que me están llamando|el que le aparece|el que le sale|el que le sale en pantalla"
        "|el que ve en pantalla|el que le aparece en pantalla"
    ),
    "ca": phrases_of(
        "aquest mateix|aquest número|aquest mateix número|aquest telèfon|aquest mateix telèfon|aquest mòbil|aquest d'aquí"
        "|este mateix|este número|el que truco|el que li truco|el que us truco|el que estic trucant|del que truco"
        "|del que li truco|del que estic trucant|des d'on truco|des d'on li truco|d'on truco|el mateix que truco"
        "|el mateix del que truco|el mateix des del que truco|al que em truca|al que em truquen|al que m'ha trucat|al que m'han trucat"
        "|el que li surt|el que li surt en pantalla|el que veu en pantalla|el que li apareix"
    ),
    "en": phrases_of(
        "this one|this number|this very number|this same number|this phone|this mobile|this very one|this number here"
        "|number i'm calling from|number i am calling from|one i'm calling from|one i am calling from"
        "|number i called from|one i called from|number i'm ringing from|one i'm ringing from|number i'm phoning from"
        "|number i'm on|number i'm on now|one i'm on|one i'm on now|number you're calling|one you're calling"
        "|number you called|one you called|number you called me on|one you called me on|same number i'm calling from"
        "|same one i'm calling from|number on your screen|number you see"
    ),
}
_MAYBE: Mapping[str, tuple[Words, ...]] = {
    "es": phrases_of("este|el mismo|al mismo|del mismo|aquí mismo|ese mismo"),
    "ca": phrases_of("aquest|el mateix|al mateix|del mateix|aquí mateix|aqueix mateix"),
    "en": phrases_of("this|the same|the same one|same one|same number|the same number|that one|right here"),
}
_BESIDE: Mapping[str, frozenset[str]] = {
    "es": frozenset(tokens("teléfono móvil celular número llámeme llámame llamen llámenme llamar pueden desde ahora mismo a")),
    "ca": frozenset(tokens("telèfon mòbil número truqui'm truca'm truquin truquin-me trucar poden des ara mateix a al")),
    "en": frozenset(tokens("phone mobile number call ring me back you can on right now use from here to")),
}  # fmt: skip
EXPECTED: Mapping[str, tuple[str, ...]] = {
    "es": ("este mismo", "a este mismo número", "desde el que llamo"),
    "ca": ("aquest mateix", "a aquest mateix número", "des del que truco"),
    "en": ("this one", "this number", "the number i'm calling from"),
}
"""For a recogniser's grammar."""


@lru_cache(maxsize=512)
def means_own(text: str, language: str) -> float | None:
    """How far the words had to be bent to mean the caller's own telephone (0: not at all); `None` where they do
    not."""
    if language not in _THIS:
        return None
    words, hedged = without_hedges(tokens(text), language)
    if cuts(words, language) or not NO[language].isdisjoint(words):
        return None
    cost: float | None = None
    at = 0
    while at < len(words):
        size, maybe = starts(words, at, _THIS[language]), starts(words, at, _MAYBE[language])
        if size or maybe:
            here = 0.0 if size >= maybe else CARELESS
            cost = here if cost is None else min(cost, here)
        elif words[at] not in FILLERS[language] and words[at] not in _BESIDE[language]:
            return None
        at += max(size, maybe, 1)
    return CARELESS if cost is not None and hedged else cost
