"""Engines of understanding for tests: the shipped examples, trained once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ivr.understanding.built_in import BuiltIn
from ivr.understanding.settings import SHIPPED
from tests.nlu_models import trained_models


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models that is nobody's."""
    return Path(shutil.copytree(trained_models(), tmp_path_factory.mktemp("nlu") / "models"))


@pytest.fixture(scope="session")
def built_in(models: Path) -> BuiltIn:
    """Trained from the shipped examples."""
    return BuiltIn(SHIPPED, models)
