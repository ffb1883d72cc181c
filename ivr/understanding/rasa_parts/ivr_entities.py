"""A part of Rasa's pipeline: Rasa's own finder of entities, trained on the sentences that teach it something.

In Rasa 3.6.21 a model of it is its training sentences, and loading one trains it anew: of several thousand
sentences, most with nothing marked, a switch took minutes. It runs in Rasa's environment.
"""

from __future__ import annotations

from ivr_taught import teaching
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.nlu.extractors.crf_entity_extractor import CRFEntityExtractor
from rasa.shared.nlu.training_data.training_data import TrainingData


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class Entities(CRFEntityExtractor):
    """Learns from every sentence in which something is marked, and from some others (`ivr_taught`)."""

    def train(self, training_data: TrainingData) -> Resource:
        """As Rasa does, from fewer sentences."""
        return super().train(TrainingData(teaching(training_data.nlu_examples)))
