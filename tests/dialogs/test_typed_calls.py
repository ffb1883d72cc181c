"""`ivr call --text`, as a designer runs it: to the end, saved, by a file, elsewhere and at other times."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli.flows import SHIPPED
from ivr.config import CallSettings, Settings
from tests.dialogs.designer_commands import GROUP, run


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
