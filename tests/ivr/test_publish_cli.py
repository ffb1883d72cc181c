"""`ivr flow`, as a designer runs it: draft in a folder, check, publish, look back, go back."""

from __future__ import annotations

import json
import math
import struct
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner

from data.releases import Intent
from data.store import Store
from dialogs.errors import FlowsInvalid
from ivr.cli import FAULTS
from ivr.cli.flow import flow
from ivr.cli.flows import check
from ivr.cli.freeswitch import init, switch_configuration
from ivr.config import CallSettings, DatabaseSettings, Settings
from ivr.doctor import examine_flows
from ivr.embedded import switch_config
from ivr.publishing.catalogues import catalogue_in
from ivr.queueing.plan import Plan
from ivr.queueing.reading import load_plan
from tests.data.conftest import begun, ended, turn
from tests.databases import store_at
from tests.ivr.flow_files import TEST, files, folder_with


@dataclass(frozen=True)
class Ran:
    """What became of a command."""

    exit_code: int
    output: str


Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder_with(tmp_path / "flows", files())
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    """Runs a command; what the root command would say of a fault is its output, status 2."""
    settings = Settings(home=home, database=DatabaseSettings(url=f"sqlite:///{home}/ivr.sqlite3"))

    def run(*words: str) -> Ran:
        result = CliRunner().invoke(flow, list(words), obj=settings)
        if isinstance(result.exception, FAULTS):
            return Ran(2, f"{result.output}ivr: {result.exception}\n")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.output)

    return run


def draft(home: Path, greeting: str) -> None:
    folder_with(home / "flows", files(greeting))


def last_line(result: Ran) -> dict[str, object]:
    found: dict[str, object] = json.loads(result.output.splitlines()[-1])
    return found


def test_a_designer_publishes_changes_and_goes_back(run: Run, home: Path) -> None:
    """The whole day: status, publish, change, publish, history, rollback; each says what it did."""
    assert "nothing was published yet" in run("status").output
    first = run("publish", "--why", "the first", "--who", "ana", "--lead", "0")
    assert (first.exit_code, "release 1" in first.output) == (0, True), first.output
    draft(home, "Buenas")
    second = run("publish", "--why", "kinder", "--who", "berta", "--lead", "0", "--json")
    assert second.exit_code == 0, second.output
    assert "~ greet: say" in second.output
    told = last_line(second)
    assert (told["release"], told["who"], told["why"], told["action"]) == (2, "berta", "kinder", "publish")
    assert "release 2 is live" in run("status").output
    back = run("rollback", "--why", "too kind", "--who", "ana", "--lead", "0")
    assert (back.exit_code, "release 1" in back.output) == (0, True), back.output
    switches = last_line(run("history", "--json"))["switches"]
    assert isinstance(switches, list)
    assert [(one["release"], one["action"], one["who"], one["why"]) for one in switches] == [
        (1, "rollback", "ana", "too kind"),
        (2, "publish", "berta", "kinder"),
        (1, "publish", "ana", "the first"),
    ]
    assert last_line(run("status", "--json"))["live"] == switches[0]


def test_the_files_come_back(run: Run, home: Path, tmp_path: Path) -> None:
    """A designer whose folder is gone gets any release back, byte for byte; never over what is there."""
    run("publish", "--why", "w")
    shown = run("show", "1", "--to", str(tmp_path / "back"))
    assert shown.exit_code == 0, shown.output
    assert {path.name: path.read_bytes() for path in (tmp_path / "back").iterdir()} == files()
    again = run("show", "1", "--to", str(home / "flows"))
    assert (again.exit_code, "is there already" in again.output) == (2, True)
    assert run("show", "9").exit_code == 2


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (files(extra="  - {id: x, sya: {es: a}}\n"), "unknown step `sya`"),
        (files(test=files()["main.test.yaml"].decode().replace("Adiós", "Hasta luego")), "Hasta luego"),
        (files(test="flow: mian\ntests: []\n"), "main.test.yaml"),
        ({**files(), "catalogue.yaml": b"queues: [billing]\nlookups: {account: 1}\n"}, "catalogue.yaml:2"),
        ({**files(), "catalogue.yaml": b"queues: [sales]\n"}, "billing"),
    ],
)
def test_a_publish_with_an_error_changes_nothing(
    run: Run, home: Path, wrong: dict[str, bytes], told: str
) -> None:
    """A mistake in a flow, a failing test, a broken test, a broken catalogue: status 1, the old stays."""
    run("publish", "--why", "good", "--lead", "0")
    folder_with(home / "flows", wrong)
    result = run("publish", "--why", "bad")
    assert (result.exit_code, told in result.output) == (1, True), result.output
    assert "nothing was changed" in result.output
    store = Store(f"sqlite:///{home}/ivr.sqlite3")
    assert [line.release for line in store.releases.history()] == [1]
    assert store.releases.files(1) == files()


def test_tests_can_be_left_out_but_not_mistakes_in_them(run: Run, home: Path) -> None:
    """In an emergency a failing test may wait; a file that cannot be read may not."""
    failing = files(test=files()["main.test.yaml"].decode().replace("Adiós", "Hasta luego"))
    folder_with(home / "flows", failing)
    assert run("publish", "--why", "w").exit_code == 1
    assert run("publish", "--why", "w", "--without-tests").exit_code == 0
    folder_with(home / "flows", files(test="flow: mian\ntests: []\n"))
    assert run("publish", "--why", "w", "--without-tests").exit_code == 1


def test_a_main_flow_that_is_not_there_is_refused(run: Run, home: Path) -> None:
    """Calls begin with it: without it the release would be refused by every server."""
    (home / "flows" / "main.flow.yaml").rename(home / "flows" / "other.flow.yaml")
    content = (home / "flows" / "other.flow.yaml").read_text("utf-8").replace("flow: main", "flow: other")
    (home / "flows" / "other.flow.yaml").write_text(content, "utf-8")
    (home / "flows" / "main.test.yaml").unlink()
    result = run("publish", "--why", "w")
    assert (result.exit_code, "no flow `main`" in result.output) == (1, True), result.output
    assert f"{home / 'flows'}: there is" in result.output, "a folder has no line"
    assert "scripted calls" not in result.output, "there are none"


WRONG_CATALOGUE = b"""queues: [billing]
lookups:
  account:
    by: [phone]
    fields: {name: text, balanse: number, due_date: text}
  weather: {by: [town], fields: {rain: text}}
"""


def test_look_ups_that_are_answered_otherwise_are_all_named(run: Run, home: Path) -> None:
    """They pass every test and would break on live calls; so would a missing main, told in the same run."""
    folder_with(home / "flows", {"catalogue.yaml": WRONG_CATALOGUE})
    result = run("publish", "--why", "w", "--json")
    assert result.exit_code == 1, result.output
    told = last_line(result)["problems"]
    assert isinstance(told, list)
    places = [str(problem).partition("catalogue.yaml:")[2].split(":")[0] for problem in told]
    assert places == ["4", "5", "5", "6"]
    for one in ("by: [customer_number]", "did you mean `balance`?", "due_date: date", "`weather`"):
        assert any(one in str(problem) for problem in told), one
    assert all("ask your operator" in str(problem) for problem in told)
    assert not any(".py" in str(problem) for problem in told)
    checked = CliRunner().invoke(check, [str(home / "flows")])
    assert (checked.exit_code, checked.output.count("(a note, no mistake)")) == (0, 4), checked.output


def test_mistakes_and_differences_are_told_in_one_run(run: Run, home: Path) -> None:
    """A designer mends a release once, and not once for each kind of mistake."""
    folder_with(
        home / "flows", {**files(extra="  - {id: x, sya: {es: a}}\n"), "catalogue.yaml": WRONG_CATALOGUE}
    )
    result = run("publish", "--why", "w")
    assert result.exit_code == 1
    assert "unknown step `sya`" in result.output
    assert "weather" in result.output
    assert "no flow `main`" not in result.output, "it is there, and cannot be read"
    folder_with(
        home / "flows", {**files(test=TEST.replace("Adiós", "Hola")), "catalogue.yaml": WRONG_CATALOGUE}
    )
    result = run("publish", "--why", "w")
    assert "4 mistake(s), 1 of 1 scripted calls failed" in result.output


def sound(file: Path, samples: Sequence[int], *, rate: int = 8000, channels: int = 1) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as opened:
        opened.setparams((channels, 2, rate, 0, "NONE", ""))
        opened.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))


def test_recordings_that_callers_could_not_hear_are_not_published(run: Run, home: Path) -> None:
    """Missing, broken, silent: each at its place; a stereo file of another rate can be converted."""
    steps = "".join(
        f'  - id: {name}\n    say: {{es: {{recording: {name}, text: "Hola."}}}}\n'
        for name in ("good", "wide", "missing", "broken", "silent")
    )
    folder_with(home / "flows", files(extra=steps))
    tone = [round(8000 * math.sin(at / 3)) for at in range(8000)]
    studio = home / "prompts" / "studio"
    sound(studio / "good.wav", tone)
    sound(studio / "es" / "wide.wav", [one for one in tone * 5 for _ in "lr"], rate=44_100, channels=2)
    sound(studio / "silent.wav", [0] * 8000)
    (studio / "broken.mp3").write_bytes(b"ID3 this is no music")
    result = run("publish", "--why", "w", "--json")
    assert result.exit_code == 1, result.output
    told = [str(one) for one in last_line(result)["problems"]]  # type: ignore[attr-defined] # a list
    assert [one.rpartition("main.flow.yaml:")[2].split(":")[0] for one in told] == ["11", "13", "15"]
    assert "there is no recording `missing`" in told[0]
    assert "`broken` (broken.mp3) is no sound for callers" in told[1]
    assert "`silent` (silent.wav) is no sound for callers, nothing but silence" in told[2]
    assert not (home / "ivr.sqlite3").exists(), "nothing was published"


def test_a_new_queue_is_noted(run: Run, home: Path) -> None:
    """The switch has the queues that it was set up with; the publish goes through."""
    assert "note:" not in run("publish", "--why", "first", "--lead", "0").output
    folder_with(
        home / "flows",
        {"catalogue.yaml": files()["catalogue.yaml"].replace(b"[billing]", b"[billing, sales]")},
    )
    result = run("publish", "--why", "sales", "--lead", "0")
    assert (result.exit_code, "the queue `sales` is new: restart `ivr serve`" in result.output) == (0, True)


def test_a_dry_run_changes_nothing_and_needs_no_reason(run: Run, home: Path) -> None:
    """Not even the database is made by it."""
    result = run("publish", "--dry-run")
    assert (result.exit_code, "+ flow main" in result.output) == (0, True), result.output
    assert not (home / "ivr.sqlite3").exists()


def test_why_is_asked_for(run: Run) -> None:
    """A history without reasons is worth little; one line says so."""
    for words in (("publish",), ("rollback",), ("publish", "--why", "  ")):
        result = run(*words)
        assert (result.exit_code, result.output.count("\n")) == (2, 1), result.output
        assert "--why" in result.output


def test_the_same_files_are_not_published_twice(run: Run) -> None:
    """A script may publish without a thought; but what was gone back from may come again."""
    run("publish", "--why", "w", "--lead", "0")
    again = run("publish", "--why", "w", "--json")
    assert (again.exit_code, last_line(again)) == (0, {"published": False})
    assert len(last_line(run("history", "--json"))["switches"]) == 1  # type: ignore[arg-type] # a list


def test_the_default_of_going_back_skips_what_was_gone_back_from(run: Run, home: Path) -> None:
    """1, 2 (bad), back to 1, 3 (bad): the one before 3 is 1, and not the bad 2."""
    for number, greeting in enumerate(("Uno", "Dos"), 1):
        draft(home, greeting)
        assert f"release {number}" in run("publish", "--why", "w").output
    assert "release 1" in run("rollback", "--why", "bad").output
    draft(home, "Tres")
    assert "release 3" in run("publish", "--why", "w").output
    assert "release 1" in run("rollback", "--why", "bad").output
    nothing = run("rollback", "--why", "bad")
    assert (nothing.exit_code, "no release before 1" in nothing.output) == (2, True)
    assert "release 2" in run("rollback", "2", "--why", "it was good").output
    assert run("rollback", "7", "--why", "w").exit_code == 2


def test_the_second_of_two_who_publish_at_once_is_told(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While ana's tests run, berta publishes: ana's diff is no longer true, and nothing is overwritten."""
    run("publish", "--why", "first")
    draft(home, "Ana")
    other = folder_with(home / "berta", files("Berta"))
    read = Store(f"sqlite:///{home}/ivr.sqlite3").releases.__class__.files
    done: list[Ran] = []

    def meanwhile(releases: object, number: int) -> dict[str, bytes]:
        if not done:
            done.append(Ran(-1, ""))  # a mark: berta comes once
            done[0] = run("publish", str(other), "--why", "b", "--who", "berta")
        return read(releases, number)  # type: ignore[arg-type] # the class's own

    monkeypatch.setattr("data.releases.Releases.files", meanwhile)
    result = run("publish", "--why", "a", "--who", "ana")
    assert done[0].exit_code == 0, done[0].output
    assert (result.exit_code, "somebody else" in result.output) == (1, True), result.output
    assert "berta" in run("status").output


def test_what_is_no_flow_is_left_out_and_named(run: Run, home: Path) -> None:
    """Sound and hidden files stay in the folder."""
    (home / "flows" / "hola.wav").write_bytes(b"RIFF")
    (home / "flows" / ".main.flow.yaml.swp").write_bytes(b"x")
    result = run("publish", "--why", "w", "--json")
    assert "left out: hola.wav" in result.output
    assert ".swp" not in result.output
    assert last_line(run("show", "1", "--json"))["files"] == sorted(files())


def test_a_folder_that_is_not_fit_is_one_line(run: Run, home: Path) -> None:
    """Missing, empty, a file too large, a name that cannot be stored."""
    empty = home / "empty"
    empty.mkdir()
    large = folder_with(home / "large", {"x.flow.yaml": b"#" * 300_000})
    odd = folder_with(home / "odd", {"a\nb.yaml": b""})
    for folder in (home / "nowhere", empty, large, odd):
        result = run("publish", str(folder), "--why", "w")
        assert (result.exit_code, "\n" in result.output.strip()) == (2, False), result.output


def had_call(home: Path, *, release: int | None, version: str = "") -> UUID:
    """A call in the database: greeted, agreed by key, heard the good-bye."""
    store = store_at(home / "ivr.sqlite3")
    call = begun(flow="main", flow_version=version, release=release, caller_number="+34699888777")
    store.calls.begin(call)
    said = {"flow": "main", "language": "es", "who": "system", "kind": "said"}
    store.calls.add_turns(
        call.call_id,
        [
            turn(1, **said, step="greet", text="Hola."),
            turn(2, **said, step="agrees", text="¿Está de acuerdo?"),
            turn(
                3, flow="main", language="es", step="agrees", who="caller", kind="keys", keys="1",
                by="keys", result="match", band="sure",
            ),
            turn(4, **said, step="bye", text="Adiós."),
        ],
    )  # fmt: skip
    store.calls.finish(ended(call.call_id, ended_by="system"))
    return call.call_id


def test_a_real_call_becomes_a_test_of_the_release_it_ran_on(run: Run, home: Path) -> None:
    """In one command; the folder has moved on since, and that does not matter."""
    run("publish", "--why", "w", "--lead", "0")
    call_id = had_call(home, release=1)
    draft(home, "Otra cosa")
    shown = run("from-call", str(call_id))
    assert shown.exit_code == 0, shown.output
    assert f"# from the call {call_id}, which ran on release 1" in shown.output
    assert "said: Adiós." in shown.output
    assert "+34699888777" not in shown.output
    file = home / "calls.test.yaml"
    added = run("from-call", str(call_id), "--to", str(file), "--name", "agrees by key", "--with-data")
    assert (added.exit_code, "agrees by key" in added.output) == (0, True), added.output
    assert "+34699888777" in file.read_text("utf-8")
    folder_with(home / "flows", {"calls.test.yaml": file.read_bytes()})
    assert run("publish", "--why", "with a real call").exit_code == 1, "it says Hola, and the draft does not"
    draft(home, "Hola")
    assert run("publish", "--why", "with a real call").exit_code == 0


def test_the_last_calls_are_listed_and_the_last_one_needs_no_id(run: Run, home: Path) -> None:
    """Nobody has to look an id up in a log, and the list names no caller."""
    run("publish", "--why", "w", "--lead", "0")
    none = run("from-call")
    assert (none.exit_code, "no call yet" in none.output) == (2, True), none.output
    call_id = had_call(home, release=1)
    listed = run("from-call")
    assert listed.exit_code == 0, listed.output
    assert str(call_id) in listed.output
    assert "main, release 1" in listed.output
    assert "699888777" not in listed.output
    assert run("from-call", "last").output == run("from-call", str(call_id)).output
    assert "is no call's id" in run("from-call", "the-last").output


def test_a_call_that_is_not_to_be_had_is_one_line(run: Run, home: Path) -> None:
    """No such call; flows that have changed since, where no release was noted."""
    unknown = run("from-call", "01a200b9-4196-774f-8878-6941f9f4d61a")
    assert unknown.exit_code == 2
    call_id = had_call(home, release=None, version="another")
    unknown = run("from-call", "01a200b9-4196-774f-8878-6941f9f4d61a")
    assert (unknown.exit_code, "there is no call" in unknown.output) == (2, True), unknown.output
    changed = files()["main.flow.yaml"].replace(b"- ask: agrees", b"- ask: agrees_now")
    folder_with(home / "flows", {"main.flow.yaml": changed})
    astray = run("from-call", str(call_id))
    assert astray.exit_code == 2
    assert "main/agrees" in astray.output
    assert "have changed since that call" in astray.output


def test_a_release_that_no_server_could_start_with_is_refused(home: Path) -> None:
    """The servers' queues.yaml lacks a queue: publish, doctor and server say the same of it."""
    home.joinpath("queues.yaml").write_text("queues:\n  sales: {}\n  support: {}\n", encoding="utf-8")
    url = f"sqlite:///{home}/ivr.sqlite3"
    settings = Settings(home=home, queues=Path("queues.yaml"), database=DatabaseSettings(url=url))
    words = ["publish", str(home / "flows"), "--why", "first", "--lead", "0"]
    refused = CliRunner().invoke(flow, words, obj=settings)
    told = f"{home}/queues.yaml:1:1: flows may name `billing`, which is not declared: add it here"
    assert (refused.exit_code, told in refused.output) == (1, True), refused.output
    with pytest.raises(FlowsInvalid, match="flows may name `billing`"):
        load_plan(settings.queues_file, catalogue_in(home / "flows"))
    doctors = {one.what: one for one in examine_flows(settings)}
    assert (doctors["flows"].state, told in doctors["flows"].found) == ("bad", True)
    home.joinpath("queues.yaml").write_text("queues:\n  sales: {}\n  billing: {}\n", encoding="utf-8")
    assert CliRunner().invoke(flow, words, obj=settings).exit_code == 0
    assert {one.state for one in examine_flows(settings)} == {"good"}
    home.joinpath("queues.yaml").write_text("queues:\n  sales: {}\n", encoding="utf-8")
    live = {one.what: one for one in examine_flows(settings)}["live flows"]
    assert (live.state, "release 1 lets no server start" in live.found, told in live.found) == (
        "bad",
        True,
        True,
    )


def test_a_first_release_that_is_to_come_is_no_fault_of_the_folder(home: Path, tmp_path: Path) -> None:
    """`calls.flow` names a flow that only the release has: a note, and from when on the release holds."""
    settings = Settings(
        home=home,
        calls=CallSettings(flow="shop"),
        database=DatabaseSettings(url=f"sqlite:///{home}/ivr.sqlite3"),
    )
    store_at(home / "ivr.sqlite3").close()
    assert {one.what: one.state for one in examine_flows(settings)}["flows"] == "bad"
    content = files()
    shop = content["main.flow.yaml"].replace(b"flow: main", b"flow: shop")
    folder_with(tmp_path / "other", {"shop.flow.yaml": shop, "catalogue.yaml": content["catalogue.yaml"]})
    words = ["publish", str(tmp_path / "other"), "--why", "first", "--lead", "600"]
    ended = CliRunner().invoke(flow, words, obj=settings)
    assert ended.exit_code == 0, ended.output
    found = {one.what: one for one in examine_flows(settings)}
    assert {one.state for one in found.values()} == {"good", "note"}
    assert "servers go by release 1" in found["flows in the folder"].found
    assert "release 1 from " in found["live flows"].found


def queues_yaml(home: Path, *names: str) -> Settings:
    """Settings whose servers go by a file with these queues."""
    written = "queues:\n" + "".join(f"  {name}: {{}}\n" for name in names)
    home.joinpath("queues.yaml").write_text(written, encoding="utf-8")
    url = f"sqlite:///{home}/ivr.sqlite3"
    return Settings(home=home, queues=Path("queues.yaml"), database=DatabaseSettings(url=url))


def publish(home: Path, settings: Settings, catalogue: str) -> None:
    folder_with(home / "flows", {**files(), "catalogue.yaml": catalogue.encode()})
    words = ["publish", "--why", catalogue, "--lead", "0"]
    ended = CliRunner().invoke(flow, words, obj=settings)
    assert ended.exit_code == 0, ended.output


BOTH = "queues: [billing, sales]\n"
BILLING = "queues: [billing]\n"


def test_nobody_goes_back_to_a_release_that_no_server_could_start_with(home: Path) -> None:
    """A queue was given up since: rollback refuses as publish does, and switches once it is mended."""
    settings = queues_yaml(home, "billing", "sales")
    publish(home, settings, BOTH)
    publish(home, settings, BILLING)
    queues_yaml(home, "billing")
    words = ["rollback", "--why", "callers hang up", "--lead", "0", "--json"]
    refused = CliRunner().invoke(flow, words, obj=settings)
    told = f"{home}/queues.yaml:1:1: flows may name `sales`, which is not declared: add it here"
    assert (refused.exit_code, told in refused.output) == (1, True), refused.output
    assert "no server could start with release 1: mend that, or go back to another" in refused.output
    assert json.loads(refused.output.splitlines()[-1])["switched"] is False
    assert "release 2" in CliRunner().invoke(flow, ["status"], obj=settings).output
    queues_yaml(home, "billing", "sales")
    assert CliRunner().invoke(flow, words, obj=settings).exit_code == 0


def test_nobody_goes_back_to_a_look_up_that_is_connected_no_more(home: Path) -> None:
    """Which release, which file, which line: the folder that it was read in is nobody's business."""
    settings = queues_yaml(home, "billing")
    publish(home, settings, BILLING)
    store = store_at(home / "ivr.sqlite3")
    lost = {
        **files(),
        "catalogue.yaml": b"queues: [billing]\nlookups:\n  crm: {by: [dni], fields: {n: text}}\n",
    }
    now = datetime.now(UTC)
    store.releases.publish(lost, Intent(who="ana", why="crm", at=now, effective_at=now, after=1))
    store.close()
    publish(home, settings, BILLING + "# again\n")
    refused = CliRunner().invoke(flow, ["rollback", "2", "--why", "x"], obj=settings)
    assert refused.exit_code == 1, refused.output
    assert refused.output.startswith("release 2, catalogue.yaml:3:3: nobody answers the look-up `crm`")


def test_the_check_of_the_served_folder_knows_the_queues_of_the_servers(home: Path, tmp_path: Path) -> None:
    """A mistake where servers read it; a note where the folder is somebody's draft elsewhere."""
    settings = queues_yaml(home, "sales")
    told = f"{home}/queues.yaml:1:1: flows may name `billing`, which is not declared: add it here"
    served = CliRunner().invoke(check, [], obj=settings)
    assert (served.exit_code, told in served.output) == (1, True), served.output
    folder_with(tmp_path / "draft", files())
    draft = CliRunner().invoke(check, [str(tmp_path / "draft")], obj=settings)
    assert (draft.exit_code, told in draft.output) == (0, True), draft.output
    assert "(a note, no mistake)" in draft.output
    settings = queues_yaml(home, "billing")
    assert CliRunner().invoke(check, [], obj=settings).output.endswith("no mistakes\n")


def made_for_flows(settings: Settings) -> list[str]:
    """The switch's queues, without the one that it falls back on."""
    made = switch_configuration(settings)
    return [queue.name for queue in made.queues if queue.name != made.fallback_queue]


def test_the_embedded_switch_starts_as_a_synchronization_wants_it(home: Path) -> None:
    """Of a queue that queues.yaml does not declare, too: `ivr queues sync` finds nothing to change."""
    url = f"sqlite:///{home}/ivr.sqlite3"
    settings = Settings(home=home, database=DatabaseSettings(url=url))
    wanted = {one.name: one.longest_wait for one in switch_configuration(settings).queues}
    plan, where = Plan(), ("127.0.0.1", 8040)
    made = switch_config(settings, server=where, queues=sorted(wanted), plan=plan, ports=(0, 0))
    assert {queue["name"].partition("@")[0]: queue["longest_wait"] for queue in made["queues"]} == wanted


def test_the_switch_gets_the_queues_of_the_release_and_of_the_folder(home: Path) -> None:
    """Before a publish the folder's; then the release's with it; never the templates'."""
    url = f"sqlite:///{home}/ivr.sqlite3"
    settings = Settings(home=home, database=DatabaseSettings(url=url))
    assert made_for_flows(settings) == ["billing"]
    assert not home.joinpath("ivr.sqlite3").exists()
    publish(home, settings, BOTH)
    folder_with(home / "flows", {**files(), "catalogue.yaml": b"queues: [billing, vip]\n"})
    assert made_for_flows(settings) == ["billing", "sales", "vip"]
    (home / "flows").rename(home / "elsewhere")
    settings = queues_yaml(home, "billing", "sales")
    assert made_for_flows(settings) == ["billing", "sales"]


def test_a_lost_database_leaves_the_folder_and_says_so(home: Path, tmp_path: Path) -> None:
    """The configuration can be written; that a release may name more is told."""
    home.joinpath("ivr.sqlite3").write_bytes(b"no database at all, and longer than a header of one" * 40)
    settings = Settings(home=home, database=DatabaseSettings(url=f"sqlite:///{home}/ivr.sqlite3"))
    ended = CliRunner().invoke(init, [str(tmp_path / "switch")], obj=settings)
    assert ended.exit_code == 0, ended.output
    assert f"The queues are those of {home}/flows; if a release was published, run this again" in ended.output
