"""Flow tests, coverage, and the caller who types."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.catalogue import Catalogue
from dialogs.coverage import coverage
from dialogs.differences import nearest_passage
from dialogs.errors import FlowsInvalid
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.play import Played, play
from dialogs.rehearsal import load_scripts, test_files
from tests.dialogs.conftest import Walk
from tests.dialogs.flowtext import HEAD

KOREAN = Path(__file__).parent / "flows"


@pytest.fixture(name="flows", scope="module")
def _flows(shipped: FlowSet) -> FlowSet:
    return shipped


def played(text: str, flows: FlowSet, folder: Path) -> list[Played]:
    file = folder / "trial.test.yaml"
    file.write_text(text, encoding="utf-8")
    return [play(flows, script) for script in load_scripts([file], flows)]


def test_the_shipped_tests_pass_and_cover_everything(shipped: FlowSet, walk: Walk) -> None:
    """All scripted calls pass, and every step, exit, retry and language of the shipped flows is walked."""
    assert [call.report() for call in walk.calls if not call.passed] == []
    covered = coverage(shipped, walk.calls)
    assert covered.steps.missing == ()
    assert covered.branches.missing == ()
    assert covered.retries.missing == ()
    assert covered.languages.missing == ()
    assert covered.complete
    assert {call.script.language for call in walk.calls} == {"es", "ca", "en"}


def test_the_korean_flow_needs_to_be_asked_for() -> None:
    """Korean is no language of the product; a set loaded for tests may speak it."""
    catalogue = Catalogue(queues=frozenset({"billing"}))
    with pytest.raises(FlowsInvalid, match="unknown language `ko`"):
        load_flows([KOREAN], catalogue)
    korean = load_flows([KOREAN], catalogue, extra_languages=("ko",))
    calls = [play(korean, script) for script in load_scripts(test_files([KOREAN]), korean)]
    assert [call.report() for call in calls if not call.passed] == []
    assert coverage(korean, calls).complete


def test_a_difference_is_readable(flows: FlowSet, tmp_path: Path) -> None:
    """A failed test tells its line, what was wanted, what was, and the whole call."""
    text = "test: wrong\nflow: main\nsteps:\n  - key: 1\n  - expect: {said: factura, step: main_menu}\n"
    call = played(text, flows, tmp_path)[0]
    assert not call.passed
    assert [(d.line, d.what, d.wanted, d.was) for d in call.differences] == [
        (
            5,
            "said",
            "… factura …",
            "Antes de darle ningún dato, tengo que comprobar quién es. "
            "Diga o marque su número de cliente. Son cinco cifras.",
        ),
        (5, "step", "main_menu", "customer_number"),
    ]
    report = call.report()
    assert "trial.test.yaml:5: said" in report
    assert "    4  caller: keys 1" in report


@pytest.mark.parametrize(
    ("expect", "what"),
    [
        ("{queue: billing}", "queue"),
        ("{outcome: balance_told}", "outcome"),
        ("{hangup: true}", "hangup"),
        ("{slots: {customer_number: 45716}}", "slot customer_number"),
        ("{not_said: bienvenida}", "said"),
        ("{language: ca}", "language"),
        ("{lookup: account}", "lookup"),
        ("{flow: balance}", "flow"),
        ("{keypad_only: true}", "keypad_only"),
        ("{faults: 1}", "faults"),
        ('{said: "€"}', "said"),
    ],
)
def test_every_expectation_can_fail(expect: str, what: str, flows: FlowSet, tmp_path: Path) -> None:
    """An expectation that never fails would be worse than none."""
    call = played(f"test: t\nflow: main\nsteps:\n  - expect: {expect}\n", flows, tmp_path)[0]
    assert what in [difference.what for difference in call.differences]


def test_words_count_whole(flows: FlowSet, tmp_path: Path) -> None:
    """`alto` is not said by "saldo", and accents and case do not matter."""
    text = "test: t\nflow: main\nsteps:\n  - expect: {said: [HOLA LE DAMOS, numero]}\n"
    assert not played(text, flows, tmp_path)[0].passed
    text = "test: t\nflow: main\nsteps:\n  - expect: {said: HOLA LE DAMOS, not_said: ald}\n"
    assert played(text, flows, tmp_path)[0].passed


def test_turns_after_the_end_are_told(flows: FlowSet, tmp_path: Path) -> None:
    """A script that goes on after the hang-up is wrong, and says so."""
    text = "test: t\nflow: main\nsteps:\n  - hang_up: true\n  - say: hola\n"
    assert "cannot do this any more" in played(text, flows, tmp_path)[0].report()


def test_keys_typed_ahead_wait_for_their_question(flows: FlowSet, tmp_path: Path) -> None:
    """1 and the number in one go: the menu takes the first key, the question the rest."""
    text = 'test: t\nflow: main\nsteps:\n  - key: "145716"\n'
    text += "  - expect: {slots: {customer_number: 45716}, step: pin}\n"
    assert played(text, flows, tmp_path)[0].passed


def test_speech_is_not_heard_where_only_keys_are_taken(flows: FlowSet, tmp_path: Path) -> None:
    """After two misses the keypad alone answers; whoever still talks is silent to the call."""
    text = "test: t\nflow: main\nsteps:\n" + "  - silence: 6s\n" * 2
    text += "  - expect: {keypad_only: true}\n  - say: saldo\n  - expect: {queue: billing}\n"
    call = played(text, flows, tmp_path)[0]
    assert call.passed, call.report()
    assert ("caller", "says “saldo”, unheard") in call.transcript


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("flow: main\ntests: []\n", 2, "at least one"),
        ("flow: mian\ntests:\n  - test: t\n    steps: [{key: 1}]\n", 1, "did you mean `main`"),
        ("tests:\n  - test: t\n    steps: [{key: 1}]\n", 2, "`flow` is missing"),
        ("flow: main\ntests:\n  - test: t\n    steps: [{sy: a}]\n", 4, "did you mean `say`"),
        ("flow: main\ntests:\n  - test: t\n    steps: [{say: a, key: 1}]\n", 4, "one a line"),
        ("flow: main\ntests:\n  - test: t\n    steps: [{silence: six}]\n", 4, "`6s`"),
        ("flow: main\ntests:\n  - test: t\n    steps: [{expect: {sadi: a}}]\n", 4, "did you mean `said`"),
        (
            "flow: main\ntests:\n  - test: t\n    language: fr\n    steps: [{key: 1}]\n",
            4,
            "does not speak `fr`",
        ),
        ("flow: main\nnow: yesterday\ntests:\n  - test: t\n    steps: [{key: 1}]\n", 2, "unknown time"),
        ("flow: main\nzone: Mars/Base\ntests:\n  - test: t\n    steps: [{key: 1}]\n", 2, "unknown time zone"),
        (
            "flow: main\nagents: asleep\ntests:\n  - test: t\n    steps: [{key: 1}]\n",
            2,
            "write `free`, `busy`",
        ),
        (
            "flow: main\nagents: close\ntests:\n  - test: t\n    steps: [{key: 1}]\n",
            2,
            "did you mean `closed`?",
        ),
        ("- a\n", 1, "this is no test"),
    ],
)
def test_wrong_test_files_are_told(text: str, line: int, what: str, flows: FlowSet, tmp_path: Path) -> None:
    """A mistake in a test is one line, too: where, what, and what to do."""
    with pytest.raises(FlowsInvalid) as fault:
        played(text, flows, tmp_path)
    (problem,) = fault.value.problems
    assert problem.line == line
    assert what in problem.message


@pytest.mark.parametrize(
    ("top", "steps", "line", "what"),
    [
        (
            "data: {account: {x: {nam: Ana}}}",
            "key: 1",
            2,
            "`account` has no field `nam`: did you mean `name`?",
        ),
        ("data: {account: {x: [slow, {nam: A}]}}", "key: 1", 2, "did you mean `name`?"),
        ("data: {acount: {x: slow}}", "key: 1", 2, "no look-up `acount`: did you mean `account`?"),
        ("caller: {nam: Ana}", "key: 1", 2, "did you mean `name`?"),
        ("agents: free", "expect: {step: main_menuu}", 4, "no step `main_menuu` in any of these flows: did"),
        ("agents: free", "expect: {flow: balance, step: main_menu}", 4, "in flow `balance`"),
        ("agents: free", "expect: {flow: balanze}", 4, "did you mean `balance`?"),
        ("agents: free", "expect: {slots: {customer_nr: 1}}", 4, "did you mean `customer_number`?"),
        ("agents: free", "expect: {queue: billin}", 4, "no queue `billin`: did you mean `billing`?"),
        ("agents: free", "expect: {queue: 'billing, sale'}", 4, "did you mean `sales`?"),
        ("agents: free", "expect: {lookup: acount}", 4, "did you mean `account`?"),
        ("language: [es, ca]", "say: {es: hola}", 4, 'played in `ca` and has no text here: add `ca: "…"`'),
        ("language: [es, ca]", "expect: {said: {es: hola}}", 4, "played in `ca`"),
        ("language: [es, ca]", "expect: {not_said: {es: hola}}", 4, "played in `ca`"),
    ],
)
def test_what_a_test_names_must_be_there(
    top: str, steps: str, line: int, what: str, flows: FlowSet, tmp_path: Path
) -> None:
    """A misspelt field, step or queue is a mistake of the test, told with the nearest name, and only once."""
    with pytest.raises(FlowsInvalid) as fault:
        played(f"flow: main\n{top}\ntests:\n  - {{test: t, steps: [{{{steps}}}]}}\n", flows, tmp_path)
    (problem,) = fault.value.problems
    assert problem.line == line
    assert what in problem.message


WRONG_VALUES = """flow: main
now: 2026-13-45T10:00
zone: Europe/Madrit
region: SP
caller: {segment: true}
data:
  account:
    "45716": {balance: 142.30, due_date: 2026-02-30, balance_currency: EURO}
    "18051": [slow, {balance: 99999999999999, has_paid: maybe}]
    "30007": sloow
tests:
  - test: one
    language: [es, ca]
    steps:
      - key: A
      - silence: 9999s
      - say: {es: hola}
      - expect: {sadi: hola, outcome: balance_tolt, message: billin, record: voice, case: x, notify: fax}
      - expect: {callback: sale, understand: motive, promise: pay, offered: cake, step: nowhere_at_all}
  - steps: [{key: 1}]
  - test: three
    steps: []
  - test: four
    now: 1887-01-01T10:00
    zone: Europe/Paris
    steps: [{expect: {queue: nobody}}]
"""


def test_every_mistake_of_a_file_is_told_in_one_run(flows: FlowSet, tmp_path: Path) -> None:
    """Times, zones, days, amounts, silences, names: each with its line and column, none twice."""
    with pytest.raises(FlowsInvalid) as fault:
        played(WRONG_VALUES, flows, tmp_path)
    found = {(problem.line, problem.column): problem.message for problem in sorted(fault.value.problems)}
    assert len(found) == len(fault.value.problems)
    wanted = {
        (2, 1): "unknown time `2026-13-45T10:00`: write it as",
        (3, 1): "unknown time zone `Europe/Madrit`: write it as",
        (4, 1): "unknown country `SP`, write its ISO 3166 code such as `ES`",
        (5, 10): "`segment: true` is no text: put it in quotes",
        (8, 15): "`balance: 142.3` is no amount: write the cents as a whole number",
        (8, 32): "`due_date: 2026-02-30` is a day that no calendar has: write",
        (8, 54): "`balance_currency: EURO` is no currency that can be said: did you mean `EUR`?",
        (9, 22): "`balance: 99999999999999` is out of range",
        (9, 47): "`has_paid: maybe` is no yes or no: write true or false",
        (10, 5): "`sloow` is not allowed for `30007`: did you mean `slow`?",
        (15, 9): "`key: A` cannot be pressed: write digits",
        (16, 9): "`silence: 9999s` is out of range: write at most `600s`",
        (17, 9): "played in `ca` and has no text here",
        (18, 18): "unknown key `sadi`: did you mean `said`?",
        (18, 30): "no step that notes the outcome `balance_tolt`: did you mean `balance_told`?",
        (18, 53): "no queue `billin`: did you mean `billing`?",
        (18, 70): "no step with `record` `voice`",
        (18, 85): "no step with `case` `x`",
        (18, 94): "no step with `notify` `fax`",
        (19, 18): "no queue `sale`: did you mean `sales`?",
        (19, 34): "no step with `understand` `motive`",
        (19, 54): "no step with `promise` `pay`",
        (19, 68): "no step that offers `cake`: choose one of `callback`",
        (19, 83): "no step `nowhere_at_all` in any of these flows",
        (20, 5): "`test` is missing: add `test: …`",
        (22, 5): "`steps` is empty: add at least one",
        (24, 5): "`now: 1887-01-01T10:00` is out of range: write a year from 2000 to 2099",
        (26, 23): "no queue `nobody`",
    }
    assert {place: found[place] for place in found if place not in wanted} == {}
    assert {place: text for place, text in wanted.items() if text not in found.get(place, "")} == {}


def test_the_region_of_a_test_decides_whose_numbers_are_meant(tmp_path: Path) -> None:
    """A number of Peru is one in Peru, and none in Spain; a test may differ from the top of its file."""
    (tmp_path / "trial.flow.yaml").write_text(
        HEAD + '  - ask: number\n    type: phone\n    prompt: {es: "Su número."}\n  - hangup: normal\n'
    )
    flows = load_flows([tmp_path], Catalogue(queues=frozenset({"billing"})))
    text = "flow: trial\nregion: PE\ntests:\n"
    text += "  - {test: there, steps: [{key: 987654321#}, {expect: {slots: {number: +51987654321}}}]}\n"
    text += "  - test: here\n    region: ES\n"
    text += "    steps: [{key: 600111222#}, {expect: {slots: {number: +34600111222}}}]\n"
    text += "  - {test: neither, region: ES, steps: [{key: 187654321#}, {expect: {step: number}}]}\n"
    assert [call.report() for call in played(text, flows, tmp_path) if not call.passed] == []


def test_coverage_names_what_is_missing(flows: FlowSet, tmp_path: Path) -> None:
    """One call by key covers little, and the report tells the rest with file and line."""
    calls = played("test: t\nflow: main\nsteps:\n  - key: 0\n", flows, tmp_path)
    covered = coverage(flows, calls)
    assert covered.steps.covered == 11
    assert not covered.complete
    assert any("balance.flow.yaml:" in item and "`tell` in ca" in item for item in covered.languages.missing)
    assert any("`main_menu` → balance" in item for item in covered.branches.missing)
    assert any("`main_menu`, no_input 3" in item for item in covered.retries.missing)
    menu = covered.of_step["main", "main_menu"]
    assert (menu.state, menu.calls, menu.branches["person"], menu.branches["balance"]) == ("partly", 1, 1, 0)
    assert "→ balance" in menu.missing
    assert "in ca" in menu.missing
    assert covered.of_step["balance", "tell"].state == "missed"
    assert covered.of_step["hand_over", "person"].languages == {"es": 1, "ca": 0, "en": 0}


@pytest.mark.parametrize(
    ("heard", "wanted", "shown"),
    [
        ("Son cinco cifras. Gracias.", "son seis cifras", "Son [seis → cinco] cifras."),
        ("Diga o marque su número", "número de cliente", "número [de cliente → nothing]"),
        ("Le paso con una persona.", "le paso ya con una persona", "Le paso [ya → nothing] con una persona."),
        ("Hola", "adiós", ""),
        ("", "adiós", ""),
    ],
)
def test_the_nearest_passage_shows_what_differs(heard: str, wanted: str, shown: str) -> None:
    """Expected words that were nearly said: the reader sees at once which word is another."""
    assert nearest_passage(heard, wanted) == shown
