"""The few words of a diagram that are not the flow's own, in the languages of the product.

What is not here is shown by its name in the flow, so that a new node or exit needs no entry.
"""

from __future__ import annotations

import re
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
    "left_out": (
        "Sin contar, porque pasaron por otra versión de este flujo: {calls}",
        "Sense comptar, perquè van passar per una altra versió d'aquest flux: {calls}",
        "Not counted, as they went through another version of this flow: {calls}",
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
    "in": ("es uno de", "és un de", "is one of"),
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
    "unknown": ("aún no se sabe", "encara no se sap", "not known yet"),
    "not_at_hand": ("no lo tiene", "no el té", "does not have it"),
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
    "done": ("hecho", "fet", "done"),
    "later": ("se hará más tarde", "es farà més tard", "will be done later"),
    "end": ("fin", "fi", "end"),
    "key": ("tecla {key}", "tecla {key}", "key {key}"),
    "undone": ("no se ha podido", "no s'ha pogut fer", "could not be done"),
    # captions
    "greet": ("saludo", "salutació", "greeting"),
    "shortcut": ("atajo", "drecera", "short cut"),
    "consent": ("consentimiento", "consentiment", "consent"),
    "menu": ("menú", "menú", "menu"),
    "pick": ("elección", "tria", "choice"),
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


_FACTS: Mapping[str, tuple[str, str, str]] = {
    "caller.number": ("número de quien llama", "número de qui truca", "the caller's number"),
    "caller.name": ("nombre de quien llama", "nom de qui truca", "the caller's name"),
    "caller.called": ("la llamamos nosotros", "la truquem nosaltres", "we called them"),
    "caller.customer_number": ("número de cliente", "número de client", "customer number"),
    "caller.campaign": ("campaña", "campanya", "campaign"),
    "caller.strategy": ("estrategia de la campaña", "estratègia de la campanya", "the campaign's strategy"),
    "caller.purpose": ("finalidad de la llamada", "finalitat de la trucada", "purpose of the call"),
    "caller.attested": ("fe de la red sobre el número", "fe de la xarxa sobre el número", "number attested"),
    "caller.proved": ("identidad probada", "identitat provada", "identity proved"),
    "caller.segment": ("segmento de quien llama", "segment de qui truca", "the caller's segment"),
    "caller.reason": ("motivo del segmento", "motiu del segment", "reason of the segment"),
    "caller.human_first": ("antes una persona", "abans una persona", "a person first"),
    "caller.shortcut": ("motivo probable", "motiu probable", "likely reason of the call"),
    "queue.length": ("llamadas en la cola", "trucades a la cua", "calls in the queue"),
    "queue.position": ("puesto en la cola", "lloc a la cua", "place in the queue"),
    "queue.wait": ("espera prevista, en segundos", "espera prevista, en segons", "expected wait in seconds"),
    "queue.waited": ("segundos de espera", "segons d'espera", "seconds waited"),
    "queue.agents": ("agentes conectados", "agents connectats", "people logged in"),
    "queue.free": ("agentes libres", "agents lliures", "people free"),
    "queue.on_time": ("% atendidas a tiempo", "% ateses a temps", "% answered in time"),
}
"""What the program itself knows of a call, as conditions name it; other names are the designer's own."""
_VALUES: Mapping[str, tuple[str, str, str]] = {
    "yes": ("sí", "sí", "yes"),
    "no": ("no", "no", "no"),
    "none": ("ninguno", "cap", "none"),
}
_SIGNS = (("==", "="), ("!=", "≠"), (">=", "≥"), ("<=", "≤"))
_TOKEN = re.compile(
    r"""(?P<text>"[^"]*"|'[^']*')|(?P<join>\b(?:and|or|not|in)\b)|(?P<name>[A-Za-z_]\w*(?:\.\w+)*)|(?P<sign>[=!<>]=)"""
)


def condition_words(source: str, language: str) -> str:
    """A condition as a business reader writes it: `order.status == "late"` → "order status = late"."""
    at = _ORDER.index(language) if language in _ORDER else 2

    def word(found: re.Match[str]) -> str:
        token = found.group()
        if found["text"]:
            value = token[1:-1]
            return _VALUES[value][at] if value in _VALUES else readable(value)
        if found["join"]:
            return title(token, language)
        return _FACTS[token][at] if token in _FACTS else dict(_SIGNS).get(token) or readable(token)

    return _TOKEN.sub(word, re.sub(r"\s*==\s*true\b", "", source)).strip()


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
