"""Good answers, twisted: taken back, doubted, doubled, wrapped in a story, or with a word lost on the line.

The oracle knows nothing of the parsers: each good phrasing comes with its value, and its words in brackets are
those whose loss leaves another good answer ("[mil] doscientos euros"), which no ear can tell. Whatever a twist
makes of a phrasing, a wrong value must never come out as sure.
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from dialogs.results import Alternative, Heard, Match, NoMatch
from dialogs.slots import KINDS
from dialogs.slots.asking import Asking
from dialogs.slots.kind import EXAMPLE_NOW, SlotKind

OPTIONS: dict[str, dict[str, Any]] = {
    "digits": {"length": 5},
    "order_id": {"length": 5, "prefix": "PED"},
    "ticket_id": {"letters": 2, "length": 4},
    "date": {"range": "future"},
    "time": {"earliest": "08:00", "latest": "20:00"},
    "choice": {
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
    },
}
"""As in a flow; the other kinds need none."""

GOOD: dict[str, dict[str, str]] = {
    "digits": {
        "es": "cuatro cinco siete uno ocho=45718|cuarenta y cinco setenta y uno ocho=45718|doble cinco siete uno ocho=55718"
        "|mi número es el cero cuatro cinco siete uno=04571",
        "ca": "quatre cinc set u vuit=45718|quaranta-cinc setanta-u vuit=45718|doble cinc set u vuit=55718"
        "|el meu número és el zero quatre cinc set u=04571",
        "en": "four five seven one eight=45718|forty-five seventy-one eight=45718|double five seven one eight=55718"
        "|my number is oh four five seven one=04571",
    },
    "order_id": {
        "es": "cuatro cinco siete uno ocho=PED45718|pe e de cuarenta y cinco setenta y uno ocho=PED45718"
        "|mi pedido es el treinta y tres doce cero=PED33120",
        "ca": "quatre cinc set u vuit=PED45718|pe e de quaranta-cinc setanta-u vuit=PED45718"
        "|la meva comanda és la trenta-tres dotze zero=PED33120",
        "en": "four five seven one eight=PED45718|P E D forty-five seventy-one eight=PED45718"
        "|my order is thirty-three twelve oh=PED33120",
    },
    "ticket_id": {
        "es": "a be cuatro cinco siete uno=AB4571|equis zeta de Zamora doce treinta y cuatro=XZ1234",
        "ca": "a be quatre cinc set u=AB4571|ics zeta de Zamora dotze trenta-quatre=XZ1234",
        "en": "A B four five seven one=AB4571|X Z for zebra twelve thirty-four=XZ1234",
    },
    "card_last4": {
        "es": "cuatro cinco siete uno=4571|acaba en cuarenta y cinco setenta y uno=4571",
        "ca": "quatre cinc set u=4571|acaba en quaranta-cinc setanta-u=4571",
        "en": "four five seven one=4571|it ends in forty-five seventy-one=4571",
    },
    "postcode": {
        "es": "cero ocho cero uno cinco=08015|veintiocho cero trece=28013|mi código postal es cuatro uno cero cero cuatro=41004",
        "ca": "zero vuit zero u cinc=08015|vint-i-vuit zero tretze=28013|el codi postal és disset zero zero u=17001",
        "en": "oh eight oh one five=08015|two eight oh one three=28013|my postcode is four one oh oh four=41004",
    },
    "phone": {
        "es": "seis uno dos tres cuatro cinco seis siete ocho=+34612345678|seis doce treinta y cuatro cincuenta y seis setenta y ocho=+34612345678"
        "|mi teléfono es el nueve tres cuatro cero cinco diez veinte=+34934051020",
        "ca": "sis u dos tres quatre cinc sis set vuit=+34612345678|sis dotze trenta-quatre cinquanta-sis setanta-vuit=+34612345678"
        "|el meu telèfon és el nou tres quatre zero cinc deu vint=+34934051020",
        "en": "six one two three four five six seven eight=+34612345678|six twelve thirty-four fifty-six seventy-eight=+34612345678"
        "|my phone is nine three four oh five ten twenty=+34934051020",
    },
    "dni": {
        "es": "uno dos tres cuatro cinco seis siete ocho zeta=12345678Z|equis uno dos tres cuatro cinco seis siete ele=X1234567L"
        "|doce treinta y cuatro cincuenta y seis setenta y ocho zeta de Zamora=12345678Z",
        "ca": "u dos tres quatre cinc sis set vuit zeta=12345678Z|ics u dos tres quatre cinc sis set ela=X1234567L"
        "|dotze trenta-quatre cinquanta-sis setanta-vuit zeta de Zamora=12345678Z",
        "en": "one two three four five six seven eight zed=12345678Z|X one two three four five six seven L=X1234567L"
        "|twelve thirty-four fifty-six seventy-eight Z for zebra=12345678Z",
    },
    "amount": {
        "es": "[ciento] [veinte] euros=12000|[doce] con cincuenta=1250|[mil] [doscientos] euros=120000|[treinta] euros con [quince] céntimos=3015"
        "|quiero pagar [ochenta] euros=8000",
        "ca": "[cent] [vint] euros=12000|[dotze] amb cinquanta=1250|[mil] [dos-cents] euros=120000|[trenta] euros amb [quinze] cèntims=3015"
        "|vull pagar [vuitanta] euros=8000",
        "en": "a [hundred] and [twenty] euros=12000|[twelve] euros [fifty]=1250|[twelve] [hundred] euros=120000"
        "|[thirty] euros and [fifteen] cents=3015|I want to pay [eighty] euros=8000",
    },
    "date": {
        "es": "el viernes=2026-11-27|[pasado] mañana=2026-11-25|el quince [de] [marzo]=2027-03-15|dentro [de] tres días=2026-11-26"
        "|[el] [viernes] [de] [la] [semana] [que] [viene]=2026-12-04|el [treinta] [y] [uno] [de] [diciembre]=2026-12-31",
        "ca": "divendres=2026-11-27|demà [passat]=2026-11-25|el quinze [de] [març]=2027-03-15|d'aquí a tres dies=2026-11-26"
        "|[divendres] [de] [la] [setmana] [que] [ve]=2026-12-04|el [trenta-u] [de] [desembre]=2026-12-31",
        "en": "on Friday=2026-11-27|the day [after] tomorrow=2026-11-25|the fifteenth [of] [March]=2027-03-15|in three days=2026-11-26"
        "|[Friday] [of] [next] week=2026-12-04|the [thirty-first] of December=2026-12-31",
    },
    "time": {
        "es": "a las cinco [y] [media] de la tarde=17:30|las nueve [menos] [cuarto] [de] [la] [mañana]=08:45"
        "|a las diecisiete [treinta]=17:30|a las once de la mañana=11:00",
        "ca": "[dos] [quarts] [de] cinc de la tarda=16:30|les cinc [i] [quart] de la tarda=17:15"
        "|a les disset [trenta]=17:30|a les onze del matí=11:00",
        "en": "[half] [past] [five] in the afternoon=17:30|a quarter [to] nine in the morning=08:45"
        "|at seventeen [thirty]=17:30|at eleven in the morning=11:00",
    },
    "yes_no": {
        "es": "sí=yes|sí, claro=yes|no=no|no, gracias=no|correcto=yes|efectivamente=yes|nada más=no",
        "ca": "sí=yes|sí, és clar=yes|no=no|no, gràcies=no|correcte=yes|res [més]=no",
        "en": "yes=yes|yes, please=yes|no=no|no, thank you=no|of course=yes|that's all=no",
    },
    "choice": {
        "es": "por la mañana=morning|mejor por la tarde=afternoon",
        "ca": "al matí=morning|millor a la tarda=afternoon",
        "en": "in the morning=morning|I'd rather in the afternoon=afternoon",
    },
}  # fmt: skip

TAKEN_BACK = {
    "es": "no tengo {}|no es {}|{} no|{} no puede ser|no quiero {}|nunca {}|{}, no, espere|{}, no, perdón|ni {}|{} tampoco|todo menos {}",
    "ca": "no tinc {}|no és {}|{} no|{} no pot ser|no vull {}|mai {}|{}, no, esperi|{}, no, perdó|ni {}|{} tampoc|tot menys {}",
    "en": "I don't have {}|it's not {}|{} no|{} can't be|not {}|never {}|{}, no, wait|{}, no, sorry|neither {}|anything but {}|{} isn't it",
}
DOUBTED = {
    "es": "creo que {}|{}, creo|me parece que {}|{}, me parece|no sé si {}|a lo mejor {}|{} o algo así|quizá {}|{}, supongo|igual {}|{} si no me equivoco",
    "ca": "crec que {}|{}, crec|em sembla que {}|{}, em sembla|no sé si {}|potser {}|{} o una cosa així|{}, suposo|deu ser {}|{} si no m'equivoco",
    "en": "I think {}|{}, I think|I guess {}|maybe {}|I'm not sure, {}|{} or something|probably {}|{}, I suppose|it might be {}|{} if I remember right",
}
JOINED = {
    "es": "{} o {}|{} y {}|{}, bueno, {}|{} no, {}|{}, perdón, {}|entre {} y {}|de {} a {}|ni {} ni {}|{} digo {}",
    "ca": "{} o {}|{} i {}|{}, bé, {}|{} no, {}|{}, perdó, {}|entre {} i {}|de {} a {}|ni {} ni {}|{} vull dir {}",
    "en": "{} or {}|{} and {}|{}, well, {}|{} no, {}|{}, sorry, {}|between {} and {}|{} to {}|neither {} nor {}|{} I mean {}",
}
WRAPPED = {
    "es": "ayer le dije a su compañera que {} y me colgó|mi vecino dice que {} pero miente|cuánto cuesta enviar {} a Francia"
    "|si {} entonces le llamo otro día|me han cobrado tres veces {} en la factura",
    "ca": "ahir li vaig dir a la seva companya que {} i em va penjar|el meu veí diu que {} però menteix"
    "|quant costa enviar {} a França|si {} llavors li truco un altre dia|m'han cobrat tres vegades {} a la factura",
    "en": "yesterday I told your colleague {} and she hung up|my neighbour says {} but he is lying"
    "|what does it cost to send {} to France|if {} then I will call another day|you charged me {} three times on the bill",
}


INSIDE = {
    "es": "no|creo|perdón|me parece|digo|no sé|quiero decir|o|tampoco|quizá|me he equivocado|menos",
    "ca": "no|crec|perdó|em sembla|vull dir|no ho sé|potser|o|tampoc|m'he equivocat|menys",
    "en": "no|I think|sorry|I mean|maybe|I don't know|or|never|actually|my mistake|not",
}
"""Said in the middle of an answer."""
OPENINGS = {"perdón", "perdó", "sorry", "digo"}
SPLITS = {"menos", "menys", "o", "or"}
"""These may also be part of another good answer: "las cinco menos …", "oh"."""


def asked(kind: str) -> SlotKind:
    return KINDS[kind].model_validate(OPTIONS.get(kind, {}))


def judged(kind: SlotKind, said: str, language: str) -> Match | NoMatch:
    return kind.judge(Heard((Alternative(said, 0.95),)), Asking(language, EXAMPLE_NOW))


def good(kind: str, language: str) -> list[tuple[str, str]]:
    """Phrasings with their brackets, and their values."""
    rows = (row.rpartition("=") for row in GOOD[kind][language].split("|"))
    return [(said, value) for said, _, value in rows]


def bare(said: str) -> str:
    return re.sub(r"[\[\]]", "", said)


def sure(kind: SlotKind, said: str, language: str) -> str:
    """The value that would be taken without a question; empty if it would be asked back or refused."""
    found = judged(kind, said, language)
    return found.value if isinstance(found, Match) and found.band == "sure" else ""


CASES = [(kind, language) for kind in GOOD for language in ("es", "ca", "en")]
EVERY = pytest.mark.parametrize(("kind", "language"), CASES, ids=[f"{k}.{lang}" for k, lang in CASES])


def test_every_kind_is_twisted() -> None:
    """But free text, whose value is whatever was said."""
    assert set(GOOD) == set(KINDS) - {"text"}


@EVERY
def test_the_untwisted_phrasings_are_sure(kind: str, language: str) -> None:
    """Else the twists below would prove nothing."""
    asks = asked(kind)
    wrong = [row for row in good(kind, language) if sure(asks, bare(row[0]), language) != row[1]]
    assert wrong == []


@EVERY
def test_what_is_taken_back_or_doubted_is_never_sure(kind: str, language: str) -> None:
    """Whatever the caller says against their own answer. A twist that denies makes a good "no"; and a choice that
    is only doubted is not asked back, because it leads where the caller says."""
    asks = asked(kind)
    wrong = []
    for frames, harmless in ((TAKEN_BACK, "no"), (DOUBTED, "morning afternoon")):
        for frame in frames[language].split("|"):
            for said, _value in good(kind, language):
                text = frame.format(bare(said))
                found = sure(asks, text, language)
                if found and found not in harmless.split():
                    wrong.append((text, found))
    assert wrong == []


@EVERY
def test_what_is_broken_off_in_the_middle_is_never_sure(kind: str, language: str) -> None:
    """A correction, a denial or a doubt at any place inside the answer. An opening before the answer
    ("perdón, el viernes", "le digo el viernes") changes nothing."""
    asks = asked(kind)
    wrong = []
    for mark in INSIDE[language].split("|"):
        for said, value in good(kind, language)[:3]:
            words = bare(said).split()
            for at in range(1, len(words)):
                text = " ".join((*words[:at], mark, *words[at:]))
                found = sure(asks, text, language)
                harmless = found in ("", "no", "morning", "afternoon") or mark in SPLITS
                if not harmless and not (mark in OPENINGS and found == value):
                    wrong.append((text, found))
    assert wrong == []


def joined(kind: str, language: str) -> Iterator[tuple[str, str]]:
    """Two different answers side by side, and the value of the second."""
    for (one, value), (other, second) in pairwise([*good(kind, language), good(kind, language)[0]]):
        for frame in JOINED[language].split("|") if value != second else ():
            yield frame.format(bare(one), bare(other)), second


@EVERY
def test_two_answers_are_never_sure(kind: str, language: str) -> None:
    """Neither a choice, a range or a sum, nor a correction, which is asked back."""
    asks = asked(kind)
    found = ((said, sure(asks, said, language)) for said, _ in joined(kind, language))
    assert [(said, value) for said, value in found if value] == []


@EVERY
def test_an_answer_inside_a_story_is_never_sure(kind: str, language: str) -> None:
    """A phrase of a choice is looked for inside sentences, so only its right value may be sure there."""
    asks = asked(kind)
    wrong = []
    for frame in WRAPPED[language].split("|"):
        for said, value in good(kind, language):
            text = frame.format(bare(said))
            found = sure(asks, text, language)
            if found and not (kind == "choice" and found == value):
                wrong.append((text, found))
    assert wrong == []


@EVERY
def test_a_lost_word_makes_no_other_value_sure(kind: str, language: str) -> None:
    """One word after the other is left out; the value stays the same, or nobody is sure of it."""
    asks = asked(kind)
    wrong = []
    for said, value in good(kind, language):
        words = said.split()
        for at, lost in enumerate(words):
            text = bare(" ".join((*words[:at], *words[at + 1 :])))
            found = sure(asks, text, language) if text and not lost.startswith("[") else ""
            if found not in ("", value):
                wrong.append((text, found))
    assert wrong == []


@EVERY
def test_a_corrected_answer_is_the_one_that_was_said_last(kind: str, language: str) -> None:
    """Said again as a whole behind a plain correction, it is understood, and asked back."""
    if kind in ("yes_no", "choice"):  # a yes and a no contradict each other, and are asked again
        return
    frame = {"es": "{}, no, perdón, {}", "ca": "{}, no, perdó, {}", "en": "{}, no, sorry, {}"}[language]
    asks = asked(kind)
    for (one, value), (other, second) in pairwise(good(kind, language)):
        found = judged(asks, frame.format(bare(one), bare(other)), language)
        if value != second:
            assert isinstance(found, Match), (one, other)
            assert (found.value, found.band) == (second, "check"), (one, other)
