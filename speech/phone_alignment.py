"""How well each expected phrase lies along the phones that were heard. Pure arithmetic.

Rules:
1. A phrase is a row of states: a pause, its phones, a pause; between words there may be one. Each phone holds
   one frame of 20 ms or more, a pause none or more, and a phone may be swallowed at a price.
2. The best way through (Viterbi 1967) is worked out for all phrases at once, frame by frame.
3. What counts is how much worse a phrase lies than the best phones of every frame, whatever they spell:
   a phrase that was said comes close to that, in any other sound it stays far below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speech.phone_frames import PAUSE, Sounding
from speech.phonetics import Phones

_SWALLOWED = -8.0
"""Log likelihood of a phone that is not there: people say "usté", "pa'", "an'"."""
_NEVER = -1e9

Words = tuple[Phones, ...]
"""One pronunciation of a phrase, word by word."""


@dataclass(frozen=True)
class _States:
    """Phrases as rows of states, filled up to the longest one."""

    phones: NDArray[np.intp]
    leap: NDArray[np.float32]
    """What it costs to pass each state by."""
    last: NDArray[np.intp]


def fits(sounding: Sounding, phrases: Sequence[Sequence[Words]]) -> list[float]:
    """For each phrase, given in all its pronunciations, its log likelihood less the best possible one, so at
    most 0; minus infinity for a phrase without phones that are known."""
    known = {symbol: at for at, symbol in enumerate(sounding.symbols)}
    rows: list[list[list[int]]] = []
    owners: list[int] = []
    for owner, pronunciations in enumerate(phrases):
        for words in dict.fromkeys(pronunciations):
            said = [[known[phone] for phone in word if phone in known] for word in words]
            if any(said):
                rows.append([word for word in said if word])
                owners.append(owner)
    best = np.full(len(phrases), -np.inf)
    if rows and len(sounding.logs):
        reached = _reached(sounding.logs, _states(rows, known[PAUSE]))
        np.maximum.at(best, owners, reached - float(sounding.logs.max(axis=1).sum()))
    return [float(one) for one in best]


def _states(rows: Sequence[Sequence[Sequence[int]]], pause: int) -> _States:
    states = [[pause, *(state for word in words for state in (*word, pause))] for words in rows]
    longest = max(map(len, states))
    phones = np.full((len(states), longest), pause, dtype=np.intp)
    for at, row in enumerate(states):
        phones[at, : len(row)] = row
    leap = np.where(phones == pause, 0.0, _SWALLOWED).astype(np.float32)
    return _States(phones, leap, np.array([len(row) - 1 for row in states]))


def _reached(logs: NDArray[np.float32], states: _States) -> NDArray[np.float64]:
    """The log likelihood of the best way through each row."""
    count, longest = states.phones.shape
    best = np.full((count, longest), _NEVER, dtype=np.float32)
    best[:, 0] = 0.0
    best[:, 1] = states.leap[:, 0]
    best[:, 2] = states.leap[:, 0] + states.leap[:, 1]
    best += logs[0][states.phones]
    for frame in logs[1:]:
        come = best.copy()
        np.maximum(come[:, 1:], best[:, :-1], out=come[:, 1:])
        np.maximum(come[:, 2:], best[:, :-2] + states.leap[:, 1:-1], out=come[:, 2:])
        best = come + frame[states.phones]
    each = np.arange(count)
    ends: NDArray[np.float64] = np.maximum(best[each, states.last], best[each, states.last - 1]).astype(float)
    return ends
