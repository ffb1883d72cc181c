"""`ivr nlu`: what the commands print, and with which status they end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli import root
from ivr.understanding.settings import SHIPPED
from tests.nlu.test_built_in import small


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with examples of its own, in English only, and a cache of its own."""
    for folder in ("en", "concepts", "development", "held_back"):
        (tmp_path / "nlu" / folder).mkdir(parents=True)
    shutil.copytree(SHIPPED / "en", tmp_path / "nlu" / "en", dirs_exist_ok=True)
    for folder in ("concepts", "development", "held_back"):
        shutil.copy(SHIPPED / folder / "en.yml", tmp_path / "nlu" / folder)
    monkeypatch.setenv("IVR_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(root, ["--log-level", "error", "nlu", *arguments])
    return done.exit_code, done.stdout


def test_train_tells_where_the_model_is_on_the_last_line(home: Path) -> None:
    """In the user's cache, whose `train` it is."""
    shutil.rmtree(home / "nlu" / "en")
    small(home / "nlu", language="en")
    status, told = run("train", "--json")
    assert status == 0
    trained = json.loads(told.splitlines()[-1])["languages"]
    assert list(trained) == ["en"]
    assert Path(trained["en"]["model"]).is_file()
    assert Path(trained["en"]["model"]).is_relative_to(home / "cache")


def test_test_tells_the_figures_on_the_last_line(
    home: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The contract: {"languages": {"en": {"intent_accuracy": …, "out_of_scope_recall": …}}}."""
    monkeypatch.setenv("IVR_UNDERSTANDING__MODELS", str(models))
    status, told = run("test", "--set", "development", "--json", "--out", str(home / "report"))
    assert status == 0
    found = json.loads(told.splitlines()[-1])["languages"]["en"]
    assert found["intent_accuracy"] > 0.9
    assert found["out_of_scope_recall"] >= 0.85
    assert {file.name for file in (home / "report").iterdir()} == {"nlu-built-in-en.svg", "nlu-built-in.json"}


def test_test_shows_its_figures_whole_in_a_terminal_of_eighty_columns(
    home: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No heading is cut short, and no line of the log stands among them."""
    monkeypatch.setenv("IVR_UNDERSTANDING__MODELS", str(models))
    monkeypatch.setenv("COLUMNS", "80")
    status, told = run("test", "--set", "development")
    assert status == 0
    for whole in ("intent accuracy", "false rejection", "out of scope recall", "sure right"):
        assert f" {whole} " in told
    assert "…" not in told
    assert "model_loaded" not in told


def test_check_ends_with_one_for_a_contradiction_and_names_its_line(home: Path) -> None:
    """And with 0 where there is nothing to tell."""
    assert run("check") == (0, "")
    odd = home / "nlu" / "en" / "zz.yml"
    odd.write_text("nlu:\n- intent: pay\n  examples: |\n    - How much do I owe?\n", "utf-8")
    status, told = run("check")
    assert status == 1
    assert told.startswith("en/zz.yml:4")
    assert "is `pay` here and `balance` at en/billing.yml:6" in told
    assert json.loads(run("check", "--json")[1])["problems"][0]["line"] == 4


def test_what_cannot_be_done_is_told_in_one_line(home: Path) -> None:
    """Another language, examples that are unfit, a Rasa that is not there."""
    for arguments in (
        ("check", "--language", "xx"),
        ("test", "--engine", "rasa", "--url", "http://127.0.0.1:9"),
        ("serve", "--language", "xx"),
    ):
        done = CliRunner().invoke(root, ["--log-level", "error", "nlu", *arguments])
        assert done.exit_code != 0
        assert done.stdout == ""
        assert str(done.exception or done.stderr)
    (home / "nlu" / "en" / "zz.yml").write_text("nlu:\n- intent: Pay\n", "utf-8")
    done = CliRunner().invoke(root, ["nlu", "train"])
    assert done.exit_code != 0
    assert "en/zz.yml:2" in str(done.exception or done.stderr)
