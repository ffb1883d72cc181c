"""`ivr say`, `ivr transcribe`, `ivr models`: speech from the command line, without a call."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table

from speech.auto import AutoRecognizer, choose
from speech.cached_synthesizer import Speaker
from speech.endpointing import Endpointer, SpeechEnded, SpeechStarted, TooLong
from speech.errors import ModelUnavailable, SpeechError
from speech.models import CATALOGUE, ModelStore, host_of
from speech.piper import Piper
from speech.pyttsx3 import SYSTEM_VOICES, Pyttsx3, Voice
from speech.recognizer import Hypothesis, Recognizer
from speech.sound import FRAME_BYTES, seconds_of, write_wav
from speech.studio import read_sound

LANGUAGES = ("es", "ca", "en")
START = 90.0
"""Seconds for a model to load."""
ANSWER = 60.0
"""Seconds for one utterance: nobody waits on the line here."""
_PLAYERS = (("aplay", "-q"), ("paplay",), ("pw-play",), ("afplay",), ("ffplay", "-autoexit", "-nodisp"))

_store = click.option(
    "--models",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder with models, looked into first; default: IVR_MODELS.",
)


class CannotBeDone(click.ClickException):
    """The command could not do its work: one line with the remedy, status 2."""

    exit_code = 2


# --- say -----------------------------------------------------------------------------------------


@click.command("say")
@click.argument("text")
@click.option(
    "--language",
    default="es",
    show_default=True,
    type=click.Choice(["es", "es-419", "ca", "en"]),
    help="Language, and region of the voice.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="WAV file; else the speaker.")
@click.option("--pace", default=1.0, show_default=True, type=click.FloatRange(0.5, 2.0), help="0.8: slower.")
@click.option("--voice", help="An espeak-ng voice, such as roa/es+f2; default: the language's.")
@click.option("--pitch", default=50, show_default=True, type=click.IntRange(0, 99))
@click.option("--piper", type=click.Path(path_type=Path, dir_okay=False), help="A Piper voice (.onnx).")
def say(
    text: str,
    language: str,
    out: Path | None,
    pace: float,
    voice: str | None,
    pitch: int,
    piper: Path | None,
) -> None:
    """Synthesises TEXT to an 8 kHz file or to the speaker.

    \b
    Examples:
      ivr say "Su saldo es de cien euros." --language es --out saldo.wav
      ivr say "El seu saldo és de cent euros." --language ca --pace 0.8
    """
    if not any(letter.isalnum() for letter in text):
        raise CannotBeDone("there is nothing to say: give a text with letters or digits")
    chosen = Voice(voice or SYSTEM_VOICES[language].name, pitch=pitch)
    speaker: Speaker | None = None
    try:
        speaker = Piper({language: piper}, timeout=60) if piper else Pyttsx3(voices={language: chosen})
        pcm = speaker.speak(text, language=language, pace=pace)
    except SpeechError as fault:
        raise CannotBeDone(str(fault)) from None
    finally:
        if speaker is not None:
            speaker.close()
    if out is None:
        _play(pcm)
        return
    try:
        write_wav(out, pcm)
    except OSError as fault:
        raise CannotBeDone(f"{out}: cannot be written ({fault.strerror})") from None
    click.echo(f"{out} ({seconds_of(pcm):.2f} s)")


def _play(pcm: bytes) -> None:
    import tempfile  # noqa: PLC0415 - only here

    player = next((found for found in _PLAYERS if shutil.which(found[0])), None)
    if player is None:
        names = ", ".join(found[0] for found in _PLAYERS)
        raise CannotBeDone(f"no player is there (looked for {names}): use --out FILE")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "say.wav"
        write_wav(file, pcm)
        done = subprocess.run([*player, str(file)], capture_output=True, check=False)  # noqa: S603 - one of the players above
    if done.returncode:
        raise CannotBeDone(f"{player[0]} cannot play (is there a sound device?): use --out FILE")


# --- transcribe ----------------------------------------------------------------------------------


@click.command("transcribe")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--language", default="es", show_default=True, type=click.Choice([*LANGUAGES, "ko"]))
@click.option("--grammar", help="The kind of answer to expect: digits, yes_no. The last line is its value.")
@click.option("--length", type=click.IntRange(1, 32), help="With --grammar digits: how many.")
@click.option("--phrase", "phrases", multiple=True, help="A phrase to expect; give it several times.")
@click.option("--engine", default="auto", show_default=True, type=click.Choice(["auto", "vosk", "whisper"]))
@click.option("--fetch/--no-fetch", default=True, help="Fetch a missing model.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line instead.")
@_store
def transcribe(  # noqa: PLR0913, PLR0917 - one parameter for each option
    file: Path,
    language: str,
    grammar: str | None,
    length: int | None,
    phrases: tuple[str, ...],
    engine: str,
    fetch: bool,
    as_json: bool,
    folder: Path | None,
) -> None:
    """Recognises the speech in FILE (WAV, MP3, FLAC, Ogg, Opus).

    Status 1: nothing was understood.

    \b
    Examples:
      ivr transcribe answer.wav --language es
      ivr transcribe number.wav --grammar digits --length 5
      ivr transcribe choice.wav --phrase "mi saldo" --phrase "una persona" --json
    """
    kind = _kind(grammar, length) if grammar else None
    expected = tuple(kind.phrases(language)) if kind else tuple(phrase.lower() for phrase in phrases)
    words = tuple(kind.words(language)) if kind else ()
    try:
        pcm = read_sound(file)
        recognizer = _recognizer(language, engine, ModelStore(local=folder), fetch)
        try:
            whole = bool(expected or words)
            heard = _hear(recognizer, pcm, language, expected, words, whole=whole)
        finally:
            recognizer.close()
    except SpeechError as fault:
        raise CannotBeDone(str(fault)) from None
    value = _value(kind, heard, language) if kind else None
    understood = value is not None if kind else any(hypothesis.readings for hypothesis in heard)
    if as_json:
        click.echo(json.dumps(_report(heard, value), ensure_ascii=False))
    else:
        for hypothesis in heard:
            for reading in hypothesis.readings if kind or phrases else hypothesis.readings[:1]:
                click.echo(f"{reading.confidence:.2f}  {reading.text}" if whole else reading.text)
        if kind and value is not None:
            click.echo(value)
    if not understood:
        click.echo("nothing was understood", err=True)
        sys.exit(1)


def _kind(grammar: str, length: int | None) -> Any:
    try:
        from dialogs.slots import KINDS  # noqa: PLC0415 - the other commands need no dialogs
    except ImportError as fault:
        raise CannotBeDone(f"kinds of answers are not there ({fault}): leave --grammar out") from None
    if grammar not in KINDS:
        raise CannotBeDone(f"no kind of answer is called {grammar!r}; there are: {', '.join(KINDS)}")
    kind = KINDS[grammar]
    if any(field.is_required() for field in kind.model_fields.values()):
        raise CannotBeDone(
            f"a {grammar} needs the options of a flow: use a flow test, or leave --grammar out"
        )
    if "length" not in kind.model_fields:
        return kind()
    size: dict[str, Any] = {"length": length} if length else {"min": 1, "max": 20}
    return kind(**size)


def _recognizer(language: str, engine: str, store: ModelStore, fetch: bool) -> AutoRecognizer:
    with _Bars() as bars:
        choice = choose([language], store, fetch=fetch, engine=engine, progress=bars.advance)
    recognizer = AutoRecognizer(choice, vosk_workers=1, whisper_parallel=1)
    if language not in recognizer.languages():
        recognizer.close()
        raise CannotBeDone(choice.reasons[language])
    recognizer.wait_ready(START)
    return recognizer


def _hear(
    recognizer: Recognizer,
    pcm: bytes,
    language: str,
    phrases: tuple[str, ...],
    words: tuple[str, ...],
    *,
    whole: bool,
) -> list[Hypothesis]:
    """One hypothesis for the file, or one for each utterance in it."""
    utterances = [pcm] if whole else _utterances(pcm)
    heard = []
    for sound in utterances:
        utterance = recognizer.open(language=language, phrases=phrases, words=words)
        for place in range(0, len(sound), FRAME_BYTES * 5):
            utterance.feed(sound[place : place + FRAME_BYTES * 5])
        heard.append(utterance.finish(ANSWER))
    return heard


def _utterances(pcm: bytes) -> list[bytes]:
    """The stretches of speech, cut as on a call."""
    pcm += bytes(-len(pcm) % FRAME_BYTES)
    found: list[bytes] = []
    endpointer, current = Endpointer(initial_timeout=None, longest=25.0), bytearray()
    for place in range(0, len(pcm), FRAME_BYTES):
        frame = pcm[place : place + FRAME_BYTES]
        if current:
            current += frame
        for event in endpointer.push(frame):
            if isinstance(event, SpeechStarted):
                current += event.audio
            elif isinstance(event, SpeechEnded | TooLong):
                found.append(bytes(current))
                endpointer, current = Endpointer(initial_timeout=None, longest=25.0), bytearray()
    if current:
        found.append(bytes(current))
    return found


def _value(kind: Any, heard: list[Hypothesis], language: str) -> str | None:
    from dialogs.results import Alternative, Heard, Match  # noqa: PLC0415
    from dialogs.slots.asking import Asking  # noqa: PLC0415

    readings = [reading for hypothesis in heard for reading in hypothesis.readings]
    asking = Asking(language, datetime.now())  # the wall clock of whoever typed it
    answer = kind.judge(Heard(tuple(Alternative(r.text, r.confidence) for r in readings)), asking)
    return answer.value if isinstance(answer, Match) else None


def _report(heard: list[Hypothesis], value: str | None) -> dict[str, Any]:
    return {
        "utterances": [
            {
                "engine": hypothesis.engine,
                "seconds": round(hypothesis.audio_seconds, 3),
                "wait_seconds": round(hypothesis.wait_seconds, 3),
                "readings": [
                    {"text": reading.text, "confidence": round(reading.confidence, 3)}
                    for reading in hypothesis.readings
                ],
            }
            for hypothesis in heard
        ],
        "value": value,
    }


# --- models --------------------------------------------------------------------------------------


@click.group("models")
def models() -> None:
    """Speech models: what is there, and fetching what is not.

    \b
    Examples:
      ivr models list
      ivr models pull
    """


@models.command("list")
@click.option("--json", "as_json", is_flag=True)
@_store
def list_models(as_json: bool, folder: Path | None) -> None:
    """Shows every known model, and where it is.

    \b
    Example:
      ivr models list --json
    """
    store = ModelStore(local=folder)
    rows: list[dict[str, Any]] = []
    for model in CATALOGUE.values():
        there = store.installed(model.name)
        rows.append(
            {
                "name": model.name,
                "engine": model.engine,
                "languages": list(model.languages),
                "megabytes": round(model.size / 1e6),
                "licence": model.licence,
                "installed": str(there.folder) if there else None,
                "verified": there.verified if there else None,
                "damage": store.damage(model.name) if there else "",
                "sources": [f"{source.title} ({host_of(source)})" for source in model.sources],
                "tests_only": model.tests_only,
            }
        )
    if as_json:
        click.echo(json.dumps({"models": rows}, ensure_ascii=False))
        return
    table = Table("model", "languages", "MB", "state", "sources")
    for row in rows:
        state = "not installed"
        if row["installed"]:
            doubt = "damaged: pull it again" if row["damage"] else "" if row["verified"] else "not verified"
            state = f"{row['installed']}" + (f" ({doubt})" if doubt else "")
        languages = " ".join(row["languages"]) + (" (tests)" if row["tests_only"] else "")
        table.add_row(row["name"], languages, str(row["megabytes"]), state, "\n".join(row["sources"]))
    Console().print(table)


@models.command("pull")
@click.argument("names", nargs=-1, metavar="[MODEL]…")
@click.option("--unverified", is_flag=True, help="Take a model whose publisher's sha256 is not known.")
@click.option("--json", "as_json", is_flag=True)
@_store
def pull(names: tuple[str, ...], unverified: bool, as_json: bool, folder: Path | None) -> None:
    """Fetches models; without a name, the best to be had for es, ca and en.

    \b
    Examples:
      ivr models pull
      ivr models pull vosk-es whisper-base
      ivr models pull vosk-ca --unverified
    """
    store = ModelStore(local=folder)
    if not names:
        with _Bars() as bars:
            choice = choose(LANGUAGES, store, fetch=True, progress=bars.advance)
        if as_json:
            click.echo(json.dumps({"engines": choice.engines, "reasons": choice.reasons}, ensure_ascii=False))
        else:
            for language, reason in choice.reasons.items():
                click.echo(f"{language}: {reason}")
        if "keys" in choice.engines.values():
            raise CannotBeDone("not every language has a recogniser: the lines above say what was tried")
        return
    pulled = []
    for name in names:
        try:
            with _Bars() as bars:
                there = store.ensure(name, progress=bars.advance, unverified=unverified)
        except ModelUnavailable as fault:
            raise CannotBeDone(str(fault)) from None
        pulled.append({"name": name, "folder": str(there.folder), "source": there.source})
        if not as_json:
            doubt = "" if there.verified else ", not verified"
            click.echo(f"{name}: {there.folder} (from {there.source}{doubt})")
    if as_json:
        click.echo(json.dumps({"pulled": pulled}, ensure_ascii=False))


class _Bars:
    """Progress of downloads on standard error; silent where nobody watches."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._tasks: dict[str, TaskID] = {}

    def advance(self, what: str, done: int, total: int) -> None:
        """What is being done, bytes so far, bytes in all (0: unknown)."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total or None)
        self._progress.update(self._tasks[what], completed=done, total=total or None)

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._progress.stop()


commands: list[click.Command] = [say, transcribe, models]
