"""One flow is checked with those that it uses or that use it, and with no other of a large folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dialogs.linked import linked
from tests.dialogs.designer_commands import run

HEAD = "languages: [es]\nperson: billing\nsteps:\n"
LAST = "  - hangup: normal\n"


def _flow(folder: Path, name: str, steps: str, head: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.flow.yaml"
    file.write_text(f"flow: {name}\n{head}{HEAD}{steps}", encoding="utf-8")
    return file


def _others(file: Path, *, below: bool = True) -> list[str]:
    return [other.name.partition(".")[0] for other in linked([file], "catalogue.yaml", below=below).others]


def _uses(name: str) -> str:
    return f"  - subflow: {name}\n{LAST}"


def test_what_it_uses_and_what_uses_it_is_read_and_nothing_else(tmp_path: Path) -> None:
    """Flows, those in between, those that tests begin at; a word that is somewhere else is no use."""
    one = _flow(tmp_path, "one", _uses("two"))
    _flow(tmp_path, "two", '  - {"subflow": "three"}\n')
    _flow(tmp_path, "three", '  - say: {es: "a"}\n')
    _flow(tmp_path, "above", _uses("one"))
    aside = "asides:\n  back: {es: Seguimos.}\n  intents:\n    hours: one\n"
    _flow(tmp_path, "between", LAST, aside)
    _flow(tmp_path, "tested", LAST)
    _flow(tmp_path, "other", "  - lookup: one\n  - say: {es: one}\n" + LAST)
    (tmp_path / "one.test.yaml").write_text("flow: tested\nlanguage: es\ntests: []\n", encoding="utf-8")
    assert _others(one) == ["above", "between", "tested", "three", "two"]
    assert _others(tmp_path / "other.flow.yaml") == []


def test_folders_below_are_of_the_set_unless_they_are_sets_of_their_own(tmp_path: Path) -> None:
    one = _flow(tmp_path, "one", LAST)
    _flow(tmp_path / "sales", "caller", _uses("one"))
    _flow(tmp_path / "copy", "copied", _uses("one"))
    (tmp_path / "copy" / "catalogue.yaml").write_text("queues: [billing]\n", encoding="utf-8")
    assert _others(one) == ["caller"]
    assert _others(one, below=False) == []


def test_what_is_used_is_looked_for_below_where_it_is_not_beside(tmp_path: Path) -> None:
    one = _flow(tmp_path, "one", _uses("two"))
    _flow(tmp_path / "parts", "two", '  - say: {es: "a"}\n')
    assert _others(one, below=False) == ["two"]


@pytest.mark.parametrize("step", ["  - sublow: balance\n", "  - subflow: balanse\n"])
def test_a_misspelt_use_is_a_use(step: str, tmp_path: Path) -> None:
    """Else one mistake would be told as two: what that flow fills would be nothing's."""
    one = _flow(tmp_path, "one", step + LAST)
    _flow(tmp_path, "balance", '  - say: {es: "a"}\n')
    assert _others(one) == ["balance"]


def test_the_check_of_one_file_of_many_reads_no_other_folder(tmp_path: Path) -> None:
    """As in a folder for anything at all, where others' flows lie in thousands and are wrong."""
    one = _flow(tmp_path, "one", _uses("two"))
    _flow(tmp_path, "two", '  - say: {es: "a"}\n')
    _flow(tmp_path / "old", "caller", "  - subflow: one\n  - subflow: gone\n" + LAST)
    found = run("check", str(one))
    assert found.output.splitlines() == [
        "1 flow file(s) and 0 scripted call(s): no mistakes",
        "read with two.flow.yaml: what they use and what uses them",
    ]
    assert found.exit_code == 0
    assert json.loads(run("check", str(one), "--json").output) == {
        "problems": [], "notes": [], "read_with": [str(tmp_path / "two.flow.yaml")],
    }  # fmt: skip


def test_a_flow_that_others_of_its_folder_use_may_run_off_its_end(tmp_path: Path) -> None:
    """Only with them is it known that it comes back, and that `due` has a value in it."""
    part = _flow(tmp_path, "part", '  - say: {es: "{due:text}"}\n')
    assert run("check", str(part)).exit_code == 1
    _flow(tmp_path, "whole", '  - set: {due: "a"}\n' + _uses("part"))
    assert run("check", str(part)).exit_code == 0, run("check", str(part)).output


def test_remedies_name_flows_that_were_not_read(tmp_path: Path) -> None:
    """`then` leads to steps: where a flow of that name lies there, that is what is said."""
    one = _flow(tmp_path, "one", '  - say: {es: "a"}\n    then: other\n')
    _flow(tmp_path, "other", LAST)
    assert "`other`: it is another flow, add a step `subflow: other`" in run("check", str(one)).output


def test_segments_that_speak_of_other_flows_are_no_mistakes_of_one_flow(tmp_path: Path) -> None:
    """They are checked with the folder, where all flows are read."""
    one = _flow(tmp_path, "one", LAST)
    _flow(tmp_path, "other", "  - outcome: sold\n" + LAST)
    (tmp_path / "segments.yaml").write_text(
        "segments:\n  - {segment: buyer, when: outcomes.sold >= 1, reason: a}\n"
        "  - {segment: regular, reason: b}\n",
        encoding="utf-8",
    )
    (tmp_path / "one.test.yaml").write_text(
        "flow: one\nlanguage: es\ntests:\n  - {test: a, steps: [{expect: {hangup: true}}]}\n",
        encoding="utf-8",
    )
    found = run("check", str(one))
    assert "1 flow file(s) and 1 scripted call(s): no mistakes" in found.output, found.output
