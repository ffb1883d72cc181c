"""What is said to a caller whose answer was well understood and cannot be taken.

"No le he entendido" would be a lie there, and callers would say the same again. Each reason is a
`NoMatch.reason` of some kind of answer; the question follows once more.
"""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, Mapping[str, str]] = {
    "several": {
        "es": "He oído más de una respuesta.",
        "ca": "He sentit més d'una resposta.",
        "en": "I heard more than one answer.",
    },
    "denied": {
        "es": "De acuerdo, ese no.",
        "ca": "D'acord, aquest no.",
        "en": "All right, not that one.",
    },
    "none_of_these": {
        "es": "Si no le sirve ninguna, diga operador.",
        "ca": "Si no li va bé cap, digui operador.",
        "en": "If none of them suits you, say operator.",
    },
    "not_offered": {
        "es": "Eso no está entre las opciones.",
        "ca": "Això no és entre les opcions.",
        "en": "That is not one of the options.",
    },
    "two_numbers": {
        "es": "He oído dos números. Dígame solo uno.",
        "ca": "He sentit dos números. Digui'm només un.",
        "en": "I heard two numbers. Tell me just one.",
    },
    "one_by_one": {
        "es": "Vamos de una en una. Dígame cuál primero.",
        "ca": "Anem d'una en una. Digui'm quina primer.",
        "en": "One at a time, please. Tell me which one first.",
    },
    "several_fit": {
        "es": "Hay más de una opción así.",
        "ca": "Hi ha més d'una opció així.",
        "en": "There is more than one like that.",
    },
    "too_small": {
        "es": "Ese importe es demasiado bajo.",
        "ca": "Aquest import és massa baix.",
        "en": "That amount is too low.",
    },
    "too_large": {
        "es": "Ese importe es demasiado alto.",
        "ca": "Aquest import és massa alt.",
        "en": "That amount is too high.",
    },
    "other_currency": {
        "es": "No puedo aceptar esa moneda.",
        "ca": "No puc acceptar aquesta moneda.",
        "en": "I cannot take that currency.",
    },
    "no_such_date": {
        "es": "Esa fecha no existe.",
        "ca": "Aquesta data no existeix.",
        "en": "There is no such date.",
    },
    "in_the_past": {
        "es": "Esa fecha ya ha pasado.",
        "ca": "Aquesta data ja ha passat.",
        "en": "That date has passed already.",
    },
    "in_the_future": {
        "es": "Esa fecha aún no ha llegado.",
        "ca": "Aquesta data encara no ha arribat.",
        "en": "That date is still to come.",
    },
    "too_far": {
        "es": "Esa fecha queda demasiado lejos.",
        "ca": "Aquesta data queda massa lluny.",
        "en": "That date is too far away.",
    },
    "weekday_differs": {
        "es": "El día de la semana no coincide con la fecha.",
        "ca": "El dia de la setmana no coincideix amb la data.",
        "en": "The weekday does not match the date.",
    },
    "no_such_time": {
        "es": "Esa hora no existe.",
        "ca": "Aquesta hora no existeix.",
        "en": "There is no such time.",
    },
    "outside_hours": {
        "es": "A esa hora no es posible.",
        "ca": "A aquesta hora no és possible.",
        "en": "That time is not possible.",
    },
    "letter_missing": {
        "es": "Me falta la letra del final.",
        "ca": "Em falta la lletra del final.",
        "en": "The letter at the end is missing.",
    },
    "check_letter": {
        "es": "La letra no corresponde a ese número.",
        "ca": "La lletra no correspon a aquest número.",
        "en": "The letter does not belong to that number.",
    },
    "no_such_number": {
        "es": "Ese número de teléfono no existe.",
        "ca": "Aquest número de telèfon no existeix.",
        "en": "There is no such telephone number.",
    },
    "not_mobile": {
        "es": "Ese número no es de un móvil.",
        "ca": "Aquest número no és de mòbil.",
        "en": "That is not a mobile number.",
    },
    "not_fixed": {
        "es": "Ese número no es de un teléfono fijo.",
        "ca": "Aquest número no és de telèfon fix.",
        "en": "That is not a landline number.",
    },
    "no_such_postcode": {
        "es": "Ese código postal no existe.",
        "ca": "Aquest codi postal no existeix.",
        "en": "There is no such postcode.",
    },
    "too_many": {
        "es": "Solo necesito las cuatro últimas cifras.",
        "ca": "Només necessito les quatre últimes xifres.",
        "en": "I need only the last four digits.",
    },
}


def sentence(reason: str, language: str) -> str:
    """The sentence for a reason, or an empty text where there is none to tell."""
    return REASONS.get(reason, {}).get(language, "")
