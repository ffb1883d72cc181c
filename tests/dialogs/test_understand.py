"""`understand`: what is said ahead is not asked again, two matters come one after the other, corrections."""

from __future__ import annotations

import pytest

from dialogs.effects import Collect, Effect, Hangup, Play, Understand
from dialogs.engine import Conversation
from dialogs.nodes.matters import ANEW, anew, likely, parts_of
from dialogs.nodes.one_breath import taken_back
from dialogs.nodes.refused_wish import Halves, refused_wish
from dialogs.results import Alternative, Failed, Heard, NoMatch, Played, Understood
from tests.dialogs.flowtext import HEAD, conversation, heard, key, problems, say, spoken

OPEN = (
    HEAD
    + """  - understand: reason
    prompt: {es: "¿En qué le ayudo?"}
    intents:
      where: {title: {es: saber dónde está su pedido}, then: order_id}
      pay: {title: {es: pagar}, then: told}
      cancel: {title: {es: anular un pedido}, then: told}
    answers_ahead: [order_id]
    failed: bye
  - ask: order_id
    type: order_id
    length: 6
    check_digit: luhn
    prompt: {es: "¿Qué pedido?"}
  - id: told
    say: {es: "Hecho: {reason}."}
  - ask: more
    type: yes_no
    prompt: {es: "¿Algo más?"}
    answers: {yes: reason, no: bye}
  - id: bye
    hangup: normal
"""
)


def meaning(call: Conversation, question: Effect, said: str, **told: float) -> Effect:
    """The caller says it, and it means that."""
    asked = say(call, question, said)
    assert isinstance(asked, Understand), asked
    assert asked.text == said
    return call.send(Understood(tuple(sorted(told.items(), key=lambda item: -item[1]))))


def after_telling(call: Conversation, effect: Effect) -> Effect:
    assert isinstance(effect, Play), effect
    return call.send(Played())


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


@pytest.mark.parametrize(
    ("said", "language", "instead"),
    [
        ("quiero anularlo, no, perdón, quiero saber dónde está", "es", "quiero saber dónde está"),
        ("quiero anularlo no perdon quiero pagar mejor dicho cuánto debo", "es", "cuánto debo"),
        ("vull pagar no m’he equivocat vull una cita", "ca", "vull una cita"),
        ("I'd like to cancel, no, actually I want to pay", "en", "I want to pay"),
        ("quiero anular el pedido, ay no, cambiar la entrega", "es", "cambiar la entrega"),
        ("vull pagar, ai no, vull saber quant dec", "ca", "vull saber quant dec"),
        ("I'd like to pay, oh no, I'd like to cancel", "en", "I'd like to cancel"),
        ("hola buenas, ay no me funciona internet", "es", ""),
        ("no me funciona internet", "es", ""),
        ("le quería decir que quiero pagar", "es", ""),
        ("I don't want to pay", "en", ""),
        ("quiero pagar no perdón", "es", ""),
        ("quiero pagar no perdón quiero anularlo", "ko", ""),
    ],
)
def test_what_is_taken_back_is_told_from_a_no(said: str, language: str, instead: str) -> None:
    """It needs a word that says so, and a wish on both sides of it."""
    halves = taken_back(said, language)
    assert (halves.wanted if halves else "") == instead


@pytest.mark.parametrize(
    ("said", "language", "unwanted", "wanted"),
    [
        (
            "no quiero anular el pedido, quiero saber dónde está",
            "es",
            "anular el pedido",
            "quiero saber dónde está",
        ),
        ("no quiero anularlo sino cambiar la entrega", "es", "anularlo", "cambiar la entrega"),
        ("oiga no llamo por la factura es por el pedido", "es", "la factura", "oiga es por el pedido"),
        ("el pedido no quiero anularlo, quiero verlo", "es", "anularlo", "el pedido quiero verlo"),
        ("quiero pagar y no quiero cambiar la entrega", "es", "cambiar la entrega", "quiero pagar"),
        ("no quiero pagar", "es", "pagar", ""),
        ("no vull anul·lar-la, vull saber on és", "ca", "anul·lar-la", "vull saber on és"),
        ("no truco per la factura sinó per la comanda", "ca", "la factura", "per la comanda"),
        (
            "I don't want to cancel it, I want to know where it is",
            "en",
            "cancel it",
            "I want to know where it is",
        ),
        ("I'm not calling about the bill, it's about my order", "en", "the bill", "it's about my order"),
    ],
)
def test_a_wish_that_is_refused_is_told_from_what_is_wanted(
    said: str, language: str, unwanted: str, wanted: str
) -> None:
    """What stands before the "no" belongs to what is wanted."""
    assert refused_wish(said, language) == Halves(unwanted, wanted)


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("no me funciona internet y quiero que venga un técnico", "es"),
        ("ya no quiero el pedido", "es"),
        ("no quiero hablar con una máquina, quiero hablar con una persona", "es"),
        ("ya no quiero preguntar nada más", "es"),
        ("ja no vull preguntar res més", "ca"),
        ("I don't want to ask anything more", "en"),
        ("no sé cuánto debo y quiero pagar", "es"),
        ("no em va internet", "ca"),
        ("I have not received my order, I want to know where it is", "en"),
        ("I don't want to talk to a robot", "en"),
        ("no quiero pagar", "ko"),
        ("no quiero pagar " * 100, "es"),
    ],
)
def test_a_no_that_tells_what_is_wanted_refuses_nothing(said: str, language: str) -> None:
    """Faults, things that are not wanted any more, who wants no machine, and who wants nothing more."""
    assert refused_wish(said, language) is None


def test_a_wish_that_is_refused_is_not_done_however_sure_the_engine_is_of_it() -> None:
    """What is wanted instead is asked back if it is only likely; the whole sentence is nobody's to tell."""
    call = conversation(OPEN)
    asked = say(call, call.start(), "no quiero anular el pedido, quiero saber dónde está")
    assert isinstance(asked, Understand)
    assert asked.text == "quiero saber dónde está"
    question = call.send(Understood((("where", 0.43),)))
    assert "¿Quiere saber dónde está su pedido?" in spoken(question)


def test_a_wish_that_is_refused_and_no_more_is_asked_back() -> None:
    """Nobody knows whether the "no" was heard aright; what else the sentence may mean is believed as ever."""
    call = conversation(OPEN)
    said = "no quiero anular el pedido"
    asked = say(call, call.start(), said)
    assert isinstance(asked, Understand)
    assert asked.text == "anular el pedido"
    whole = call.send(Understood((("cancel", 1.0),)))
    assert isinstance(whole, Understand)
    assert whole.text == said
    assert "¿Quiere anular un pedido?" in spoken(call.send(Understood((("cancel", 1.0),))))
    other = conversation(OPEN)
    say(other, other.start(), "no quiero seguir con el pedido")
    other.send(Understood((("where", 0.9),)))
    after_telling(other, other.send(Understood((("cancel", 0.9),))))
    assert other.slots["reason"] == "cancel"


def test_what_is_taken_back_in_one_breath_is_not_done() -> None:
    """A number that was said with it is asked back, not asked anew; what is not sure is asked back, too."""
    call = conversation(OPEN)
    said = "quiero anular el 780346, no, perdón, quiero saber dónde está"
    asked = say(call, call.start(), said)
    assert isinstance(asked, Understand)
    assert asked.text == "quiero saber dónde está"
    question = call.send(Understood((("where", 0.9),)))
    assert call.slots["reason"] == "where"
    assert "Ha dicho siete, ocho, cero. tres, cuatro, seis" in spoken(question)
    doubted = conversation(OPEN)
    say(doubted, doubted.start(), said)
    question = doubted.send(Understood((("where", 0.5),)))
    assert "¿Quiere saber dónde está su pedido?" in spoken(question)
    unknown = conversation(OPEN)
    say(unknown, unknown.start(), said)
    unwanted = unknown.send(Understood(()))
    assert isinstance(unwanted, Understand)
    assert unwanted.text == "quiero anular el 780346"
    whole = unknown.send(Understood((("cancel", 0.9),)))
    assert isinstance(whole, Understand)
    assert whole.text == said
    assert "No le he entendido" in spoken(unknown.send(Understood((("cancel", 0.95), ("pay", 0.05)))))


@pytest.mark.parametrize("said", ["no, el otro", "no, lo otro por favor", "que no, la otra"])
def test_the_other_is_the_next_likely_one_and_no_matter_of_its_own(said: str) -> None:
    """An engine takes "el otro" for "otro día de entrega"; it is not asked, and nobody is led there."""
    call = conversation(OPEN)
    question = meaning(call, call.start(), "lo de la factura", pay=0.6, cancel=0.35)
    assert "pagar" in spoken(question)
    question = say(call, question, said)
    assert "anular un pedido" in spoken(question)
    after_telling(call, say(call, question, "sí"))
    assert call.slots["reason"] == "cancel"


def test_of_one_or_the_other_the_caller_chooses() -> None:
    """ "Anular el pedido o pagarlo", where both are sure by themselves; else the sentence is one."""
    call = conversation(OPEN)
    asked = say(call, call.start(), "quiero anular el pedido o pagar la factura")
    assert isinstance(asked, Understand)
    assert asked.text == "quiero anular el pedido"
    asked = call.send(Understood((("cancel", 0.9),)))
    assert isinstance(asked, Understand)
    assert asked.text == "pagar la factura"
    question = call.send(Understood((("pay", 0.9),)))
    assert spoken(question) == "Para anular un pedido, marque uno. Para pagar, marque dos."
    after_telling(call, say(call, question, "lo segundo"))
    assert call.slots["reason"] == "pay"
    whole = conversation(OPEN)
    say(whole, whole.start(), "pagar con tarjeta o por transferencia")
    whole.send(Understood((("pay", 0.9),)))
    asked = whole.send(Understood((("cancel", 0.4),)))
    assert isinstance(asked, Understand)
    assert asked.text == "pagar con tarjeta o por transferencia"


def test_a_third_other_is_not_looked_for() -> None:
    """Nor one that is not likely: the open question is put again."""
    call = conversation(OPEN)
    question = meaning(call, call.start(), "lo de la factura", pay=0.6, cancel=0.1)
    again = say(call, question, "no, el otro")
    assert "No le he entendido" in spoken(again)
    question = meaning(call, again, "lo del pedido", where=0.6, cancel=0.35)
    question = say(call, question, "no, el otro")
    assert "anular un pedido" in spoken(question)
    assert "No le he entendido" in spoken(say(call, question, "no, el otro"))


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


THINGS = OPEN.replace(
    "    answers_ahead",
    "    things:\n      bill: {phrases: {es: [factura, recibo]}, may_mean: [pay, cancel, where]}\n"
    "    answers_ahead",
)


@pytest.mark.parametrize(
    "said", ["la factura", "hola buenas, llamo por una factura, gracias", "lo del recibo", "Factura."]
)
def test_of_a_thing_that_is_named_alone_the_caller_chooses(said: str) -> None:
    """No engine is asked: it would be sure of what most callers want with it."""
    call = conversation(THINGS)
    question = say(call, call.start(), said)
    assert isinstance(question, Collect), question
    assert "Para pagar, marque uno. Para anular un pedido, marque dos. Para saber" in spoken(question)
    after_telling(call, say(call, question, "el segundo"))
    assert call.slots["reason"] == "cancel"


@pytest.mark.parametrize(
    "said", ["no me ha llegado la factura", "factura rara", "una factura de la luz", "mal"]
)
def test_a_thing_with_more_about_it_is_for_the_engine(said: str) -> None:
    """What is said beside may tell what is wanted."""
    call = conversation(THINGS)
    asked = say(call, call.start(), said)
    assert isinstance(asked, Understand)
    assert asked.text == said


def test_a_thing_beside_a_matter_is_asked_about_when_that_is_done() -> None:
    """Nothing is lost, and what has been asked about once is not asked again."""
    call = conversation(THINGS)
    asked = say(call, call.start(), "la factura y anular mi pedido")
    assert isinstance(asked, Understand)
    assert asked.text == "anular mi pedido"
    told = call.send(Understood((("cancel", 0.9),)))
    assert "cancel" in spoken(told)
    question = key(call, after_telling(call, told), "1")
    assert "Para pagar, marque uno" in spoken(question)
    told = key(call, question, "1")
    assert "pay" in spoken(told)
    question = key(call, after_telling(call, told), "1")
    assert spoken(question) == "¿En qué le ayudo?"


def test_what_waits_and_is_not_understood_is_asked_openly() -> None:
    """As if nothing had been said of it."""
    call = conversation(THINGS)
    say(call, call.start(), "la factura y anular mi pedido")
    question = key(call, after_telling(call, call.send(Understood((("cancel", 0.9),)))), "1")
    assert spoken(say(call, question, "no, otra cosa distinta")) == ""
    assert spoken(call.send(Understood(()))) == "¿En qué le ayudo?"


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


def test_what_a_thing_may_mean_is_an_intent_of_the_step() -> None:
    """With line and remedy; and it has phrases in each language."""
    told = [str(problem) for problem in problems(THINGS.replace("[pay, cancel, where]", "[pay, nothing]"))]
    assert any("`nothing` cannot be meant here" in one for one in told), told
    told = [
        str(problem) for problem in problems(THINGS.replace("{es: [factura, recibo]}", "{ca: [factura]}"))
    ]
    assert any("no phrases in `es`" in one for one in told), told


ANYTHING = OPEN.replace("type: yes_no\n    prompt", "type: yes_no\n    anything_else: true\n    prompt")


@pytest.mark.parametrize(
    ("said", "matter"),
    [
        ("sí, quiero pagar", "quiero pagar"),
        ("Sí, por favor, otra cosa, anular mi pedido", "anular mi pedido"),
        ("quiero pagar la factura", "quiero pagar la factura"),
    ],
)
def test_what_is_said_to_anything_else_is_not_asked_again(said: str, matter: str) -> None:
    """It is understood as if the open question had been put, and what is not understood is no miss."""
    call = conversation(ANYTHING)
    more = after_telling(call, meaning(call, call.start(), "quiero pagar", pay=0.9))
    asked = say(call, more, said)
    assert isinstance(asked, Understand), asked
    assert asked.text == matter
    assert "cancel" in spoken(call.send(Understood((("cancel", 0.9),))))
    other = conversation(ANYTHING)
    say(other, after_telling(other, meaning(other, other.start(), "quiero pagar", pay=0.9)), said)
    assert spoken(other.send(Understood(()))) == "¿En qué le ayudo?"


@pytest.mark.parametrize("said", ["sí", "sí, por favor", "sí, gracias", "sí, otra cosa"])
def test_a_mere_yes_to_anything_else_puts_the_open_question(said: str) -> None:
    """Nothing is there to be understood."""
    call = conversation(ANYTHING)
    question = say(call, after_telling(call, meaning(call, call.start(), "quiero pagar", pay=0.9)), said)
    assert spoken(question) == "¿En qué le ayudo?"


def test_what_was_said_to_anything_else_is_for_the_next_question_alone() -> None:
    """A question in between takes it away; a yes to another question keeps nothing."""
    between = ANYTHING.replace(
        "answers: {yes: reason, no: bye}",
        'answers: {yes: sure, no: bye}\n  - ask: sure\n    type: yes_no\n    prompt: {es: "¿Seguro?"}\n'
        "    answers: {yes: reason, no: bye}",
    )
    call = conversation(between)
    sure = say(
        call, after_telling(call, meaning(call, call.start(), "quiero pagar", pay=0.9)), "sí, quiero pagar"
    )
    assert spoken(sure) == "¿Seguro?"
    assert spoken(say(call, sure, "sí, claro, seguro")) == "¿En qué le ayudo?"


def test_what_was_said_to_anything_else_is_used_once() -> None:
    """A matter that asks nothing and leads back to the open question is not done for ever."""
    call = conversation(
        ANYTHING.replace("{es: anular un pedido}, then: told", "{es: anular un pedido}, then: reason")
    )
    more = after_telling(call, meaning(call, call.start(), "quiero pagar", pay=0.9))
    say(call, more, "sí, anular mi pedido")
    question = call.send(Understood((("cancel", 0.9),)))
    assert isinstance(question, Collect)
    assert spoken(question) == "¿En qué le ayudo?"
