"""`understand`: what is said ahead is not asked again, two matters come one after the other, corrections."""

from __future__ import annotations

import pytest

from dialogs.effects import Collect, Hangup, Play, Understand
from dialogs.nodes.matters import ANEW, anew, likely, parts_of
from dialogs.results import Alternative, Failed, Heard, NoMatch, Understood
from tests.dialogs.flowtext import conversation, heard, key, problems, say, spoken
from tests.dialogs.open_question import OPEN, after_telling, meaning


def test_a_number_in_the_first_sentence_is_not_asked_again() -> None:
    """ "Quiero saber dónde está mi pedido siete ocho cero tres cuatro seis": on to what is to be told."""
    call = conversation(OPEN)
    said = "quiero saber dónde está mi pedido siete ocho cero tres cuatro seis"
    effect = meaning(call, call.start(), said, where=0.9)
    assert isinstance(effect, Play), effect
    assert call.slots["order_id"] == "780346"


def test_a_number_that_is_not_there_or_not_right_is_asked_for() -> None:
    """What fails its check digit is no answer, and the sentence counts once."""
    for said in ("dónde está mi pedido", "mi pedido siete ocho cero tres cuatro siete dónde anda"):
        call = conversation(OPEN)
        question = meaning(call, call.start(), said, where=0.9)
        assert isinstance(question, Collect)
        assert spoken(question).endswith("¿Qué pedido?")
        assert isinstance(key(call, question, "780346"), Play)


def test_two_matters_are_done_one_after_the_other() -> None:
    """The second is not asked for when the call comes back, and after that it is."""
    call = conversation(OPEN)
    whole = "quiero pagar la factura y anular mi pedido"
    first = say(call, call.start(), whole)
    assert isinstance(first, Understand)
    assert first.text == "quiero pagar la factura"
    second = call.send(Understood((("pay", 0.9),)))
    assert isinstance(second, Understand)
    assert second.text == "anular mi pedido"
    told = call.send(Understood((("cancel", 0.95),)))
    assert "pay" in spoken(told)
    more = after_telling(call, told)
    told = key(call, more, "1")
    assert isinstance(told, Play), "it was asked for although it had been said"
    assert "cancel" in spoken(told)
    question = key(call, after_telling(call, told), "1")
    assert spoken(question) == "¿En qué le ayudo?"


def test_a_sentence_whose_parts_are_not_sure_is_one() -> None:
    """ "Y" joins more than matters."""
    call = conversation(OPEN)
    first = say(call, call.start(), "quiero pagar y punto pelota")
    second = call.send(Understood((("pay", 0.9),)))
    assert isinstance(first, Understand)
    assert isinstance(second, Understand)
    whole = call.send(Understood((("pay", 0.4),)))
    assert isinstance(whole, Understand)
    assert whole.text == "quiero pagar y punto pelota"
    assert "pay" in spoken(call.send(Understood((("pay", 0.8),))))


def test_a_correction_is_understood_anew_and_what_was_denied_is_not_believed() -> None:
    """ "¿Quiere pagar?" — "No, quiero anularlo": pay may be as likely as it likes."""
    call = conversation(OPEN)
    question = meaning(call, call.start(), "lo de la factura", pay=0.5)
    assert "¿Quiere pagar?" in spoken(question)
    asked = say(call, question, "no, quiero anularlo")
    assert isinstance(asked, Understand)
    assert asked.text == "quiero anularlo"
    assert "cancel" in spoken(call.send(Understood((("pay", 0.95), ("cancel", 0.8)))))


def test_a_plain_no_asks_again_and_is_remembered() -> None:
    """The same words do not lead to the same question."""
    call = conversation(OPEN)
    question = meaning(call, call.start(), "lo de la factura", pay=0.5)
    again = say(call, question, "no")
    assert isinstance(again, Collect)
    assert "¿En qué le ayudo?" in spoken(again)
    assert "No le he entendido" in spoken(meaning(call, again, "lo de la factura", pay=0.5))


def test_of_two_the_caller_chooses_by_key_word_or_place() -> None:
    """Or says it in other words, which are understood anew."""
    for answer in ("2", "anular un pedido", "el otro", "la segunda"):
        call = conversation(OPEN)
        which = meaning(call, call.start(), "mi pedido", where=0.5, cancel=0.45)
        assert "marque dos" in spoken(which)
        told = key(call, which, answer) if answer == "2" else say(call, which, answer)
        assert "cancel" in spoken(told)
    call = conversation(OPEN)
    which = meaning(call, call.start(), "mi pedido", where=0.5, cancel=0.45)
    asked = say(call, which, "que ya no lo necesito")
    assert isinstance(asked, Understand)
    assert "cancel" in spoken(call.send(Understood((("cancel", 0.8),))))


def test_nobody_circles_among_corrections() -> None:
    """After some it counts as not understood, and in the end the step is left."""
    call = conversation(OPEN)
    effect = call.start()
    for _ in range(40):
        if isinstance(effect, Hangup):
            break
        effect = (
            call.send(Understood((("where", 0.5), ("cancel", 0.45))))
            if isinstance(effect, Understand)
            else say(call, effect, "no, una cosa distinta")
        )
    assert isinstance(effect, Hangup)


def test_a_failure_behind_a_correction_takes_the_step_its_other_way() -> None:
    """No engine answers: as when it is asked first."""
    call = conversation(OPEN)
    question = meaning(call, call.start(), "lo de la factura", pay=0.5)
    say(call, question, "no, quiero anularlo")
    assert isinstance(call.send(Failed("nobody")), Hangup)


@pytest.mark.parametrize(
    ("said", "language", "parts"),
    [
        ("quiero pagar y saber mi saldo", "es", ("quiero pagar", "saber mi saldo")),
        ("pagar la luz, además cambiar la entrega", "es", ("pagar la luz", "cambiar la entrega")),
        ("cuarenta y cinco", "es", ()),
        ("vull pagar i també saber el saldo", "ca", ("vull pagar", "saber el saldo")),
        ("pay my bill and also track my order", "en", ("pay my bill", "track my order")),
        ("yes and no", "en", ()),
        ("a b y c d y m f y g h y j k", "es", ()),
        ("mi saldo, pagar y cambiar la entrega", "es", ("mi saldo", "pagar", "cambiar la entrega")),
        ("saldo y horario", "es", ("saldo", "horario")),
        ("saldo i horari", "ca", ("saldo", "horari")),
        ("balance, opening hours and my order", "en", ("balance", "opening hours", "my order")),
        ("quiero pagar y gracias", "es", ()),
        ("hola, quiero pagar y ver el saldo", "es", ("quiero pagar", "ver el saldo")),
        (
            "quiero anular el pedido, no me ha llegado y se acabó",
            "es",
            ("quiero anular el pedido, no me ha llegado", "se acabó"),
        ),
        ("quiero anular el pedido, no me ha llegado", "es", ()),
        ("quiero pagar", "ko", ()),
    ],
)
def test_a_sentence_is_cut_where_something_is_left_on_both_sides(
    said: str, language: str, parts: tuple[str, ...]
) -> None:
    """Numbers stay whole, and so does what has too many parts. A comma parts a list alone."""
    assert parts_of(said, language) == parts


def test_what_is_named_in_one_of_two_matters_is_kept() -> None:
    """As if it had been said alone."""
    call = conversation(OPEN.replace("    answers_ahead", "    entities: {product: text}\n    answers_ahead"))
    asked = say(call, call.start(), "quiero pagar la tele y anular mi pedido")
    assert isinstance(asked, Understand)
    call.send(Understood((("pay", 0.9),), {"product": "televisión"}))
    call.send(Understood((("cancel", 0.9),)))
    assert (call.slots["reason"], call.slots["product"]) == ("pay", "televisión")


def test_what_is_understood_anew_is_more_than_a_word() -> None:
    """A "no" alone, or with one word, is no new matter."""
    assert anew(heard("no, quiero pagar"), "es") == ANEW + "quiero pagar"
    assert isinstance(anew(heard("no"), "es"), NoMatch)
    assert isinstance(anew(heard(""), "es"), NoMatch)
    assert likely((("a", 0.9), ("b", 0.5), ("c", 0.2)), ("a", "b", "c"), ("a",)) == [("b", 0.5)]


def test_a_name_that_is_filled_twice_is_told() -> None:
    """With line and remedy."""
    for odd in ("[order_id, order_id]", "[reason]"):
        text = OPEN.replace("[order_id]", odd)
        assert any("stands here twice" in str(problem) for problem in problems(text))


def test_an_order_that_was_only_half_heard_is_asked_back() -> None:
    """As if it had been the answer to its own question; a check digit would make it sure."""
    call = conversation(OPEN.replace("    check_digit: luhn\n", ""))
    asked = say(call, call.start(), "mi pedido siete ocho cero tres cuatro seis", 0.45)
    assert isinstance(asked, Understand)
    question = call.send(Understood((("where", 0.9),)))
    assert isinstance(question, Collect)
    assert "¿Ha dicho" in spoken(question)
    assert isinstance(key(call, question, "1"), Play)


def test_what_else_was_heard_goes_to_whoever_understands_it() -> None:
    """The likeliest reading is the text; the others stand beside it, and not beside what is said later."""
    call = conversation(OPEN)
    question = call.start()
    assert isinstance(question, Collect)
    readings = (Alternative("quiero sagar", 0.6), Alternative("quiero pagar", 0.5), Alternative(" ", 0.1))
    asked = call.send(question.judge(Heard(readings)))
    assert isinstance(asked, Understand)
    assert (asked.text, asked.beside) == ("quiero sagar", ("quiero pagar",))
    doubt = call.send(Understood((("cancel", 0.5),)))
    again = say(call, doubt, "no, quiero pagar la factura")
    assert isinstance(again, Understand)
    assert (again.text, again.beside) == ("quiero pagar la factura", ())


def test_where_the_whole_tells_nothing_its_parts_are_done() -> None:
    """The sure one first; the other is asked back when the call comes round."""
    call = conversation(OPEN)
    said = "es que me ha subido mucho y quiero anular mi pedido"
    say(call, call.start(), said)
    call.send(Understood((("pay", 0.5),)))
    whole = call.send(Understood((("cancel", 0.9),)))
    assert isinstance(whole, Understand)
    assert whole.text == said
    told = call.send(Understood((("pay", 0.4),)))
    assert "cancel" in spoken(told)
    again = key(call, after_telling(call, told), "1")
    assert isinstance(again, Understand)
    assert again.text == "es que me ha subido mucho"
    assert "¿Quiere pagar?" in spoken(call.send(Understood((("pay", 0.5),))))


def test_matters_of_a_list_are_done_one_after_the_other() -> None:
    """Also those of one word, and those behind a comma."""
    call = conversation(OPEN)
    say(call, call.start(), "pagar, anular mi pedido y el paquete")
    call.send(Understood((("pay", 0.9),)))
    call.send(Understood((("cancel", 0.9),)))
    told = call.send(Understood((("where", 0.9),)))
    assert "pay" in spoken(told)
    told = key(call, after_telling(call, told), "1")
    assert "cancel" in spoken(told)
    question = key(call, after_telling(call, told), "1")
    assert (call.slots["reason"], spoken(question)) == ("where", "¿Qué pedido?")


@pytest.mark.parametrize("greeting", ["hola", "Hola, buenos días.", "sí, hola, buenas tardes"])
def test_a_greeting_is_no_miss_and_nobody_greets_for_ever(greeting: str) -> None:
    """The question is put once more; what is said behind a greeting is heard as ever."""
    call = conversation(OPEN)
    again = say(call, call.start(), greeting)
    assert isinstance(again, Collect)
    assert spoken(again) == "¿En qué le ayudo?"
    assert "pay" in spoken(meaning(call, again, "hola, quiero pagar", pay=0.9))
    other = conversation(OPEN)
    again = say(other, other.start(), greeting)
    asked = say(other, again, greeting)
    assert isinstance(asked, Understand)
    assert "No le he entendido" in spoken(other.send(Understood(())))
