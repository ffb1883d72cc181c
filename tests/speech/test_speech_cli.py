"""`ivr say`, `ivr transcribe`, `ivr models`: as a person runs them, with the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ivr.cli.speech import commands
from speech.sound import read_wav, write_wav
from tests.models import need_model
from tests.speech.conftest import noise, silence


def _run(*arguments: str) -> Result:
    group = click.Group("ivr", commands={command.name or "": command for command in commands})
    return CliRunner().invoke(group, list(arguments), prog_name="ivr")


def test_say_writes_a_telephone_file(tmp_path: Path) -> None:
    """The file is 8 kHz mono, and its name and duration are told."""
    done = _run("say", "Su saldo es de cien euros.", "--out", str(tmp_path / "a.wav"))
    assert done.exit_code == 0, done.output
    assert "a.wav (" in done.output
    assert 1.0 < len(read_wav(tmp_path / "a.wav")) / 16000 < 4.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["say", "..."], "nothing to say"),
        (["say", "hola", "--out", "/proc/nowhere/a.wav"], "cannot be written"),
        (["say", "hola", "--voice", "roa/klingon", "--out", "x.wav"], "has no voice 'roa/klingon'; take"),
        (["say", "hola", "--language", "xx"], "Invalid value"),
        (["transcribe", "no-such-file.wav"], "no such file"),
        (["transcribe", __file__], "not a sound"),
        (["transcribe", str(Path(__file__).parent)], "is a folder: name a sound file"),
        (["transcribe", __file__, "--models", "/no/models"], "does not exist"),
        (["models", "pull", "vosk-elvish"], "there are: vosk-es"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_two(arguments: list[str], says: str) -> None:
    """Bad input gives the remedy, never a stack trace."""
    done = _run(*arguments)
    assert done.exit_code == 2
    assert isinstance(done.exception, SystemExit)
    lines = [line for line in done.output.strip().splitlines() if line.startswith("Error")]
    assert len(lines) == 1
    assert any(part in lines[0] for part in says.split("|"))


def test_models_list_names_every_model_and_its_sources() -> None:
    """What can be had, from where, under which licence, and what is here."""
    rows = json.loads(_run("models", "list", "--json").output)["models"]
    assert {row["name"] for row in rows} >= {"vosk-es", "vosk-ca", "vosk-en", "whisper-base"}
    assert all(row["sources"] and row["licence"] for row in rows)


def test_a_pulled_model_is_told_with_its_place() -> None:
    """Pulling what is there is quick and says where it is."""
    need_model("whisper-base")
    done = _run("models", "pull", "whisper-base", "--json")
    assert done.exit_code == 0
    assert Path(json.loads(done.output)["pulled"][0]["folder"]).is_dir()


def test_digits_come_last(tmp_path: Path) -> None:
    """`--grammar digits`: the last line is the value and nothing else."""
    need_model("whisper-base")
    said = _run(
        "say", "cuatro, cinco, siete, uno", "--voice", "roa/es+klatt4", "--out", str(tmp_path / "n.wav")
    )
    assert said.exit_code == 0
    arguments = (
        "transcribe",
        str(tmp_path / "n.wav"),
        "--grammar",
        "digits",
        "--length",
        "4",
        "--engine",
        "whisper",
    )
    done = _run(*arguments)
    assert done.exit_code == 0, done.output
    assert done.output.strip().splitlines()[-1] == "4571"
    report = json.loads(_run(*arguments, "--json").output)
    assert report["value"] == "4571"
    assert report["utterances"][0]["engine"] == "whisper-base"


def test_silence_is_status_one(tmp_path: Path) -> None:
    """Nothing understood is an answer (no), not a fault; noise is as good as silence."""
    need_model("whisper-base")
    write_wav(tmp_path / "nothing.wav", silence(1.0) + noise(2.0, 500))
    done = _run("transcribe", str(tmp_path / "nothing.wav"), "--no-fetch", "--engine", "whisper")
    assert done.exit_code == 1
    assert "nothing was understood" in done.output


def test_every_command_has_examples() -> None:
    """Help that shows how."""
    for path in (["say"], ["transcribe"], ["models", "list"], ["models", "pull"]):
        text = _run(*path, "--help").output
        assert "Example" in text and f"ivr {' '.join(path)}" in text
