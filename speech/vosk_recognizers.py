"""Vosk's recognisers, used again: one for each utterance at a time, kept for the next with the same grammar.

Rules:
1. A recogniser composes its grammar with the model's graph as it goes, and keeps what it has composed. Used
   again it has that ready: a fifth of the time of a short answer is saved (docs/decisions/speech.md).
2. Nothing of one utterance reaches the next. After `FinalResult` of an utterance that went on until then,
   Vosk begins with new features and a new adaptation to the voice. After a stretch that it has ended by
   itself (`AcceptWaveform` said so) it goes on with the old ones: such a recogniser is not used again, nor
   is one whose utterance was cancelled.
3. `MOST` are kept, those that were used last.
4. One without a grammar is not kept. It holds more of the model's graph after each new sentence, 40 MB after
   one and 145 MB after sixteen, and each caller at an open question would have one. With yes and no, or a
   menu of fourteen words, it is 1 to 3 MB.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from speech.sound import SAMPLE_RATE

MOST = 40
"""Kept by one worker: as many as are spoken to at once when a core is busy, and a few questions more."""
_ALTERNATIVES = 5
_Grammar = tuple[str, tuple[str, ...]]
"""A language, and what may be said in it; nothing: anything."""


class VoskRecognizers:
    """What a worker takes its recognisers from. For one thread."""

    def __init__(self, models: Mapping[str, Any], *, most: int = MOST) -> None:
        """`models`: a `vosk.Model` per language."""
        self._models = models
        self._most = most
        self._kept: list[tuple[_Grammar, Any]] = []
        """The one that was used last is the last."""

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def take(self, language: str, phrases: Sequence[str]) -> Any:
        """A `vosk.KaldiRecognizer` that has heard nothing; the taker's own until it is given back."""
        wanted = (language, tuple(phrases))
        for place in range(len(self._kept) - 1, -1, -1):
            if self._kept[place][0] == wanted:
                return self._kept.pop(place)[1]
        return self._made(*wanted)

    def give_back(self, language: str, phrases: Sequence[str], recognizer: Any) -> None:
        """For the next: only what has ended as rule 2 says."""
        if not phrases:
            return
        self._kept.append(((language, tuple(phrases)), recognizer))
        del self._kept[: max(0, len(self._kept) - self._most)]

    def _made(self, language: str, phrases: tuple[str, ...]) -> Any:
        import vosk  # noqa: PLC0415 - loaded by the template

        expected = [json.dumps(phrases, ensure_ascii=False)] if phrases else []
        recognizer = vosk.KaldiRecognizer(self._models[language], float(SAMPLE_RATE), *expected)
        recognizer.SetMaxAlternatives(_ALTERNATIVES)
        return recognizer
