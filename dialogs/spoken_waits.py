"""How long it will take, and how many are ahead, as they are said: in ranges, because nobody knows more."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

STEPS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60)
"""Minutes at which a range may begin or end: the longer, the coarser."""
_A_LOT = 20
"""Minutes from which "more than so many" is news also of a wait that may be longer than an hour."""
MOST_AHEAD = 20
"""People ahead who are counted aloud; of more, it is said that they are more."""

_MINUTES = {
    "es": {1: "uno", 2: "dos", 3: "tres", 4: "cuatro", 5: "cinco", 6: "seis", 8: "ocho", 10: "diez",
           12: "doce", 15: "quince", 20: "veinte", 25: "veinticinco", 30: "treinta", 40: "cuarenta",
           50: "cincuenta", 60: "sesenta"},
    "ca": {1: "un", 2: "dos", 3: "tres", 4: "quatre", 5: "cinc", 6: "sis", 8: "vuit", 10: "deu",
           12: "dotze", 15: "quinze", 20: "vint", 25: "vint-i-cinc", 30: "trenta", 40: "quaranta",
           50: "cinquanta", 60: "seixanta"},
    "en": {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 8: "eight", 10: "ten",
           12: "twelve", 15: "fifteen", 20: "twenty", 25: "twenty-five", 30: "thirty", 40: "forty",
           50: "fifty", 60: "sixty"},
}  # fmt: skip
_PEOPLE = {
    "es": ["dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce",
           "trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve", "veinte"],
    "ca": ["dues", "tres", "quatre", "cinc", "sis", "set", "vuit", "nou", "deu", "onze", "dotze", "tretze",
           "catorze", "quinze", "setze", "disset", "divuit", "dinou", "vint"],
    "en": ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
           "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"],
}  # fmt: skip

_WAIT = {
    "es": (
        "Le atenderemos en menos de un minuto.",
        "Le atenderemos en menos de {high} minutos.",
        "El tiempo de espera es de entre {low} y {high} minutos.",
        "El tiempo de espera es de más de {low} minutos.",
        "El tiempo de espera puede pasar de una hora.",
        "El tiempo de espera es de más de una hora.",
    ),
    "ca": (
        "Atendrem la seva trucada en menys d'un minut.",
        "Atendrem la seva trucada en menys de {high} minuts.",
        "El temps d'espera és d'entre {low} i {high} minuts.",
        "El temps d'espera és de més de {low} minuts.",
        "El temps d'espera pot passar d'una hora.",
        "El temps d'espera és de més d'una hora.",
    ),
    "en": (
        "We will be with you in less than a minute.",
        "We will be with you in less than {high} minutes.",
        "The wait is between {low} and {high} minutes.",
        "The wait is more than {low} minutes.",
        "The wait may be more than an hour.",
        "The wait is more than an hour.",
    ),
}
_AHEAD = {
    "es": (
        "Es su turno en cuanto quede alguien libre.",
        "Hay una persona delante de usted.",
        "Hay {people} personas delante de usted.",
        "Hay más de veinte personas delante de usted.",
    ),
    "ca": (
        "És el seu torn tan bon punt quedi algú lliure.",
        "Hi ha una persona davant seu.",
        "Hi ha {people} persones davant seu.",
        "Hi ha més de vint persones davant seu.",
    ),
    "en": (
        "You are next.",
        "There is one person ahead of you.",
        "There are {people} people ahead of you.",
        "There are more than twenty people ahead of you.",
    ),
}


def in_steps(low: float, high: float) -> tuple[int, int | None]:
    """A range in seconds as whole minutes that are said, opened outwards; `None`: beyond the last step."""
    first = STEPS[max(bisect_right(STEPS, low / 60) - 1, 0)]
    at = bisect_left(STEPS, high / 60)
    if at >= len(STEPS):
        return first, None
    last = STEPS[at]
    if last <= first:  # exactly on a step
        last = STEPS[min(STEPS.index(first) + 1, len(STEPS) - 1)]
    return first, last


def said_wait(low: float, high: float, language: str) -> str:
    """The sentence that tells a wait, of seconds from `low` to `high`; empty in a language without one."""
    if language not in _WAIT:
        return ""
    soon, within, between, beyond, perhaps, long = _WAIT[language]
    first, last = in_steps(low, high)
    words = _MINUTES[language]
    if last is None:  # no end of it can be told, and the last step is none
        if first >= STEPS[-1]:
            return long
        return beyond.format(low=words[first]) if first >= _A_LOT else perhaps
    if last <= 1:
        return soon
    return (between if first else within).format(low=words.get(first, ""), high=words[last])


def said_ahead(ahead: int, language: str) -> str:
    """The sentence that tells how many are ahead; empty in a language without one."""
    if language not in _AHEAD:
        return ""
    nobody, one, some, many = _AHEAD[language]
    if ahead <= 0:
        return nobody
    if ahead == 1:
        return one
    return some.format(people=_PEOPLE[language][ahead - 2]) if ahead <= MOST_AHEAD else many
