"""Speech synthesis by pyttsx3 with espeak-ng, in worker processes: the adapter that is always there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from speech.errors import SynthesizerLost
from speech.speaking import Patience, SpeakingPool, version_of

NORMAL_WORDS_PER_MINUTE = 155
"""espeak-ng's own default is 175: too fast for a telephone and an unknown name."""

PATIENCE = 0.8
"""Seconds for one text, which takes 0.02, after which its worker is replaced."""


@dataclass(frozen=True)
class Voice:
    """A speaker: espeak-ng's voice file, optionally `+variant`; `pitch` 0 to 99."""

    name: str
    pitch: int = 50
    words_per_minute: int = NORMAL_WORDS_PER_MINUTE


SYSTEM_VOICES: Mapping[str, Voice] = {
    "es": Voice("roa/es"),
    "es-419": Voice("roa/es-419"),
    "ca": Voice("roa/ca"),
    "en": Voice("gmw/en-US"),
    "ko": Voice("ko"),
}
"""Who the company sounds like. A region (`es-419`) is chosen in the configuration."""

CALLER_VOICES: Mapping[str, Voice] = {
    "es": Voice("roa/es+klatt4", words_per_minute=160),
    "ca": Voice("roa/ca+klatt4", words_per_minute=140),
    "en": Voice("gmw/en-US+klatt4", words_per_minute=140),
}
"""Who a played caller sounds like, in the demo and in tests: not like the company, and the variant that
Whisper understands best of 24 (five digits said one by one: docs/decisions/speech.md)."""


class Pyttsx3:
    """Text to samples. `speech.cached_synthesizer.CachedSynthesizer` makes the `Synthesizer` port of it."""

    engine = "pyttsx3"

    def __init__(
        self,
        *,
        voices: Mapping[str, Voice] = SYSTEM_VOICES,
        workers: int = 1,
        timeout: float = 10.0,
        patience: float = PATIENCE,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """`timeout`: seconds for one text, the wait for a free worker included. `patience`: after so many its
        worker is replaced; its successor draws other breath, so whoever wants the same sound again waits."""
        self._voices = dict(voices)
        self._pool = SpeakingPool(
            self.engine,
            "speech.worker_pyttsx3",
            {},
            workers=workers,
            timeout=timeout,
            patience=Patience(patience),
            start_timeout=20.0,
            progress=progress,
        )

    def languages(self) -> frozenset[str]:
        """The languages, and `language-REGION`s, that have a voice."""
        return frozenset(self._voices)

    def identity(self, language: str) -> str:
        """Everything besides text and pace that the sound depends on: goes into the cache's key.

        Raises `SynthesizerLost` for a language without a voice.
        """
        voice = self._voice(language)
        versions = "/".join(version_of(package) for package in ("pyttsx3", "espeakng-loader"))
        return f"{self.engine} {versions} {voice.name} {voice.pitch} {voice.words_per_minute}"

    def speak(self, text: str, *, language: str, pace: float = 1.0) -> bytes:
        """8 kHz samples of `text`; waits cooperatively. Raises `SynthesizerLost`."""
        voice = self._voice(language)
        return self._pool.render(
            text=text,
            voice=voice.name,
            words_per_minute=voice.words_per_minute * min(2.0, max(0.5, pace)),
            pitch=voice.pitch,
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

    def _voice(self, language: str) -> Voice:
        voice = self._voices.get(language) or self._voices.get(language.partition("-")[0])
        if voice is None:
            known = ", ".join(sorted(self._voices))
            raise SynthesizerLost(f"no voice for {language!r}; there are voices for: {known}")
        return voice
