"""Speech synthesis by Piper, in worker processes: neural voices, an optional extra.

Piper is GPL-3 (it holds espeak-ng), so it is not among our dependencies, and runs in a process of its own. A
voice is a file `NAME.onnx` with `NAME.onnx.json` beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from speech.errors import SynthesizerLost
from speech.speaking import Patience, SpeakingPool, version_of

PACKAGE = "piper-tts"
START_TIMEOUT = 60.0
"""Seconds to load the voices; each takes about one."""
SLOWEST, FASTEST = 0.5, 2.0
PATIENCE = Patience(5.0, a_sign=0.05)
"""A text takes 0.005 to 0.009 s a sign on two busy cores, the first one of a worker up to two seconds more.
No caller waits so long: another voice speaks
(`speech.cached_synthesizer.SOON`)."""


class Piper:
    """Text to samples. `speech.cached_synthesizer.CachedSynthesizer` makes the `Synthesizer` port of it."""

    engine = "piper"

    def __init__(
        self,
        voices: Mapping[str, Path],
        *,
        workers: int = 1,
        timeout: float = 30.0,
        patience: Patience = PATIENCE,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """`voices`: a voice's `.onnx` file per language. `timeout`: seconds for one text, the wait for a free
        worker included. `patience`: after which its worker is replaced.

        Raises `SynthesizerLost` where Piper or a voice is not there.
        """
        check(voices)
        self._voices = {language: file.resolve() for language, file in voices.items()}
        self._pool = SpeakingPool(
            self.engine,
            "speech.worker_piper",
            {"voices": {language: str(file) for language, file in self._voices.items()}},
            workers=workers,
            timeout=timeout,
            patience=patience,
            start_timeout=START_TIMEOUT,
            progress=progress,
        )

    def languages(self) -> frozenset[str]:
        """The languages that have a voice."""
        return frozenset(self._voices)

    def identity(self, language: str) -> str:
        """Everything besides text and pace that the sound depends on: goes into the cache's key.

        Raises `SynthesizerLost` for a language without a voice.
        """
        file = self._voices[self._language(language)]
        try:
            facts = file.stat()
        except OSError as fault:
            raise SynthesizerLost(f"{file}: the voice is gone ({fault.strerror})") from None
        return f"{self.engine} {version_of(PACKAGE)} {file.name} {facts.st_size} {facts.st_mtime_ns}"

    def speak(self, text: str, *, language: str, pace: float = 1.0) -> bytes:
        """8 kHz samples of `text`; waits cooperatively. Raises `SynthesizerLost`."""
        return self._pool.render(
            text=text, language=self._language(language), pace=min(FASTEST, max(SLOWEST, pace))
        )

    def wait_ready(self, timeout: float) -> None:
        """Waits until a worker can speak. Raises `SynthesizerLost`."""
        self._pool.wait_ready(timeout)

    def worker_pids(self) -> list[int]:
        """Process ids, for the doctor and for tests."""
        return self._pool.pids()

    def close(self) -> None:
        """Ends the workers."""
        self._pool.close()

    def _language(self, language: str) -> str:
        for known in (language, language.partition("-")[0]):
            if known in self._voices:
                return known
        raise SynthesizerLost(f"Piper has no voice for {language!r}")


def check(voices: Mapping[str, Path]) -> None:
    """Raises `SynthesizerLost`, with the remedy, where Piper or a voice's file is not there."""
    if find_spec("piper") is None:
        raise SynthesizerLost(
            f"Piper is not installed: pip install {PACKAGE} (GPL-3; the extra `piper`) or remove speech.piper"
        )
    for language, file in voices.items():
        for needed in (file, file.with_name(f"{file.name}.json")):
            if not needed.is_file():
                raise SynthesizerLost(
                    f"{needed}: the Piper voice for {language} is not there; "
                    "name its .onnx file in speech.piper"
                )
