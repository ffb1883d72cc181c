"""Trains the built-in engine: from examples to a model, in about a second.

Regularised least squares on the examples' features (Rifkin, Yeo, Poggio: Regularized Least-Squares
Classification, 2003): one system of equations as large as the number of examples. Its leave-one-out scores
come with the solution (Rifkin, Lippert: Notes on Regularized Least Squares, 2007, eq. 10), so that the
confidences are fitted to sentences that the model has not seen, and none has to be put aside.
"""

from __future__ import annotations

import gc
import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from dialogs.errors import Problem
from ivr.understanding.concepts import Concepts
from ivr.understanding.examples import OUT_OF_SCOPE, Examples
from ivr.understanding.features import FAMILIES, features_of
from ivr.understanding.model import Model, Numbers
from ivr.understanding.naming import names_of
from ivr.understanding.port import ExamplesUnfit

Doubles = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Columns = Sequence[tuple[Places, Numbers]]
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
COMMON = 50
"""A feature that more than one sentence in so many has is faster multiplied as a whole than by its places."""
RARE = 12
"""Features that so many sentences have, or fewer, are multiplied together with all others of as many."""
TOGETHER = 20_000
"""Features whose weights are summed at once: all of them would take a hundred MB more."""
SMALL = 64
"""Rows of a matrix that is not halved any more."""
SELDOM_TEACH = ("beside\t", "blurred\t")
"""Families whose features are left out if only one sentence has them: two stems, a piece of blurred sound."""
TRIED = 2000
"""Sentences that are left out to fit the confidences: more would not change them, and all take as long as the
solution."""
UNKNOWN_WEIGHT = 1.5
"""How much more a sentence of no intent counts in fitting confidences: fewer are written than come."""


def train(examples: Examples, concepts: Concepts, version: str = "") -> Model:
    """`version`: of the files (`examples.version_of`). Raises `ExamplesUnfit`."""
    _usable(examples, concepts)
    with _nothing_collected():
        return _trained(examples, concepts, version)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Without the collection of garbage: there is none, and millions of features to look through for it."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _trained(examples: Examples, concepts: Concepts, version: str) -> Model:
    # Confidences are fitted to the last `TRIED`: they have to be of all intents and files.
    sentences = random.Random(1).sample(examples.sentences, len(examples.sentences))  # noqa: S311 - no secret
    vocabulary, rarity, columns = _seen([features_of(example.text, concepts) for example in sentences])
    intents = examples.intents
    meant = np.array([intents.index(example.intent) for example in sentences])
    tried = min(TRIED, len(sentences))
    alpha, left_out = _solve(_likeness(columns, len(sentences)), meant, len(intents), tried)
    shares = alpha.astype(np.float32)
    weights = _summed(columns, shares)
    sharpness, unknown = _calibrated(left_out, meant[-tried:], intents)
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


def _seen(features: Sequence[Mapping[str, Counter[str]]]) -> tuple[dict[str, int], Numbers, Columns]:
    """The features that there are, how much each says, and for each the sentences that have it with its
    values there: what `weigh` makes of one sentence, of all at once."""
    numbers, found, times, counts = _numbered(features)
    held = np.bincount(found, minlength=len(numbers))
    # In these families what stands in one example only teaches nothing, and there is a hundred thousand.
    alone = np.array([name.startswith(SELDOM_TEACH) for name in numbers]) & (held == 1)
    rarity = np.log((1 + len(features)) / (1 + held)) + 1
    rarity[alone] = rarity[~alone].max(initial=0.0)
    values = (1 + np.log(times)) * rarity[found]
    # Each family of each sentence has the length of its weight.
    families = np.repeat(np.arange(len(counts)), counts)
    lengths = np.sqrt(np.bincount(families, weights=values * values, minlength=len(counts)))
    weights = np.tile([FAMILIES[family] for family in features[0]], len(features))
    values *= (weights / np.where(lengths > 0, lengths, 1.0))[families]
    kept = ~alone[found]
    rows = np.cumsum(~alone) - 1
    sentences = families[kept] // len(features[0])
    columns = _columns(rows[found[kept]], values[kept].astype(np.float32), sentences)
    vocabulary = {name: int(rows[number]) for name, number in numbers.items() if not alone[number]}
    return vocabulary, rarity[~alone].astype(np.float32), columns


def _numbered(
    features: Sequence[Mapping[str, Counter[str]]],
) -> tuple[dict[str, int], Places, Places, Places]:
    """Each feature's number; the numbers of all that the sentences have, one after the other, and how often;
    and how many of them belong to each family of each sentence."""
    known: dict[str, dict[str, int]] = {family: {} for family in features[0]}
    found, times, counts = list[int](), list[int](), list[int]()
    size = 0
    for sentence in features:
        for family, have in sentence.items():
            of_family = known[family]
            for feature in have:
                number = of_family.get(feature)
                if number is None:
                    number = of_family[feature] = size
                    size += 1
                found.append(number)
            times += have.values()
            counts.append(len(have))
    named = [(number, f"{family}\t{one}") for family, have in known.items() for one, number in have.items()]
    numbers = {name: number for number, name in sorted(named)}
    return numbers, np.array(found), np.array(times), np.array(counts)


def _columns(rows: Places, values: Numbers, sentences: Places) -> Columns:
    """For each feature, the sentences that have it, and its values there."""
    order = np.argsort(rows, kind="stable")
    ends = np.cumsum(np.bincount(rows)).tolist()
    sentences, values = sentences[order], values[order]
    return [(sentences[begin:end], values[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]


def _likeness(columns: Columns, size: int) -> Numbers:
    """How alike each two sentences are."""
    # Single precision is enough: the ridge keeps it far from singular. It takes half the time and memory.
    common = [(at, values) for at, values in columns if len(at) > size / COMMON]
    full = np.zeros((size, len(common)), dtype=np.float32)
    for row, (at, values) in enumerate(common):
        full[at, row] = values
    alike: Numbers = full @ full.T
    alike += np.float32(CONSTANT)
    rare: dict[int, list[tuple[Places, Numbers]]] = {}
    for at, values in columns:
        if RARE < len(at) <= size / COMMON:
            alike[at[:, None], at] += values[:, None] * values
        elif 0 < len(at) <= RARE:
            rare.setdefault(len(at), []).append((at, values))
    for same in rare.values():
        where = np.array([at for at, _ in same])
        values = np.array([values for _, values in same])
        np.add.at(alike, (where[:, :, None], where[:, None, :]), values[:, :, None] * values[:, None, :])
    return alike


def _summed(columns: Columns, shares: Numbers) -> Numbers:
    """Each feature's weights: the shares of the sentences that have it, by its values there."""
    found = np.zeros((len(columns), shares.shape[1]), dtype=np.float32)
    ends = np.cumsum([len(at) for at, _ in columns])
    for begin in range(0, len(columns), TOGETHER):
        part = columns[begin : begin + TOGETHER]
        sentences = np.concatenate([at for at, _ in part])
        values = np.concatenate([values for _, values in part])
        starts = np.concatenate(
            [[0], ends[begin : begin + len(part) - 1] - (ends[begin - 1] if begin else 0)]
        )
        found[begin : begin + len(part)] = np.add.reduceat(values[:, None] * shares[sentences], starts)
    return found


def _down(square: Numbers) -> Numbers:
    """Its diagonal, to be written to."""
    return square.reshape(-1)[:: len(square) + 1]


def _solve(alike: Numbers, meant: Places, intents: int, tried: int) -> tuple[Doubles, Doubles]:
    """Each sentence's share in the weights, and the scores that each of the last `tried` would get if it were
    left out. `alike` is used up."""
    share = 1.0 / np.bincount(meant, minlength=intents)[meant] ** BALANCE
    _down(alike)[:] += RIDGE * share.mean() / share
    _to_root(alike)
    wanted = np.eye(intents)[meant]
    alpha = _upwards(alike, _downwards(alike, wanted.astype(np.float32))).astype(np.float64)
    # The inverse's lower right corner is the inverse of the root's: nothing else of it is ever made.
    corner = _inverse_root(alike[-tried:, -tried:])
    left_out = wanted[-tried:] - alpha[-tried:] / np.einsum("ij,ij->j", corner, corner)[:, None]
    return alpha, left_out


def _to_root(square: Numbers) -> None:
    """A symmetric matrix becomes its Cholesky root, in its place and by halves: nearly all of it is products
    of matrices, which a processor does best. What is above the diagonal means nothing then."""
    size = len(square)
    if size <= SMALL:
        square[:] = np.linalg.cholesky(square)
        return
    half = size // 2
    _to_root(square[:half, :half])
    beside = square[half:, :half]
    _divide(beside, square[:half, :half])
    square[half:, half:] -= beside @ beside.T
    _to_root(square[half:, half:])


def _divide(left: Numbers, root: Numbers) -> None:
    """`left` becomes itself times the inverse of the root's transpose."""
    size = len(root)
    if size <= SMALL:
        left[:] = left @ np.linalg.inv(np.tril(root)).T
        return
    half = size // 2
    _divide(left[:, :half], root[:half, :half])
    left[:, half:] -= left[:, :half] @ root[half:, :half].T
    _divide(left[:, half:], root[half:, half:])


def _downwards(root: Numbers, right: Numbers) -> Numbers:
    """The inverse of the root times `right`."""
    found = right.copy()
    for begin in range(0, len(root), SMALL):
        end = begin + SMALL
        found[begin:end] -= root[begin:end, :begin] @ found[:begin]
        found[begin:end] = np.linalg.inv(np.tril(root[begin:end, begin:end])) @ found[begin:end]
    return found


def _upwards(root: Numbers, right: Numbers) -> Numbers:
    """The inverse of the root's transpose times `right`."""
    found = right.copy()
    for begin in reversed(range(0, len(root), SMALL)):
        end = begin + SMALL
        found[begin:end] -= root[end:, begin:end].T @ found[end:]
        found[begin:end] = np.linalg.inv(np.tril(root[begin:end, begin:end])).T @ found[begin:end]
    return found


def _inverse_root(root: Numbers) -> Numbers:
    """The inverse of a root, itself a lower triangle."""
    size = len(root)
    if size <= SMALL:
        return np.asarray(np.linalg.inv(np.tril(root)), dtype=np.float32)
    half = size // 2
    found = np.zeros_like(root)
    found[:half, :half] = _inverse_root(root[:half, :half])
    found[half:, half:] = _inverse_root(root[half:, half:])
    found[half:, :half] = -found[half:, half:] @ (root[half:, :half] @ found[:half, :half])
    return found


def _calibrated(left_out: Doubles, meant: Places, intents: Sequence[str]) -> tuple[float, float]:
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
