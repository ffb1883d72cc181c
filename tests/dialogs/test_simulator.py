"""The caller who types: what they may type, and what they are shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.simulator import TextCaller
from tests.dialogs.flowtext import flow_set
from tests.dialogs.typing_caller import NOW, caller, flows, notes

__all__ = ["caller", "flows"]

SECRET = """flow: secret
languages: [es]
person: billing
steps:
  - ask: pin
    type: digits
    length: 4
    sensitive: true
    prompt: {es: "Su clave."}
  - id: read
    say: {es: "Es {pin}."}
  - hangup: normal
"""


def test_the_caller_speaks_keys_and_is_silent(caller: TextCaller) -> None:
    """Text, keys, silence, what was understood of them, and hang-up, as in the terminal."""
    assert ("ivr", "Hola, le damos la bienvenida.") in caller.start()
    assert caller.feed("mi saldo\n")[0] == ("note", "“mi saldo”: understood balance (sure)")
    assert caller.feed("bla")[0] == ("note", "“bla”: not understood")
    assert ("note", "is silent: silence") in caller.feed("/silence")
    assert notes(caller.feed("/key 45716#")) == ["keys 45716: understood 45716 (sure)"]
    assert ("system", "outcome balance_told") in caller.feed("/key 7302#")
    caller.feed("/hangup")
    assert caller.finished
    assert "the call is over" in caller.feed("hola")[0][1]


def test_the_state_tells_where_the_call_is_and_what_is_known(caller: TextCaller) -> None:
    """Step, language, how the question is answered, misses, slots, look-ups, outcome."""
    caller.start()
    caller.feed("bla")
    assert notes(caller.feed("/state")) == [
        "main.main_menu in es",
        "waits for menu, by voice or key",
        "no_match: 1",
    ]
    caller.feed("/key 1 45716 7302")
    state = notes(caller.feed("/state"))
    assert "customer_number = 45716" in state
    assert "account.balance = 0" in state
    assert "outcome = balance_told" in state


def test_what_is_sensitive_is_masked(tmp_path: Path) -> None:
    """Neither the echo nor the state nor the transcript shows a sensitive answer; a saved test warns."""
    caller = TextCaller(flow_set(SECRET), "secret", Facts("es"), {})
    caller.start()
    shown = [*caller.feed("uno dos tres cuatro"), *caller.feed("/state")]
    assert ("note", "pin = •••") in shown
    assert ("note", "“•••”: understood ••• (sure)") in shown
    assert not [what for _, what in shown if "1234" in what or "uno" in what]
    assert "made-up" in caller.feed(f"/save {tmp_path / 'a.test.yaml'}")[-1][1]
    assert notes(caller.feed("/back")) == ["taken back: •••"]


@pytest.mark.parametrize(
    ("typed", "note"),
    [
        ("/what", "unknown command /what"),
        ("/sillence", "did you mean `/silence`?"),
        ("/key x", "/key 1"),
        ("/key", "/key 1"),
        ("/jump", "/jump main_menu"),
        ("/jump main_meny", "did you mean `main_menu`?"),
        ("/jump mian.main_menu", "there is no flow `mian`"),
        ("/set", "there is no slot"),
        ("/set custmer_number 1", "did you mean `customer_number`?"),
        ("/set customer_number", "write the value"),
        ("*0", "type /key *0"),
        ("/silence soon", "/silence 3s"),
        ("/back", "no turn to take back"),
        ("/save", "write the file"),
        ("/save notes.txt", "test.yaml"),
    ],
)
def test_what_is_mistyped_is_told_with_the_remedy(caller: TextCaller, typed: str, note: str) -> None:
    """One line, with the nearest name; the call stays where it was."""
    caller.start()
    shown = caller.feed(typed)
    assert [who for who, _ in shown] == ["note"]
    assert note in shown[0][1]
    assert notes(caller.feed("/state"))[0] == "main.main_menu in es"


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("balance.account", "`balance.account`|jump to `verification.customer` instead"),
        ("balance.owes", "jump to `balance.account`"),
    ],
)
def test_a_jump_that_would_break_is_refused(caller: TextCaller, flows: FlowSet, step: str, told: str) -> None:
    """The note names what to set, or the look-up to jump to; the call stays where it was, and alive."""
    if step == "balance.owes":
        balance = flows.flow("balance")
        step = "balance." + next(
            name
            for name, one in balance.steps.items()
            if any("account.balance" in text.names for _, words in one.prompts() for text in words.values())
        )
    caller.start()
    shown = caller.feed(f"/jump {step}")
    assert [who for who, _ in shown] == ["note"]
    assert told.rpartition("|")[2] in shown[0][1]
    assert not caller.finished
    assert notes(caller.feed("/state"))[0] == "main.main_menu in es"


LATER = """flow: later
languages: [es]
person: billing
steps:
  - ask: amount
    type: yes_no
    prompt: {es: "¿Sí?"}
  - id: hello
    say: {es: "Hola."}
  - id: tell
    say: {es: "Es {amount}."}
  - hangup: normal
"""


def test_a_jump_that_breaks_a_step_later_is_taken_back() -> None:
    """The step itself can be said, the next cannot: the call is as it was before the jump."""
    caller = TextCaller(flow_set(LATER), "later", Facts("es"), {})
    caller.start()
    (note,) = notes(caller.feed("/jump hello"))
    assert "not yet: the flow would break at later.tell" in note
    assert not re.search(r"[a-z][A-Z]\w+:", note), "a name of the program's"
    assert notes(caller.feed("/state"))[0] == "later.amount in es"
    caller.feed("/set amount yes")
    assert ("ivr", "Hola.") in caller.feed("/jump hello")
    assert caller.finished
    assert "/back" in caller.feed("/jump hello")[0][1]


def test_a_jump_with_a_filled_slot_goes_on(caller: TextCaller, tmp_path: Path) -> None:
    """The step runs as if the call had come there; such a call is no test until the jump is taken back."""
    caller.start()
    caller.feed("/key 1")
    assert notes(caller.feed("/set order_id 780346")) == ["order_id = 780346"]
    assert notes(caller.feed("/set home_postcode 28014")) == ["home_postcode = 28014"]
    assert ("system", "outcome order_told") in caller.feed("/jump order_status.order")
    caller.feed("/silence")
    file = tmp_path / "a.test.yaml"
    assert "is no test" in caller.feed(f"/save {file}")[0][1]
    taken = [caller.feed("/back")[0][1] for _ in range(4)]
    assert taken == [
        f"taken back: {what}"
        for what in ("/silence", "/jump order_status.order", "/set home_postcode", "/set order_id")
    ]
    assert notes(caller.feed("/state"))[0] == "verification.customer_number in es"
    assert "saved" in caller.feed(f"/save {file}")[0][1]


def test_a_sensitive_slot_that_was_set_is_taken_back_unseen() -> None:
    """Neither the echo of /set nor that of /back shows it."""
    caller = TextCaller(flow_set(SECRET), "secret", Facts("es"), {})
    caller.start()
    caller.feed("/set pin 1234")
    assert notes(caller.feed("/back")) == ["taken back: /set pin"]


def test_keys_may_be_written_in_groups(caller: TextCaller) -> None:
    """A telephone has no key for a space."""
    caller.start()
    caller.feed("/key 1")
    assert ("note", "keys 45716: understood 45716 (sure)") in caller.feed("/key 457 16")


def test_a_silence_of_some_length(caller: TextCaller) -> None:
    """Shorter than the question waits it is none; longer, it is one."""
    caller.start()
    assert notes(caller.feed("/silence 500ms"))[0].endswith("goes on waiting")
    assert notes(caller.feed("/state"))[-1] == "waits for menu, by voice or key"
    assert ("note", "is silent: silence") in caller.feed("/silence 1m")


def test_a_turn_can_be_taken_back(caller: TextCaller) -> None:
    """Also the last one, after the call is over; what is saved holds only what stayed."""
    caller.start()
    caller.feed("/key 1")
    caller.feed("/hangup")
    assert caller.finished
    assert caller.feed("/back")[0] == ("note", "taken back: /hangup")
    assert notes(caller.feed("/state"))[0] == "verification.customer_number in es"
    assert caller.feed("/back")[-1][1].startswith("Dígame qué necesita")
    assert notes(caller.feed("/state"))[0] == "main.main_menu in es"


def test_data_that_say_nothing_are_told(caller: TextCaller) -> None:
    """The designer sees why the look-up went the way it did."""
    caller.start()
    assert "the data say nothing about account “20008”: answered slow" in notes(
        caller.feed("/key 1 20008 7302")
    )


SINCE = """flow: since
languages: [es]
person: billing
steps:
  - {ask: since, type: date, range: past, prompt: {es: "¿Desde cuándo?"}}
  - {ask: sure, type: yes_no, prompt: {es: "¿Seguro?"}}
  - {ask: owed, type: amount, prompt: {es: "¿Cuánto?"}}
  - {ask: pin, type: digits, length: 4, sensitive: true, prompt: {es: "¿Clave?"}}
  - id: tell
    say: {es: "Desde el {since:date}, {owed:money}."}
  - hangup: normal
"""


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("since 2026-11-20", "since = 2026-11-20"),
        ("since ayer", "since = 2026-11-22"),
        ("since el lunes que nunca fue", "`el lunes que nunca fue` is no value for `since`: write a day as"),
        ("since 2026-02-31", "is no value for `since`: write a day as `2026-12-11`"),
        ("sure sí, claro", "sure = yes"),
        ("sure no", "sure = no"),
        ("sure naranja", "write `yes` or `no`"),
        ("owed 14230", "owed = 14230"),
        ("owed diez euros", "owed = 1000"),
        ("pin 12", "`•••` is no value for `pin`: write an answer of `type: digits` (length: 4)"),
    ],
)
def test_a_value_by_hand_is_taken_as_its_question_would(typed: str, shown: str) -> None:
    """As flows keep it, or as callers say it; what is neither is refused with the form that is wanted."""
    caller = TextCaller(flow_set(SINCE), "since", Facts("es", {}, NOW), {})
    caller.start()
    (note,) = notes(caller.feed(f"/set {typed}"))
    assert shown in note


def test_a_value_in_another_form_is_said_after_a_jump() -> None:
    """What was typed as callers say it becomes what the step can say, its currency too."""
    caller = TextCaller(flow_set(SINCE), "since", Facts("es", {}, NOW), {})
    caller.start()
    caller.feed("/set since ayer")
    caller.feed("/set owed diez euros")
    assert any("22 de noviembre" in said and "10" in said for who, said in caller.feed("/jump tell"))


ADDRESS = """flow: address
languages: [es]
person: billing
steps:
  - ask: street
    type: text
    prompt: {es: "¿La calle?"}
  - confirm: street
    prompt: {es: "Es {street}. ¿Correcto?"}
    no: street
  - hangup: normal
"""


def test_free_speech_and_its_correction_are_told_in_plain_words() -> None:
    """No key answers free speech, and a correction is shown as one."""
    caller = TextCaller(flow_set(ADDRESS), "address", Facts("es", {"number": "", "name": ""}, NOW), {})
    caller.start()
    assert notes(caller.feed("/state"))[1] == "waits for text, by voice"
    caller.feed("calle mayor doce")
    shown = notes(caller.feed("no, es calle mayor quince"))
    assert shown == ["“no, es calle mayor quince”: understood correction, street: calle mayor quince (sure)"]
    assert "waits for yes_no, by voice or key" in notes(caller.feed("/state"))
