"""The few words of a diagram that are not the flow's own, in the languages of the product.

What is not here is shown by its name in the flow, so that a new node or exit needs no entry.
"""

from __future__ import annotations

from collections.abc import Mapping

_ORDER = ("es", "ca", "en")

_WORDS: Mapping[str, tuple[str, str, str]] = {
    # the frame
    "start": ("Inicio de la llamada", "Inici de la trucada", "The call begins"),
    "returns": ("Vuelve al flujo que lo llamó", "Torna al flux que l'ha cridat", "Back to the flow before"),
    "always": (
        "En cualquier pregunta, quien lo pide llega a: {step}",
        "En qualsevol pregunta, qui ho demana arriba a: {step}",
        "At any question, whoever asks for it reaches: {step}",
    ),
    "calls": ("llamadas", "trucades", "calls"),
    "call": ("llamada", "trucada", "call"),
    "hung_up": ("acaban aquí", "acaben aquí", "end here"),
    # shapes, for the legend
    "asks": ("pregunta", "pregunta", "asks"),
    "says": ("dice", "diu", "says"),
    "looks_up": ("consulta", "consulta", "looks up"),
    "decides": ("decide", "decideix", "decides"),
    "does": ("anota o hace", "anota o fa", "notes or does"),
    "people": ("personas", "persones", "people"),
    "ends": ("fin", "fi", "end"),
    "wrong": ("si algo va mal", "si alguna cosa va malament", "if something goes wrong"),
    # conditions
    "and": ("y", "i", "and"),
    "or": ("o", "o", "or"),
    "not": ("no", "no", "not"),
    # exits
    "yes": ("sí", "sí", "yes"),
    "no": ("no", "no", "no"),
    "else": ("en otro caso", "altrament", "otherwise"),
    "found": ("encontrado", "trobat", "found"),
    "missing": ("no existe", "no existeix", "there is none"),
    "again": ("otra vez", "una altra vegada", "once more"),
    "slow": ("tarda demasiado", "triga massa", "too slow"),
    "error": ("no funciona", "no funciona", "does not work"),
    "failed": ("sin respuesta", "sense resposta", "no answer"),
    "handed": ("atendida", "atesa", "answered"),
    "busy": ("ocupadas", "ocupades", "busy"),
    "closed": ("cerrado", "tancat", "closed"),
    "open": ("abierto", "obert", "open"),
    "holiday": ("festivo", "festiu", "holiday"),
    "locked": ("bloqueado", "bloquejat", "locked"),
    "silent": ("no dice nada", "no diu res", "says nothing"),
    "refused": ("no se acepta", "no s'accepta", "not accepted"),
    "offered": ("acepta la llamada", "accepta la trucada", "takes the offer"),
    "declined": ("no la quiere", "no la vol", "does not want it"),
    "left": ("no espera", "no espera", "did not wait"),
    "@person": ("pide una persona", "demana una persona", "asks for a person"),
    "@end": ("la llamada acaba dentro", "la trucada acaba a dins", "the call ends inside"),
    "@back": ("atrás", "enrere", "back"),
    "@language": ("cambia de idioma", "canvia d'idioma", "another language"),
    "@fault": ("avería", "avaria", "fault"),
    "undone": ("no se ha podido", "no s'ha pogut fer", "could not be done"),
    # captions
    "menu": ("menú", "menú", "menu"),
    "ask": ("pregunta", "pregunta", "question"),
    "confirm": ("confirmación", "confirmació", "confirmation"),
    "say": ("mensaje", "missatge", "message"),
    "lookup": ("consulta", "consulta", "look-up"),
    "branch": ("decisión", "decisió", "decision"),
    "queue": ("cola", "cua", "queue"),
    "outcome": ("resultado", "resultat", "outcome"),
    "subflow": ("otro flujo", "un altre flux", "another flow"),
    "hangup": ("fin de la llamada", "fi de la trucada", "end of the call"),
    "form": ("formulario", "formulari", "form"),
    "understand": ("pregunta abierta", "pregunta oberta", "open question"),
    "verify": ("identidad", "identitat", "identity"),
    "hours": ("horario", "horari", "opening hours"),
    "callback": ("le llamaremos", "li trucarem", "call back"),
    "message": ("buzón de voz", "bústia de veu", "voicemail"),
    "record": ("grabación", "gravació", "recording"),
    "transfer": ("transferencia", "transferència", "transfer"),
    "notify": ("aviso", "avís", "notice"),
    "promise": ("promesa de pago", "promesa de pagament", "promise to pay"),
    "write": ("cambio", "canvi", "change"),
    "case": ("caso", "cas", "case"),
    "set": ("anota", "anota", "notes"),
    "language": ("idioma", "idioma", "language"),
}


def title(name: str, language: str) -> str:
    """The word in that language (English where there is none), or the name itself, readable."""
    words = _WORDS.get(name)
    if words is None:
        return readable(name)
    return words[_ORDER.index(language) if language in _ORDER else 2]


_HEADINGS: Mapping[str, tuple[str, str, str]] = {
    "confirm": ("{name}: ¿es correcto?", "{name}: és correcte?", "{name}: is that right?"),
}
"""Steps that are called by a value which another step asks for."""


def heading(type_name: str, name: str, language: str) -> str:
    """What a step is called that nobody gave a name: by its value."""
    words = _HEADINGS.get(type_name, ("{name}",) * 3)
    frame = words[_ORDER.index(language) if language in _ORDER else 2]
    return frame.format(name=readable(name))


def readable(name: str) -> str:
    """A name of the flow as a person writes it: "main_menu" → "main menu"."""
    return name.replace("_", " ").replace(".", " ").strip()
