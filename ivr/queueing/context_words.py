"""What reaches an agent's telephone: a sentence before the conversation, and headers of the INVITE. Pure.

Rules:
1. A sentence holds who they are, whether they have proved it, and what they want; never a name, a balance or
   anything that was sensitive.
2. Headers are printable ASCII of bounded length; what is not is percent-encoded (RFC 3986).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from dialogs.spoken_numbers import say_number

LONGEST_HEADER = 120
"""Characters; all headers together stay far below what an INVITE by UDP may have (1300 bytes)."""
LONGEST_NAME = 40
_SAFE = " .,:+-_/()="
"""Beside letters and digits; nothing by which a switch would expand or end a variable."""
PLAIN_SEGMENTS = ("", "default", "standard", "regular")
"""Segments that an agent need not hear."""

_WORDS: Mapping[str, Mapping[str, str]] = {
    "es": {
        "customer": "Cliente {segment}",
        "caller": "Llamada",
        "proved": "Cliente",
        "verified": "verificado",
        "unverified": "sin verificar",
        "order": "pregunta por el pedido {value}",
        "ticket": "pregunta por la incidencia {value}",
        "intent": "quiere {value}",
        "callback": "pidió que le llamáramos",
        "chosen": "a esta hora",
        "waited": "lleva {n} minutos esperando",
        "waited_one": "lleva un minuto esperando",
        "again": "ya le hemos llamado {n} veces",
        "again_one": "ya le hemos llamado una vez",
        "asked_for_person": "pide una persona",
        "not_understood": "no se le ha entendido",
        "back_end": "un sistema no ha respondido",
    },
    "ca": {
        "customer": "Client {segment}",
        "caller": "Trucada",
        "proved": "Client",
        "verified": "verificat",
        "unverified": "sense verificar",
        "order": "pregunta per la comanda {value}",
        "ticket": "pregunta per la incidència {value}",
        "intent": "vol {value}",
        "callback": "va demanar que el truquéssim",
        "chosen": "a aquesta hora",
        "waited": "fa {n} minuts que espera",
        "waited_one": "fa un minut que espera",
        "again": "ja li hem trucat {n} vegades",
        "again_one": "ja li hem trucat una vegada",
        "asked_for_person": "demana una persona",
        "not_understood": "no se l'ha entès",
        "back_end": "un sistema no ha respost",
    },
    "en": {
        "customer": "{segment} customer",
        "caller": "Call",
        "proved": "Customer",
        "verified": "verified",
        "unverified": "not verified",
        "order": "asks about order {value}",
        "ticket": "asks about ticket {value}",
        "intent": "wants {value}",
        "callback": "asked us to call back",
        "chosen": "at this time",
        "waited": "has waited {n} minutes",
        "waited_one": "has waited a minute",
        "again": "we have called {n} times already",
        "again_one": "we have called once already",
        "asked_for_person": "asks for a person",
        "not_understood": "was not understood",
        "back_end": "a system did not answer",
    },
}
_ABOUT = {
    "order": ("order_number", "order", "order_id"),
    "ticket": ("ticket_number", "ticket", "case_number"),
}
"""Which slots name what they call about."""
_LONGEST_VALUE = 40

Why = Literal["asked_for_person", "not_understood", "back_end", "fault", "callback", "flow"]
"""Why somebody was handed over; `flow`: the flow leads there."""


@dataclass(frozen=True)
class Kept:
    """What is told of somebody who has kept their place, and is called back."""

    waited: int
    """Minutes, in all."""
    chosen: bool = False
    """At a time of their choice."""
    tries: int = 0


@dataclass(frozen=True)
class Handover:
    """What is known of a caller at the moment at which people take over."""

    call_id: str
    queue: str
    language: str
    flow: str
    step: str
    why: Why
    segment: str = ""
    reason: str = ""
    """Why they are in that segment."""
    known_as: Mapping[str, str] = field(default_factory=dict)
    """What those of that segment are called, by language; where it is not said, as the segment is."""
    verified: str = ""
    """Which proof they passed; empty: none."""
    intent: str = ""
    """What their free speech was taken for."""
    wants: Mapping[str, str] = field(default_factory=dict)
    """What that is called, by language; where it is not said, as the intent is."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """What they have answered, without what is sensitive."""

    kept: Kept | None = None

    @property
    def about(self) -> tuple[str, str]:
        """What they call about, and its number; two empty words: it is not known."""
        for what, names in _ABOUT.items():
            for name in names:
                value = self.slots.get(name, "")
                if value and value.isascii() and value.isalnum() and len(value) <= _LONGEST_VALUE:
                    return what, value
        return "", ""


def whispered(handover: Handover, language: str) -> str:
    """The sentence that the agent hears: "Cliente VIP, verificado, pregunta por el pedido 4571"."""
    words = _WORDS.get(language, _WORDS["es"])
    parts = [_who(handover, language, words), words["verified" if handover.verified else "unverified"]]
    what, value = handover.about
    if what:
        parts.append(words[what].format(value=value))
    elif handover.intent:
        parts.append(words["intent"].format(value=_wish(handover, language)))
    if handover.why in words:
        parts.append(words[handover.why])
    if handover.kept is not None:
        parts += _kept(handover.kept, words, language)
    return ", ".join(parts) + "."


def _who(handover: Handover, language: str, words: Mapping[str, str]) -> str:
    if known_as := handover.known_as.get(language if language in _WORDS else "es"):
        return known_as
    if handover.segment.lower() not in PLAIN_SEGMENTS:
        return words["customer"].format(segment=_spoken(handover.segment))
    # Who has proved it is a customer, and it is not the call that is proved.
    return words["proved" if handover.verified else "caller"]


def _wish(handover: Handover, language: str) -> str:
    """An intent is read back to callers, who are "usted" and "vostè" and so the third person. In English
    they are "you", which an agent would take for themselves."""
    told = language if language in _WORDS else "es"
    title = "" if told == "en" else handover.wants.get(told, "")
    return title or _spoken(handover.intent)


def _kept(kept: Kept, words: Mapping[str, str], language: str) -> list[str]:
    parts = [words["chosen"]] if kept.chosen else []
    told = language if language in _WORDS else "es"
    # Minutes are masculine, times feminine: "veintiún minutos", "dues vegades".
    for name, count, feminine in (("waited", kept.waited, False), ("again", kept.tries, True)):
        if count == 1:
            parts.append(words[f"{name}_one"])
        elif count > 1:
            number = say_number(count, told, before_noun=True, feminine=feminine)
            parts.append(words[name].format(n=number))
    return parts


def _spoken(name: str) -> str:
    """A name of the company's files as it is said: `vip` → VIP, `at_risk` → at risk."""
    plain = " ".join(name[:LONGEST_NAME].replace("_", " ").replace("-", " ").split())
    return plain.upper() if len(plain) <= 3 else plain


def headers_of(handover: Handover, which: Literal["none", "reference", "full"]) -> dict[str, str]:
    """The headers of the INVITE to the agent, by their names."""
    if which == "none":
        return {}
    told = {
        "X-IVR-Call": handover.call_id,
        "X-IVR-Queue": handover.queue,
        "X-IVR-Language": handover.language,
    }
    if which == "full":
        what, value = handover.about
        told |= {
            "X-IVR-Segment": handover.segment,
            "X-IVR-Verified": handover.verified,
            "X-IVR-About": f"{what} {value}".strip() or handover.intent,
            "X-IVR-Why": handover.why,
        }
    return {name: encoded(value) for name, value in told.items() if value}


def encoded(value: str) -> str:
    """As a header may hold it; cut short where it is too long, never within an encoded character."""
    text = ""
    for sign in value:
        written = sign if sign.isascii() and (sign.isalnum() or sign in _SAFE) else quote(sign, safe="")
        if len(text) + len(written) > LONGEST_HEADER:
            break
        text += written
    return text.strip()
