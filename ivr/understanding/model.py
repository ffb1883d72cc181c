"""The built-in engine's model: what it knows of one language, and how it reads a sentence.

Linear: each feature of a sentence (`features`) has a weight for each intent, and the sums become confidences.
The file is numbers and JSON (`numpy` without pickle): loading one runs nothing that stands in it.
"""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ivr.understanding.concepts import Concepts, concepts_of
from ivr.understanding.examples import OUT_OF_SCOPE
from ivr.understanding.features import FAMILIES, FEATURES_VERSION, OF_THE_WHOLE, features_of
from ivr.understanding.naming import Names
from ivr.understanding.port import MOST_LETTERS, Meaning, ModelUnfit
from ivr.understanding.words import words_of_speech

Numbers = npt.NDArray[np.float32]
FORMAT = 1
LARGEST_MODEL = 64 * 1024 * 1024
"""Bytes of a file; the shipped ones have about 1 MB."""


@dataclass(frozen=True)
class Model:
    """Of one language."""

    concepts: Concepts
    intents: tuple[str, ...]
    vocabulary: Mapping[str, int]
    """Feature → its row."""
    rarity: Numbers
    """How much each feature says: rarer ones say more (inverse document frequency)."""
    weights: Numbers
    """A row for each feature, a column for each intent."""
    bias: Numbers
    sharpness: float
    """How much a difference of scores means for the confidence."""
    unknown: float
    """The score of what is none of the intents."""
    version: str
    """Of what it was trained from."""
    names: Names = field(default_factory=Names)

    @property
    def language(self) -> str:
        return self.concepts.language

    def parse(self, text: str) -> Meaning:
        """What the text means, in about a millisecond."""
        text = text[:MOST_LETTERS]
        rows, values = weigh(features_of(text, self.concepts), self.vocabulary, self.rarity)
        # Of what nothing is known, the commonest intent would else be believed.
        ranked = self.confidences(self._scores(rows, values)) if rows.size else {OUT_OF_SCOPE: 1.0}
        ordered = tuple(sorted(ranked.items(), key=lambda item: -item[1]))
        return Meaning(ordered, tuple(self.names.within(text)), f"built-in {self.version}")

    def knows(self, word: str) -> bool:
        """Whether an example has the plain word."""
        return all(f"word\t{part}" in self.vocabulary for part in words_of_speech(word, self.language))

    def _scores(self, rows: npt.NDArray[np.intp], values: Numbers) -> Numbers:
        """How much the text is like each intent's examples: about 1 for its own, 0 for the others."""
        found: Numbers = self.bias + values @ self.weights[rows]
        return found

    def confidences(self, scores: Numbers) -> dict[str, float]:
        """Softmax with a place for what is none of them, which counts as out of scope."""
        told = np.append(scores, np.float32(self.unknown)) * self.sharpness
        shares = np.exp(told - told.max())
        shares /= shares.sum()
        found = {name: float(share) for name, share in zip(self.intents, shares, strict=False)}
        found[OUT_OF_SCOPE] = found.get(OUT_OF_SCOPE, 0.0) + float(shares[-1])
        return found

    def save(self, file: Path) -> None:
        """Writes it whole or not at all."""
        about = {
            "format": FORMAT,
            "features": FEATURES_VERSION,
            "language": self.language,
            "intents": self.intents,
            "sharpness": self.sharpness,
            "unknown": self.unknown,
            "version": self.version,
            "concepts": self.concepts.lines,
            "names": self.names.lines,
            "vocabulary": list(self.vocabulary),
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        text = np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), dtype=np.uint8)
        with beside.open("wb") as opened:
            np.savez_compressed(opened, about=text, rarity=self.rarity, weights=self.weights, bias=self.bias)
        beside.replace(file)


def model_file(models: Path, language: str, version: str) -> Path:
    """Where the model of those examples lies. Of another version of this program it lies beside it, so that
    two checkouts with one cache do not take turns in training."""
    return models / f"{language}-{version}-{FEATURES_VERSION}.npz"


def load_model(file: Path) -> Model:
    """Raises `ModelUnfit` if it is not there, damaged, or of another version."""
    again = "Train it again: ivr nlu train"
    try:
        if file.stat().st_size > LARGEST_MODEL:
            raise ModelUnfit(f"{file.name} is too large for a model", again)
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as kept:
            about: dict[str, Any] = json.loads(bytes(kept["about"]))
            if (about["format"], about["features"]) != (FORMAT, FEATURES_VERSION):
                raise ModelUnfit(f"{file.name} is a model of another version of this program", again)
            model = Model(
                concepts=concepts_of(about["language"], [(name, said) for name, said in about["concepts"]]),
                intents=tuple(about["intents"]),
                vocabulary={feature: row for row, feature in enumerate(about["vocabulary"])},
                rarity=kept["rarity"].astype(np.float32),
                weights=kept["weights"].astype(np.float32),
                bias=kept["bias"].astype(np.float32),
                sharpness=float(about["sharpness"]),
                unknown=float(about["unknown"]),
                version=str(about["version"]),
                names=Names([(name, said, value) for name, said, value in about["names"]]),
            )
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error, EOFError) as fault:
        raise ModelUnfit(
            f"{file.name} is no model that can be read ({type(fault).__name__})", again
        ) from None
    sizes = (len(model.vocabulary), len(model.intents))
    if model.weights.shape != sizes or model.rarity.shape != sizes[:1] or model.bias.shape != sizes[1:]:
        raise ModelUnfit(f"{file.name} does not fit together", again)
    return model


def weigh(
    features: Mapping[str, Counter[str]], vocabulary: Mapping[str, int], rarity: Numbers
) -> tuple[npt.NDArray[np.intp], Numbers]:
    """The sentence as rows of the vocabulary and their values; each family has the length of its weight.

    tf-idf, sublinear (Manning, Raghavan, Schütze: Introduction to Information Retrieval, 6.4). What the
    vocabulary does not have counts for the length: many strange words make the known ones weak. No rows: not
    a word or piece of one is known.
    """
    rarest = float(rarity.max()) if rarity.size else 1.0
    rows: list[int] = []
    values: list[float] = []
    for family, found in features.items():
        if family in OF_THE_WHOLE and not rows:
            continue  # no word or piece of one was ever seen: how long it is means nothing
        known: list[tuple[int, float]] = []
        squares = 0.0
        for feature, times in found.items():
            row = vocabulary.get(f"{family}\t{feature}", -1)
            value = (1 + math.log(times)) * (float(rarity[row]) if row >= 0 else rarest)
            squares += value * value
            if row >= 0:
                known.append((row, value))
        scale = FAMILIES[family] / math.sqrt(squares) if squares else 0.0
        rows += [row for row, _ in known]
        values += [value * scale for _, value in known]
    return np.array(rows, dtype=np.intp), np.array(values, dtype=np.float32)
