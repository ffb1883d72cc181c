"""A form: several answers from one sentence, what is missing asked for, nothing taken that was not said."""
# ruff: noqa: E501 - a table is read by rows

from __future__ import annotations

from functools import partial

import pytest

from dialogs.effects import Collect, Effect, Hangup
from dialogs.engine import Conversation
from dialogs.results import Match, NoMatch
from tests.dialogs.flowtext import conversation, heard, key, problems, say, spoken
from tests.pace import usual_seconds

FORM = """flow: trial
languages: [es]
person: billing
steps:
  - form: payment
    prompt: {es: "¿Cliente y factura?"}
    slots:
      - ask: customer_number
        type: digits
        length: 5
        prompt: {es: "¿Cliente?"}
      - ask: bill_number
        type: digits
        length: 7
        sensitive: true
        prompt: {es: "¿Factura?"}
        no_match: {es: "Las siete cifras, por favor."}
      - ask: sure
        type: yes_no
        prompt: {es: "¿Seguro?"}
  - say: {es: "{customer_number}, {bill_number}."}
  - hangup: normal
"""
BOTH = "cuatro cinco siete uno seis y uno dos tres cuatro cinco seis siete"


def started(text: str = FORM) -> tuple[Conversation, Effect]:
    call = conversation(text)
    return call, call.start()


@pytest.mark.parametrize(
    ("said", "filled"),
    [
        (BOTH, {"customer_number": "45716", "bill_number": "1234567"}),
        (f"mi número es el {BOTH}", {"customer_number": "45716", "bill_number": "1234567"}),
        ("la factura uno dos tres cuatro cinco seis siete", {"bill_number": "1234567"}),
        ("sí, cuatro cinco siete uno seis", {"customer_number": "45716"}),
        (
            "cuarenta y cinco setenta y uno seis y uno dos tres cuatro cinco seis siete",
            {"customer_number": "45716", "bill_number": "1234567"},
        ),
        # A telephone number holds neither five digits nor seven.
        ("seis uno dos tres cuatro cinco seis siete ocho", {}),
        ("no lo sé", {}),
        ("", {}),
    ],
)
def test_what_one_sentence_fills(said: str, filled: dict[str, str]) -> None:
    """The opening's judgement: each stretch of the sentence to the slot that it answers."""
    _, question = started()
    assert isinstance(question, Collect)
    found = question.judge(heard(said))
    assert ({slot: m.value for slot, m in found.parts.items()} if isinstance(found, Match) else {}) == filled


VISIT = """flow: trial
languages: [es, ca, en]
person: billing
steps:
  - form: visit
    prompt: {es: "¿Cuándo y cuánto?", ca: "Quan i quant?", en: "When, and how much?"}
    slots:
      - ask: day
        type: date
        range: future
        prompt: {es: "¿Día?", ca: "Dia?", en: "Day?"}
      - ask: hour
        type: time
        earliest: "09:00"
        latest: "20:00"
        prompt: {es: "¿Hora?", ca: "Hora?", en: "Time?"}
      - ask: sum
        type: amount
        prompt: {es: "¿Cuánto?", ca: "Quant?", en: "How much?"}
  - say: {es: "{day}, {hour}, {sum}.", ca: "{day}, {hour}, {sum}.", en: "{day}, {hour}, {sum}."}
  - hangup: normal
"""


@pytest.mark.parametrize(
    ("language", "said", "filled"),
    [
        ("ca", "divendres a dos quarts de cinc cent euros", "2026-11-27 16:30 10000"),
        ("ca", "demà a un quart de deu cinquanta euros", "2026-11-24 09:15 5000"),
        ("ca", "demà a les deu i cinquanta", "2026-11-24 10:50"),
        ("ca", "el cinc a les cinc cinc euros", "2026-12-05 17:00 500?"),
        ("ca", "demà dos quarts de cinc vint euros", "2026-11-24 16:30 2000"),
        ("es", "mañana a las diez y cincuenta", "2026-11-24 10:50"),
        # Ten to eleven, or ten o'clock and fifty euros: asked back.
        ("es", "mañana a las diez y cincuenta euros", "2026-11-24 10:50?"),
        ("es", "mañana a las diez cincuenta euros", "2026-11-24 10:00? 5000?"),
        ("es", "el cinco a las cinco cinco euros", "2026-12-05 17:00 500?"),
        ("es", "el viernes a las cinco y media cien euros", "2026-11-27 17:30 10000"),
        ("es", "cien euros el viernes a las cinco", "2026-11-27 17:00 10000"),
        ("en", "on friday at half past four a hundred euros", "2026-11-27 16:30 10000"),
        ("en", "tomorrow at ten fifty", "2026-11-24 10:50"),
        ("en", "tomorrow at ten fifty euros", "2026-11-24 10:00? 5000?"),
    ],
)
def test_a_piece_of_a_time_is_never_taken_for_the_whole(language: str, said: str, filled: str) -> None:
    """The longest reading counts; what could reach further is asked back (here with a question mark)."""
    question = conversation(VISIT, language=language).start()
    assert isinstance(question, Collect)
    found = question.judge(heard(said))
    assert isinstance(found, Match)
    assert " ".join(m.value + "?" * (m.band == "check") for m in found.parts.values()) == filled


def test_what_is_missing_is_asked_for_by_its_own_question() -> None:
    """Its own retries and words; the others are not asked again."""
    call, question = started()
    question = say(call, question, "cuatro cinco siete uno seis")
    assert spoken(question) == "¿Factura?"
    question = say(call, question, "el perro")
    assert spoken(question) == "Las siete cifras, por favor."
    question = key(call, question, "1234567")
    question = key(call, question, "1")
    assert spoken(question).startswith("cuatro, cinco")
    assert call.slots == {"customer_number": "45716", "bill_number": "1234567", "sure": "yes"}


def test_what_was_half_heard_is_asked_back() -> None:
    """Five bare digits with a low confidence: "did you say …?", and a "no" asks the slot's question."""
    call, question = started()
    assert isinstance(question, Collect)
    question = call.send(question.judge(heard("cuatro cinco siete uno seis", 0.5)))
    assert spoken(question) == "¿Ha dicho cuatro, cinco, siete, uno, seis?"
    question = key(call, question, "2")
    assert spoken(question) == "Disculpe. ¿Cliente?"


def test_a_sensitive_slot_makes_the_opening_sensitive() -> None:
    """Whoever says everything at once says the sensitive answer, too."""
    call, question = started()
    assert isinstance(question, Collect)
    assert question.sensitive
    say(call, question, BOTH)
    assert call.public_slots["bill_number"] == "•••"


def test_each_slot_has_studio_recordings_of_its_own() -> None:
    """Two slots of one step must not share a file."""
    call, question = started()
    names = [question.prompt[0].recording for question in (question,) if isinstance(question, Collect)]
    for keys in ("45716", "1234567"):
        question = key(call, question, keys)
        assert isinstance(question, Collect)
        names.append(question.prompt[0].recording)
    assert names == ["trial/payment/es", "trial/payment/bill_number/es", "trial/payment/sure/es"]


def test_a_person_and_silence_work_as_everywhere() -> None:
    """The universals at the opening; silence at the opening goes to the first slot, at the slots to a person."""
    call, question = started()
    effect = say(call, question, "quiero hablar con una persona")
    assert type(effect).__name__ == "Enqueue"
    call, question = started()
    assert isinstance(question, Collect)
    question = call.send(NoMatch("x"))
    assert spoken(question) == "¿Cliente?"
    assert not isinstance(question, Hangup)


@pytest.mark.parametrize("words", [8, 20, 60])
def test_judging_a_long_sentence_is_short(words: int) -> None:
    """Whatever was said, the judgement takes milliseconds: it holds up every call of the process."""
    _, question = started()
    assert isinstance(question, Collect)
    said = [
        " ".join(("y", "cuatro", f"cosa{seed}{at}", "para")[at % 4] for at in range(words))
        for seed in range(5)
    ]
    taken = usual_seconds([partial(question.judge, heard(text)) for text in said])
    assert taken < 0.05, f"{taken * 1000:.1f} ms"


@pytest.mark.parametrize(
    ("old", "new", "place", "what"),
    [
        ("        length: 7\n", "        lenght: 7\n", "14:9", "did you mean `length`"),
        ("        type: digits\n        length: 7\n", "        type: digts\n        length: 7\n", "13:9", "did you mean `digits`"),
        ("        length: 7\n", "", "13:9", "add `length: 5`"),
        ("ask: sure", "ask: bill_number", "18:9", "stands twice"),
        ('prompt: {es: "¿Factura?"}', 'prompt: {es: "¿Factura?", ca: "Factura?"}', "16:35", "does not speak `ca`"),
        ('prompt: {es: "¿Seguro?"}', 'prompt: {es: "¿Seguro?"}\n        then: payment', "21:9", "has no `then`"),
        ("      - ask: sure\n        type: yes_no\n", "      - hola\n      - ask: sure\n        type: yes_no\n", "18:9", "list of keys"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_slot_is_found_at_its_line(old: str, new: str, place: str, what: str) -> None:
    """The slots of a form are read as strictly as steps."""
    assert old in FORM
    found = [str(problem) for problem in problems(FORM.replace(old, new, 1))]
    assert len(found) == 1, found
    assert f":{place}: " in found[0]
    assert what in found[0]


def test_the_form_is_sound() -> None:
    """The form that the other tests break is sound by itself."""
    assert problems(FORM) == []
