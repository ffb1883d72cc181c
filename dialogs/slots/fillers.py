"""Words that people put around any answer, and that tell nothing."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.slots.words import plain

_FILLERS: Mapping[str, str] = {
    "es": "eh em mmm mm ah oh ay uy hum pues a ver bueno vale sí mire mira oiga oye es son sería serían era"
    " que el la los las lo por favor gracias yo quiero quisiera quería querría me gustaría puedo podría"
    " ponga pon pongo apunte anote para de del al en mi su señor señora señorita entonces mejor te le se"
    " digo digamos diga déjeme pensar un momento venga ok okay claro perfecto muy bien buenas hola"
    " está estaría así nada usted ya pagar pagaré pago hacer podemos puede ser va voy sea",
    "ca": "eh em mmm mm ah oh ai hum doncs a veure bé bo val sí miri mira escolti és són seria serien era"
    " que el la els les lo si us plau sisplau gràcies jo vull voldria volia m'agradaria puc podria posi"
    " posa apunti per de del dels al en mi meu meva seu seva senyor senyora senyoreta llavors aleshores"
    " millor et li es dic diguem digui deixi'm pensar un moment vinga ok d'acord clar perfecte molt"
    " bon bona hola està estaria així res vostè ja pagar pagaré pago fer podem pot ser va vaig sigui ho",
    "en": "er um uh erm mm mmm ah oh hmm well so let me see ok okay alright right yes yeah it is it's its"
    " that's that would be i'd i'll i will my the please thanks thank you can could we like want to"
    " have say put down make for just on at say let's do sure hello hi sorry? well"
    " pay i you may then lets id ill",
}
FILLERS: Mapping[str, frozenset[str]] = {
    language: frozenset(plain(word) for word in words.split() if not word.endswith("?"))
    for language, words in _FILLERS.items()
}
"""Words that people put around any answer."""
