"""Who says whole sentences in an evaluation of free speech: synthetic, but near to people.

Spanish and English by Kokoro (the model store's "kokoro"), two voices each. Kokoro knows no Catalan: there a
native speaker's voice of the Universitat Politècnica de Catalunya (2007; LGPL) says it, by festival, which
Debian has. Or all by espeak-ng, which recognisers understand far worse than people.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from ivr.errors import MeasurementImpossible
from ivr.evaluation.callers import Callers
from speech.kokoro import VOICES, Kokoro
from speech.models import ModelStore
from speech.pyttsx3 import CALLER_VOICES
from speech.sound import Samples, read_wav, to_samples

Say = Callable[[str, int], Samples]
"""A sentence and its number → its sound at 8 kHz; the number chooses the voice."""
TURNS = 2
"""Voices of a language that take turns."""
_ONA = "voice_upc_ca_ona_hts"
_INSTALL = "apt-get install festival festvox-ca-ona-hts, or take --callers espeak"
_PATIENCE = 60
"""Seconds for a sentence."""


class Talkers:
    """Voices, started when they first speak."""

    def __init__(self, kind: str, store: ModelStore) -> None:
        """`kind`: natural or espeak."""
        self._kind = kind
        self._store = store
        self._espeak = Callers(())
        self._kokoro: Kokoro | None = None

    def of(self, language: str) -> Say:
        """Who speaks that language. Raises `MeasurementImpossible`, with the remedy."""
        if self._kind == "espeak":
            if language not in CALLER_VOICES:
                raise MeasurementImpossible(f"no caller speaks {language!r}", "Choose es, ca or en")
            voice = CALLER_VOICES[language].name
            return lambda text, _number: self._espeak.speak(text, language, voice, 1.0)
        if language in VOICES:
            kokoro = self._loaded()
            voices = VOICES[language][:TURNS]
            return lambda text, number: to_samples(
                kokoro.speak(text, language=language, voice=voices[number % len(voices)])
            )
        if language != "ca":
            raise MeasurementImpossible(f"no caller speaks {language!r}", "Choose es, ca or en")
        if shutil.which("festival") is None:
            raise MeasurementImpossible("festival is not here, which speaks Catalan", _INSTALL)
        return lambda text, _number: _by_festival(text)

    def close(self) -> None:
        """Ends the workers."""
        self._espeak.close()
        if self._kokoro is not None:
            self._kokoro.close()

    def _loaded(self) -> Kokoro:
        if self._kokoro is None:
            there = self._store.installed("kokoro")
            if there is None:
                raise MeasurementImpossible(
                    "the voices that sound like people are not here",
                    "ivr models pull kokoro (66 MB), or take --callers espeak",
                )
            self._kokoro = Kokoro(there.folder)
        return self._kokoro


def _by_festival(text: str) -> Samples:
    """One sentence; the text goes in by a file, so that nothing in it is a command."""
    with tempfile.TemporaryDirectory() as place:
        said, sound = Path(place) / "said.txt", Path(place) / "said.wav"
        said.write_bytes(f"{text}.".replace("’", "'").encode("latin-1", "ignore"))
        command = ["text2wave", "-eval", f"({_ONA})", "-F", "8000", "-o", str(sound), str(said)]
        try:
            done = subprocess.run(  # noqa: S603 - what is said goes in by a file
                command,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise MeasurementImpossible(
                f"festival did not say a sentence within {_PATIENCE} s",
                "Try again when the machine is less busy",
            ) from None
        if done.returncode or not sound.is_file():
            why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise MeasurementImpossible(f"festival did not say a sentence: {why[:200]}", _INSTALL)
        return to_samples(read_wav(sound))
