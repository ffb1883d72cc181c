"""Nobody hears of a debt before they have proved that it is theirs: what the checker finds, and where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialogs.catalogue import Catalogue, LookupSchema, WriteSchema
from dialogs.check_objections import check_objections
from dialogs.check_right_party import check_right_party
from dialogs.debt_words import DEBT_WORDS, debt_word
from dialogs.loader import assemble
from dialogs.slots.reasons import REASONS
from dialogs.source import parse
from dialogs.wording import WORDING

CATALOGUE = Catalogue(
    queues=frozenset({"desk"}),
    lookups={
        "account": LookupSchema(
            ("customer_number",),
            {"balance": "money", "balance_currency": "text", "due_date": "date", "open": "boolean"},
        ),
        "parcel": LookupSchema(
            ("customer_number",), {"status": "text", "total": "money", "total_currency": "text"}
        ),
    },
    identities={"right_party": LookupSchema(("customer_number", "birth_day"), {"name": "text"})},
    writes={"poll_answer": WriteSchema({"poll": "text"})},
)
HEAD = "flow: call\nlanguages: [es, ca, en]\nperson: person\npurpose: collection\nsteps:\n"
VERIFY = """  - ask: born
    type: digits
    length: 4
    prompt: {es: "¿Día y mes?", ca: "Dia i mes?", en: "Day and month?"}
  - verify: right_party
    with: {customer_number: "{caller.customer_number}", birth_day: "{born}"}
    failed: bye
"""
TELL = """  - lookup: account
    by: {customer_number: "{caller.customer_number}"}
    found: tell
    missing: bye
    slow: bye
    error: bye
  - id: tell
    say: {es: "Debe {account.balance:money}.", ca: "Deu {account.balance}.", en: "You owe {account.balance}."}
"""
END = """  - id: bye
    say: {es: "Adiós.", ca: "Adéu.", en: "Goodbye."}
  - id: over
    hangup: normal
  - id: person
    queue: desk
    say: {es: "Le paso.", ca: "Li passo.", en: "One moment."}
    busy: {offer: callback, declined: bye}
"""


def found(*texts: str, catalogue: Catalogue = CATALOGUE) -> list[tuple[str, int, int, str]]:
    """What is wrong with the flows, and where."""
    sources = [parse(text, f"{text[6:].split(chr(10), 1)[0]}.flow.yaml") for text in texts]
    flows, problems = assemble(sources, catalogue)
    mine, other = (set(check(flows, flows.catalogue)) for check in (check_right_party, check_objections))
    assert [one for one in problems if one not in mine | other] == []
    return sorted((one.file, one.line, one.column, one.message) for one in problems if one in mine)


def step(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def said(es: str, ca: str = "Hola.", en: str = "Hello.", *, name: str = "early") -> str:
    return step(f'- id: {name}\n  say:\n    es: "{es}"\n    ca: "{ca}"\n    en: "{en}"')


def test_a_debt_behind_the_gate_is_none_of_its_business() -> None:
    """Verified first, told then."""
    assert found(HEAD + said("Hola, ¿hablo con {caller.name}?") + VERIFY + TELL + END) == []


def test_a_flow_that_calls_nobody_for_a_debt_says_what_it_likes() -> None:
    """The rule is for collections."""
    assert found(HEAD.replace("purpose: collection\n", "") + TELL + END) == []


def test_a_strategy_that_collects_makes_its_flow_a_collection() -> None:
    """Also without a word in the flow itself, and the message for machines with it."""
    flow = HEAD.replace("purpose: collection\n", "") + said("Su recibo está pendiente.") + END
    named = replace(CATALOGUE, collecting=frozenset({"call"}))
    assert found(flow) == []
    assert found(flow, catalogue=named) == [
        (
            "call.flow.yaml",
            7,
            7,
            "`recibo` is said before `verify` has succeeded: put it behind the `verify`, or write it so that "
            "nobody learns of a debt",
        )
    ]


@pytest.mark.parametrize(
    ("early", "line", "column", "begins"),
    [
        (said("Hola.", "El seu deute."), 9, 7, "`deute` is said"),
        (said("Hola.", en="Your Overdue balance."), 10, 7, "`Overdue` is said"),
        (said("Hay un IMPAGO."), 8, 7, "`IMPAGO` is said"),
        (
            step('- set: {owed: "{caller.purpose}"}'),
            6,
            11,
            "`{caller.purpose}` is handed on",
        ),
        (said("Llamamos por {caller.campaign}."), 8, 7, "`{caller.campaign}` is told"),
        (
            step(
                '- ask: sum\n  type: amount\n  prompt: {es: "¿Cuál?", ca: "Quin?", en: "Which?"}\n'
                "  failed: bye"
            ),
            7,
            5,
            "an amount is asked for",
        ),
        (
            step(
                '- ask: sure\n  type: yes_no\n  prompt: {es: "¿Sí?", ca: "Sí?", en: "Yes?"}\n'
                '  no_match: {es: "¿Sobre el pago?", ca: "Sí?", en: "Yes?"}'
            ),
            9,
            5,
            "`pago` is said",
        ),
        (
            step(
                '- menu: which\n  prompt: {es: "¿Cuál?", ca: "Quin?", en: "Which?"}\n  choices:\n    one:\n'
                "      key: 1\n      phrases: {es: [mi deuda], ca: [u], en: [one]}\n      then: born\n"
                "    person:\n      key: 0\n      phrases: {es: [persona], ca: [persona], en: [person]}\n"
                "      then: person"
            ),
            11,
            19,
            "`deuda` may be read back",
        ),
        (
            step(
                '- queue: desk\n  say: {es: "Le paso con cobros.", ca: "Li passo.", en: "One moment."}\n'
                "  busy: {offer: callback, declined: bye}\n  then: born"
            ),
            7,
            11,
            "`cobros` is said",
        ),
        (
            step(
                '- message: desk\n  prompt: {es: "Hable sobre el importe.", ca: "Digui.", en: "Go on."}\n'
                "  silent: bye\n  failed: bye"
            ),
            7,
            14,
            "`importe` is said",
        ),
        (
            step(
                '- notify: sms\n  to: "{caller.number}"\n'
                '  text: {es: "Pague su deuda.", ca: "Hola.", en: "Hello."}\n  failed: bye'
            ),
            8,
            12,
            "`Pague` is said",
        ),
    ],
)
def test_what_is_said_too_early(early: str, line: int, column: int, begins: str) -> None:
    """In any language, at any kind of step: at its line and column, with the remedy."""
    ((file, at, beside, message),) = found(HEAD + early + VERIFY + TELL + END)
    assert (file, at, beside) == ("call.flow.yaml", line, column)
    assert message.startswith(begins)
    assert message.endswith("put it behind the `verify`, or write it so that nobody learns of a debt")


def test_a_way_around_the_gate_is_found() -> None:
    """Whoever fails, and whoever asks for a person, has proved nothing."""
    around = END.replace('"Adiós."', '"Su deuda sigue pendiente."').replace(
        '"Le paso."', '"Le paso con cobros."'
    )
    problems = found(HEAD + VERIFY + TELL + around)
    assert [(line, message.split(" ", 1)[0]) for _, line, _, message in problems] == [
        (22, "`deuda`"),
        (27, "`cobros`"),
    ]


def test_a_money_value_of_any_look_up_is_one_too_early() -> None:
    """An amount tells of a debt, whatever it is called; what is no amount does not."""
    ask = step(
        '- lookup: parcel\n  by: {customer_number: "{caller.customer_number}"}\n  found: early\n'
        "  missing: bye\n  slow: bye\n  error: bye"
    )
    assert found(HEAD + ask + said("Su paquete está {parcel.status}.") + VERIFY + END) == []
    ((_, line, _, message),) = found(HEAD + ask + said("Son {parcel.total:money}.") + VERIFY + END)
    assert (line, message.split(" is ")[0]) == (14, "`{parcel.total}`")


GATE = "flow: gate\nlanguages: [es, ca, en]\nperson: desk\nsteps:\n"


def test_another_flow_may_be_the_gate() -> None:
    """What comes behind a subflow is behind its gate, if nobody comes back from there without a proof."""
    leave = step("- id: bye\n  hangup: normal\n- id: done\n  set: {gone: through}")
    gate = VERIFY.rstrip("\n") + "\n    then: done\n"
    assert found(HEAD + step("- subflow: gate") + TELL + END, GATE + gate + leave) == []


def test_a_gate_that_one_comes_back_from_anyhow_is_none() -> None:
    """Whoever fails comes back, too: then all that follows is too early, also in the other flow."""
    back = step('- id: bye\n  say: {es: "Sin deuda.", ca: "Hola.", en: "Hello."}')
    problems = found(HEAD + step("- subflow: gate") + TELL + END, GATE + VERIFY + back)
    assert [(file, line) for file, line, _, _ in problems] == [
        ("call.flow.yaml", 14),
        ("call.flow.yaml", 14),
        ("call.flow.yaml", 14),
        ("gate.flow.yaml", 13),
    ]


def test_who_has_proved_it_before_is_let_through() -> None:
    """By a branch that asks for exactly that, and by no other."""
    branch = step(
        '- id: known\n  branch:\n    - if: caller.proved == "right_party"\n      then: tell\n  else: bye'
    )
    tell = said("Su deuda es de cien.", name="tell")
    assert found(HEAD + branch + tell + END) == []
    other = branch.replace('caller.proved == "right_party"', 'caller.name == "Ana"')
    assert [line for _, line, _, _ in found(HEAD + other + tell + END)] == [13]


def test_the_notice_of_recording_and_the_way_back_from_an_aside() -> None:
    """They are said before any step, or between them."""
    notice = 'recording_notice: {es: "Grabamos su pago.", ca: "Enregistrem.", en: "We record."}\n'
    head = HEAD.replace("steps:\n", notice + "steps:\n")
    assert [(line, column) for _, line, column, _ in found(head + VERIFY + TELL + END)] == [(5, 20)]
    asides = (
        'asides:\n  back: {es: "Volvamos a su deuda.", ca: "Tornem.", en: "Back."}\n  intents: {help: told}\n'
    )
    head = HEAD.replace("steps:\n", asides + "steps:\n")
    told = "flow: told\nlanguages: [es, ca, en]\nperson: desk\nsteps:\n" + said("Es por un impago.")
    assert [(file, line) for file, line, _, _ in found(head + VERIFY + TELL + END, told)] == [
        ("call.flow.yaml", 6),
        ("told.flow.yaml", 7),
    ]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "Sin embargo, le llamaremos mañana a la página de siempre."),
        ("es", "Debe marcar el día y el mes. Atrás quedó la cita."),
        ("ca", "Ha de marcar el dia i el mes; són les deu en punt."),
        ("en", "Press one to go on. Who is speaking, Mr Owen?"),
    ],
)
def test_what_is_no_word_of_a_debt(language: str, text: str) -> None:
    """Words that look like one."""
    assert debt_word(text, language) is None


def test_the_engines_own_sentences_tell_nobody() -> None:
    """They are said anywhere, so that none of them may have a debt word: but those of questions for an
    amount, which are found too early by themselves."""
    telling = {
        name
        for name, texts in (*WORDING.items(), *REASONS.items())
        for language in DEBT_WORDS
        if debt_word(texts.get(language, ""), language) is not None
    }
    assert telling == {"keypad_amount", "too_small", "too_large"}
