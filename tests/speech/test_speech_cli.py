"""`ivr say`, `ivr transcribe`, `ivr models`: as a person runs them, with the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ivr.cli.models import models
from ivr.cli.speech import LONGEST_ANSWER, _speaker, _utterances, commands
from ivr.config import Settings
from speech.pyttsx3 import Pyttsx3
from speech.sound import read_wav, seconds_of, write_wav
from tests.models import need_model
from tests.speech.conftest import noise, silence


def _run(*arguments: str, **settings: object) -> Result:
    group = click.Group("ivr", commands={command.name or "": command for command in (*commands, models)})
    return CliRunner().invoke(group, list(arguments), prog_name="ivr", obj=_settings(**settings))


def _settings(**speech: object) -> Settings:
    return Settings.model_validate({"home": "/nowhere", "speech": speech})


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
        (["say", "hola", "--out", "hola.mp3"], "what is written is WAV: call it hola.wav"),
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


def _pieces(speaker: Pyttsx3) -> bytes:
    """More than half a minute: three numbers, at about 1, 14 and 27 s."""
    said = [speaker.speak(text, language="es") for text in ("cuatro, cinco", "siete, uno", "ocho, nueve")]
    return b"".join(silence(1.0) + one + silence(12.0 - seconds_of(one)) for one in said)


def test_a_long_file_is_cut_at_its_pauses(speaker: Pyttsx3) -> None:
    """All of it, each utterance with its place."""
    stretches = _utterances(_pieces(speaker), 0.7)
    assert [round(one.begins) for one in stretches] == [1, 14, 27]
    assert all(0.5 < seconds_of(one.pcm) < 4 for one in stretches)


def test_who_does_not_pause_is_cut_and_not_lost(speaker: Pyttsx3) -> None:
    """A minute of talk: nothing is longer than the recogniser hears, and nothing is left out."""
    sentence = speaker.speak("y entonces le dije que no podía ser porque estaba cerrado", language="es")
    talk = sentence * (round(60 / seconds_of(sentence)) + 1)
    stretches = _utterances(silence(0.5) + talk + silence(1.0), 0.7)
    assert all(seconds_of(one.pcm) <= LONGEST_ANSWER + 0.5 for one in stretches)
    assert sum(seconds_of(one.pcm) for one in stretches) > 0.97 * seconds_of(talk)


def test_a_long_file_is_heard_to_its_end(speaker: Pyttsx3, tmp_path: Path) -> None:
    """With a kind of answer each utterance has its value; the file has one where only one has."""
    need_model("whisper-base")
    write_wav(tmp_path / "long.wav", _pieces(speaker))
    arguments = ("transcribe", str(tmp_path / "long.wav"), "--grammar", "digits", "--no-fetch", "--json")
    report = json.loads(_run(*arguments, engine="whisper").output)
    assert [round(one["begins"]) for one in report["utterances"]] == [1, 14, 27]
    assert all(one["readings"] for one in report["utterances"]), "all of it was heard"
    assert len({one["value"] for one in report["utterances"]}) == 3 and report["value"] is None


@pytest.mark.parametrize(
    ("speech", "arguments", "says"),
    [
        ({"engine": "none"}, [], "speech.engine is none: calls go by keys; give --engine auto"),
        ({"engine": "vosk", "fetch": False}, [], "vosk-es"),
        (
            {"servers": {"es": ["ws://127.0.0.1:1"]}, "fetch": False},
            ["--engine", "vosk"],
            "ws://127.0.0.1:1 cannot",
        ),
    ],
)
def test_transcribe_hears_as_the_server_would(
    speech: dict[str, object], arguments: list[str], says: str, tmp_path: Path
) -> None:
    """The engine, the vosk-servers and whether models may be fetched are those of ivr.yaml."""
    write_wav(tmp_path / "a.wav", silence(1.0))
    done = _run("transcribe", str(tmp_path / "a.wav"), "--models", str(tmp_path), *arguments, **speech)
    assert done.exit_code == 2 and says in done.output, done.output


@pytest.mark.parametrize(
    ("speech", "language", "voice", "used"),
    [
        ({}, "es", None, "roa/es "),
        ({"spanish": "es-419"}, "es", None, "roa/es-419 "),
        ({"spanish": "es-419"}, "es", "roa/es+f2", "roa/es+f2 "),
        ({"spanish": "es-419"}, "ca", None, "roa/ca "),
        ({"piper": {"es": "gone.onnx"}}, "es", None, "roa/es "),
    ],
)
def test_say_speaks_as_the_server_would(
    speech: dict[str, object], language: str, voice: str | None, used: str
) -> None:
    """The region and the better voice of ivr.yaml; espeak-ng where that one cannot be had, as on calls."""
    chosen = _speaker(_settings(**speech), language, voice, None)
    try:
        assert used in chosen.identity(language)
    finally:
        chosen.close()


def test_say_keeps_the_pace_of_the_folder(tmp_path: Path) -> None:
    """`--pace` counts from there."""
    for name, pace in (("usual", 1.0), ("slow", 0.7)):
        done = _run("say", "Su saldo es de cien euros.", "--out", str(tmp_path / f"{name}.wav"), pace=pace)
        assert done.exit_code == 0, done.output
    usual, slow = (len(read_wav(tmp_path / f"{name}.wav")) for name in ("usual", "slow"))
    assert slow > 1.2 * usual


def test_models_are_looked_for_where_the_server_looks(tmp_path: Path) -> None:
    """`speech.models`, first of all."""
    need_model("whisper-base")
    there = next(row for row in _listed() if row["name"] == "whisper-base")["installed"]
    (tmp_path / Path(there).name).symlink_to(there)
    found = next(row for row in _listed(models=str(tmp_path)) if row["name"] == "whisper-base")
    assert found["installed"] == str(tmp_path / Path(there).name)


def _listed(**speech: object) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(_run("models", "list", "--json", **speech).output)["models"]
    return rows


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
