"""A part of Rasa's pipeline: the words of a sentence as the classifier sees them (`ivr_seen`).

Instead of Rasa's own counts of words and pieces, where a long sentence weighs more than a short one, and one
concept as much as all words: how much each says is chosen here. It runs in Rasa's environment.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import rasa.shared.utils.io
from ivr_seen import Seen
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix

SCALE = "scale"
"""Of the configuration: the length of all features. The longer, the closer the classifier fits the examples
(its own `C` cannot be set: twice the length is four times the `C`)."""
SAME = "same"
"""Of the configuration: what other regions say → the words that it is read as."""
KEPT = "seen.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceWords(SparseFeaturizer, GraphComponent):
    """Features of whole sentences; there are none of single words."""

    @classmethod
    def required_components(cls) -> list[type]:
        """What has to stand before it in the pipeline."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """None but Rasa's own."""
        return []

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What the pipeline may set."""
        return {**SparseFeaturizer.get_default_config(), SCALE: 4.0, SAME: {}}

    def __init__(
        self, config: dict[str, Any], name: str, storage: ModelStorage, resource: Resource, seen: Seen
    ) -> None:
        """`seen`: what the examples have."""
        super().__init__(name, config)
        self._storage = storage
        self._resource = resource
        self._seen = seen

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceWords:
        """As Rasa makes it before it is trained."""
        return cls(config, execution_context.node_name, model_storage, resource, Seen([], {}, {}))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_more: Any,
    ) -> SentenceWords:
        """As Rasa makes it of what was trained. A model without it is damaged: Rasa then loads none of it."""
        with model_storage.read_from(resource) as folder:
            kept = rasa.shared.utils.io.read_json_file(folder / KEPT)
        concepts = [(name, pattern) for name, pattern in kept["concepts"]]
        seen = Seen(concepts, config[SAME], dict(kept["rarity"]))
        return cls(config, execution_context.node_name, model_storage, resource, seen)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns which features there are, and how rare each is."""
        texts = [str(one.get(TEXT)) for one in training_data.intent_examples if one.get(TEXT)]
        concepts = [(one["name"], one["pattern"]) for one in training_data.regex_features]
        self._seen = Seen.learnt(texts, concepts, self._config[SAME])
        with self._storage.write_to(self._resource) as folder:
            kept = {"concepts": self._seen.concepts, "rarity": list(self._seen.rarity.items())}
            rasa.shared.utils.io.dump_obj_as_json_to_file(folder / KEPT, kept)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the features to every sentence."""
        for message in messages:
            text = message.get(TEXT)
            if text is not None:
                found = self._seen.weighed(str(text), float(self._config[SCALE]))
                columns = np.fromiter(found.keys(), dtype=np.int64, count=len(found))
                values = np.fromiter(found.values(), dtype=np.float64, count=len(found))
                shape = (1, len(self._seen.rarity))
                row = csr_matrix((values, (np.zeros_like(columns), columns)), shape=shape)
                alias = self._config[FEATURIZER_CLASS_ALIAS]
                message.add_features(Features(row.tocoo(), FEATURE_TYPE_SENTENCE, TEXT, alias))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds them to the examples."""
        self.process(training_data.training_examples)
        return training_data

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing is to be checked."""
