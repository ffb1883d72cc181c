"""A net of one hidden layer over neighbouring frames, learnt by Adam (Kingma and Ba 2015), in numpy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speech.phone_frames import AROUND, PAUSE, Numbers, neighbours

Clip = tuple[NDArray[np.float16], Sequence[str]]
"""The encoder's frames of a clip, and the phone of each."""
Net = dict[str, Numbers]

_NARROW, _HIDDEN = 96, 256
_EPOCHS, _BATCH = 5, 3000
_FASTEST = 2e-3
_UNMET = -12.0
_LEFT_OUT = 0.2
"""Share of the hidden layer that is left out at each step (dropout)."""


def learnt(clips: Sequence[Clip], *, epochs: int = _EPOCHS, seed: int = 0) -> Net:
    """As `speech.phone_frames.PhoneNet` reads it."""
    chance = np.random.default_rng(seed)
    counts = Counter(phone for _frames, phones in clips for phone in phones)
    symbols = [PAUSE, *sorted(set(counts) - {PAUSE})]
    known = {symbol: at for at, symbol in enumerate(symbols)}
    some = np.concatenate([clips[at][0][::3] for at in chance.permutation(len(clips))[:600]]).astype(
        np.float32
    )
    mean, spread = some.mean(axis=0), some.std(axis=0) + 1e-3
    net = _begun(some.shape[1], len(symbols), chance)
    adam = _Adam(net, steps=epochs * sum(len(phones) for _frames, phones in clips) / _BATCH)
    for epoch in range(epochs):
        losses = []
        for batch in _batches(clips, chance):
            frames = (np.concatenate([clips[at][0] for at in batch]).astype(np.float32) - mean) / spread
            frames += 0.1 * chance.normal(size=frames.shape).astype(np.float32)
            wanted = np.array([known[phone] for at in batch for phone in clips[at][1]])
            slope, loss = _slope(net, frames, _seen([len(clips[at][1]) for at in batch]), wanted, chance)
            adam.step(slope)
            losses.append(loss)
        print(f"round {epoch + 1}: loss {np.mean(losses):.3f}", flush=True)
    share = np.array([counts[symbol] + 20 for symbol in symbols], dtype=np.float32)
    return {
        **{name: net[name] for name in ("middle", "middle_bias", "outward", "outward_bias")},
        "inward": net["inward"] / spread[:, None],
        "inward_bias": -(mean / spread) @ net["inward"],
        "prior": np.log(share / share.sum()),
        "symbols": np.array(" ".join(symbols)),
    }


def joined(nets: Sequence[Net]) -> Net:
    """One net that gives the mean of the scores of all, with the phones of the first.

    What they learnt from other clips makes them err in other places.
    """
    symbols = str(nets[0]["symbols"]).split()
    known = [_with_phones(net, symbols) for net in nets]
    narrow, hidden = (sum(net[name].shape[1] for net in known) for name in ("inward", "middle"))
    middle = np.zeros((len(AROUND), narrow, hidden), np.float32)
    row = column = 0
    for net in known:
        rows, columns = net["inward"].shape[1], net["middle"].shape[1]
        middle[:, row : row + rows, column : column + columns] = net["middle"].reshape(
            len(AROUND), rows, columns
        )
        row, column = row + rows, column + columns
    share = np.float32(1 / len(known))
    return {
        "inward": np.concatenate([net["inward"] for net in known], axis=1),
        "middle": middle.reshape(-1, hidden),
        "outward": np.concatenate([net["outward"] for net in known]) * share,
        **{name: np.concatenate([net[name] for net in known]) for name in ("inward_bias", "middle_bias")},
        **{name: np.mean([net[name] for net in known], axis=0) for name in ("outward_bias", "prior")},
        "symbols": np.array(" ".join(symbols)),
    }


def _with_phones(net: Net, symbols: Sequence[str]) -> Net:
    """The net with its phones in that order; one that it never met is unlikely to it, and rare."""
    own = str(net["symbols"]).split()
    at = [own.index(symbol) if symbol in own else len(own) for symbol in symbols]
    whole = {name: value.astype(np.float32) for name, value in net.items() if name != "symbols"}
    unmet = {"outward": 0.0, "outward_bias": _UNMET, "prior": float(whole["prior"].min())}
    for name, value in unmet.items():
        ends = [(0, 0)] * (whole[name].ndim - 1) + [(0, 1)]
        whole[name] = np.pad(whole[name], ends, constant_values=value)[..., at]
    return whole


def saved(net: Net, file: Path) -> None:
    """In half precision, the biases whole."""
    kept = {
        name: value.astype(np.float16) if value.dtype == np.float32 and "bias" not in name else value
        for name, value in net.items()
    }
    np.savez_compressed(file, **kept)  # type: ignore[arg-type] # numpy's stub takes the names for its own


def _begun(size: int, phones: int, chance: np.random.Generator) -> Net:
    def drawn(rows: int, columns: int, scale: float) -> Numbers:
        return (chance.normal(size=(rows, columns)) * scale * np.sqrt(2 / rows)).astype(np.float32)

    return {
        "inward": drawn(size, _NARROW, 0.7),
        "middle": drawn(_NARROW * len(AROUND), _HIDDEN, 1.0),
        "middle_bias": np.zeros(_HIDDEN, np.float32),
        "outward": drawn(_HIDDEN, phones, 0.5),
        "outward_bias": np.zeros(phones, np.float32),
    }


def _batches(clips: Sequence[Clip], chance: np.random.Generator) -> list[list[int]]:
    found: list[list[int]] = [[]]
    size = 0
    for at in chance.permutation(len(clips)):
        if size >= _BATCH:
            found.append([])
            size = 0
        found[-1].append(int(at))
        size += len(clips[at][1])
    return found


def _seen(lengths: Sequence[int]) -> NDArray[np.intp]:
    starts = np.cumsum([0, *lengths])
    return np.concatenate(
        [neighbours(length) + start for length, start in zip(lengths, starts, strict=False)]
    )


def _slope(
    net: Net,
    frames: Numbers,
    seen: NDArray[np.intp],
    wanted: NDArray[np.intp],
    chance: np.random.Generator,
) -> tuple[Net, float]:
    """How the mean loss changes with each weight (back-propagation), and that loss."""
    each = np.arange(len(wanted))
    narrow = frames @ net["inward"]
    around = narrow[seen].reshape(len(wanted), -1)
    hidden = around @ net["middle"] + net["middle_bias"]
    open_ = (
        (hidden > 0) * (chance.random(hidden.shape, dtype=np.float32) > _LEFT_OUT) / np.float32(1 - _LEFT_OUT)
    )
    hidden = hidden * open_
    scores = hidden @ net["outward"] + net["outward_bias"]
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    loss = float(-np.log(scores[each, wanted] + 1e-9).mean())
    scores[each, wanted] -= 1
    scores /= len(wanted)
    back = (scores @ net["outward"].T) * open_
    spread = (back @ net["middle"].T).reshape(len(wanted), len(AROUND), -1)
    inward = np.zeros_like(narrow)
    for at in range(len(AROUND)):  # rows grow along a column, so that equal ones lie together
        rows, first = np.unique(seen[:, at], return_index=True)
        inward[rows] += np.add.reduceat(spread[:, at], first, axis=0)
    slope = {
        "outward": hidden.T @ scores,
        "outward_bias": scores.sum(axis=0),
        "middle": around.T @ back,
        "middle_bias": back.sum(axis=0),
        "inward": frames.T @ inward,
    }
    return slope, loss


class _Adam:
    """Steps that shrink along a cosine."""

    def __init__(self, net: Net, *, steps: float) -> None:
        self._net, self._steps, self._done = net, steps, 0
        self._mean = {name: np.zeros_like(value) for name, value in net.items()}
        self._square = {name: np.zeros_like(value) for name, value in net.items()}

    def step(self, slope: Net) -> None:
        """One step down."""
        self._done += 1
        pace = _FASTEST * max(0.02, 0.5 * (1 + np.cos(np.pi * min(1.0, self._done / self._steps))))
        for name, value in slope.items():
            self._mean[name] = 0.9 * self._mean[name] + 0.1 * value
            self._square[name] = 0.999 * self._square[name] + 0.001 * value**2
            mean = self._mean[name] / (1 - 0.9**self._done)
            square = self._square[name] / (1 - 0.999**self._done)
            self._net[name] -= np.float32(pace) * mean / (np.sqrt(square) + 1e-8)
