"""Whether a yes, a no or a universal was said, by a small net on Whisper's encoder. Worker process only.

Rules:
1. Every flow asks yes or no and listens for the universals ("una persona", "¿cómo?"), and callers say these
   in the same few ways. So, unlike the other phrases of a flow, they are learnt as wholes (keyword spotting):
   the net sees the encoder's frames (20 ms, 512 numbers) and how loud each is beside the others, and tells
   each phrase that it knows, and anything else, apart.
2. What counts is the sense. "Sí" and "sí, claro" are alike in sound and in sense, so their chances are added
   up; what was said word for word is for the decoder and the phones to tell.
3. "Anything else" is a class of its own, learnt from other words, other languages, noise and people behind:
   that is what tells a "no" that the caller said from a "no" that somebody said in the room, and a menu's
   "balance" from a "pardon".
4. The weights (`keywords.npz`, half precision) were learnt from synthetic voices only; no voice of the
   evaluation's is among them. `tests/speech/train_keywords.py` makes them. They fit the encoder that they
   were learnt on, and no other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]

WEIGHTS = Path(__file__).with_name("keywords.npz")
TAPS = 5
"""Frames that each layer sees of the one before; they lie 1, 2, 4 … frames apart."""
_LEAST = 1e-6
"""Chance below which a sense is not told apart."""


@dataclass(frozen=True)
class Spotted:
    """What was said, by sense."""

    chances: Mapping[str, float]
    """Sense → chance that a phrase of it was said; they and `other` make 1."""
    other: float
    """Chance that none of the phrases was said that the net knows."""
    senses: Mapping[str, str]
    """Each phrase that the net knows in that language → its sense."""

    def chance(self, text: str) -> float | None:
        """That something of that text's sense was said.

        None where it is no phrase that the net knows, and no row of such words that mean the same ("no no").
        """
        known = {self.senses.get(text)} - {None} or {self.senses.get(word) for word in text.split()}
        (sense,) = known if len(known) == 1 else (None,)
        return None if sense is None else max(_LEAST, self.chances[sense])


class KeywordNet:
    """The net; safe to use from several threads."""

    def __init__(self, file: Path = WEIGHTS) -> None:
        """Raises OSError, ValueError, KeyError where the file is not there or not whole."""
        with np.load(file) as kept:
            self._weights = {
                name: kept[name].astype(np.float32)
                for name in kept.files
                if name not in ("phrases", "layers")
            }
            self._phrases: dict[str, dict[str, str]] = json.loads(str(kept["phrases"]))
            self._layers = int(kept["layers"])
        self._languages = tuple(self._phrases)
        self.size = int(self._weights["inward"].shape[0])
        """Numbers in a frame of the encoder that it was learnt on."""

    def heard(self, frames: Numbers, loudness: Numbers, language: str) -> Spotted | None:
        """What was said in a clip; None for a language that the net does not know.

        `frames`: of the encoder, each of `size` numbers, in any precision. `loudness`: two numbers for each
        (`speech.in_front.loudness`).
        """
        if language not in self._phrases:
            return None
        phrases = self._phrases[language]
        chances = self._chances(
            self._seen(frames.astype(np.float32), loudness), self._languages.index(language), len(phrases)
        )
        said = {
            sense: float(sum(chances[at] for at, each in enumerate(phrases.values()) if each == sense))
            for sense in sorted({sense for sense in phrases.values() if sense})
        }
        known = {phrase: sense for phrase, sense in phrases.items() if sense}
        return Spotted(said, max(_LEAST, 1 - sum(said.values())), known)

    def _seen(self, frames: Numbers, loudness: Numbers) -> Numbers:
        """Each frame with what lies around it: residual layers whose reach doubles (dilated convolutions)."""
        net = self._weights
        seen: Numbers = np.maximum(frames @ net["inward"] + loudness @ net["louder"] + net["inward_bias"], 0)
        for layer in range(self._layers):
            apart = 2**layer
            wide = np.pad(seen, ((TAPS // 2 * apart,) * 2, (0, 0)))
            around: Numbers = sum(
                wide[tap * apart : tap * apart + len(seen)] @ net[f"around_{layer}"][tap]
                for tap in range(TAPS)
            )
            seen = seen + np.maximum(around + net[f"around_{layer}_bias"], 0)
        return seen

    def _chances(self, seen: Numbers, language: int, phrases: int) -> Numbers:
        """Of each phrase of a language, in its order, and of anything else, which is the last."""
        net = self._weights
        looks = (seen @ net["looks"][language]) + net["looks_bias"][language]
        looks = np.exp(looks - looks.max(axis=0))
        where = (looks / looks.sum(axis=0)).T @ seen
        whole = np.concatenate([where.reshape(-1), seen.max(axis=0), net["languages"][language]])
        hidden = np.maximum(whole @ net["middle"] + net["middle_bias"], 0)
        scores = hidden @ net["outward"][language] + net["outward_bias"][language]
        scores = np.append(scores[:phrases], scores[-1])
        scores = np.exp(scores - scores.max())
        chances: Numbers = scores / scores.sum()
        return chances
