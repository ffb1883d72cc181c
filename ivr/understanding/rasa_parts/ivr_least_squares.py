"""A part of Rasa's pipeline: Rasa's classifier, whose weights are found by least squares.

Regularised least squares (Rifkin, Yeo, Poggio: Regularized Least-Squares Classification, 2003), as the
built-in engine has it: one system of equations as large as the number of examples. What is asked is Rasa's
own logistic regression. It sees the words of a sentence, and in place of the sentence encoder's numbers how
near they are to those of each example: a meaning is not a direction but a place. It runs in Rasa's
environment.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.linalg import lapack
from scipy.sparse import csr_matrix, hstack, vstack

RIDGE = 1.0
"""How strongly weights are held small."""
BALANCE = 0.3
"""0: every example counts the same; 1: every intent does."""
CONSTANT = 0.2
"""Weight of the feature that every sentence has."""
NARROW = 3.0
"""How fast a sentence is less near the farther it lies; chosen by leaving out authors."""
SHARPNESSES = (4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0)
UNSERVED = "unserved"
"""Of the configuration: how much less it is believed that nobody serves a sentence."""
OUT_OF_SCOPE = "out_of_scope"
LEAST_INTENTS = 3
"""Of fewer, Rasa's own training makes one row of weights."""
KEPT = "examples.npy"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LeastSquares(LogisticRegressionClassifier):
    """Confidences are fitted to what each example would have got if it were left out."""

    _examples: Any = None
    """The sentence encoder's numbers of each example; None: Rasa's own training was taken."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What the pipeline may set."""
        return {**LogisticRegressionClassifier.get_default_config(), UNSERVED: 1.0}

    def train(self, training_data: TrainingData) -> Resource:
        """Finds the weights. With two intents or one, as Rasa does."""
        examples = [one for one in training_data.intent_examples if one.get(INTENT) and one.get(TEXT)]
        intents, rows = np.unique(np.array([one.get(INTENT) for one in examples]), return_inverse=True)
        if len(intents) < LEAST_INTENTS:
            return super().train(training_data)
        words, sentences = _seen(examples)
        alpha, left_out = _solved(
            (words @ words.T).toarray() + _near(sentences, sentences), rows, len(intents)
        )
        sharpness = _sharpness(left_out, rows)
        weights = np.concatenate([(words.T @ alpha).T, alpha.T], axis=1)
        self._examples = sentences
        self.clf.classes_ = intents
        self.clf.coef_ = np.asarray(weights * sharpness, dtype=np.float64)
        self.clf.intercept_ = CONSTANT * alpha.sum(axis=0).astype(np.float64) * sharpness
        self.clf.intercept_[intents == OUT_OF_SCOPE] -= math.log(float(self.config[UNSERVED]))
        self.clf.n_features_in_ = self.clf.coef_.shape[1]
        self.clf.n_iter_ = np.array([1], dtype=np.int32)
        self.persist()
        return self._resource

    def persist(self) -> None:
        """Beside what Rasa keeps, the examples' numbers; half precision is enough for how near they are."""
        super().persist()
        if self._examples is not None:
            with self._model_storage.write_to(self._resource) as folder:
                np.save(folder / KEPT, self._examples.astype(np.float16))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **more: Any,
    ) -> LeastSquares:
        """As Rasa makes it of what was trained."""
        found = super().load(config, model_storage, resource, execution_context, **more)
        with model_storage.read_from(resource) as folder:
            if (folder / KEPT).is_file():
                found._examples = np.load(folder / KEPT, allow_pickle=False).astype(np.float32)
        return found

    def _create_X(self, messages: list[Message]) -> csr_matrix:  # noqa: N802 - Rasa's name
        """What the logistic regression sees of sentences: a row each."""
        words, sentences = _seen(messages)
        beside = sentences if self._examples is None else _near(sentences, self._examples)
        return hstack([words, csr_matrix(beside)]).tocsr()


def _seen(messages: list[Message]) -> tuple[csr_matrix, Any]:
    """Features of the words, and the sentence encoder's numbers; a row for each message."""
    words = [one.get_sparse_features(attribute=TEXT)[1].features for one in messages]
    sentences = [one.get_dense_features(attribute=TEXT)[1].features for one in messages]
    return vstack(words).tocsr().astype(np.float32), np.concatenate(sentences).astype(np.float32)


def _near(sentences: Any, examples: Any) -> Any:
    """How near each sentence lies to each example: a Gaussian of their distance. Its height is what the
    encoder's weight in the pipeline is for: all have that length."""
    height = np.float32(np.square(examples).sum(axis=1).mean())
    return height * np.exp(np.float32(NARROW) * (sentences @ examples.T / height - np.float32(1)))


def _solved(alike: Any, rows: Any, intents: int) -> tuple[Any, Any]:
    """Each example's share in the weights, and the scores that it would get if it were left out (Rifkin,
    Lippert: Notes on Regularized Least Squares, 2007, eq. 10)."""
    share = 1.0 / np.bincount(rows, minlength=intents)[rows] ** BALANCE
    alike += np.float32(CONSTANT)
    alike[np.diag_indices(len(alike))] += (RIDGE * share.mean() / share).astype(np.float32)
    wanted = np.eye(intents, dtype=np.float32)[rows]
    # Symmetric: its transpose is itself, in the order that LAPACK works in without a copy.
    root, singular = lapack.spotrf(alike.T, lower=True, overwrite_a=True)
    if singular:
        raise ValueError("the examples' likeness is no positive matrix")
    alpha, _ = lapack.spotrs(root, wanted, lower=True)
    inverse, _ = lapack.spotri(root, lower=True, overwrite_c=True)
    return alpha, wanted - alpha / inverse.diagonal()[:, None]


def _sharpness(left_out: Any, rows: Any) -> float:
    """Under which the examples that were left out are the least surprising."""

    def surprise(sharpness: float) -> float:
        told = left_out * sharpness
        told -= told.max(axis=1, keepdims=True)
        return float((np.log(np.exp(told).sum(axis=1)) - told[np.arange(len(rows)), rows]).sum())

    return min(SHARPNESSES, key=surprise)
