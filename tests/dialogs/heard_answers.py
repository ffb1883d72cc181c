"""Answers as they are heard, for every kind of answer."""

from __future__ import annotations

import pytest

from dialogs.results import Alternative, Heard

LANGUAGES = ("es", "ca", "en")


def heard(*said: str, confidence: float = 0.9) -> Heard:
    return Heard(tuple(Alternative(text, confidence) for text in said))


IN_LANGUAGES = pytest.mark.parametrize("language", LANGUAGES)
