"""Trains the built-in engine: from examples to a model, in about a second.

Regularised least squares on the examples' features (Rifkin, Yeo, Poggio: Regularized Least-Squares
Classification, 2003): one system of equations as large as the number of examples. Its leave-one-out scores
come with the solution (Rifkin, Lippert: Notes on Regularized Least Squares, 2007, eq. 10), so that the
confidences are fitted to sentences that the model has not seen, and none has to be put aside.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from dialogs.errors import Problem
from ivr.understanding.concepts import Concepts
from ivr.understanding.examples import OUT_OF_SCOPE, Examples
from ivr.understanding.features import features_of
from ivr.understanding.model import Model, Numbers, weigh
from ivr.understanding.naming import names_of
from ivr.understanding.port import ExamplesUnfit

Doubles = npt.NDArray[np.float64]
RIDGE = 1.0
"""How strongly weights are held small; chosen by leaving out training examples."""
BALANCE = 0.3
"""0: every example counts the same; 1: every intent does."""
CONSTANT = 0.2
"""Weight of the feature that every sentence has."""
LEAST = 4
"""Examples of an intent; of fewer nothing can be learnt."""
SHARPNESSES = (4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0, 17.0)
UNKNOWNS = tuple(step / 50 for step in range(30))
COMMON = 28
"""A feature that more than one sentence in so many has is faster multiplied as a whole than by its places."""
RARE = 8
"""Features that so many sentences have, or fewer, are multiplied together with all others of as many."""
SMALL = 64
"""Rows of a matrix that is not halved any more."""
LARGE = 600
"""Rows of a triangle that is worth halving for a product."""
UNKNOWN_WEIGHT = 1.5
"""How much more a sentence of no intent counts in fitting confidences: fewer are written than come."""


def train(examples: Examples, concepts: Concepts, version: str = "") -> Model:
    """`version`: of the files (`examples.version_of`). Raises `ExamplesUnfit`."""
    _usable(examples, concepts)
    sentences = examples.sentences
    features = [features_of(example.text, concepts) for example in sentences]
    vocabulary, rarity = _vocabulary(features)
    seen = [weigh(found, vocabulary, rarity) for found in features]
    intents = examples.intents
    meant = np.array([intents.index(example.intent) for example in sentences])
    columns = _columns(seen, len(vocabulary))
    alpha, left_out = _solve(_likeness(columns, len(sentences)), meant, len(intents))
    shares = alpha.astype(np.float32)
    weights = np.zeros((len(vocabulary), len(intents)), dtype=np.float32)
    for row, (at, values) in enumerate(columns):
        weights[row] = values @ shares[at]
    sharpness, unknown = _calibrated(left_out, meant, intents)
    return Model(
        concepts=concepts,
        intents=intents,
        vocabulary=vocabulary,
        rarity=rarity,
        weights=weights,
        bias=(CONSTANT * alpha.sum(axis=0)).astype(np.float32),
        sharpness=sharpness,
        unknown=unknown,
        version=version,
        names=names_of(examples),
    )


def _usable(examples: Examples, concepts: Concepts) -> None:
    problems: Sequence[Problem] = (*examples.problems, *concepts.problems)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ExamplesUnfit(f"{problems[0]}{more}", "See all of them: ivr nlu check")
    counted = Counter(example.intent for example in examples.sentences)
    if len(counted) < 2:
        what = f"{examples.language}: there are examples of {len(counted)} intents"
        raise ExamplesUnfit(what, "Write examples of two or more in the folder of that language")
    for intent, count in counted.items():
        if count < LEAST:
            what = f"{examples.language}: {intent} has {count} examples"
            raise ExamplesUnfit(what, f"Write {LEAST} or more; forty make a good one")


def _vocabulary(features: Sequence[Mapping[str, Counter[str]]]) -> tuple[dict[str, int], Numbers]:
    held: Counter[str] = Counter()
    for sentence in features:
        for family, found in sentence.items():
            held.update(f"{family}\t{feature}" for feature in found)
    # Two stems that stand in one example only teach nothing, and there are a hundred thousand of them.
    kept = {
        feature: count for feature, count in held.items() if count > 1 or not feature.startswith("beside\t")
    }
    rarity = [math.log((1 + len(features)) / (1 + count)) + 1 for count in kept.values()]
    return {feature: row for row, feature in enumerate(kept)}, np.array(rarity, dtype=np.float32)


def _columns(
    seen: Sequence[tuple[npt.NDArray[np.intp], Numbers]], size: int
) -> list[tuple[npt.NDArray[np.intp], Numbers]]:
    """For each feature, the sentences that have it, and its values there."""
    rows = np.concatenate([found for found, _ in seen])
    values = np.concatenate([weighed for _, weighed in seen])
    sentences = np.repeat(np.arange(len(seen)), [len(found) for found, _ in seen])
    order = np.argsort(rows, kind="stable")
    ends = np.cumsum(np.bincount(rows, minlength=size)).tolist()
    sentences, values = sentences[order], values[order]
    return [(sentences[begin:end], values[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]


def _likeness(columns: Sequence[tuple[npt.NDArray[np.intp], Numbers]], size: int) -> Numbers:
    """How alike each two sentences are."""
    # Single precision is enough: the ridge keeps it far from singular. It takes half the time and memory.
    alike = np.full((size, size), CONSTANT, dtype=np.float32)
    common: list[tuple[npt.NDArray[np.intp], Numbers]] = []
    rare: dict[int, list[tuple[npt.NDArray[np.intp], Numbers]]] = {}
    for at, values in columns:
        if len(at) > size / COMMON:
            common.append((at, values))
        elif len(at) > RARE:
            alike[at[:, None], at] += values[:, None] * values
        elif len(at):
            rare.setdefault(len(at), []).append((at, values))
    for same in rare.values():
        where = np.array([at for at, _ in same])
        values = np.array([values for _, values in same])
        np.add.at(alike, (where[:, :, None], where[:, None, :]), values[:, :, None] * values[:, None, :])
    full = np.zeros((size, len(common)), dtype=np.float32)
    for row, (at, values) in enumerate(common):
        full[at, row] = values
    alike += full @ full.T
    return alike


def _down(square: Numbers) -> Numbers:
    """Its diagonal, to be written to."""
    return square.reshape(-1)[:: len(square) + 1]


def _solve(alike: Numbers, meant: npt.NDArray[np.intp], intents: int) -> tuple[Doubles, Doubles]:
    """Each sentence's share in the weights, and the scores that it would get if it were left out.

    `alike` is used up."""
    share = 1.0 / np.bincount(meant, minlength=intents)[meant] ** BALANCE
    _down(alike)[:] += RIDGE * share.mean() / share
    # The inverse is never made: two products with the inverse of its root give all that is wanted of it.
    _to_inverse_root(alike)
    unrooted = alike
    wanted = np.eye(intents)[meant]
    alpha = (unrooted.T @ (unrooted @ wanted.astype(np.float32))).astype(np.float64)
    return alpha, wanted - alpha / np.einsum("ij,ij->j", unrooted, unrooted)[:, None]


def _to_inverse_root(square: Numbers) -> None:
    """A symmetric matrix becomes the inverse of its Cholesky root, in its place and by halves: nearly all of
    it is products of matrices, which a processor does best, and no second matrix of that size is needed."""
    size = len(square)
    if size <= SMALL:
        square[:] = np.tril(np.linalg.inv(np.linalg.cholesky(square)))
        return
    half = size // 2
    first, second = square[:half, :half], square[half:, half:]
    _to_inverse_root(first)
    beside = _by_triangle(square[half:, :half], first, turned=True)
    second -= beside @ beside.T
    _to_inverse_root(second)
    below = _by_triangle(beside, first, turned=False)
    # The triangle is on the left here: both sides are turned.
    square[half:, :half] = -_by_triangle(below.T, second, turned=True).T
    square[:half, half:] = 0.0


def _by_triangle(left: Numbers, lower: Numbers, *, turned: bool) -> Numbers:
    """`left` times a lower triangle (`turned`: times its transpose), without the products with its zeros."""
    size = len(lower)
    if size <= LARGE:
        return left @ (lower.T if turned else lower)
    half = size // 2
    above, beside, below = lower[:half, :half], lower[half:, :half], lower[half:, half:]
    found = np.empty((len(left), size), dtype=np.float32)
    if turned:
        found[:, :half] = _by_triangle(left[:, :half], above, turned=True)
        found[:, half:] = left[:, :half] @ beside.T + _by_triangle(left[:, half:], below, turned=True)
    else:
        found[:, :half] = _by_triangle(left[:, :half], above, turned=False) + left[:, half:] @ beside
        found[:, half:] = _by_triangle(left[:, half:], below, turned=False)
    return found


def _calibrated(
    left_out: Doubles, meant: npt.NDArray[np.intp], intents: Sequence[str]
) -> tuple[float, float]:
    """Sharpness and score of the unknown under which the left-out sentences are the least surprising."""
    outside = intents.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in intents else -1
    counts = np.where(meant == outside, UNKNOWN_WEIGHT, 1.0)
    best, chosen = math.inf, (SHARPNESSES[0], UNKNOWNS[0])
    for sharpness in SHARPNESSES:
        told = np.exp(left_out * sharpness)
        right = told[np.arange(len(meant)), meant]
        for unknown in UNKNOWNS:
            none = math.exp(unknown * sharpness)
            mine = np.where(meant == outside, right + none, right)
            surprise = -float((counts * np.log(mine / (told.sum(axis=1) + none))).sum())
            if surprise < best:
                best, chosen = surprise, (sharpness, unknown)
    return chosen
