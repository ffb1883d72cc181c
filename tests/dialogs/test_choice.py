"""Menu answers: phrases inside what is said, near misses by sound, keys, and universals beside them."""

from __future__ import annotations

from itertools import product

import pytest

from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.choosing import Choice, choose
from dialogs.slots.words import distance, likeness, plain
from dialogs.universals import find_universal
from tests.dialogs.flowtext import HEAD, problems

CHOICES = (
    Choice("balance", "1", {"es": ["saldo", "cuánto debo"], "ca": ["saldo", "quant dec"], "en": ["balance"]}),
    Choice(
        "movements", "2", {"es": ["movimientos", "saldo anterior"], "ca": ["moviments"], "en": ["movements"]}
    ),
    Choice("person", "0", {"es": ["operador"], "ca": ["operador"], "en": ["operator"]}),
)

CASES = [
    ("es", "saldo", "balance", "sure"),
    ("es", "Saldo.", "balance", "sure"),
    ("es", "quiero saber mi saldo", "balance", "sure"),
    ("es", "¿CUANTO DEBO?", "balance", "sure"),
    ("es", "pues mire, quería saber cuánto debo, por favor", "balance", "sure"),
    ("es", "salvo", "balance", "check"),
    ("es", "mi zaldo", "balance", "check"),
    ("es", "saldo anterior", "movements", "sure"),
    ("es", "saldo o movimientos", None, "check"),
    ("es", "movimiento", "movements", "check"),
    ("es", "uno", "balance", "sure"),
    ("es", "la opción dos", "movements", "sure"),
    ("es", "operador", "person", "sure"),
    ("es", "no quiero mi saldo", "balance", "check"),
    ("en", "not my balance", "balance", "check"),
    ("es", "no quiero operador, quiero saldo", "balance", "sure"),
    ("es", "no es mi saldo, son los movimientos", "movements", "sure"),
    ("es", "no quiero saldo sino movimientos", "movements", "sure"),
    ("es", "no quiero mi saldo o mis movimientos", None, "check"),
    ("es", "no quiero saldo ni movimientos", None, "check"),
    ("ca", "no vull operador, vull el saldo", "balance", "sure"),
    ("en", "I don't want an operator, I want my balance", "balance", "sure"),
    ("es", "soldado", None, None),
    ("es", "resaldo", None, None),
    ("es", "hace buen tiempo", None, None),
    ("es", "", None, None),
    ("es", "uno dos tres", None, None),
    ("ca", "quant dec?", "balance", "sure"),
    ("ca", "vull saber el saldo", "balance", "sure"),
    ("ca", "premo dos", "movements", "sure"),
    ("ca", "movimens", "movements", "check"),
    ("en", "my balance please", "balance", "sure"),
    ("en", "ballance", "balance", "check"),
    ("en", "press one", "balance", "sure"),
    ("en", "balancing act", None, None),
]


MENU = (
    Choice("balance", "1", {"es": ["saldo"], "ca": ["saldo"], "en": ["balance"]}),
    Choice("order", "2", {"es": ["pedido"], "ca": ["comanda"], "en": ["order"]}),
    Choice("other", "3", {"es": ["otra cosa"], "ca": ["altra cosa"], "en": ["other thing"]}),
)
DENIED = [
    # What is wanted instead is asked back at most, and never what is denied.
    ("es", "no el saldo, la otra cosa", "other"),
    ("ca", "no el saldo, una altra cosa", "other"),
    ("en", "not the balance, the other thing", "other"),
    ("es", "el saldo no, el pedido", "order"),
    ("ca", "el saldo no, la comanda", "order"),
    ("en", "the balance no, my order", "order"),
    ("es", "no es el saldo, es el pedido", "order"),
    ("ca", "no és el saldo, és la comanda", "order"),
    ("en", "not the balance but my order", "order"),
    ("es", "todo menos el saldo, mejor el pedido", "order"),
    ("es", "no el saldo, la segunda", "order"),
    ("ca", "no el saldo, la segona", "order"),
    ("en", "not the balance, the second one", "order"),
    # Words that are on no list, beside what is refused.
    ("es", "no el saldo, la factura de enero", None),
    ("ca", "no el saldo, la factura de gener", None),
    ("en", "not the balance, the bill from January", None),
    ("es", "no, eso no", None),
    ("ca", "no, això no", None),
    ("en", "no, not that", None),
]


@pytest.mark.parametrize(("language", "said", "meant"), DENIED)
def test_what_is_denied_is_left_out(language: str, said: str, meant: str | None) -> None:
    """Neither taken nor proposed beside what is wanted instead."""
    found = choose(MENU, heard(said), language)
    assert (found.value if isinstance(found, Match) else None) == meant
    if isinstance(found, Match):
        assert found.others == ()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "el saldo no es lo que quiero"),
        ("es", "el saldo no por favor"),
        ("es", "no el saldo"),
        ("ca", "el saldo no és el que vull"),
        ("en", "no I don't want my balance"),
        ("es", "no me llega el pedido"),
        ("en", "my order no idea"),
    ],
)
def test_a_thing_named_beside_a_not_is_never_sure(language: str, said: str) -> None:
    """Whichever of the two the "not" belongs to."""
    found = choose(MENU, heard(said), language)
    assert isinstance(found, NoMatch) or found.band == "check"


def heard(text: str, confidence: float = 0.8) -> Heard:
    return Heard((Alternative(text, confidence),))


@pytest.mark.parametrize(("language", "text", "value", "band"), CASES)
def test_what_callers_say(language: str, text: str, value: str | None, band: str | None) -> None:
    """Whole words count, the longest phrase wins, near misses are asked back, the rest is not understood."""
    found = choose(CHOICES, heard(text), language)
    if band is None:
        assert isinstance(found, NoMatch), found
    else:
        assert isinstance(found, Match)
        assert found.band == band
        assert value is None or found.value == value


@pytest.mark.parametrize(("confidence", "band"), [(0.9, "sure"), (0.5, "sure"), (0.3, "check"), (0.1, None)])
def test_bands_follow_the_confidence(confidence: float, band: str | None) -> None:
    """The very words, heard badly, are asked back or refused."""
    found = choose(CHOICES, heard("saldo", confidence), "es")
    assert (found.band if isinstance(found, Match) else None) == band


def test_an_exact_second_alternative_beats_a_near_first_one() -> None:
    """ "salvo" sounds like saldo, but the second reading says it."""
    found = choose(CHOICES, Heard((Alternative("salvo", 0.6), Alternative("saldo", 0.5))), "es")
    assert isinstance(found, Match)
    assert (found.value, found.band, found.said) == ("balance", "sure", "saldo")


def test_keys() -> None:
    """Only the keys on offer choose."""
    assert choose(CHOICES, Keyed("2"), "es") == Match("movements", "2", "keys")
    for keys in ("3", "", "12", "#"):
        assert choose(CHOICES, Keyed(keys), "es") == NoMatch(keys)


UNIVERSALS = [
    ("es", "operador", "@person"),
    ("es", "quiero hablar con una persona", "@person"),
    ("es", "páseme con un agente, por favor", "@person"),
    ("es", "¿puede repetir?", "@repeat"),
    ("es", "otra vez, por favor", "@repeat"),
    ("es", "ayuda", "@help"),
    ("es", "no entiendo", "@help"),
    ("es", "quiero volver atrás", "@back"),
    ("es", "hable más despacio por favor", "@slower"),
    ("es", "en catalán, por favor", "@language:ca"),
    ("es", "English please", "@language:en"),
    ("es", "¿cómo ha dicho? quiero una persona", "@person"),
    ("ca", "vull parlar amb una persona", "@person"),
    ("ca", "pot repetir?", "@repeat"),
    ("ca", "ajuda", "@help"),
    ("ca", "torni enrere", "@back"),
    ("ca", "més a poc a poc", "@slower"),
    ("ca", "en castellà", "@language:es"),
    ("en", "I want to talk to a human", "@person"),
    ("en", "let me speak to an agent", "@person"),
    ("en", "say that again", "@repeat"),
    ("en", "help", "@help"),
    ("en", "go back", "@back"),
    ("en", "slow down please", "@slower"),
    ("en", "in Spanish", "@language:es"),
    ("es", "saldo", None),
    ("es", "personalmente", None),
    ("en", "agency", None),
]


@pytest.mark.parametrize(("language", "text", "value"), UNIVERSALS)
def test_universals(language: str, text: str, value: str | None) -> None:
    """What every caller may say at any question."""
    found = find_universal(heard(text), language, ("es", "ca", "en"), one_key=True)
    assert (found.value if found else None) == value


def test_a_language_that_the_flow_lacks_is_not_offered() -> None:
    """A flow in Spanish alone does not promise English."""
    assert find_universal(heard("in English"), "es", ("es",), one_key=True) is None


def test_universal_keys_depend_on_the_question() -> None:
    """Zero is a person where one key answers; among digits it is a digit, and star zero is the person."""
    languages = ("es",)
    one = {keys: find_universal(Keyed(keys), "es", languages, one_key=True) for keys in ("0", "*", "*0")}
    many = {keys: find_universal(Keyed(keys), "es", languages, one_key=False) for keys in ("0", "*", "*0")}
    assert [match.value if match else None for match in one.values()] == ["@person", "@repeat", None]
    assert [match.value if match else None for match in many.values()] == [None, "@repeat", "@person"]


@pytest.mark.parametrize(
    ("one", "other", "away"), [("saldo", "salvo", 1), ("ab", "ba", 1), ("", "abc", 3), ("ocho", "ojo", 2)]
)
def test_distance(one: str, other: str, away: int) -> None:
    """Known distances; a swap counts one."""
    assert distance(one, other) == distance(other, one) == away
    for most in range(5):
        assert distance(one, other, most) == min(away, most + 1)


def test_a_distance_that_is_too_far_is_not_worked_out() -> None:
    """The shortcut changes no answer: it is held against the whole table, swaps across rows included."""
    letters = "abca"
    words = ["".join(word) for size in (3, 5) for word in product(letters[: 5 - size // 2], repeat=size)]
    for one in words[::7]:
        for other in words[::11]:
            whole = distance(one, other, 99)
            assert all(distance(one, other, most) == min(whole, most + 1) for most in range(4))


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [("es", "sinco", "cinco"), ("es", "cerro", "cero"), ("es", "ceis", "seis"), ("es", "vasio", "bacio"),
     ("ca", "vuit", "buit"), ("ca", "sinc", "cinc"), ("en", "phone", "fone")],
)  # fmt: skip
def test_words_that_sound_the_same(language: str, one: str, other: str) -> None:
    """What a recogniser mixes up is one word to us."""
    assert likeness(one, other, language) == 1.0


@pytest.mark.parametrize(
    ("text", "words"),
    [("¡Sí, CLARO!", "si claro"), ("l’he", "l'he"), ("cel·la", "cella"), ("", ""), ("45.718", "45 718"),
     ("«Año»", "ano"), ("네.", "네"), ("a_b", "a b")],
)  # fmt: skip
def test_plain(text: str, words: str) -> None:
    """Accents, case and punctuation go; apostrophes inside words and other scripts stay."""
    assert plain(text) == words


def test_a_menu_hands_on_only_to_questions_that_there_are() -> None:
    """A misspelt name would hand the number to nobody."""
    text = HEAD + (
        '  - menu: start\n    prompt: {es: "Diga."}\n    answers_ahead: [order_it]\n    choices:\n'
        "      order: {phrases: {es: [pedido]}, then: order_id}\n"
        "      person: {phrases: {es: [operador]}, then: billing_people}\n"
        "  - ask: order_id\n    type: order_id\n    length: 6\n    prompt: {es: Número}\n"
        "    then: over\n  - id: billing_people\n"
        "    queue: billing\n    busy: {offer: callback, declined: over}\n"
        "  - id: over\n    hangup: normal\n"
    )
    found = [str(problem) for problem in problems(text)]
    assert any("`order_it`" in problem and "`order_id`" in problem for problem in found), found
    assert not any("order_it" in str(p) for p in problems(text.replace("order_it", "order_id")))
    itself = [str(problem) for problem in problems(text.replace("order_it", "start"))]
    assert any("this menu itself" in problem for problem in itself), itself
