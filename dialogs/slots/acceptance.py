"""How people agree and refuse in so many words, beyond yes and no: for `consent`, where it must be certain.

Rules:
1. "Acepto" is a yes, and "no estoy de acuerdo" a no; they are judged as plainly as "sí" and "no".
2. A yes that only means it ("venga", "no hay problema") is asked back: a manner of speaking is no agreement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.words import plain
from dialogs.slots.yes_no import YesNo

AGREED: Mapping[str, tuple[str, ...]] = {
    "es": ("acepto", "lo acepto", "sí acepto", "sí lo acepto", "estoy de acuerdo", "sí estoy de acuerdo",
           "de acuerdo", "doy mi consentimiento", "sí doy mi consentimiento"),
    "ca": ("accepto", "ho accepto", "sí accepto", "sí ho accepto", "hi estic d'acord", "estic d'acord",
           "sí hi estic d'acord", "d'acord", "dono el meu consentiment"),
    "en": ("i accept", "i do accept", "yes i accept", "i agree", "yes i agree", "i do agree", "agreed",
           "i give my consent", "i consent"),
}  # fmt: skip
REFUSED: Mapping[str, tuple[str, ...]] = {
    "es": ("no acepto", "no lo acepto", "no estoy de acuerdo", "rechazo", "lo rechazo",
           "no doy mi consentimiento"),
    "ca": ("no accepto", "no ho accepto", "no hi estic d'acord", "no estic d'acord", "ho rebutjo"),
    "en": ("i do not accept", "i don't accept", "i do not agree", "i don't agree", "i refuse", "i decline",
           "i disagree", "i do not consent"),
}  # fmt: skip
_SAID = {"es": "sí", "ca": "sí", "en": "yes"}
_PLAINLY = frozenset({"si", "yes"})


def phrases(language: str) -> tuple[str, ...]:
    """What a recogniser may expect beside yes and no."""
    return (*AGREED.get(language, ()), *REFUSED.get(language, ()))


def judged(answer: Heard | Keyed, asking: Asking) -> Match | NoMatch:
    """Yes or no, as `YesNo` gives it; what was said stays as it was said."""
    kind = YesNo()
    if isinstance(answer, Keyed):
        return kind.outright(answer, asking)
    found = kind.outright(Heard(tuple(_plainly(one, asking.language) for one in answer.alternatives)), asking)
    if not isinstance(found, Match):
        return found
    said = answer.alternatives[0].text if answer.alternatives else found.said
    clear = found.value != "yes" or _PLAINLY & set(plain(found.said).split())
    return replace(found, said=said, band=found.band if clear or found.band == "unsure" else "check")


def _plainly(one: Alternative, language: str) -> Alternative:
    text = plain(one.text)
    if text in {plain(phrase) for phrase in AGREED.get(language, ())}:
        return replace(one, text=_SAID.get(language, one.text))
    if text in {plain(phrase) for phrase in REFUSED.get(language, ())}:
        return replace(one, text="no")
    return one
