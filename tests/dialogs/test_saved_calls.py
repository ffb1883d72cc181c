"""A typed call is saved as a test, which passes and stands where it should."""

from __future__ import annotations

from pathlib import Path

from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.outside import Outside
from dialogs.play import play
from dialogs.rehearsal import load_scripts
from dialogs.simulator import TextCaller
from dialogs.stand_in import Data
from tests.dialogs.typing_caller import NOW, SHIPPED, caller, flows, notes

__all__ = ["caller", "flows"]


TOP = """flow: main
agents: closed
caller: {segment: vip, name: Ana}
outside: {transfer: failed}
recorded: false
data:
  account: {else: slow}
tests:
  - test: there already
    steps:
      - expect: {step: main_menu}
"""


def test_a_saved_test_is_not_bent_by_the_top_of_its_file(flows: FlowSet, tmp_path: Path) -> None:
    """What stands at the top and was not so in the call does not hold for the saved test."""
    file = tmp_path / "main.test.yaml"
    file.write_text(TOP, encoding="utf-8")
    data: Data = {"account": {"45716": ["slow", {"balance": 0, "balance_currency": "EUR"}]}}
    caller = TextCaller(
        flows, "main", Facts("es", {"number": "", "name": ""}, NOW, recorded=True), data, "busy"
    )
    caller.start()
    for typed in ("mi saldo", "/key 45716", "/silence"):
        caller.feed(typed)
    saved = caller.feed(f"/save {file} mine")
    assert saved[0][1].startswith("saved"), saved
    mine = next(script for script in load_scripts([file], flows) if script.name == "mine")
    assert play(flows, mine).passed
    assert (mine.agents, mine.outside, mine.facts.recorded) == ("busy", Outside(), True)
    assert mine.facts.caller == {"number": "", "name": "", "segment": "", "attested": "none"}


def test_names_in_quotes_are_saved_without_them(caller: TextCaller, flows: FlowSet, tmp_path: Path) -> None:
    """As a shell takes them: a file with a space, a name with or without."""
    file = tmp_path / "my calls.test.yaml"
    caller.start()
    caller.feed("/silence")
    for name, saved in (
        ('"asks for l\'adreça"', "asks for l'adreça"),
        ("'twice'", "twice"),
        ("plain", "plain"),
    ):
        assert f"saved “{saved}” in {file}:" in caller.feed(f'/save "{file}" {name}')[0][1]
    assert {one.name for one in load_scripts([file], flows)} == {"asks for l'adreça", "twice", "plain"}


def test_a_saved_call_passes_as_a_test(caller: TextCaller, flows: FlowSet, tmp_path: Path) -> None:
    """Everything a caller can do, with what came of it; a second one goes behind the first."""
    file = tmp_path / "typed.test.yaml"
    caller.start()
    for typed in (
        "en catalán",
        'bla: "bla" #1',
        "",
        "1",
        "no",
        "/key 1",
        "/key 18051 7302",
        "/key 45716 7302#",
    ):
        caller.feed(typed)
    assert notes(caller.feed(f"/save {file} a long one")) == [
        f"saved “a long one” in {file}: ivr test {file}",
        f"a test is found beside its flow: move it to {SHIPPED}",
        "the test holds sensitive answers as you typed them: use made-up ones only",
    ]
    caller.feed("/hangup")
    caller.feed(f"/save {file}")
    first, second = load_scripts([file], flows)
    assert (first.name, first.facts.now, first.agents) == ("a long one", NOW, "busy")
    assert first.data == {
        "customer": {"18051, 7302": "missing", "45716, 7302": {"customer_number": "45716"}},
        "account": {"45716": {"balance": 0, "balance_currency": "EUR"}},
    }
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
