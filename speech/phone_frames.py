"""Which phone sounds when: a small net on the frames of Whisper's encoder. Runs in the worker process only.

Rules:
1. Whisper's encoder hears more than its decoder writes: a lone "saldo" of a synthetic caller, Catalan, a
   voice behind which others speak. So the phones are read off the encoder's frames (20 ms, 512 numbers),
   and an expected phrase is laid along them (`speech.phone_alignment`).
2. The weights (`phones.npz`, half precision) were learnt from synthetic voices only, on lines as they are:
   `tests/speech/train_phones.py` makes them. No voice of the evaluation's is among them.
3. Whoever is quieter than the one in front is hardly the caller (`speech.in_front`): a pause is likelier.
4. They fit the one model whose encoder they were learnt on. Beside another they are not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]

WEIGHTS = Path(__file__).with_name("phones.npz")
PAUSE = "_"
"""The symbol of what is no speech, or speech of others behind."""
AROUND = (-5, -3, -1, 0, 1, 3, 5)
"""Frames that the net sees beside each one: a fifth of a second in all."""
_PRIOR = 0.5
"""How much of a phone's own frequency is taken off: a scaled likelihood, as in hybrid recognisers
(Bourlard and Morgan 1994). All of it makes rare phones win in noise."""
_BEHIND = 4.0
"""Log odds by which speech is less likely where nobody is in front; a word said softly is still found."""
_LEAST = -12.0
"""Log probability below which a phone is not told apart: one bad frame must not decide."""


@dataclass(frozen=True)
class Sounding:
    """The phones of one clip."""

    logs: Numbers
    """Frame by phone: scaled log likelihoods."""
    symbols: tuple[str, ...]
    spoken: float
    """Seconds of it that are speech."""


class PhoneNet:
    """The net; safe to use from several threads."""

    def __init__(self, file: Path = WEIGHTS) -> None:
        """Raises OSError, ValueError, KeyError where the file is not there or not whole."""
        with np.load(file) as kept:
            self.symbols = tuple(str(kept["symbols"]).split())
            self.size = int(kept["inward"].shape[0])
            """Numbers in a frame of the encoder that it was learnt on."""
            self._inward, self._inward_bias, self._middle, self._middle_bias, self._outward, self._bias = (
                kept[name].astype(np.float32)
                for name in ("inward", "inward_bias", "middle", "middle_bias", "outward", "outward_bias")
            )
            self._prior = kept["prior"].astype(np.float32)

    def heard(self, frames: Numbers, front: tuple[int, int] | None = None) -> Sounding:
        """The phones of a clip: `frames` of the encoder, each of `size` numbers, in any precision.

        `front`: the frames `[begin, end)` in which somebody speaks in front; all of them without it.
        """
        logs = log_probabilities(
            frames.astype(np.float32) @ self._inward + self._inward_bias,
            self._middle,
            self._middle_bias,
            self._outward,
            self._bias,
        )
        pause = self.symbols.index(PAUSE)
        if front is not None:
            logs = _less_likely(logs, front, pause)
        spoken = float((logs[:, pause] < np.log(0.5)).sum()) * 0.02
        return Sounding(np.maximum(logs, _LEAST) - _PRIOR * self._prior, self.symbols, spoken)


def neighbours(count: int) -> NDArray[np.intp]:
    """For each of `count` frames those that the net sees, the first and last ones repeated at the edges."""
    places = np.arange(count)[:, None] + np.array(AROUND)[None, :]
    clipped: NDArray[np.intp] = np.clip(places, 0, count - 1)
    return clipped


def _less_likely(logs: Numbers, front: tuple[int, int], pause: int) -> Numbers:
    """Log probabilities with all phones less likely outside `front`."""
    at = np.arange(len(logs))
    behind = (at < front[0]) | (at >= front[1])
    said = logs - np.where(behind, np.float32(_BEHIND), np.float32(0))[:, None]
    said[:, pause] = logs[:, pause]
    whole: Numbers = said - np.log(np.exp(said).sum(axis=1, keepdims=True))
    return whole


def log_probabilities(
    narrow: Numbers, middle: Numbers, middle_bias: Numbers, outward: Numbers, bias: Numbers
) -> Numbers:
    """From narrow frames to log probabilities of phones: one hidden layer over each frame's neighbours."""
    seen = narrow[neighbours(len(narrow))].reshape(len(narrow), -1)
    scores = np.maximum(seen @ middle + middle_bias, 0) @ outward + bias
    scores -= scores.max(axis=1, keepdims=True)
    logs: Numbers = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return logs
