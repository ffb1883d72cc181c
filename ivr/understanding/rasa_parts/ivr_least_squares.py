"""A part of Rasa's pipeline: Rasa's classifier, whose weights are found by least squares.

Regularised least squares (Rifkin, Yeo, Poggio: Regularized Least-Squares Classification, 2003), as the
built-in engine has it: one system of equations as large as the number of examples. What is kept, loaded and
asked is Rasa's own logistic regression; only where its weights come from is another. It runs in Rasa's
environment.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.training_data.training_data import TrainingData

RIDGE = 1.0
"""How strongly weights are held small."""
BALANCE = 0.3
"""0: every example counts the same; 1: every intent does."""
CONSTANT = 0.2
"""Weight of the feature that every sentence has."""
SHARPNESSES = (4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0)
UNSERVED = "unserved"
"""Of the configuration: how much less it is believed that nobody serves a sentence."""
OUT_OF_SCOPE = "out_of_scope"
LEAST_INTENTS = 3
"""Of fewer, Rasa's own training makes one row of weights."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LeastSquares(LogisticRegressionClassifier):
    """Confidences are fitted to what each example would have got if it were left out."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What the pipeline may set."""
        return {**LogisticRegressionClassifier.get_default_config(), UNSERVED: 1.0}

    def train(self, training_data: TrainingData) -> Resource:
        """Finds the weights. With two intents or one, as Rasa does."""
        named = {one.get("intent") for one in training_data.intent_examples if one.get("text")}
        if len(named) < LEAST_INTENTS:
            return super().train(training_data)
        seen, meant = self._create_training_matrix(training_data)
        seen = seen.tocsr().astype(np.float32)
        intents, rows = np.unique(np.array(meant), return_inverse=True)
        alpha, left_out = _solved((seen @ seen.T).toarray(), rows, len(intents))
        sharpness = _sharpness(left_out, rows)
        self.clf.classes_ = intents
        self.clf.coef_ = np.asarray((seen.T @ alpha).T * sharpness, dtype=np.float64)
        self.clf.intercept_ = CONSTANT * alpha.sum(axis=0).astype(np.float64) * sharpness
        self.clf.intercept_[intents == OUT_OF_SCOPE] -= math.log(float(self.config[UNSERVED]))
        self.clf.n_features_in_ = seen.shape[1]
        self.clf.n_iter_ = np.array([1], dtype=np.int32)
        self.persist()
        return self._resource


def _solved(alike: Any, rows: Any, intents: int) -> tuple[Any, Any]:
    """Each example's share in the weights, and the scores that it would get if it were left out (Rifkin,
    Lippert: Notes on Regularized Least Squares, 2007, eq. 10)."""
    share = 1.0 / np.bincount(rows, minlength=intents)[rows] ** BALANCE
    alike += np.float32(CONSTANT)
    alike[np.diag_indices(len(alike))] += (RIDGE * share.mean() / share).astype(np.float32)
    inverse = np.linalg.inv(alike)
    wanted = np.eye(intents, dtype=np.float32)[rows]
    alpha = inverse @ wanted
    return alpha, wanted - alpha / inverse.diagonal()[:, None]


def _sharpness(left_out: Any, rows: Any) -> float:
    """Under which the examples that were left out are the least surprising."""

    def surprise(sharpness: float) -> float:
        told = left_out * sharpness
        told -= told.max(axis=1, keepdims=True)
        return float((np.log(np.exp(told).sum(axis=1)) - told[np.arange(len(rows)), rows]).sum())

    return min(SHARPNESSES, key=surprise)
