"""`ivr flow`, as a designer runs it: draft in a folder, check, publish, look back."""

from __future__ import annotations

import io
import json
import math
import re
import struct
import wave
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from data.store import Store
from ivr.cli import bars
from ivr.cli.bars import calls_bar
from ivr.cli.flows import check
from ivr.publishing.checkup import checked
from tests.ivr.flow_files import TEST, files, folder_with
from tests.ivr.publishing_home import Ran, Run, draft, home, run

__all__ = ["home", "run"]


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


class Screen(io.StringIO):
    """A terminal that keeps what it shows."""

    def isatty(self) -> bool:
        return True


def test_whoever_waits_at_a_terminal_sees_how_far_it_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of scripted calls take seconds; a file gets no bar, nor do a few calls."""
    monkeypatch.setenv("TERM", "xterm")

    def shown(screen: io.StringIO) -> str:
        monkeypatch.setattr("sys.stderr", screen)
        found = checked(home / "flows", main="main", play_with=calls_bar)
        assert (found.sound, found.tests > 0) == (True, True)
        return screen.getvalue()

    assert shown(Screen()) == ""
    monkeypatch.setattr(bars, "BAR_FROM", 1)
    assert shown(io.StringIO()) == ""
    assert re.search("scripted calls.*100%", shown(Screen()), re.DOTALL)
    assert checked(home / "flows", main="main", play_with=None).tests == 0


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
