"""The caller who types: what they may type, what they are shown, and the test that is made of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialogs.catalogue import load_catalogue
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.play import play
from dialogs.rehearsal import load_scripts
from dialogs.simulator import TextCaller
from dialogs.stand_in import Data
from tests.dialogs.flowtext import flow_set

SHIPPED = Path(__file__).parents[2] / "dialogs" / "flows"
DATA: Data = {
    "account": {"45716": {"balance": 0, "balance_currency": "EUR"}, "18051": "missing", "else": "slow"}
}
NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Madrid"))

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


@pytest.fixture(scope="module")
def flows() -> FlowSet:
    return load_flows([SHIPPED], load_catalogue(SHIPPED / "catalogue.yaml"))


@pytest.fixture
def caller(flows: FlowSet) -> TextCaller:
    return TextCaller(flows, "main", Facts("es", {"number": "", "name": ""}, NOW), DATA)


def notes(lines: list[tuple[str, str]]) -> list[str]:
    return [what for who, what in lines if who == "note"]


def test_the_caller_speaks_keys_and_is_silent(caller: TextCaller) -> None:
    """Text, keys, silence, what was understood of them, and hang-up, as in the terminal."""
    assert ("ivr", "Hola, le damos la bienvenida.") in caller.start()
    assert caller.feed("mi saldo\n")[0] == ("note", "“mi saldo”: understood balance (sure)")
    assert caller.feed("bla")[0] == ("note", "“bla”: not understood")
    assert ("note", "is silent: silence") in caller.feed("/silence")
    assert ("system", "outcome balance_told") in caller.feed("/key 45716#")
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
    caller.feed("/key 145716")
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


def test_a_jump_needs_what_the_step_says(caller: TextCaller) -> None:
    """With /set the look-up after the jump has its key; without, the flow breaks as it would in a call."""
    caller.start()
    assert any(
        "the flow broke at balance/account" in note for note in notes(caller.feed("/jump balance.account"))
    )


def test_a_jump_with_a_filled_slot_goes_on(caller: TextCaller, tmp_path: Path) -> None:
    """The step runs as if the call had come there; such a call is no test, and cannot be taken back."""
    caller.start()
    assert notes(caller.feed("/set customer_number 45716")) == ["customer_number = 45716"]
    assert ("system", "outcome balance_told") in caller.feed("/jump balance.account")
    assert "is no test" in caller.feed(f"/save {tmp_path / 'a.test.yaml'}")[0][1]
    assert "begin again" in caller.feed("/back")[0][1]


def test_a_turn_can_be_taken_back(caller: TextCaller) -> None:
    """Also the last one, after the call is over; what is saved holds only what stayed."""
    caller.start()
    caller.feed("/key 1")
    caller.feed("/hangup")
    assert caller.finished
    assert caller.feed("/back")[0] == ("note", "taken back: /hangup")
    assert notes(caller.feed("/state"))[0] == "balance.customer_number in es"
    assert caller.feed("/back")[-1][1].startswith("Dígame qué necesita")
    assert notes(caller.feed("/state"))[0] == "main.main_menu in es"


def test_data_that_say_nothing_are_told(caller: TextCaller) -> None:
    """The designer sees why the look-up went the way it did."""
    caller.start()
    assert "the data say nothing about account “20008”: answered slow" in notes(caller.feed("/key 120008"))


def test_a_saved_call_passes_as_a_test(caller: TextCaller, flows: FlowSet, tmp_path: Path) -> None:
    """Everything a caller can do, with what came of it; a second one goes behind the first."""
    file = tmp_path / "typed.test.yaml"
    caller.start()
    for typed in ("en catalán", 'bla: "bla" #1', "", "1", "no", "/key 1", "/key 18051", "/key 45716#"):
        caller.feed(typed)
    assert notes(caller.feed(f"/save {file} a long one")) == [
        f"saved “a long one” in {file}: ivr test {file}",
        f"a test is found beside its flow: move it to {SHIPPED}",
    ]
    caller.feed("/hangup")
    caller.feed(f"/save {file}")
    first, second = load_scripts([file], flows)
    assert (first.name, first.facts.now, first.agents) == ("a long one", NOW, "busy")
    assert first.data == {"account": {"18051": "missing", "45716": {"balance": 0, "balance_currency": "EUR"}}}
    assert all(play(flows, script).passed for script in (first, second))
    assert len(second.steps) > len(first.steps)
    assert "another name" in caller.feed(f"/save {file} a long one")[0][1]


def test_a_test_is_added_without_touching_the_rest(
    caller: TextCaller, flows: FlowSet, tmp_path: Path
) -> None:
    """Comments and indentation of the file stay; one that cannot take a test is refused and left alone."""
    file = tmp_path / "main.test.yaml"
    text = "# mine\nflow: main\nagents: free\ntests:\n- test: old   # one\n  steps:\n  - key: 0\n"
    file.write_text(text, encoding="utf-8")
    caller.start()
    caller.feed("/key 0")
    caller.feed(f"/save {file} new")
    assert file.read_text("utf-8").startswith(text)
    assert [play(flows, script).passed for script in load_scripts([file], flows)] == [True, True]
    for wrong in (
        "test: one\nflow: main\nsteps: [{key: 0}]\n",
        "tests: []\n",
        "tests:\n  - test: a\nflow: main\n",
        "a: [\n",
    ):
        file.write_text(wrong, encoding="utf-8")
        assert "not saved" in caller.feed(f"/save {file} newer")[0][1]
        assert file.read_text("utf-8") == wrong
