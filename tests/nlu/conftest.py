"""Engines of understanding for tests: the shipped examples, trained once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.understanding.built_in import BuiltIn, model_file
from ivr.understanding.concepts import read_concepts
from ivr.understanding.examples import read_examples, version_of
from ivr.understanding.settings import SHIPPED
from ivr.understanding.training import train


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models that is nobody's."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def built_in(models: Path) -> BuiltIn:
    """Trained from the shipped examples."""
    engine = BuiltIn(SHIPPED, models)
    for language in engine.languages():
        version = version_of(SHIPPED, language)
        model = train(read_examples(SHIPPED, language), read_concepts(SHIPPED, language), version)
        model.save(model_file(models, language, version))
    return engine
