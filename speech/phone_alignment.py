"""How well each expected phrase lies along the phones that were heard. Pure arithmetic.

Rules:
1. A phrase is a row of states: a pause, its phones, a pause; between words there may be one. Each phone holds
   one frame of 20 ms or more, a pause none or more, and a phone may be swallowed at a price.
2. The best way through (Viterbi 1967) is worked out for all phrases at once, frame by frame.
3. What counts is how much worse a phrase lies than the best phones of every frame, whatever they spell:
   a phrase that was said comes close to that, in any other sound it stays far below.
4. A phrase may lie well where it is only a piece of what was said, or where it is rushed through. How much
   somebody in front says besides, and which phones the best way hardly touches, tells so (`courses`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speech.phone_frames import PAUSE, Sounding
from speech.phonetics import Phones
from speech.sound import FRAME_SECONDS

_SWALLOWED = -8.0
"""Log likelihood of a phone that is not there: people say "usté", "pa'", "an'"."""
_NEVER = -1e9

_AT_ONCE = 8
"""Frames right after a phrase: who goes on there has not said it alone."""
_BRIEF = 2
"""Frames below which a phone is rushed through."""

Words = tuple[Phones, ...]
"""One pronunciation of a phrase, word by word."""


@dataclass(frozen=True)
class _States:
    """Phrases as rows of states, filled up to the longest one."""

    phones: NDArray[np.intp]
    leap: NDArray[np.float32]
    """What it costs to pass each state by."""
    last: NDArray[np.intp]


@dataclass(frozen=True)
class Course:
    """How one phrase runs through what was heard."""

    brief: float
    """Share of its phones that last less than two frames, or are not there."""
    until: float
    """Seconds in which somebody in front speaks until it is over."""
    after: float
    """Seconds in which they speak on from there."""
    at_once: float
    """Share of the sixth of a second right after it in which they do."""


def fits(sounding: Sounding, phrases: Sequence[Sequence[Words]]) -> list[float]:
    """For each phrase, given in all its pronunciations, its log likelihood less the best possible one, so at
    most 0; minus infinity for a phrase without phones that are known."""
    rows, owners = _rows(sounding, phrases)
    best = np.full(len(phrases), -np.inf)
    if rows and len(sounding.logs):
        reached = _reached(sounding.logs, _states(rows, sounding.symbols.index(PAUSE)))
        np.maximum.at(best, owners, reached - float(sounding.logs.max(axis=1).sum()))
    return [float(one) for one in best]


def courses(sounding: Sounding, phrases: Sequence[Sequence[Words]]) -> list[Course | None]:
    """The course of each phrase in its best pronunciation; None for one without phones that are known."""
    rows, owners = _rows(sounding, phrases)
    found: list[Course | None] = [None] * len(phrases)
    if not rows or not len(sounding.logs):
        return found
    pause = sounding.symbols.index(PAUSE)
    states = _states(rows, pause)
    turns: list[NDArray[np.int8]] = []
    reached = _reached(sounding.logs, states, turns)
    likely = np.exp(sounding.logs - sounding.logs.max(axis=1, keepdims=True))
    front = 1 - likely[:, pause] / likely.sum(axis=1)
    best: dict[int, int] = {}
    for row, owner in enumerate(owners):
        if owner not in best or reached[row] > reached[best[owner]]:
            best[owner] = row
    for owner, row in best.items():
        said = np.flatnonzero(states.phones[row, : states.last[row] + 1] != pause)
        found[owner] = _course(_way(turns, states, row), said, front)
    return found


def _course(way: NDArray[np.intp], said: NDArray[np.intp], front: NDArray[np.float32]) -> Course:
    """`way`: the state of each frame; `said`: the states that are phones."""
    held = (way[:, None] == said[None, :]).sum(axis=0)
    at = np.flatnonzero(np.isin(way, said))
    over = int(at[-1]) + 1 if len(at) else 0
    return Course(
        brief=float((held < _BRIEF).mean()),
        until=float(front[:over].sum()) * FRAME_SECONDS,
        after=float(front[over:].sum()) * FRAME_SECONDS,
        at_once=float(front[over : over + _AT_ONCE].sum()) / _AT_ONCE,
    )


def _rows(sounding: Sounding, phrases: Sequence[Sequence[Words]]) -> tuple[list[list[list[int]]], list[int]]:
    """Each pronunciation as phones that are known, word by word, and the phrase that it is of."""
    known = {symbol: at for at, symbol in enumerate(sounding.symbols)}
    rows: list[list[list[int]]] = []
    owners: list[int] = []
    for owner, pronunciations in enumerate(phrases):
        for words in dict.fromkeys(pronunciations):
            said = [[known[phone] for phone in word if phone in known] for word in words]
            if any(said):
                rows.append([word for word in said if word])
                owners.append(owner)
    return rows, owners


def _states(rows: Sequence[Sequence[Sequence[int]]], pause: int) -> _States:
    states = [[pause, *(state for word in words for state in (*word, pause))] for words in rows]
    longest = max(map(len, states))
    phones = np.full((len(states), longest), pause, dtype=np.intp)
    for at, row in enumerate(states):
        phones[at, : len(row)] = row
    leap = np.where(phones == pause, 0.0, _SWALLOWED).astype(np.float32)
    return _States(phones, leap, np.array([len(row) - 1 for row in states]))


def _reached(
    logs: NDArray[np.float32], states: _States, turns: list[NDArray[np.int8]] | None = None
) -> NDArray[np.float64]:
    """The log likelihood of the best way through each row.

    `turns` gets, for each frame but the first, how many states back the best way to each state came from.
    """
    count, longest = states.phones.shape
    best = np.full((count, longest), _NEVER, dtype=np.float32)
    best[:, 0] = 0.0
    best[:, 1] = states.leap[:, 0]
    best[:, 2] = states.leap[:, 0] + states.leap[:, 1]
    best += logs[0][states.phones]
    for frame in logs[1:]:
        stayed, come = best, best.copy()
        np.maximum(come[:, 1:], best[:, :-1], out=come[:, 1:])
        one = come > stayed if turns is not None else None
        leapt = best[:, :-2] + states.leap[:, 1:-1]
        if turns is not None and one is not None:
            turn = one.astype(np.int8)
            turn[:, 2:][leapt > come[:, 2:]] = 2
            turns.append(turn)
        np.maximum(come[:, 2:], leapt, out=come[:, 2:])
        best = come + frame[states.phones]
    each = np.arange(count)
    ends: NDArray[np.float64] = np.maximum(best[each, states.last], best[each, states.last - 1]).astype(float)
    if turns is not None:
        turns.append((best[each, states.last - 1] > best[each, states.last]).astype(np.int8)[:, None])
    return ends


def _way(turns: Sequence[NDArray[np.int8]], states: _States, row: int) -> NDArray[np.intp]:
    """The state of each frame on the best way through one row, read backwards."""
    way = np.zeros(len(turns), dtype=np.intp)
    at = int(states.last[row]) - int(turns[-1][row, 0])
    for frame in range(len(turns) - 1, -1, -1):
        way[frame] = at
        if frame:
            at -= int(turns[frame - 1][row, at])
    return way
