"""`ivr say`, `ivr transcribe`: speech from the command line, as the folder's server speaks and hears."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ivr.cli import pass_settings
from ivr.cli.fetch_bars import FetchBars
from ivr.cli.flows import CannotBeDone
from ivr.cli.models import LANGUAGES, models_option, store_of
from ivr.config import Settings
from speech.auto import AutoRecognizer, choose
from speech.cached_synthesizer import Speaker
from speech.endpointing import Endpointer, SpeechEnded, SpeechStarted, TooLong
from speech.errors import SpeechError
from speech.models import ModelStore
from speech.piper import Piper
from speech.pyttsx3 import SYSTEM_VOICES, Pyttsx3, Voice
from speech.recognizer import Hypothesis, Recognizer
from speech.sound import FRAME_BYTES, seconds_of, write_wav
from speech.studio import read_sound

START = 90.0
"""Seconds for a model to load."""
ANSWER = 60.0
"""Seconds for one utterance: nobody waits on the line here."""
LONGEST_ANSWER = 25.0
"""Seconds of a file that are taken for one answer; Whisper hears 27. A longer one is cut at its pauses."""
FINAL_SILENCE = 0.7
"""Seconds of a pause that parts two utterances where no kind of answer says otherwise."""
_PLAYERS = (("aplay", "-q"), ("paplay",), ("pw-play",), ("afplay",), ("ffplay", "-autoexit", "-nodisp"))


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
@click.option(
    "--pace",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.5, 2.0),
    help="Times speech.pace of ivr.yaml; 0.8: slower.",
)
@click.option("--voice", help="An espeak-ng voice, such as roa/es+f2; default: as the server speaks.")
@click.option("--pitch", type=click.IntRange(0, 99), help="Of an espeak-ng voice; 50 is the usual one.")
@click.option("--piper", type=click.Path(path_type=Path, dir_okay=False), help="A Piper voice (.onnx).")
@pass_settings
def say(
    settings: Settings,
    text: str,
    language: str,
    out: Path | None,
    pace: float,
    voice: str | None,
    pitch: int | None,
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
    if out is not None and out.suffix.lower() not in ("", ".wav"):
        raise CannotBeDone(f"{out}: what is written is WAV: call it {out.with_suffix('.wav').name}")
    speaker: Speaker | None = None
    try:
        if piper is not None:
            speaker = Piper({language: piper}, timeout=60)
        else:
            speaker = _speaker(settings, language, voice, pitch)
        pcm = speaker.speak(text, language=language, pace=settings.speech.pace * pace)
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


def _speaker(settings: Settings, language: str, voice: str | None, pitch: int | None) -> Speaker:
    """Who speaks that language on the calls of these settings, or that espeak-ng voice."""
    file = settings.speech.piper.get(language.partition("-")[0])  # type: ignore[call-overload] # any language
    if file is not None and voice is None and pitch is None:
        try:
            return Piper({language: settings.path(file)}, timeout=60)
        except SpeechError as fault:
            click.echo(f"espeak-ng speaks instead of Piper: {fault}", err=True)
    usual = SYSTEM_VOICES[settings.speech.spanish if language == "es" else language]
    return Pyttsx3(
        voices={language: Voice(voice or usual.name, pitch=usual.pitch if pitch is None else pitch)}
    )


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
@click.option(
    "--engine",
    type=click.Choice(["auto", "vosk", "whisper"]),
    help="Default: speech.engine of ivr.yaml.",
)
@click.option(
    "--fetch/--no-fetch", default=None, help="Fetch a missing model; default: speech.fetch of ivr.yaml."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line instead.")
@models_option
@pass_settings
def transcribe(  # noqa: PLR0913, PLR0917 - one parameter for each option
    settings: Settings,
    file: Path,
    language: str,
    grammar: str | None,
    length: int | None,
    phrases: tuple[str, ...],
    engine: str | None,
    fetch: bool | None,
    as_json: bool,
    folder: Path | None,
) -> None:
    """Recognises the speech in FILE (WAV, MP3, FLAC, Ogg, Opus), as this folder's server would.

    What is expected (--grammar, --phrase) is one answer in a file of up to 25 s; a longer file is cut at its
    pauses, and each utterance is an answer. Status 1: nothing was understood.

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
        one = bool(expected or words) and seconds_of(pcm) <= LONGEST_ANSWER
        pause = kind.final_silence if kind else FINAL_SILENCE
        stretches = [Stretch(0.0, pcm)] if one else _utterances(pcm, pause)
        recognizer = _recognizer(settings, language, engine, store_of(settings, folder), fetch=fetch)
        try:
            heard = [_hear(recognizer, stretch, language, expected, words) for stretch in stretches]
        finally:
            recognizer.close()
    except SpeechError as fault:
        raise CannotBeDone(str(fault)) from None
    values = [_value(kind, one, language) if kind else None for one in heard]
    if as_json:
        click.echo(json.dumps(_report(stretches, heard, values), ensure_ascii=False))
    else:
        _show(stretches, heard, values, readings=bool(expected or words))
    if not any(value is not None if kind else one.readings for one, value in zip(heard, values, strict=True)):
        click.echo("nothing was understood", err=True)
        sys.exit(1)


@dataclass(frozen=True)
class Stretch:
    """What lies between two pauses of a file."""

    begins: float
    """Seconds from the beginning of the file."""
    pcm: bytes


def _show(
    stretches: list[Stretch], heard: list[Hypothesis], values: list[str | None], *, readings: bool
) -> None:
    """All readings of an answer, its value at last; of free speech the best of each utterance."""
    several = len(stretches) > 1
    for stretch, one, value in zip(stretches, heard, values, strict=True):
        place = f"{stretch.begins:.1f} s  " if several and readings else ""
        for reading in one.readings if readings else one.readings[:1]:
            click.echo(f"{place}{reading.confidence:.2f}  {reading.text}" if readings else reading.text)
        if value is not None:
            click.echo(f"{place}{value}")


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


def _recognizer(
    settings: Settings, language: str, engine: str | None, store: ModelStore, *, fetch: bool | None
) -> AutoRecognizer:
    wanted = engine or settings.speech.engine
    if wanted == "none":
        raise CannotBeDone("speech.engine is none: calls go by keys; give --engine auto")
    with FetchBars() as bars:
        choice = choose(
            [language],
            store,
            fetch=settings.speech.fetch if fetch is None else fetch,
            engine=wanted,
            progress=bars.advance,
            servers={str(served): urls for served, urls in settings.speech.servers.items()},
            second_opinion=settings.speech.second_opinion,
        )
    recognizer = AutoRecognizer(choice, vosk_workers=1, whisper_parallel=1)
    if language not in recognizer.languages():
        recognizer.close()
        raise CannotBeDone(choice.reasons[language])
    recognizer.wait_ready(START)
    for line in recognizer.listeners([language] if recognizer.away else ()):
        click.echo(line, err=True)
    return recognizer


def _hear(
    recognizer: Recognizer,
    stretch: Stretch,
    language: str,
    phrases: tuple[str, ...],
    words: tuple[str, ...],
) -> Hypothesis:
    utterance = recognizer.open(language=language, phrases=phrases, words=words)
    for place in range(0, len(stretch.pcm), FRAME_BYTES * 5):
        utterance.feed(stretch.pcm[place : place + FRAME_BYTES * 5])
    return utterance.finish(ANSWER)


def _utterances(pcm: bytes, pause: float) -> list[Stretch]:
    """The stretches of speech, cut as on a call."""
    pcm += bytes(-len(pcm) % FRAME_BYTES)
    found: list[Stretch] = []
    begins, current = 0.0, bytearray()

    def endpointer() -> Endpointer:
        return Endpointer(final_silence=pause, initial_timeout=None, longest=LONGEST_ANSWER)

    hearing = endpointer()
    for place in range(0, len(pcm), FRAME_BYTES):
        frame = pcm[place : place + FRAME_BYTES]
        if current:
            current += frame
        for event in hearing.push(frame):
            if isinstance(event, SpeechStarted):
                current += event.audio
                begins = max(0.0, seconds_of(pcm[: place + FRAME_BYTES]) - seconds_of(event.audio))
            elif isinstance(event, SpeechEnded | TooLong):
                found.append(Stretch(begins, bytes(current)))
                hearing, current = endpointer(), bytearray()
    if current:
        found.append(Stretch(begins, bytes(current)))
    return found


def _value(kind: Any, heard: Hypothesis, language: str) -> str | None:
    from dialogs.results import Alternative, Heard, Match  # noqa: PLC0415
    from dialogs.slots.asking import Asking  # noqa: PLC0415

    asking = Asking(language, datetime.now())  # the wall clock of whoever typed it
    answer = kind.judge(Heard(tuple(Alternative(r.text, r.confidence) for r in heard.readings)), asking)
    return answer.value if isinstance(answer, Match) else None


def _report(stretches: list[Stretch], heard: list[Hypothesis], values: list[str | None]) -> dict[str, Any]:
    """`value` is that of the file where only one utterance has one."""
    known = [value for value in values if value is not None]
    return {
        "utterances": [
            {
                "begins": round(stretch.begins, 3),
                "engine": one.engine,
                "seconds": round(one.audio_seconds, 3),
                "wait_seconds": round(one.wait_seconds, 3),
                "readings": [
                    {"text": reading.text, "confidence": round(reading.confidence, 3)}
                    for reading in one.readings
                ],
                "value": value,
            }
            for stretch, one, value in zip(stretches, heard, values, strict=True)
        ],
        "value": known[0] if len(known) == 1 else None,
    }


commands: list[click.Command] = [say, transcribe]
