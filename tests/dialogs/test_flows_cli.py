"""`ivr check`, `ivr test`, `ivr schema`, as a designer runs them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from ivr.cli.flows import SHIPPED
from ivr.config import Settings
from ivr.performers import PERFORMERS
from tests.dialogs.designer_commands import BALANCE, GROUP, commands, run


def test_check_of_the_shipped_flows_is_clean() -> None:
    """What is shipped has no mistakes, and the command says what it has looked at."""
    result = run("check")
    assert (result.exit_code, "no mistakes" in result.output) == (0, True), result.output


def test_a_flow_that_calls_people_is_played_as_whoever_it_calls() -> None:
    """It has to know whom: without, it asks for nobody, and breaks where it keeps what was said."""
    result = run("call", "right_party", "--text", "--now", "2026-11-23T11:00", typed="se equivoca\n")
    assert "¿Hablo con Ana Puig?" in result.output and "Ya no llamaremos a este teléfono" in result.output
    assert "broke" not in result.output, result.output
    assert "you are called" not in run("call", "balance", "--text", typed="/hangup\n").output


def test_check_looks_at_what_the_server_takes(tmp_path: Path) -> None:
    """The flows of the installation before the shipped ones, and it says which."""
    own = tmp_path / "flows"
    own.mkdir()
    head = "flow: own\nlanguages: [es]\nperson: billing\nsteps:\n"
    (own / "own.flow.yaml").write_text(f"{head}  - hangup: normal\n", encoding="utf-8")
    found = CliRunner().invoke(GROUP, ["check"], obj=Settings(home=tmp_path))
    assert (found.exit_code, f"1 flow file(s) and 0 scripted call(s) in {own}" in found.output) == (0, True)
    (own / "own.flow.yaml").write_text(f"{head}  - sya: x\n", encoding="utf-8")
    assert CliRunner().invoke(GROUP, ["check"], obj=Settings(home=tmp_path)).exit_code == 1


def test_test_plays_what_the_server_takes(tmp_path: Path) -> None:
    """As the check does: the flows of the installation before the shipped ones."""
    own = tmp_path / "flows"
    own.mkdir()
    head = "flow: own\nlanguages: [es]\nperson: billing\nsteps:\n"
    (own / "own.flow.yaml").write_text(f"{head}  - hangup: normal\n", encoding="utf-8")
    (own / "own.test.yaml").write_text(
        "flow: own\nlanguage: es\ntests:\n  - {test: a, steps: [{expect: {hangup: true}}]}\n",
        encoding="utf-8",
    )
    found = CliRunner().invoke(GROUP, ["test"], obj=Settings(home=tmp_path))
    assert (found.exit_code, "1 of 1 scripted calls passed" in found.output) == (0, True), found.output


def test_flows_in_a_folder_below_go_by_the_catalogue_beside_them(tmp_path: Path) -> None:
    """A designer stands above their folder: its queues are known, and not those of the product."""
    own = tmp_path / "mine"
    own.mkdir()
    (own / "catalogue.yaml").write_text("queues: [service]\n", encoding="utf-8")
    (own / "own.flow.yaml").write_text(
        "flow: own\nlanguages: [es]\nperson: service\nsteps:\n  - hangup: normal\n", encoding="utf-8"
    )
    result = run("check", str(tmp_path))
    assert (result.exit_code, "no mistakes" in result.output) == (0, True), result.output


def test_check_prints_one_line_per_mistake(tmp_path: Path) -> None:
    """`file:line:column: what, and what to do`, and status 1; with --json one object for editors."""
    file = tmp_path / "wrong.flow.yaml"
    file.write_text(
        'flow: wrong\nlanguages: [es]\nperson: biling\nsteps:\n  - sya: {es: "a"}\n', encoding="utf-8"
    )
    result = run("check", str(file))
    assert result.exit_code == 1
    assert f"{file}:5:5: unknown step `sya`: did you mean `say`?" in result.output
    found = json.loads(run("check", str(tmp_path), "--json").output)["problems"]
    assert [problem["line"] for problem in found] == [3, 5]


def test_check_reads_a_flow_with_those_beside_it(tmp_path: Path) -> None:
    """One file is named; its subflow stands beside it; the other's mistakes are not its own."""
    head = "languages: [es]\nperson: billing\nsteps:\n"
    one, other = tmp_path / "one.flow.yaml", tmp_path / "other.flow.yaml"
    one.write_text(f"flow: one\n{head}  - subflow: other\n  - hangup: normal\n", encoding="utf-8")
    other.write_text(f'flow: other\n{head}  - say: {{ca: "a"}}\n', encoding="utf-8")
    assert run("check", str(one)).exit_code == 0
    assert run("check", str(other)).exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("check", "/nowhere/at/all"),
        ("test", "/nowhere/at/all"),
        ("call", "main"),
        ("call", "main", "--text", "--voice"),
        ("call", "main", "--text", "--now", "tomorrow"),
        ("call", "main", "--voice", "--straight"),
        ("call", "main", "--voice", "--in", "/nowhere.wav"),
        ("call", "main", "--voice", "--language", "fr"),
        ("call", "mian", "--text"),
        ("call", "main", "--text", "--language", "fr"),
        ("check", "--catalogue", "/nowhere.yaml"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_2(words: tuple[str, ...]) -> None:
    """No stack trace; one line with the remedy."""
    result = run(*words)
    assert result.exit_code == 2, result.output
    assert result.output.count("\n") == 1
    assert ": " in result.output


@pytest.mark.parametrize("which", ["flow", "test", "catalogue"])
def test_every_command_tells_mistakes_as_check_does(which: str, tmp_path: Path) -> None:
    """Lines with place and remedy, all of them; status 1 from `check`, 2 from what cannot go on without."""
    flow = "flow: short\nlanguages: [es]\nperson: billing\nsteps:\n  - hangup: normal\n"
    turn = "hang" if which == "test" else "hang_up"
    files = {
        "short.flow.yaml": flow if which != "flow" else flow.replace("hangup", "hangpu"),
        "short.test.yaml": f"test: t\nflow: short\nsteps: [{turn}: true]\n",
        "catalogue.yaml": "queues: [billing]\n" + ("lookpus: {}\ndestinatons: {}\n" * (which == "catalogue")),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    checked = run("check", str(tmp_path))
    lines = checked.stdout.splitlines()
    assert checked.exit_code == 1
    assert len(lines) == (2 if which == "catalogue" else 1)
    assert all(".yaml:" in line and "did you mean" in line for line in lines)
    for words in (("test", str(tmp_path)), ("call", str(tmp_path / "short.flow.yaml"), "--text")):
        found = run(*words)
        assert (found.exit_code, found.stdout.splitlines()) == (2, lines)
        assert found.stderr.count("\n") == 1
    told = run("test", str(tmp_path), "--json")
    assert len(json.loads(told.stdout.splitlines()[-1])["problems"]) == len(lines)


def test_an_empty_folder_cannot_be_checked(tmp_path: Path) -> None:
    """Nothing to check is not the same as nothing wrong."""
    assert run("check", str(tmp_path)).exit_code == 2
    assert run("test", str(tmp_path)).exit_code == 2


def test_test_runs_the_calls_and_tells_the_coverage(tmp_path: Path) -> None:
    """The last line of --json holds the figures."""
    flow = "flow: short\nlanguages: [es, ca]\nperson: billing\nsteps:\n"
    flow += "  - say: {es: Hola., ca: Hola.}\n  - hangup: normal\n"
    (tmp_path / "short.flow.yaml").write_text(flow, "utf-8")
    text = "flow: short\nlanguage: [es, ca]\ntests: [{test: t, steps: [{expect: {hangup: true}}]}]\n"
    (tmp_path / "short.test.yaml").write_text(text, "utf-8")
    result = run("test", str(tmp_path), "--coverage", "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.output.splitlines()[-1])
    assert (figures["passed"], figures["failed"]) == (2, [])
    assert figures["coverage"] == dict.fromkeys(("steps", "branches", "retries", "languages"), 100.0)
    (tmp_path / "short.test.yaml").write_text(text.replace("[es, ca]", "es"), "utf-8")
    figures = json.loads(run("test", str(tmp_path), "--coverage", "--json").output.splitlines()[-1])
    assert figures["coverage"]["languages"] < 100.0


def test_a_failed_test_is_status_1(tmp_path: Path) -> None:
    """With the difference in the output."""
    flow = "flow: short\nlanguages: [es]\nperson: billing\nsteps:\n  - hangup: normal\n"
    (tmp_path / "short.flow.yaml").write_text(flow, "utf-8")
    text = "test: t\nflow: short\nsteps:\n  - expect: {outcome: fault}\n"
    (tmp_path / "short.test.yaml").write_text(text, "utf-8")
    result = run("test", str(tmp_path))
    assert result.exit_code == 1
    assert "wanted:  fault" in result.output


def test_some_tests_can_be_chosen_by_name() -> None:
    """`--only` takes a part of the name; a name that is not there is told with the nearest one."""
    assert "6 of 6 scripted calls passed" in run("test", "--only", "Everybody is busy").output
    result = run("test", "--only", "everybody is buzy")
    assert result.exit_code == 2
    assert "did you mean `everybody is busy`?" in result.output


def test_junit_names_the_failure_and_its_line(tmp_path: Path) -> None:
    """A build server shows which call failed, where, and the whole report; signs are escaped."""
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.test.yaml"))
    text = "flow: main\ntests:\n  - test: <a> & b\n    steps: [{key: 0}, {expect: {outcome: fault}}]\n"
    text += "  - test: fine\n    steps: [{key: 0}]\n"
    (tmp_path / "main.test.yaml").write_text(text, "utf-8")
    assert run("test", str(tmp_path), "--junit", str(tmp_path / "out.xml")).exit_code == 1
    suites = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert (suites.get("tests"), suites.get("failures")) == ("2", "1")
    wrong, fine = suites.iter("testcase")
    assert (wrong.get("name"), wrong.get("line"), len(fine)) == ("<a> & b [es]", "3", 0)
    suite = suites.find("testsuite")
    assert suite is not None
    took = [float(one.get("time", "none")) for one in (wrong, fine, suite)]
    assert 0 < max(took[:2]) <= took[2] + 0.002, "a case without its time is refused by Surefire's schema"
    failure = wrong.find("failure")
    assert failure is not None
    assert failure.get("message") == "line 4: outcome: wanted fault, was handed_over"
    assert "caller: keys 0" in str(failure.text)
    assert run("test", str(tmp_path), "--junit", str(tmp_path / "no" / "out.xml")).exit_code == 2


def test_schema_is_json() -> None:
    """An editor can load it."""
    assert json.loads(run("schema").output)["$defs"]["step_menu"]


@pytest.mark.parametrize("command", [str(command.name) for command in commands])
def test_every_command_has_help_with_an_example(command: str) -> None:
    """`--help` shows how it is used."""
    assert f"ivr {command}" in run(command, "--help").output


def test_a_step_that_only_tests_can_perform_is_noted_and_no_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 0, because the file is right; a line for the designer, and a list for programs."""
    (tmp_path / "catalogue.yaml").write_text("queues: [billing]\n", "utf-8")
    head = "flow: a\nlanguages: [es]\nperson: billing\nsteps:\n"
    steps = ""
    for name, kind in (("money", "amount"), ("day", "date")):
        steps += f'  - ask: {name}\n    type: {kind}\n    prompt: {{es: "a"}}\n'
    steps += '  - ask: sure\n    type: yes_no\n    prompt: {es: "a"}\n'
    steps += "  - promise: it\n    amount: money\n    on: day\n    confirmed: sure\n    failed: over\n"
    steps += "  - id: over\n    hangup: normal\n"
    (tmp_path / "a.flow.yaml").write_text(head + steps, "utf-8")
    monkeypatch.setattr("ivr.cli.flows.PERFORMERS", PERFORMERS - {"promises"})
    result = run("check", str(tmp_path))
    assert result.exit_code == 0
    assert "a.flow.yaml:14:5: `promise` needs `promises`, which is not installed" in result.output
    assert "(a note, no mistake)" in result.output
    found = json.loads(run("check", str(tmp_path), "--json").output)
    assert (found["problems"], [note["line"] for note in found["notes"]]) == ([], [14])


def test_mistakes_of_tests_are_told_beside_those_of_their_flow(tmp_path: Path) -> None:
    """One run tells both; what only the flow could tell of a name waits until it can be read."""
    folder = tmp_path / "balance"
    shutil.copytree(BALANCE, folder)
    flow, test = sorted(folder.glob("*.flow.yaml"))[0], sorted(folder.glob("*.test.yaml"))[0]
    flow.write_text(flow.read_text("utf-8").replace("prompt:", "promt:", 1), "utf-8")
    test.write_text(test.read_text("utf-8").replace("expect:", "expects:", 1), "utf-8")
    found = run("check", str(folder))
    assert found.exit_code == 1
    assert "did you mean `prompt`?" in found.output
    assert "unknown key `expects`: did you mean `expect`?" in found.output
    assert "there is no" not in found.output


def test_a_catalogue_that_is_no_file_is_told_and_not_passed_over(tmp_path: Path) -> None:
    """Another catalogue in its place would call every queue unknown."""
    folder = tmp_path / "balance"
    shutil.copytree(BALANCE, folder)
    (folder / "catalogue.yaml").unlink()
    (folder / "catalogue.yaml").mkdir()
    found = run("check", str(folder))
    assert (found.exit_code, len(found.output.splitlines())) == (1, 1), found.output
    assert "catalogue.yaml:1:1" in found.output
