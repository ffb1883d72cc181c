"""What holds for every kind of answer: examples, keys, bounds, and trust among alternatives."""
# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import example as with_example
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots import KINDS
from dialogs.slots.amount import Amount
from dialogs.slots.asking import Asking
from dialogs.slots.choice import OneOf
from dialogs.slots.date import Date
from dialogs.slots.dni import Dni
from dialogs.slots.kind import EXAMPLE_NOW, SlotKind
from dialogs.slots.text import Text
from dialogs.slots.words import words_of
from dialogs.slots.yes_no import YesNo
from dialogs.spoken import say
from tests.dialogs.heard_answers import IN_LANGUAGES, LANGUAGES, heard
from tests.pace import usual_seconds


def example(kind: type[SlotKind]) -> SlotKind:
    return kind.model_validate(kind.example_options)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_the_examples_of_the_documentation_hold(kind: type[SlotKind], language: str) -> None:
    """What the documentation says that callers may say gives the value that it promises."""
    asked = example(kind)
    assert asked.mistake() is None
    wrong = []
    assert len(kind.examples[language]) >= 3
    for said, value in kind.examples[language]:
        found = asked.judge(heard(said), Asking(language, EXAMPLE_NOW))
        if not isinstance(found, Match) or found.value != value:
            wrong.append((said, value, found))
    assert wrong == []


# --- keys --------------------------------------------------------------------------------------------

KEYS = [
    ("amount", {}, "12", "1200", "sure"),
    ("amount", {}, "12*50", "1250", "sure"),
    ("amount", {}, "0*50", "50", "sure"),
    ("amount", {}, "12*5", "1250", "check"),
    ("amount", {}, "12*", None, None),
    ("amount", {}, "12*505", None, None),
    ("amount", {}, "1*2*3", None, None),
    ("amount", {"at_most": 10}, "11", None, "too_large"),
    ("amount", {"currency": "CLP"}, "5000", "5000", "sure"),
    ("amount", {"currency": "CLP"}, "5000*50", None, None),
    ("date", {"range": "future"}, "1503", "2027-03-15", "sure"),
    ("date", {"range": "future"}, "150327", "2027-03-15", "sure"),
    ("date", {"range": "past"}, "15031985", "1985-03-15", "sure"),
    ("date", {"range": "past"}, "150385", "1985-03-15", "sure"),
    ("date", {}, "1503", "2027-03-15", "check"),
    ("date", {}, "3106", None, "no_such_date"),
    ("date", {}, "1513", None, "no_such_date"),
    ("date", {"range": "future"}, "15032020", None, "in_the_past"),
    ("date", {}, "150", None, None),
    ("date", {}, "0003", None, "no_such_date"),
    ("time", {}, "1730", "17:30", "sure"),
    ("time", {}, "0905", "09:05", "sure"),
    ("time", {}, "930", "09:30", "sure"),
    ("time", {}, "2460", None, "no_such_time"),
    ("time", {"latest": "17:00"}, "1730", None, "outside_hours"),
    ("dni", {}, "12345678", "12345678Z", "sure"),
    ("dni", {}, "4571829", "04571829G", "check"),
    ("dni", {}, "123456", None, None),
    ("dni", {"documents": ["nie"]}, "01234567", "X1234567L", "sure"),
    ("dni", {"documents": ["nie"]}, "91234567", None, None),
    ("phone", {}, "612345678", "+34612345678", "sure"),
    ("phone", {}, "0034612345678", "+34612345678", "sure"),
    ("phone", {}, "0033612345678", "+33612345678", "sure"),
    ("phone", {}, "123456789", None, "no_such_number"),
    ("phone", {"line": "mobile"}, "934051020", None, "not_mobile"),
    ("order_id", {"length": 5, "prefix": "PED"}, "45718", "PED45718", "sure"),
    ("order_id", {"length": 5}, "4571", None, None),
    ("ticket_id", {"letters": 2, "length": 4}, "4571", None, None),
    ("card_last4", {}, "4571", "4571", "sure"),
    ("postcode", {}, "08001", "08001", "sure"),
    ("postcode", {}, "53001", None, "no_such_postcode"),
    ("text", {}, "1", None, None),
]


@pytest.mark.parametrize(("kind", "options", "keys", "value", "band"), KEYS)
def test_keys(kind: str, options: dict[str, Any], keys: str, value: str | None, band: str | None) -> None:
    """What is keyed gives its value, or a miss with its reason; two meanings are asked back by key, too."""
    found = KINDS[kind](**options).judge(Keyed(keys), Asking("es", EXAMPLE_NOW))
    if value is None:
        assert found == NoMatch(keys, band or "")
    else:
        assert isinstance(found, Match)
        assert (found.value, found.band, found.by) == (value, band, "keys")


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
@settings(max_examples=30, deadline=None)
@given(keys=st.text(max_size=12) | st.text("0123456789*#", max_size=20))
def test_no_keys_break_a_kind(kind: type[SlotKind], keys: str) -> None:
    """Whatever is keyed, it is an answer or a miss."""
    found = example(kind).judge(Keyed(keys), Asking("ca", EXAMPLE_NOW))
    assert isinstance(found, Match | NoMatch)


# --- what recognisers deliver ------------------------------------------------------------------------


def test_two_amounts_heard_equally_well_are_asked_back() -> None:
    """ "Sesenta" and "setenta" with the same confidence: neither is sure, the other is remembered."""
    found = Amount().judge(heard("sesenta euros", "setenta euros"), Asking("es"))
    assert isinstance(found, Match)
    assert found.band == "check"
    assert {found.value, *found.others} == {"6000", "7000"}


def test_a_best_hearing_that_is_impossible_makes_the_second_doubtful() -> None:
    """The 31st of June does not exist; the 31st of July, heard second best, is asked back."""
    answer = Heard((Alternative("treinta y uno de junio", 0.9), Alternative("treinta y uno de julio", 0.8)))
    found = Date(range="future").judge(answer, Asking("es", EXAMPLE_NOW))
    assert isinstance(found, Match)
    assert (found.value, found.band) == ("2027-07-31", "check")


def test_the_check_letter_chooses_among_alternatives() -> None:
    """The second alternative proves itself, and is sure although it was heard worse."""
    answer = Heard(
        (
            Alternative("doce treinta y cuatro cincuenta y seis sesenta y ocho zeta", 0.7),
            Alternative("doce treinta y cuatro cincuenta y seis setenta y ocho zeta", 0.6),
        )
    )
    found = Dni().judge(answer, Asking("es"))
    assert isinstance(found, Match)
    assert (found.value, found.band) == ("12345678Z", "sure") or found.band == "check"


def test_without_a_clock_relative_days_are_no_answer() -> None:
    """Nothing is assumed about today; a whole date needs no clock."""
    asking = Asking("es")
    assert Date().judge(heard("mañana"), asking) == NoMatch("mañana", "no_clock")
    assert Date().judge(heard("el quince de marzo"), asking) == NoMatch("el quince de marzo", "no_clock")
    found = Date().judge(heard("quince de marzo de dos mil veintisiete"), asking)
    assert isinstance(found, Match)
    assert found.value == "2027-03-15"


@pytest.mark.parametrize(
    "now", [datetime(2026, 2, 28, 9), datetime(2028, 2, 29, 9), datetime(2026, 12, 31, 23)]
)
@pytest.mark.parametrize("wanted", ["past", "future", "any"])
@IN_LANGUAGES
def test_the_range_is_kept_at_the_edges_of_months_and_years(
    language: str, wanted: str, now: datetime
) -> None:
    """Whatever relative day is said on an awkward day, it lies on the side that was asked for."""
    texts = {
        "es": "hoy|mañana|ayer|el lunes|el viernes|el treinta y uno|el veintinueve de febrero|dentro de un mes|hace un mes",
        "ca": "avui|demà|ahir|dilluns|divendres|el trenta-u|el vint-i-nou de febrer|d'aquí a un mes|fa un mes",
        "en": "today|tomorrow|yesterday|Monday|Friday|the thirty-first|February twenty-ninth|in a month|a month ago",
    }
    for text in texts[language].split("|"):
        found = Date.model_validate({"range": wanted}).judge(heard(text), Asking(language, now))
        if isinstance(found, Match):
            day = date.fromisoformat(found.value)
            assert wanted != "future" or day >= now.date(), text
            assert wanted != "past" or day <= now.date(), text
        else:
            assert found.reason in ("in_the_past", "in_the_future"), text


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
@settings(max_examples=30, deadline=None)
@given(text=st.text(max_size=200), language=st.sampled_from([*LANGUAGES, "ko"]))
@with_example(text="0:0", language="es")  # a day that begins with a zero, and is one
def test_no_text_breaks_a_kind(kind: type[SlotKind], text: str, language: str) -> None:
    """Whatever a recogniser writes, in whatever language, it is an answer or a miss."""
    asked = example(kind)
    if kind.name == "yes_no" and language not in LANGUAGES:
        language = "ko"
    found = asked.judge(heard(text), Asking(language, EXAMPLE_NOW))
    if isinstance(found, Match) and kind is not Text:
        assert asked.read_back(found.value, Asking("es", EXAMPLE_NOW))


_ANSWERS = (
    "uno dos cinco doce quince veinte cuarenta y con coma mil ciento euros céntimos menos cuarto media el la de del"
    " marzo viernes mañana pasado zeta be equis más no perdón las tarde dentro días tres 15 1.250,50 17:30 15/3 a"
)
_SPOKEN_WORDS = _ANSWERS.split()


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
@settings(max_examples=30, deadline=None)
@given(words=st.lists(st.sampled_from(_SPOKEN_WORDS), min_size=1, max_size=14))
def test_words_in_any_order_break_nothing(kind: type[SlotKind], words: list[str]) -> None:
    """The words of answers, shuffled: no fault, and every value can be said and keeps its type."""
    asking = Asking("es", EXAMPLE_NOW)
    asked = example(kind)
    found = asked.judge(heard(" ".join(words)), asking)
    if isinstance(found, Match):
        assert asked.read_back(found.value, asking)
        assert found.value not in found.others
        form = {"money": "money", "date": "date", "time": "time", "digits": "digits", "phone": "phone"}
        value: str | int = int(found.value) if kind.value_type == "money" else found.value
        wanted = form.get(kind.value_type, "text")
        assert say(wanted, value, name="x", language="es", currency="EUR")[0]


_WITHIN_SENTENCES = ("amount", "date", "time", "choice")
"""Kinds that are found inside a sentence; numbers that are names are read whatever stands around them."""


@pytest.mark.parametrize("kind", [KINDS[name] for name in _WITHIN_SENTENCES], ids=_WITHIN_SENTENCES)
def test_a_denied_answer_is_never_sure(kind: type[SlotKind]) -> None:
    """ "No …" before an answer: never taken without asking back."""
    for language, no in (("es", "no"), ("ca", "no"), ("en", "not")):
        for said, _value in kind.examples[language]:
            found = example(kind).judge(heard(f"{no} {said}"), Asking(language, EXAMPLE_NOW))
            assert not isinstance(found, Match) or found.band == "check", said


# --- what the recogniser and the session are told ----------------------------------------------------


@IN_LANGUAGES
@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_the_grammar_covers_the_examples(kind: type[SlotKind], language: str) -> None:
    """A recogniser with a grammar can hear nothing else: every word of an example must be in it."""
    asked = example(kind)
    if asked.free_speech:
        assert not asked.phrases(language)
        return
    known = {word for text in (*asked.phrases(language), *asked.words(language)) for word in words_of(text)}
    said = {word for text, _value in asked.examples[language] for word in words_of(text)}
    assert said - known - _AROUND == set()


@IN_LANGUAGES
@pytest.mark.parametrize("name", sorted(set(KINDS) - {"yes_no", "choice", "text"}))
def test_the_grammar_hears_corrections(name: str, language: str) -> None:
    """What a grammar leaves out is not heard, and an unheard correction makes a wrong answer sure."""
    known = {word for text in example(KINDS[name]).phrases(language) for word in words_of(text)}
    assert set(words_of({"es": "no perdón", "ca": "no perdó", "en": "no sorry"}[language])) <= known


_AROUND = frozenset(
    words_of(
        "mejor millor por favor please al matí si us plau best a in gràcies la el the es és i my mi pedido order comanda incidència l'opció is son"
        " ped 45718 AB4571 zamora zebra barcelona ana d'anna"
    )
)
"""Fillers, names, and what is only ever written: no grammar lists them."""


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_judging_takes_less_than_five_milliseconds(kind: type[SlotKind]) -> None:
    """The processor's time: the median over sentences of the words of answers, and over nonsense.

    The bound is twice of that, because a busy machine empties the processor's caches.
    """
    asked = example(kind)
    asking = Asking("es", EXAMPLE_NOW)
    asked.judge(heard("uno"), asking)
    for pool, count in ((_SPOKEN_WORDS, 12), (_SPOKEN_WORDS, 38), ([], 10), ([], 40)):
        said = [
            [
                pool[(seed * 5 + at * (7 + seed)) % len(pool)]
                if pool
                else f"{chr(97 + (seed * 7 + at * 3) % 26)}ontira{at}"
                for at in range(count)
            ]
            for seed in range(9)
        ]
        taken = usual_seconds([partial(asked.judge, heard(" ".join(words)), asking) for words in said])
        assert taken < 0.010, f"{count} words: {taken * 1000:.1f} ms"


# --- options -----------------------------------------------------------------------------------------

WRONG = [
    ("amount", {"currency": "XYZ"}, "has no words"),
    ("amount", {"at_least": 10, "at_most": 5}, "swap them"),
    ("time", {"earliest": "20:00", "latest": "09:00"}, "swap them"),
    ("postcode", {"country": "GB"}, "is not offered"),
    ("order_id", {"length": 5, "prefix": "A", "letters": 2}, "exclude each other"),
    ("order_id", {}, "add `length: 5`"),
    ("choice", {"choices": {n: {"key": 1, "phrases": {"es": [n]}} for n in ("a", "b")}}, "two choices"),
    (
        "choice",
        {"choices": {n: {"key": k, "phrases": {"es": [n]}} for n, k in (("a", 0), ("b", 1))}},
        "a person",
    ),
]


@pytest.mark.parametrize(("kind", "options", "message"), WRONG)
def test_options_that_do_not_go_together(kind: str, options: dict[str, Any], message: str) -> None:
    """Each says what is wrong and what to do."""
    assert message in (KINDS[kind](**options).mistake() or "")


def test_a_choice_without_phrases_in_a_language_is_named() -> None:
    """The checker hears which choice lacks which language."""
    kind = OneOf.model_validate(
        {"choices": {"a": {"phrases": {"es": ["sí"]}}, "b": {"phrases": {"ca": ["no"]}}}}
    )
    assert [way for way, _ in kind.lacks(("es", "ca"))] == [
        ("choices", "a", "phrases"),
        ("choices", "b", "phrases"),
    ]


def test_an_amount_brings_its_currency() -> None:
    """So that `{payment}` and `payment > 5000` work without a look-up."""
    assert Amount(currency="GBP").companions() == {"currency": "GBP"}
    assert Amount().shown("14230", Asking("es")) == "142,30 €"


def test_free_speech_is_cut_at_a_word_and_made_harmless() -> None:
    """No markup, no control signs, no endless text."""
    found = Text(max_length=20).judge(heard("el <b>pedido</b> llegó roto y mojado"), Asking("es"))
    assert isinstance(found, Match)
    assert found.value == "el b pedido /b llegó"
    assert found.band == "sure"


# --- who doubts is asked back --------------------------------------------------------------------------


DOUBTS = {
    "es": (
        "creo que {}",
        "me parece que {}",
        "diría que {}",
        "parece que es {}",
        "{}, creo",
        "{}, me parece",
    ),
    "ca": (
        "crec que {}",
        "em sembla que {}",
        "diria que {}",
        "sembla que és {}",
        "{}, crec",
        "{}, em sembla",
    ),
    "en": ("I think {}", "I think it's {}", "I'd say {}", "it seems {}", "{}, I think", "{}, I believe"),
}


@IN_LANGUAGES
@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if not kind.free_speech])
def test_a_value_that_is_doubted_is_never_sure(kind: type[SlotKind], language: str) -> None:
    """Every example of the documentation, with each doubt around it: asked back, or not understood."""
    asked, asking = example(kind), Asking(language, EXAMPLE_NOW)
    for said, value in kind.examples[language]:
        for doubt in DOUBTS[language]:
            found = asked.judge(heard(doubt.format(said)), asking)
            if isinstance(found, Match):
                assert found.band == "check", (doubt.format(said), found)
                assert value in (found.value, *found.others), (doubt.format(said), found)


@IN_LANGUAGES
@pytest.mark.parametrize("cancels", [False, True])
def test_what_a_recogniser_expects_of_a_yes_is_a_yes_or_a_no(language: str, cancels: bool) -> None:
    """A phrase of the grammar that the parser does not know would be heard for nothing."""
    asked = YesNo(cancels=cancels)
    expected = asked.phrases(language)
    imperative = {"es": "sí cámbielo", "ca": "sí canviï-ho", "en": "yes change it"}[language]
    assert imperative in expected
    cancelling = {"es": "sí cancélelo", "ca": "sí cancel·li-ho", "en": "yes cancel it"}[language]
    assert (cancelling in expected) == cancels
    told = [
        p for p in expected if " " in p and p.startswith(("sí ", "yes ")) and not p.endswith(("no", "not"))
    ]
    for phrase in told:
        found = asked.judge(heard(phrase), Asking(language, EXAMPLE_NOW))
        assert isinstance(found, Match) and found.value == "yes", (phrase, found)
