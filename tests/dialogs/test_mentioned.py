"""An answer that is only mentioned is never taken for sure: asked about, quoted, supposed, or somebody else's.

The sentences know nothing of the parsers: whatever stands at the place of `{}` is what somebody would answer.
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dialogs.results import Alternative, Heard, Match
from dialogs.slots import KINDS
from dialogs.slots.asking import Asking
from dialogs.slots.kind import EXAMPLE_NOW

_PARTS_OF_DAY: Mapping[str, Any] = {
    "choices": {
        "morning": {
            "key": 1,
            "phrases": {"es": ["por la mañana"], "ca": ["al matí"], "en": ["in the morning"]},
        },
        "afternoon": {
            "key": 2,
            "phrases": {"es": ["por la tarde"], "ca": ["a la tarda"], "en": ["in the afternoon"]},
        },
    }
}
ANSWERS: Mapping[str, tuple[Mapping[str, Any], Mapping[str, str]]] = {
    "digits": (
        {"length": 5, "check_digit": "luhn"},
        {"es": "cuatro cinco siete uno seis", "ca": "quatre cinc set u sis", "en": "four five seven one six"},
    ),
    "order_id": (
        {"length": 5, "prefix": "PED"},
        {
            "es": "cuatro cinco siete uno ocho",
            "ca": "quatre cinc set u vuit",
            "en": "four five seven one eight",
        },
    ),
    "ticket_id": (
        {"letters": 2, "length": 4},
        {
            "es": "a be cuatro cinco siete uno",
            "ca": "a be quatre cinc set u",
            "en": "A B four five seven one",
        },
    ),
    "card_last4": (
        {},
        {"es": "cuatro cinco siete uno", "ca": "quatre cinc set u", "en": "four five seven one"},
    ),
    "postcode": (
        {},
        {"es": "cero ocho cero cero uno", "ca": "zero vuit zero zero u", "en": "oh eight oh oh one"},
    ),
    "phone": (
        {},
        {
            "es": "seis uno dos tres cuatro cinco seis siete ocho",
            "ca": "sis u dos tres quatre cinc sis set vuit",
            "en": "six one two three four five six seven eight",
        },
    ),
    "dni": (
        {},
        {
            "es": "uno dos tres cuatro cinco seis siete ocho zeta",
            "ca": "u dos tres quatre cinc sis set vuit zeta",
            "en": "one two three four five six seven eight zed",
        },
    ),
    "amount": ({}, {"es": "cien euros", "ca": "cent euros", "en": "a hundred euros"}),
    "date": ({"range": "future"}, {"es": "el viernes", "ca": "divendres", "en": "Friday"}),
    "time": (
        {"earliest": "08:00", "latest": "20:00"},
        {"es": "a las cinco", "ca": "a les cinc", "en": "five o'clock"},
    ),
    "choice": (_PARTS_OF_DAY, {"es": "por la tarde", "ca": "a la tarda", "en": "in the afternoon"}),
}
MENTIONED = {
    "es": "¿por qué {}?|¿ha dicho {}?|me dijeron que {} pero no es|usted me dijo {}|si digo {} qué pasa|¿{} o qué?"
    "|imagínese que es {}|quiere que le diga {}|por ejemplo {}|algo como {}|parecido a {}|dudo que sea {}|ojalá fuera {}"
    "|olvide {}|borre {}|quite {}|{} es incorrecto|eso de {} es mentira|{} era antes|hace tiempo fue {}|en vez de {}"
    "|en lugar de {}|creo que no es {}|todo menos {}|ni {} ni nada|{} no, perdón",
    "ca": "per què {}?|ha dit {}?|em van dir que {} però no és|vostè em va dir {}|si dic {} què passa|imagini's que és {}"
    "|vol que li digui {}|per exemple {}|alguna cosa com {}|semblant a {}|dubto que sigui {}|tant de bo fos {}|oblidi {}"
    "|esborri {}|tregui {}|{} és incorrecte|{} era abans|fa temps era {}|en comptes de {}|en lloc de {}|crec que no és {}"
    "|tot menys {}|ni {} ni res|{} no, perdó",
    "en": "why {}?|did you say {}?|they told me {} but it isn't|you told me {}|what if I say {}?|suppose it's {}"
    "|for example {}|something like {}|similar to {}|I doubt it's {}|I wish it were {}|forget {}|delete {}|remove {}"
    "|{} is wrong|{} is incorrect|it used to be {}|instead of {}|rather than {}|I don't think it's {}|anything but {}"
    "|neither {} nor anything|{} no sorry",
}
OF_OTHERS = {
    "es": "el de mi mujer es {}|el de mi hermana es {}|mi vecino tiene {}|casi {}",
    "ca": "el del meu marit és {}|el de la meva germana és {}|el veí té {}|gairebé {}",
    "en": "my wife's is {}|my sister's is {}|my neighbour has {}|almost {}",
}
NUMBERS = ("digits", "order_id", "ticket_id", "card_last4", "postcode", "phone", "dni")


def taken_for_sure(kind: str, language: str, sentences: str) -> list[str]:
    options, answer = ANSWERS[kind]
    judge = KINDS[kind].model_validate(options).judge
    asking = Asking(language, EXAMPLE_NOW, "ES", "+34612345678")
    found = {
        said: judge(Heard((Alternative(said, 0.9),)), asking)
        for said in (sentence.format(answer[language]) for sentence in sentences.split("|"))
    }
    return [said for said, judged in found.items() if isinstance(judged, Match) and judged.band == "sure"]


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("language", MENTIONED)
def test_what_is_only_mentioned_is_never_sure(kind: str, language: str) -> None:
    """ "Why Friday?" is no Friday, and a check digit proves a number, not that it is given."""
    assert taken_for_sure(kind, language, "{}") != [], "the answer by itself is one"
    assert taken_for_sure(kind, language, MENTIONED[language]) == []


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("language", OF_OTHERS)
def test_a_number_of_somebody_else_is_asked_back(kind: str, language: str) -> None:
    """ "El de mi mujer es …" may be meant, or not."""
    assert taken_for_sure(kind, language, OF_OTHERS[language]) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "la primera que ha dicho"),
        ("es", "a mi mujer le va mejor por la tarde"),
        ("ca", "a la meva dona li va millor a la tarda"),
        ("en", "I'd rather it was in the afternoon"),
    ],
)
def test_a_story_around_a_choice_is_no_doubt(language: str, said: str) -> None:
    """Whose part of the day it is does not matter, and "the one you said" is an answer."""
    judged = (
        KINDS["choice"]
        .model_validate(_PARTS_OF_DAY)
        .judge(Heard((Alternative(said, 0.9),)), Asking(language, EXAMPLE_NOW, "ES", ""))
    )
    assert isinstance(judged, Match)
    assert judged.band == "sure"


@pytest.mark.parametrize(
    ("kind", "language", "said"),
    [
        ("order_id", "es", "mi número de cliente es cuatro cinco siete uno ocho"),
        ("order_id", "ca", "el número de client és quatre cinc set u vuit"),
        ("order_id", "en", "my customer number is four five seven one eight"),
        ("dni", "es", "mi pasaporte es uno dos tres cuatro cinco seis siete ocho zeta"),
        ("dni", "en", "my passport number is one two three four five six seven eight zed"),
        ("amount", "es", "mínimo cien euros"),
        ("amount", "ca", "ja vaig pagar cent euros"),
        ("amount", "en", "minimum a hundred euros"),
        ("time", "ca", "a les cinc tocades"),
    ],
)
def test_another_number_than_the_one_that_is_asked_for(kind: str, language: str, said: str) -> None:
    """What is said to be something else, or already done, is never sure."""
    assert taken_for_sure(kind, language, said) == []


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_a_number_with_something_left_open_is_none(language: str) -> None:
    """ "Dos mil y pico" is no amount, no year and no four digits."""
    said = {
        "es": "dos mil y pico|dos mil y pico euros|dos mil pico|dos mil y algo|dos mil y tantos|doce mil trescientos y pico"
        "|cuarenta y pico mil|cuarenta y tantos mil|cuarenta y cinco mil y pico",
        "ca": "dos mil i pico|dos mil i escaig|dos mil i escaig euros|dos mil i tants|dotze mil tres-cents i escaig"
        "|quaranta i tants mil|quaranta-cinc mil i escaig",
        "en": "two thousand odd|two thousand something|two thousand and something|two thousand and change"
        "|twelve thousand three hundred and something|forty-odd thousand|forty-five thousand odd",
    }[language]
    for kind in (*NUMBERS, "amount"):
        assert taken_for_sure(kind, language, said) == []
    for options in ({"length": 4}, {"length": 5}, {"min": 1, "max": 9}):
        judge = KINDS["digits"].model_validate(options).judge
        for text in said.split("|"):
            judged = judge(Heard((Alternative(text, 0.9),)), Asking(language, EXAMPLE_NOW, "ES", ""))
            assert not isinstance(judged, Match) or judged.band == "check", text
