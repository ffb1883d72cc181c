"""Kinds of answers in whole calls: what the caller hears, what conditions and prompts see, what is masked."""
# ruff: noqa: E501 - a flow is read by rows

from __future__ import annotations

import pytest

from dialogs.effects import Collect, Effect, Hangup, Play
from dialogs.engine import Conversation
from dialogs.results import Match, Played
from tests.dialogs.flowtext import HEAD, conversation, heard, key, problems, say

END = "  - id: end\n    hangup: normal\n"

AMOUNT = (
    HEAD
    + """  - ask: payment
    type: amount
    at_most: 500
    prompt: {es: "¿Cuánto?"}
  - branch: [{if: payment > 5000 and payment_currency == "EUR", then: much}]
    else: little
  - id: much
    say: {es: "Mucho: {payment}."}
    then: end
  - id: little
    say: {es: "Poco: {payment:money}."}
"""
    + END
)


def text(effect: Effect) -> str:
    assert isinstance(effect, Play | Collect)
    return " ".join(part.text for part in effect.prompt)


def started(*texts: str, language: str = "es") -> tuple[Conversation, Effect]:
    call = conversation(*texts, language=language)
    return call, call.start()


def test_an_amount_is_money_to_prompts_and_conditions() -> None:
    """Minor units compare as a number, and the currency comes with the answer."""
    call, question = started(AMOUNT)
    told = say(call, question, "ciento veinte con cincuenta")
    assert text(told) == "Mucho: ciento veinte euros con cincuenta céntimos."
    assert call.slots == {"payment": "12050", "payment_currency": "EUR"}
    call, question = started(AMOUNT)
    assert text(key(call, question, "12*50")) == "Poco: doce euros con cincuenta céntimos."


def test_an_amount_that_may_mean_two_is_asked_back_in_words() -> None:
    """ "Doce con cinco" is read back, and shown as people read money."""
    call, question = started(AMOUNT)
    back = say(call, question, "doce con cinco")
    assert isinstance(back, Collect)
    assert text(back) == "¿Ha dicho doce euros con cinco céntimos?"
    assert back.prompt[0].shown == "¿Ha dicho 12,05 €?"
    again = say(call, back, "no, doce con cincuenta")
    assert text(again) == "¿Ha dicho doce euros con cincuenta céntimos?"
    assert text(say(call, again, "sí")) == "Poco: doce euros con cincuenta céntimos."


def test_who_was_understood_is_told_what_is_wrong() -> None:
    """Not "I did not understand", and not the designer's words for that; what was not understood keeps them."""
    flow = AMOUNT.replace(
        'prompt: {es: "¿Cuánto?"}', 'prompt: {es: "¿Cuánto?"}\n    no_match: {es: "¿Perdón?"}'
    )
    call, question = started(flow)
    assert text(say(call, question, "mil euros")) == "Ese importe es demasiado alto. ¿Cuánto?"
    call, question = started(flow)
    assert text(say(call, question, "el perro")) == "¿Perdón?"


def test_at_the_last_retry_the_keys_are_named_for_this_kind() -> None:
    """An amount is keyed with a star; the built-in sentence says so."""
    call, question = started(AMOUNT)
    again = say(call, question, "el perro")
    last = say(call, again, "mil euros")
    assert isinstance(last, Collect)
    assert not last.voice
    assert (
        text(last)
        == "Ese importe es demasiado alto. ¿Cuánto? Marque los euros, asterisco, los céntimos, y almohadilla."
    )


def test_dates_times_and_codes_are_said_by_their_own_formats() -> None:
    """Without a format in the template, the type of the slot chooses."""
    flow = (
        HEAD
        + """  - ask: day
    type: date
    range: future
    prompt: {es: "¿Qué día?"}
  - ask: hour
    type: time
    earliest: 09:00
    latest: 20:00
    prompt: {es: "¿A qué hora?"}
  - ask: document
    type: dni
    prompt: {es: "¿Su DNI?"}
  - say: {es: "El {day} a {hour}, con el {document}."}
"""
        + END
    )
    call, question = started(flow)
    question = say(call, question, "el viernes por la tarde")
    question = say(call, question, "a las cinco y media")
    told = say(call, question, "doce treinta y cuatro cincuenta y seis setenta y ocho, zeta")
    assert text(told) == (
        "El veintisiete de noviembre a las cinco y media de la tarde,"
        " con el uno, dos. tres, cuatro, cinco. seis, siete, ocho. zeta."
    )
    assert call.slots == {"day": "2026-11-27", "hour": "17:30", "document": "12345678Z"}


FREE = (
    HEAD
    + """  - ask: complaint
    type: text
    prompt: {es: "¿Qué ha pasado?"}
"""
    + END
)


def test_free_speech_has_no_grammar_and_keeps_what_was_said() -> None:
    """Words for a person inside a story ask for nobody; alone they do."""
    call, question = started(FREE)
    assert isinstance(question, Collect)
    assert (question.phrases, question.words) == ((), ())
    told = say(call, question, "una persona me dijo que vendría el técnico")
    assert call.slots == {"complaint": "una persona me dijo que vendría el técnico"}
    assert isinstance(told, Hangup)
    call, question = started(FREE)
    assert isinstance(question, Collect)
    found = question.judge(heard("quiero una persona"))
    assert isinstance(found, Match)
    assert found.value == "@person"


def test_the_digits_of_a_card_are_masked_without_being_asked_to() -> None:
    """`card_last4` is sensitive by nature, in the effect and in what is shown."""
    flow = (
        HEAD
        + '  - ask: card\n    type: card_last4\n    prompt: {es: "¿Tarjeta?"}\n  - say: {es: "La {card}."}\n'
        + END
    )
    call, question = started(flow)
    assert isinstance(question, Collect)
    assert question.sensitive
    told = say(call, question, "cuarenta y cinco setenta y uno")
    assert isinstance(told, Play)
    assert "cuatro, cinco, siete, uno" in text(told)
    assert "4571" not in str((call.public_slots, [part.shown for part in told.prompt]))
    assert isinstance(call.send(Played()), Hangup)


def test_a_choice_fills_its_slot_and_goes_on() -> None:
    """The value is the choice's name; conditions compare it."""
    flow = (
        HEAD
        + """  - ask: part
    type: choice
    choices:
      morning: {key: 1, phrases: {es: [mañana, por la mañana]}}
      afternoon: {key: 2, phrases: {es: [tarde, por la tarde]}}
    prompt: {es: "¿Mañana o tarde?"}
  - branch: [{if: part == "morning", then: early}]
    else: end
  - id: early
    say: {es: "Temprano."}
"""
        + END
    )
    call, question = started(flow)
    assert isinstance(question, Collect)
    assert {"mañana", "por la tarde"} <= set(question.phrases)
    assert {"uno", "dos", "opción"} <= set(question.phrases)
    assert text(say(call, question, "mejor por la mañana")) == "Temprano."
    call, question = started(flow)
    assert isinstance(key(call, question, "2"), Hangup)


def test_the_checker_knows_the_new_types_and_options() -> None:
    """A wrong format, a missing language and options that exclude each other, each with its remedy."""
    # `XXX` is ISO 4217's code for "no currency".
    flow = (
        "flow: trial\nlanguages: [es, ca]\nperson: billing\nsteps:\n"
        '  - ask: day\n    type: date\n    prompt: {es: "a", ca: "a"}\n'
        '  - ask: part\n    type: choice\n    choices: {x: {phrases: {es: [x]}}, y: {phrases: {es: [y], ca: [y]}}}\n    prompt: {es: "a", ca: "a"}\n'
        '  - ask: pay\n    type: amount\n    currency: XXX\n    prompt: {es: "a", ca: "a"}\n'
        '  - say: {es: "{day:time}", ca: "{day}"}\n' + END
    )
    found = [problem.message for problem in problems(flow)]
    assert any("`day` is date, it cannot be said as time: write `:date`" in message for message in found)
    assert any("no phrases in `ca`" in message for message in found)
    assert any("`currency: XXX` has no words" in message for message in found)
    assert len(found) == 3


PROMISE = (
    HEAD
    + """  - form: promise
    prompt: {es: "¿Cuánto, y cuándo?"}
    slots:
      - ask: amount
        type: amount
        prompt: {es: "¿Cuánto?"}
      - ask: day
        type: date
        range: future
        prompt: {es: "¿Qué día?"}
      - ask: hour
        type: time
        earliest: 09:00
        latest: 20:00
        prompt: {es: "¿A qué hora?"}
  - say: {es: "{amount}, {day}, {hour}."}
"""
    + END
)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("cien euros el viernes a las cinco", ("10000", "2026-11-27", "17:00")),
        ("el viernes a las cinco y media pago cien euros", ("10000", "2026-11-27", "17:30")),
        ("doscientos euros mañana a las diez menos cuarto", ("20000", "2026-11-24", "09:45")),
        ("ciento veinte con cincuenta el quince de diciembre", ("12050", "2026-12-15", None)),
        ("puedo pagar cincuenta el lunes que viene por la tarde", ("5000", "2026-11-30", None)),
        ("cien el día quince a las once y cuarto", ("10000", "2026-12-15", "11:15")),
    ],
)
def test_amount_day_and_time_in_one_sentence(said: str, found: tuple[str, str, str | None]) -> None:
    """A form takes each kind from its own stretch of the sentence, whole and sure."""
    _, question = started(PROMISE)
    assert isinstance(question, Collect)
    match = question.judge(heard(said))
    assert isinstance(match, Match)
    given = {slot: (part.value, part.band) for slot, part in match.parts.items()}
    wanted = dict(zip(("amount", "day", "hour"), found, strict=True))
    assert given == {slot: (value, "sure") for slot, value in wanted.items() if value}


@pytest.mark.parametrize(
    "said", ["el viernes no puedo", "no puedo pagar cien euros el viernes", "cien euros no"]
)
def test_a_form_takes_nothing_that_is_denied_for_sure(said: str) -> None:
    """Cut into stretches "el viernes no puedo" holds a Friday: it is asked back at least."""
    _, question = started(PROMISE)
    assert isinstance(question, Collect)
    match = question.judge(heard(said))
    assert not isinstance(match, Match) or {part.band for part in match.parts.values()} <= {"check"}
