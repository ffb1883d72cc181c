"""Synthetic callers that sound like people: Kokoro-82M (Apache-2.0) in a worker process.

For evaluations and tests only. The model knows Spanish and English; it is fetched by the model store
("kokoro"), and a few of its voices lie beside this file (`kokoro_voices.npz`, Apache-2.0): 256 numbers for
each length of a sentence in phones. A sentence of two seconds takes two to three.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from speech.errors import SynthesizerLost
from speech.speaking import Patience, SpeakingPool

VOICES: Mapping[str, tuple[str, ...]] = {
    "es": ("ef_dora", "em_alex", "em_santa"),
    "en": ("af_heart", "am_michael", "bf_emma"),
}
"""Who speaks what, the usual one first."""
START_TIMEOUT = 120.0
"""Seconds to load 92 MB on a busy machine."""
PATIENCE = Patience(20.0, a_sign=0.5)
"""Five times what a text takes; nobody waits on the line."""


class Kokoro:
    """Text to samples; slow, so no prompt is ever made with it."""

    engine = "kokoro"

    def __init__(
        self,
        model: Path,
        *,
        timeout: float = 120.0,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """`model`: its folder. `timeout`: seconds for one text."""
        self._pool = SpeakingPool(
            self.engine,
            "speech.worker_kokoro",
            {"model": str(model)},
            workers=1,
            timeout=timeout,
            patience=PATIENCE,
            start_timeout=START_TIMEOUT,
            progress=progress,
        )

    def speak(self, text: str, *, language: str, voice: str = "", pace: float = 1.0) -> bytes:
        """8 kHz samples of `text`; waits cooperatively. Raises `SynthesizerLost`."""
        known = VOICES.get(language, ())
        if not known or (voice and voice not in known):
            there = ", ".join(known) or "none"
            raise SynthesizerLost(f"Kokoro has no voice {voice!r} for {language!r} (there are: {there})")
        return self._pool.render(text=text, language=language, voice=voice or known[0], pace=pace)

    def close(self) -> None:
        """Ends the worker."""
        self._pool.close()
