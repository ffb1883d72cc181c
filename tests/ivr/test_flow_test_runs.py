"""Flow tests shared out among processes, their page, and their speed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest
from click.testing import CliRunner, Result

from dialogs.rehearsal import test_files
from ivr.cli import flow_test
from ivr.cli.flows import catalogue_of, load_set, load_tests
from ivr.errors import ShareFailed
from ivr.workshop import runs
from ivr.workshop.measure import measure_flows
from ivr.workshop.runs import Basis, jobs_for, run

GROUP = click.Group("ivr", commands={"test": flow_test.commands[0]})
FLOW = """flow: trial
languages: [es, ca]
person: billing
steps:
  - menu: main_menu
    prompt: {es: Saldo u operador., ca: Saldo o operador.}
    choices:
      balance: {key: 1, phrases: {es: [saldo], ca: [saldo]}, then: tell}
      person: {key: 0, phrases: {es: [operador], ca: [operador]}, then: person}
  - id: tell
    say: {es: Nada., ca: Res.}
  - hangup: normal
  - id: person
    queue: billing
    busy: {offer: callback, declined: tell}
"""
WRONG = """flow: trial
language: [es, ca]
tests:
  - test: <b>wrong
    steps: [{key: 0}, {expect: {said: adiós}}]
"""
RIGHT = "flow: trial\ntests: [{test: a, steps: [{key: 0}]}, {test: b, steps: [{silence: 6s}]}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Flows with five test files, one of them wrong."""
    (tmp_path / "trial.flow.yaml").write_text(FLOW, "utf-8")
    (tmp_path / "wrong.test.yaml").write_text(WRONG, "utf-8")
    for name in "abcd":
        (tmp_path / f"{name}.test.yaml").write_text(RIGHT, "utf-8")
    return tmp_path


def ran(*words: str) -> Result:
    return CliRunner().invoke(GROUP, ["test", *words])


def test_two_processes_say_what_one_says(folder: Path) -> None:
    """Whole files shared out: the same report, order, figures and coverage."""
    shown = []
    for jobs in ("1", "2"):
        result = ran(str(folder), "--jobs", jobs, "--coverage", "--json")
        assert result.exit_code == 1, result.output
        lines = [line for line in result.output.splitlines() if "passed (" not in line]
        figures = json.loads(lines.pop())
        assert figures.pop("seconds") >= 0
        shown.append((lines, figures))
    assert shown[0] == shown[1]
    assert shown[0][1]["failed"] == ["<b>wrong [es]", "<b>wrong [ca]"]


def test_a_share_that_fails_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No call is left out in silence: a file that is gone when the share reads it is status 2."""
    flows = load_set([folder], None)
    scripts = dict(enumerate(load_tests(test_files([folder]), flows)))
    gone = Basis([folder], catalogue_of([folder], None), [folder / "gone.test.yaml"], [len(scripts)])
    with pytest.raises(ShareFailed, match=r"gone\.test\.yaml.*--jobs 1"):
        run(flows, scripts, gone, jobs=2)
    monkeypatch.setattr(runs.os, "cpu_count", lambda: 8)
    assert (jobs_for(10), jobs_for(runs.PAYS_FROM)) == (1, 8)


def test_the_page_shows_what_failed_and_what_no_test_has_walked(folder: Path) -> None:
    """Well-formed, escaped, with each flow in colours; nothing comes from outside."""
    file = folder / "report.html"
    assert ran(str(folder), "--html", str(file)).exit_code == 1
    text = file.read_text("utf-8")
    whole = re.sub(r"<!doctype html>|<meta [^>]*>", "", text)
    root = ElementTree.fromstring(whole)
    said = " ".join(part.strip() for part in root.itertext())
    assert "10 scripted calls: 2 failed" in said
    assert "<b>wrong [es]" in said
    assert "wanted:  … adiós …" in said
    assert "prefers-color-scheme:dark" in text
    assert not {"script", "link", "img", "iframe"} & {element.tag for element in root.iter()}
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    cells = [["".join(cell.itertext()) for cell in row.iter("td")] for row in root.iter("tr")]
    rows = {row[1]: row for row in cells if len(row) == 5}
    assert rows["tell"][0] == "✗ missed"
    assert rows["main_menu"][0] == "½ partly"
    assert "→ balance" in rows["main_menu"][4]
    assert "no_input 2" in rows["main_menu"][4]
    assert "no_input 1" not in rows["main_menu"][4]


def test_a_thousand_calls_are_measured() -> None:
    """The figures of `ivr bench flows`, from the files to the last result."""
    measured = measure_flows(70, 1)
    assert measured.each.count == 70
    assert 0 < measured.each.p50 <= measured.each.p95 <= measured.each.worst
    assert 0 < measured.seconds_one_core < 60
    assert 0 < measured.seconds_shared < 60
