"""A read-back that is corrected in the same breath: the corrected value is taken, and read back again."""

from __future__ import annotations

import pytest

from dialogs.effects import Collect, Hangup
from dialogs.engine import Conversation
from tests.dialogs.flowtext import HEAD, conversation, key, say, spoken

KINDS = {
    "date": "date\n    range: future",
    "number": "digits\n    length: 4",
    "time": "time",
    "amount": "amount",
    "phone": "phone",
    "postcode": "postcode",
    "part": "choice\n    choices:\n      early: {phrases: {es: [mañana], ca: [matí], en: [morning]}}\n"
    "      late: {phrases: {es: [tarde], ca: [tarda], en: [afternoon]}}",
}


def flow(kind: str) -> str:
    """A question, and its read-back; a no asks from the start."""
    return (
        HEAD.replace("[es]", "[es, ca, en]")
        + f"  - ask: it\n    type: {KINDS[kind]}\n    prompt: {{es: pregunta, ca: pregunta, en: question}}\n"
        "  - confirm: it\n    prompt: {es: 'es {it}', ca: 'és {it}', en: 'it is {it}'}\n    no: it\n"
        "  - id: end\n    hangup: normal\n"
    )


def at_the_read_back(kind: str, language: str, first: str) -> tuple[Conversation, Collect]:
    """The call, where the first answer has just been read back."""
    call = conversation(flow(kind), language=language)
    effect = say(call, call.start(), first)
    while isinstance(effect, Collect) and call.position.step == "it":  # "did you say …?"
        effect = say(call, effect, "yes" if language == "en" else "sí")
    assert isinstance(effect, Collect)
    assert call.position.step == "confirm_it"
    return call, effect


CORRECTED = [
    ("number", "es", "cuatro cinco siete uno", "no, el cuatro cinco siete dos", "4572"),
    ("number", "es", "cuatro cinco siete uno", "no, es el 4572", "4572"),
    ("number", "ca", "quatre cinc set u", "no, és el quatre cinc set dos", "4572"),
    ("number", "en", "four five seven one", "no, it's four five seven two", "4572"),
    ("number", "en", "four five seven one", "not four five seven one, four five seven two", "4572"),
    ("date", "es", "el jueves", "no, el viernes", "2026-11-27"),
    ("date", "es", "el quince de marzo", "no, el dieciséis", "2027-03-16"),
    ("date", "es", "el quince de marzo", "el quince no, el dieciséis", "2027-03-16"),
    ("date", "es", "el cinco", "no el cinco, el seis", "2026-12-06"),
    ("date", "ca", "dijous", "no, divendres", "2026-11-27"),
    ("date", "ca", "el quinze de març", "no, el setze", "2027-03-16"),
    ("date", "en", "on Thursday", "no, Friday", "2026-11-27"),
    ("date", "en", "the fifth", "not the fifth, the sixth", "2026-12-06"),
    ("date", "en", "March the fifth", "not the fifth, the sixth", "2027-03-06"),
    ("date", "en", "the twenty second", "not the twenty second, the twenty third", "2026-12-23"),
    ("date", "en", "the twentieth", "no, the twenty third", "2026-12-23"),
    ("date", "en", "March fifth twenty twenty eight", "no, the sixth", "2028-03-06"),
    ("date", "es", "cinco de marzo de dos mil veintiocho", "no, el seis", "2028-03-06"),
    ("time", "es", "a las cinco de la tarde", "no, a las seis de la tarde", "18:00"),
    ("time", "ca", "a les cinc de la tarda", "no, a dos quarts de sis de la tarda", "17:30"),
    ("time", "en", "five pm", "no, six pm", "18:00"),
    ("amount", "es", "cien euros", "no, doscientos euros", "20000"),
    ("amount", "ca", "cent euros", "no, dos-cents euros", "20000"),
    ("amount", "en", "a hundred euros", "not a hundred, two hundred euros", "20000"),
    ("phone", "es", "seis uno dos, tres cuatro cinco, seis siete ocho",
     "no, seis uno dos, tres cuatro cinco, seis siete nueve", "+34612345679"),
    ("amount", "es", "ciento cuarenta y dos euros con treinta céntimos", "no, cuarenta céntimos", "14240"),
    ("amount", "ca", "cent quaranta-dos euros amb trenta cèntims", "no, quaranta cèntims", "14240"),
    ("amount", "en", "a hundred and forty-two euros and thirty cents", "no, forty cents", "14240"),
    ("amount", "es", "doce con cincuenta", "no, sesenta", "1260"),
    ("amount", "ca", "dotze amb cinquanta", "no, seixanta", "1260"),
    ("amount", "en", "twelve euros fifty", "no, sixty", "1260"),
    ("amount", "es", "doce con cincuenta", "no, trece con sesenta", "1360"),
    ("date", "es", "el quince de marzo", "no, el martes", "2027-03-16"),
    ("date", "ca", "el quinze de març", "no, dimarts", "2027-03-16"),
    ("date", "en", "the fifteenth of March", "no, on Tuesday", "2027-03-16"),
    ("number", "es", "cuatro cinco siete dos", "no, el último es un uno", "4571"),
    ("number", "es", "cuatro cinco siete dos", "no, acaba en un uno", "4571"),
    ("number", "es", "cuatro cinco siete dos", "no, el primero es un seis", "6572"),
    ("number", "ca", "quatre cinc set dos", "no, l'últim és un u", "4571"),
    ("number", "ca", "quatre cinc set dos", "no, el segon és un sis", "4672"),
    ("number", "en", "four five seven two", "no, the last one is a one", "4571"),
    ("number", "en", "four five seven two", "no, the second digit is a six", "4672"),
    ("postcode", "es", "cero ocho cero cuatro dos", "no, el último es un uno", "08041"),
    ("phone", "es", "seis uno dos, tres cuatro cinco, seis siete ocho",
     "no, el último es un nueve", "+34612345679"),
    ("part", "es", "por la mañana", "no, por la tarde", "late"),
    ("part", "en", "in the morning", "no, the afternoon", "late"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "language", "first", "reply", "value"), CORRECTED)
def test_the_corrected_value_is_taken_and_read_back(
    kind: str, language: str, first: str, reply: str, value: str
) -> None:
    """One turn instead of two: the question is not put from the start, and nothing counts before the yes."""
    call, question = at_the_read_back(kind, language, first)
    before = spoken(question)
    again = say(call, question, reply)
    assert isinstance(again, Collect)
    assert call.position.step == "confirm_it"
    assert call.slots["it"] == value
    assert spoken(again) != before
    assert isinstance(say(call, again, "yes" if language == "en" else "sí"), Hangup)


@pytest.mark.parametrize(
    ("language", "first", "reply"),
    [
        ("es", "cuatro cinco siete dos", "no, el último es un uno y el primero un dos"),
        ("es", "cuatro cinco siete dos", "no, el quinto es un uno"),
        ("ca", "quatre cinc set dos", "no, l'últim és un u i el primer un dos"),
        ("en", "four five seven two", "no, the last one is a one and the first is a two"),
        ("en", "four five seven two", "no, the fifth is a one"),
    ],
)
def test_no_digits_are_made_of_places(language: str, first: str, reply: str) -> None:
    """Where it is not plain which digit changes, nothing does, and the caller is asked again."""
    call, question = at_the_read_back("number", language, first)
    value = call.slots["it"]
    assert isinstance(say(call, question, reply), Collect)
    assert call.slots["it"] == value


REPEATED = [
    ("number", "es", "cuatro cinco siete uno", "cuatro cinco siete uno"),
    ("number", "ca", "quatre cinc set u", "el quatre cinc set u"),
    ("number", "en", "four five seven one", "four five, seventy-one"),
    ("amount", "es", "uno cincuenta", "uno cincuenta"),
    ("amount", "ca", "u cinquanta", "u cinquanta"),
    ("amount", "en", "one fifty", "one fifty"),
    ("date", "es", "el viernes", "el viernes veintisiete"),
    ("date", "ca", "divendres", "divendres vint-i-set"),
    ("date", "en", "on Friday", "Friday the twenty-seventh"),
    ("part", "es", "por la mañana", "por la mañana"),
]


@pytest.mark.parametrize(("kind", "language", "first", "reply"), REPEATED)
def test_the_same_again_is_a_yes(kind: str, language: str, first: str, reply: str) -> None:
    """Who says the value again instead of "yes" has agreed to it."""
    call, question = at_the_read_back(kind, language, first)
    value = call.slots["it"]
    assert isinstance(say(call, question, reply), Hangup)
    assert call.slots["it"] == value


@pytest.mark.parametrize(
    ("kind", "language", "first", "reply"),
    [
        ("number", "es", "cuatro cinco siete uno", "creo que cuatro cinco siete uno"),
        ("number", "ca", "quatre cinc set u", "em sembla que quatre cinc set u"),
        ("number", "en", "four five seven one", "maybe four five seven one"),
        ("number", "es", "cuatro cinco siete uno", "cuatro cinco siete uno no"),
        ("date", "en", "on Friday", "not Friday"),
    ],
)
def test_the_same_again_but_doubted_or_denied_is_no_yes(
    kind: str, language: str, first: str, reply: str
) -> None:
    """A hedge or a "no" beside the value agrees to nothing."""
    call, question = at_the_read_back(kind, language, first)
    assert isinstance(say(call, question, reply), Collect)


@pytest.mark.parametrize(
    ("kind", "language", "first", "reply"),
    [
        ("number", "es", "cuatro cinco siete uno", "no"),
        ("number", "es", "cuatro cinco siete uno", "no, gracias"),
        ("number", "es", "cuatro cinco siete uno", "no, cuatro cinco siete uno"),
        ("date", "es", "el jueves", "no, no puedo ese día"),
        ("date", "ca", "dijous", "no, està malament"),
        ("date", "en", "on Thursday", "no, that's wrong"),
        ("amount", "en", "a hundred euros", "no, that's not right"),
    ],
)
def test_a_no_without_another_value_is_only_a_no(kind: str, language: str, first: str, reply: str) -> None:
    """No value is made of a bare refusal: it is asked again, by the question or by the read-back."""
    call, question = at_the_read_back(kind, language, first)
    value = call.slots["it"]
    after = say(call, question, reply)
    assert isinstance(after, Collect)
    assert call.slots["it"] == value


def test_nobody_corrects_for_ever() -> None:
    """After three corrections the question is put from the start."""
    call, effect = at_the_read_back("number", "es", "1111")
    for number in ("2222", "3333", "4444"):
        effect = say(call, effect, f"no, {number}")
        assert call.position.step == "confirm_it"
    say(call, effect, "no, 5555")
    assert call.position.step == "it"


def test_a_key_is_a_key() -> None:
    """Two is a no, whatever the slot could make of it."""
    call, question = at_the_read_back("number", "es", "1111")
    key(call, question, "2")
    assert call.position.step == "it"


def test_a_likely_yes_confirms_nothing() -> None:
    """ "Creo que sí" to a read-back is asked again, and so is "supongo"."""
    call, question = at_the_read_back("number", "es", "1111")
    for said in ("creo que sí", "supongo"):
        question = say(call, question, said)
        assert call.position.step == "confirm_it"


def test_a_likely_yes_is_asked_back_once() -> None:
    """An `ask` that hears "creo que sí" asks whether that was a yes; a plain answer then counts."""
    text = HEAD + (
        "  - ask: paid\n    type: yes_no\n    prompt: {es: '¿Ha pagado?'}\n"
        "    answers: {yes: done, no: undone}\n"
        "  - id: done\n    hangup: normal\n  - id: undone\n    hangup: busy\n"
    )
    for replies, step in (
        (["sí"], "done"), (["no", "no"], "undone"), (["no", "sí"], "done"),
    ):  # fmt: skip
        call = conversation(text)
        effect = say(call, call.start(), "creo que sí")
        assert "¿Ha dicho que sí?" in spoken(effect)
        for reply in replies:
            effect = say(call, effect, reply)
        assert call.position.step == step
