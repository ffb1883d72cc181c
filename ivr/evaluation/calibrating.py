"""From utterances whose meaning is known to the weights of `speech.evidence`: logistic regression.

Rules:
1. Only the tuning half teaches. What the weights are worth is read from the test half.
2. Right phrases and all others weigh the same in sum, however many of each the sets hold.
3. A phrase is right if the question would take it for what was meant, whether or not it was said so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialogs.results import Alternative, Heard, Match
from ivr.errors import MeasurementImpossible
from ivr.evaluation.hearing import judged, recognised, spoilt
from ivr.evaluation.material import Item
from speech.evidence import Weights
from speech.recognizer import Hypothesis, Reading
from speech.sound import Samples

Numbers = NDArray[np.float64]

_RIDGE = 1e-3
"""Keeps a weight finite where a fact parts the two kinds without fault."""
_STEPS = 60
_LEAST = 20
"""Right phrases and others, each, below which nothing is learnt."""
LIMITS = (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Lesson:
    """What spoke for the likeliest phrase of one utterance, and whether it was what was meant."""

    facts: tuple[float, ...]
    right: bool
    answer: bool
    """Whether the utterance was an answer at all."""


class Tape:
    """A recogniser that keeps what it hears and what was expected, and understands nothing."""

    engine = "tape"

    def __init__(self) -> None:
        self.sound = bytearray()
        self.phrases: tuple[str, ...] = ()

    def languages(self) -> frozenset[str]:
        """All."""
        return frozenset({"es", "ca", "en"})

    def open(self, *, language: str, phrases: Sequence[str] = (), words: Sequence[str] = ()) -> Tape:  # noqa: ARG002 - the port's
        """Itself: one utterance a tape."""
        self.phrases = tuple(phrases)
        return self

    def feed(self, samples: bytes) -> None:
        """Kept."""
        self.sound += samples

    def pause(self) -> None:
        """Nothing."""

    def resume(self) -> None:
        """Nothing."""

    @property
    def so_far(self) -> tuple[Reading, ...]:
        """Nothing."""
        return ()

    def cancel(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""

    def finish(self, timeout: float) -> Hypothesis:  # noqa: ARG002 - the port's
        """No words."""
        return Hypothesis((), self.engine, 0.0, 0.0)


def lessons(
    items: Sequence[Item],
    lines: Sequence[str],
    model: Path,
    *,
    others: Callable[[str], Sequence[Samples]],
    parallel: int = 2,
    advance: Callable[[], None] = lambda: None,
) -> list[Lesson]:
    """What each item teaches on each line; those in which nothing was heard are left out.

    `others`: by language, other people's speech for babble. Raises `MeasurementImpossible`.
    """
    with tempfile.TemporaryDirectory() as place:
        asked: list[tuple[Item, dict[str, object]]] = []
        for item in items:
            for line in lines:
                tape = Tape()
                if recognised(tape, item, spoilt(item, line, others(item.language))) is None:
                    continue
                sound = Path(place) / f"{len(asked)}.raw"
                sound.write_bytes(tape.sound)
                asked.append(
                    (item, {"sound": str(sound), "language": item.language, "phrases": tape.phrases})
                )
        found: list[Lesson] = []
        for (item, _), said in zip(asked, _evidence([one for _, one in asked], model, parallel), strict=True):
            advance()
            if said is not None:
                right = bool(item.value) and _meaning(item, said[0]) == item.value
                found.append(Lesson(tuple(said[1]), right, bool(item.value)))
        return found


def _evidence(
    asked: Sequence[dict[str, object]], model: Path, parallel: int
) -> Iterator[tuple[str, list[float]] | None]:
    with tempfile.TemporaryFile("w+") as lines:
        lines.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in asked)
        lines.flush()
        os.lseek(lines.fileno(), 0, os.SEEK_SET)
        command = [sys.executable, "-m", "speech.worker_evidence", str(model), str(parallel)]
        with subprocess.Popen(command, stdin=lines, stdout=subprocess.PIPE, text=True) as worker:  # noqa: S603 - a module of ours
            assert worker.stdout is not None
            count = 0
            for count, answer in enumerate(worker.stdout, 1):  # noqa: B007 - counted for the check below
                yield json.loads(answer)
    if count != len(asked):
        raise MeasurementImpossible(
            f"Whisper ended after {count} of {len(asked)} utterances", "Read what it said above"
        )


def _meaning(item: Item, phrase: str) -> str:
    answer = judged(item, Heard((Alternative(phrase, 1.0),)))
    return answer.value if isinstance(answer, Match) else ""


def fitted(found: Sequence[Lesson]) -> Weights:
    """The weights under which these lessons are likeliest (Newton). Raises `MeasurementImpossible`."""
    right = np.array([one.right for one in found], dtype=np.float64)
    if min(right.sum(), len(right) - right.sum()) < _LEAST:
        raise MeasurementImpossible(
            f"{int(right.sum())} right phrases of {len(right)} are too few to learn from, or too many",
            f"Draw more: --items; at least {_LEAST} of each are needed",
        )
    facts: Numbers = np.column_stack([np.array([one.facts for one in found]), np.ones(len(found))])
    counts = np.where(right > 0, 0.5 / right.mean(), 0.5 / (1 - right.mean()))
    weights = np.zeros(facts.shape[1])
    ridge = _RIDGE * len(found) * np.eye(len(weights))
    ridge[-1, -1] = 0.0
    for _step in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(facts @ weights, -30, 30)))
        slope = facts.T @ (counts * (chance - right)) + ridge @ weights
        bend = (facts.T * (counts * chance * (1 - chance))) @ facts + ridge + 1e-9 * np.eye(len(weights))
        change = np.linalg.solve(bend, slope)
        weights -= change
        if float(np.abs(change).max()) < 1e-8:
            break
    return Weights(tuple(float(w) for w in weights[:-1]), float(weights[-1]))


def reliability(found: Sequence[Lesson], weights: Weights) -> list[dict[str, float]]:
    """For each limit: the shares above it, of right phrases, of answers' other ones, of what nobody asked."""
    chances = [(weights.chance(one.facts), one) for one in found]

    def share(limit: float, wanted: Callable[[Lesson], bool]) -> float:
        among = [chance for chance, one in chances if wanted(one)]
        return round(sum(chance >= limit for chance in among) / len(among), 4) if among else 0.0

    return [
        {
            "limit": limit,
            "right": share(limit, lambda one: one.right),
            "wrong_answers": share(limit, lambda one: one.answer and not one.right),
            "nothing": share(limit, lambda one: not one.answer),
        }
        for limit in LIMITS
    ]
