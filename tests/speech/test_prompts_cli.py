"""`ivr prompts`: made ahead, listed for a studio, brought back; as a person runs it."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from dialogs.effects import Piece, Spoken
from ivr.cli import FAULTS
from ivr.cli.prompts import prompts
from ivr.config import Settings
from ivr.voice import open_prompts
from speech.joining import in_recordings
from speech.pyttsx3 import Pyttsx3
from speech.sound import SPEECH_LEVEL_DBFS, read_wav, speech_level, to_pcm, to_samples, write_wav
from speech.studio_files import studio_file
from tests.speech.conftest import noise

CATALOGUE = """queues: [people]
lookups:
  account:
    by: [number]
    fields: {balance: money, balance_currency: text}
"""
FLOW = """flow: main
languages: [es, ca]
person: people
steps:
  - ask: number
    type: digits
    length: 5
    prompt: {es: "Dígame su número.", ca: "Digui'm el seu número."}
  - lookup: account
    by: {number: "{number}"}
    found: tell
    missing: bye
    slow: bye
    error: bye
  - id: tell
    say: {es: "Debe {account.balance}, señora. =Gracias.", ca: "Deu {account.balance}."}
  - id: bye
    say: {es: "Adiós.", ca: "Adéu."}
  - hangup: normal
"""


@dataclass(frozen=True)
class Ran:
    """What became of a command."""

    exit_code: int
    output: str

    @property
    def report(self) -> Any:
        """The last line, as JSON."""
        return json.loads(self.output.splitlines()[-1])


Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation with one flow."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "catalogue.yaml").write_text(CATALOGUE)
    (tmp_path / "flows" / "main.flow.yaml").write_text(FLOW)
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    """Runs a command of the group."""

    def run(*words: str) -> Ran:
        result = CliRunner().invoke(prompts, list(words), obj=Settings(home=home))
        if isinstance(result.exception, FAULTS):
            return Ran(2, f"{result.output}ivr: {result.exception}\n")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.output)

    return run


@pytest.fixture
def record(home: Path, caller: Pyttsx3) -> Callable[..., Path]:
    """The studio reads a text to a file below `sent`, with a gain."""

    def record(name: str, text: str, *, gain: float = 0.3, language: str = "es") -> Path:
        file = home / "sent" / f"{name}.wav"
        sound = to_samples(caller.speak(text, language=language)) * gain
        room = to_samples(noise(1.0, 3.0))[:4000] * gain
        write_wav(file, to_pcm(np.concatenate([room, sound, room])))
        return file

    return record


def test_everything_is_made_once(run: Run, home: Path) -> None:
    """Both languages, the engine's own sentences too; the second run finds all there."""
    first = run("build", "--json")
    assert first.exit_code == 0, first.output
    report = first.report
    assert report["failed"] == [] and report["seconds"] > 60
    assert set(report["languages"]) == {"ca", "en", "es"}
    made = sum(count["made"] for count in report["languages"].values())
    assert len(list((home / "prompts" / "cache").glob("??/*.wav"))) == made > 100
    again = run("build", "--language", "es", "--json").report["languages"]
    assert list(again) == ["es"] and set(again["es"]) == {"there"}


def test_a_full_disk_is_told(run: Run, home: Path) -> None:
    """Nothing is counted as made that nobody keeps."""
    folder = home / "prompts"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted by this user")
    try:
        done = run("build", "--language", "es")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
    assert done.exit_code == 2, done.output
    assert "cannot write a prompt (No space left on device): make room there" in done.output


def test_the_list_is_for_people(run: Run, home: Path) -> None:
    """CSV and Excel hold the same; a text stands once; nothing in it is a formula."""
    done = run("export", "--out", str(home / "a.csv"), "--no-words")
    assert done.exit_code == 0 and "es: 6 parts" in done.output  # three are built in
    assert run("export", "--out", str(home / "a.xlsx"), "--no-words").exit_code == 0
    with (home / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    cells = [
        [cell.value for cell in row] for row in load_workbook(home / "a.xlsx")["recordings"].iter_rows(2)
    ]
    assert [row["file"] for row in rows] == [row[0] for row in cells]
    by_file = {row["file"]: row for row in rows}
    part = by_file["main/tell/es-v1a.wav"]
    assert (part["text"], part["kind"], part["state"]) == ("Debe", "part", "missing")
    assert "Debe {account.balance}, señora." in part["remarks"] and "do not let the voice" in part["remarks"]
    assert by_file["main/tell/es.wav"]["text"] == "'=Gracias."
    sheet = load_workbook(home / "a.xlsx")["recordings"]
    (formula,) = [cell for (cell,) in sheet.iter_rows(2, min_col=3, max_col=3) if cell.value == "=Gracias."]
    assert formula.data_type == "s"
    assert len({(row["language"], row["text"]) for row in rows}) == len(rows)


def test_the_words_of_values_are_listed(run: Run) -> None:
    """Only those that the flows can say: amounts and digits, no months, no letters."""
    rows = run("export", "--language", "es", "--json").report["rows"]
    words = {row["text"] for row in rows if row["kind"] == "word"}
    assert {"cero", "veintiún", "doscientos", "con", "euros", "céntimo", "millones"} <= words
    assert not {"enero", "hache", "madrugada"} & words
    pesos = run("export", "--language", "es", "--currency", "MXN", "--json").report["rows"]
    assert {"pesos", "centavos"} <= {row["text"] for row in pesos}
    assert run("export", "--language", "es", "--currency", "mxn", "--json").report["rows"] == pesos


def test_what_the_studio_sends_is_heard(run: Run, home: Path, record: Callable[..., Path]) -> None:
    """With folders or dots in the name; levelled; played instead of the synthesiser, and off the list."""
    record("main/bye/es", "Adiós.", gain=0.1)
    record("main.tell.es-v1a", "Debe")
    record("main.tell.es-v1b", "señora.")
    for word in ("ciento", "dos", "euros"):
        record(f"es.values.{word}", word)
    done = run("import", str(home / "sent"), "--json")
    assert done.exit_code == 0, done.output
    assert {one["name"]: one["places"] for one in done.report["files"]}["main/bye/es"] == 1
    studio = home / "prompts" / "studio"
    level = 20 * np.log10(speech_level(to_samples(read_wav(studio / "main/bye/es.wav"))))
    assert level == pytest.approx(SPEECH_LEVEL_DBFS, abs=1.0)
    missing = run("export", "--missing", "--language", "es", "--json").report["rows"]
    assert not {"Adiós.", "Debe", "ciento"} & {row["text"] for row in missing}
    spoken_prompts, synthesizer = open_prompts(Settings(home=home))
    try:
        hello = spoken_prompts.file_of(Spoken("Adiós.", "es", "main/bye/es"))
        assert hello == studio / "main/bye/es.wav"
        pieces = (
            Piece("Debe", "main/tell/es-v1a"),
            Piece("ciento dos euros,"),
            Piece("señora.", "main/tell/es-v1b"),
        )
        joined = spoken_prompts.file_of(
            Spoken("Debe ciento dos euros, señora.", "es", varies=True, pieces=pieces)
        )
        assert "joined" in joined.parts
    finally:
        synthesizer.close()


def test_a_changed_text_is_asked_for_again(run: Run, home: Path, record: Callable[..., Path]) -> None:
    """The designer rewrote the sentence since: the list says so, and calls do not play the old one."""
    record("main/bye/es", "Adiós.")
    assert run("import", str(home / "sent")).exit_code == 0
    flow = home / "flows" / "main.flow.yaml"
    flow.write_text(FLOW.replace("Adiós.", "Hasta luego."))
    rows = run("export", "--missing", "--language", "es", "--json").report["rows"]
    assert {row["text"]: row["state"] for row in rows}["Hasta luego."] == "changed"
    spoken_prompts, synthesizer = open_prompts(Settings(home=home))
    try:
        assert spoken_prompts.source_of(Spoken("Hasta luego.", "es", "main/bye/es")) == "none"
    finally:
        synthesizer.close()


def test_what_cannot_be_right_is_refused(run: Run, home: Path, record: Callable[..., Path]) -> None:
    """A wrong name with the nearest right one, silence, what is no sound, the same prompt twice; status 1."""
    record("main/by/es", "Adiós.")
    record("main.bye.es", "Adiós.")
    record("main/bye/es", "Adiós.")
    write_wav(home / "sent" / "main.number.es.wav", bytes(16000))
    (home / "sent" / "main.bye.ca.wav").write_bytes(b"no sound")
    done = run("import", str(home / "sent"))
    assert done.exit_code == 1
    assert "did you mean main/bye/es?" in done.output
    assert "a second file for main/bye/es" in done.output
    assert "nothing but silence" in done.output and "Errno" not in done.output
    assert "main.bye.ca.wav: refused: not a sound that can be read (Invalid data" in done.output
    assert "1 brought in" in done.output.splitlines()[-1] and "4 refused" in done.output.splitlines()[-1]


def test_files_as_studios_name_them(run: Run, home: Path, record: Callable[..., Path]) -> None:
    """Capitals, AIFF, and a run of words in one breath, which is played instead of its words."""
    record("Main/Bye/ES", "Adiós.").rename(home / "sent" / "Main.Bye.ES.WAV")
    for word in ("ciento", "dos", "euros"):
        record(f"es.values.{word}", word)
    record("es.values.ciento-dos", "ciento dos")
    aiff = home / "sent" / "main.number.es.aiff"
    _write_aiff(aiff, record("number", "Dígame su número."))
    (home / "sent" / "number.wav").unlink()
    done = run("import", str(home / "sent"), "--json")
    assert done.exit_code == 0, done.output
    names = {one["name"] for one in done.report["files"]}
    assert names == {"main/bye/es", "main/number/es", *(f"es/values/{w}" for w in _WORDS)}
    studio = home / "prompts" / "studio"
    joins = in_recordings("ciento dos euros", lambda words: studio_file(studio, f"values/{words}", "es"))
    assert joins is not None and [join.file.stem for join in joins] == ["ciento-dos", "euros"]


_WORDS = ("ciento", "dos", "euros", "ciento-dos")


def _write_aiff(target: Path, recording: Path) -> None:
    with av.open(str(recording)) as source, av.open(str(target), "w", format="aiff") as written:
        stream = written.add_stream("pcm_s16be", rate=8000, layout="mono")
        for frame in source.decode(audio=0):
            written.mux(stream.encode(frame))
        written.mux(stream.encode(None))


def test_nothing_of_the_studio_s_is_passed_over_in_silence(
    run: Run, home: Path, record: Callable[..., Path]
) -> None:
    """A format that is not taken, a run with a word that nobody asked for, half a file. A note is none."""
    file = record("es.values.dos", "dos")
    file.with_name("main.bye.es.wma").write_bytes(file.read_bytes())
    file.with_name("main.number.es").write_bytes(file.read_bytes())
    file.with_name("es.values.dos-hache.wav").write_bytes(file.read_bytes())
    whole = read_wav(file)
    write_wav(file.with_name("es.values.ciento.wav"), whole[9600:9760])
    file.with_name("main.bye.es.txt").write_text("Adiós. Second take of Monday.")
    done = run("import", str(home / "sent"))
    assert done.exit_code == 1
    assert done.output.count("no format that is taken: send WAV") == 2
    assert "nothing is called es.values.dos-hache" in done.output
    assert "es.values.ciento.wav: refused: only 0.0" in done.output
    assert ".txt" not in done.output
    assert done.output.splitlines()[-1] == "1 brought in, 4 refused"


def test_what_is_doubtful_is_told(run: Run, home: Path, record: Callable[..., Path]) -> None:
    """Clipped, much too long, too noisy: brought in, with a line each; a dry run writes nothing."""
    record("main/bye/es", "Adiós.", gain=12.0)
    record("main/number/es", "Dígame su número. " * 5)
    file = record("main/tell/es", "Gracias.")
    loud = to_samples(read_wav(file))
    write_wav(file, to_pcm(loud + to_samples(noise(len(loud) / 8000, 900.0))))
    done = run("import", str(home / "sent"), "--dry-run")
    assert done.exit_code == 0
    for doubt in ("main/bye/es.wav: clipped", "is it the right file?", "dB below the voice"):
        assert doubt in done.output
    assert "3 would be brought in, 3 of them doubtful" in done.output
    assert not (home / "prompts" / "studio").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["export", "--out", "list.pdf"], "write a .csv or an .xlsx file"),
        (["export", "--out", "/proc/nowhere/a.csv"], "cannot be written"),
        (["export", "--currency", "XXX"], "'XXX' is no currency that can be said: choose one of ARS"),
        (["import", "/nowhere"], "is no folder"),
        (["import", "/proc/self/attr"], "no sound file"),
        (["build", "--flows", "/nowhere"], "is not there"),
        (["export", "--flows", "/nowhere"], "is not there"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Run, words: list[str], says: str) -> None:
    """Status 2 and the remedy."""
    done = run(*words)
    assert done.exit_code == 2 and says in done.output
