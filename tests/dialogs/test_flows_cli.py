"""`ivr check`, `ivr test`, `ivr schema`, `ivr call --text`, as a designer runs them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest
from click.testing import CliRunner, Result

from data.ids import new_id
from data.records import CallBegun, CallEnded, CallStep
from data.releases import Intent
from data.store import Store
from dialogs.catalogue import load_catalogue
from dialogs.loader import load_flows
from ivr.cli import call, flow_test, flows, graph
from ivr.cli.flows import SHIPPED
from ivr.config import CallSettings, DatabaseSettings, Settings
from ivr.performers import PERFORMERS
from tests.databases import store_at

BALANCE = Path(__file__).parent / "balance"

commands = [*flows.commands, *flow_test.commands, *call.commands, *graph.commands]
GROUP = click.Group("ivr", commands={str(command.name): command for command in commands})


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(GROUP, list(words), input=typed, obj=Settings())


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


def test_a_typed_call_reaches_its_end() -> None:
    """The demo's main job in the terminal, answered from the test's data."""
    result = run("call", "main", "--text", typed="mi saldo\n45716\n/key 7302\nno\n")
    assert result.exit_code == 0, result.output
    assert "142,30 €" in result.output
    assert "hangs up" in result.output


def test_a_typed_call_can_be_saved_and_passes(tmp_path: Path) -> None:
    """What was typed and heard becomes a test file that `ivr test` takes."""
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "typed.test.yaml"
    typed = f"mi saldo\n45716\n/key 7302\nno\n/save {file} my call\n\n"
    result = run("call", "main", "--text", "--flows", str(tmp_path), typed=typed)
    assert f"saved “my call” in {file}" in result.output, result.output
    assert "1 of 1 scripted calls passed" in run("test", str(file)).output


def test_a_call_can_be_at_another_time_and_from_somebody() -> None:
    """Opening hours and segments can be tried at the desk."""
    closed = "La oficina está cerrada"
    assert closed in run("call", "main", "--text", "--now", "2026-11-22T10:00", "--segment", "").output
    vip = run("call", "main", "--text", "--now", "2026-11-23T10:00", "--segment", "vip").output
    assert closed not in vip
    assert "¿Le paso directamente con una persona?" in vip


def test_a_typed_call_ends_with_the_input() -> None:
    """A pipe that ends is no fault."""
    assert run("call", "main", "--text", "--language", "ca", typed="").exit_code == 0


@pytest.mark.parametrize("command", [str(command.name) for command in commands])
def test_every_command_has_help_with_an_example(command: str) -> None:
    """`--help` shows how it is used."""
    assert f"ivr {command}" in run(command, "--help").output


# --- ivr graph -----------------------------------------------------------------------------------------


def drawn(*words: str, database: str = "sqlite:////nowhere.sqlite3") -> Result:
    settings = Settings(database=DatabaseSettings(url=database))
    flows = Path(__file__).parent / "balance"  # stays as it is, whatever becomes of the shipped ones
    return CliRunner().invoke(GROUP, ["graph", *words, "--flows", str(flows)], obj=settings)


def test_a_flow_is_drawn_as_mermaid_or_svg(tmp_path: Path) -> None:
    """To the terminal, or to a file whose ending tells the format."""
    assert drawn("main").output.startswith('---\ntitle: "Main"\n---\nflowchart TD\n')
    assert drawn("main", "--format", "svg", "--language", "ca").output.startswith("<svg ")
    file = tmp_path / "main.svg"
    assert f"in en: {file}" in drawn("main", "--out", str(file), "--language", "en").output
    assert "For your balance" in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("mian",), "there is no flow `mian` (there are: main): name one of these"),
        (("main", "--language", "fr"), "choose one of es, ca, en"),
        (("main", "--calls", "lately"), "write 7d, 12h, 2w or 2026-11-01"),
        (("main", "--out", "/nowhere/at/all.svg"), "name another file"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(words: tuple[str, ...], remedy: str) -> None:
    """With the remedy, and status 2."""
    result = drawn(*words)
    assert (result.exit_code, remedy in result.output) == (2, True), result.output


def called(store: Store, version: str, *path: tuple[str, str], release: int | None = None) -> None:
    """A call through `main` on that version of the flows."""
    began = CallBegun(
        call_id=new_id(),
        switch_uuid="1",
        direction="inbound",
        caller_number="",
        caller_name="",
        destination="1",
        language="es",
        started_at=datetime.now(UTC),
        node_id="n",
        flow_version=version,
        release=release,
    )
    store.calls.begin(began)
    steps = tuple(CallStep(flow="main", step=step, language="es", left_by=left) for step, left in path)
    store.calls.finish(
        CallEnded(call_id=began.call_id, at=began.started_at, hangup_cause="X", ended_by="caller", path=steps)
    )


def test_the_calls_of_the_database_are_drawn(tmp_path: Path) -> None:
    """Every arrow tells its calls on what is drawn; those on other versions are named at the foot, and where
    nobody called, it says so."""
    url = f"sqlite:///{tmp_path / 'ivr.sqlite3'}"
    store = store_at(tmp_path / "ivr.sqlite3")
    assert "no call has gone through main" in drawn("main", "--calls", database=url).output
    called(store, "older", ("main_menu", "balance"), ("long_gone", ""))
    assert "and 1 through others: draw the flows" in drawn("main", "--calls", database=url).output
    version = load_flows([BALANCE], load_catalogue(BALANCE / "catalogue.yaml")).version
    called(store, version, ("main_menu", "balance"), ("customer_number", ""))
    store.close()
    for words in (("--calls",), ("--calls", "2h"), ("--calls", "2026-01-01")):
        shown = drawn("main", *words, "--language", "en", database=url).output
        assert 's_main_menu -->|"balance #40;1#41;: 1"| s_customer_number' in shown
        assert "<b>1 end here</b>" in shown
        assert "Not counted, as they went through another version of this flow: 1" in shown


def test_a_release_with_the_same_flow_counts(tmp_path: Path) -> None:
    """Another flow of the release is another by now; this one is as it is drawn."""
    url = f"sqlite:///{tmp_path / 'ivr.sqlite3'}"
    store = store_at(tmp_path / "ivr.sqlite3")
    same = (BALANCE / "main.flow.yaml").read_bytes()
    now = datetime.now(UTC)
    for after, content in enumerate((same, same.replace(b"flow: main", b"flow: main\nsummary: Another"))):
        store.releases.publish(
            {"main.flow.yaml": content}, Intent(who="ana", why="test", at=now, effective_at=now, after=after)
        )
    called(store, "v1", ("main_menu", "balance"), ("customer_number", ""), release=1)
    called(store, "v2", ("main_menu", "balance"), ("customer_number", ""), release=2)
    store.close()
    shown = drawn("main", "--calls", "--format", "svg", "--language", "en", database=url).output
    assert "another version of this flow: 1" in shown
    assert "1 call" in shown


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


# --- which flow ----------------------------------------------------------------------------------------

PHONE = """flow: contact
languages: [es]
person: billing
steps:
  - ask: number
    type: phone
    prompt: {es: "Su teléfono."}
  - hangup: normal
"""


def test_a_flow_may_be_named_by_its_file(tmp_path: Path) -> None:
    """A designer who has the file at hand needs no --flows."""
    file = tmp_path / "contact.flow.yaml"
    file.write_text(PHONE, encoding="utf-8")
    assert "Su teléfono." in run("call", str(file), "--text").output
    assert "flowchart" in run("graph", str(file)).output


@pytest.mark.parametrize("command", [("call", "--text"), ("graph",)])
def test_a_flow_that_is_not_found_is_told_with_the_remedy(command: tuple[str, ...], tmp_path: Path) -> None:
    """By name, by file, and by a file that is not in the folder that was named."""
    (tmp_path / "contact.flow.yaml").write_text(PHONE, encoding="utf-8")
    name, *options = command
    for words, remedy in (
        (("contact",), "--flows FOLDER"),
        ((str(tmp_path / "gone.flow.yaml"),), "is not there"),
        ((str(SHIPPED / "main.flow.yaml"), "--flows", str(tmp_path)), "leave --flows out"),
        (("main", "--flows", str(tmp_path)), "there are: contact"),
    ):
        result = run(name, *words, *options)
        assert (result.exit_code, remedy in result.output) == (2, True), result.output


def test_a_typed_call_is_in_the_installations_country(tmp_path: Path) -> None:
    """A telephone number without its country code belongs to the site's country, as on a live call."""
    file = tmp_path / "contact.flow.yaml"
    file.write_text(PHONE, encoding="utf-8")
    settings = Settings(calls=CallSettings(region="FR"))
    words = ["call", str(file), "--text"]
    result = CliRunner().invoke(GROUP, words, input="/key 0612345678\n/state\n", obj=settings)
    assert "+33612345678" in result.output


@pytest.mark.parametrize(
    "words", [("g.png",), ("g",), ("g.svg", "--format", "mermaid"), ("g.pdf", "--format", "svg")]
)
def test_a_drawing_is_not_written_under_a_wrong_ending(words: tuple[str, ...], tmp_path: Path) -> None:
    """A file called .png that holds text opens nowhere."""
    out = tmp_path / words[0]
    result = run("graph", "main", "--out", str(out), *words[1:])
    assert (result.exit_code, "write .svg or .mmd" in result.output, out.exists()) == (2, True, False)
    good = tmp_path / "g.mmd"
    assert run("graph", "main", "--out", str(good)).exit_code == 0
    assert good.read_text(encoding="utf-8").strip()


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
