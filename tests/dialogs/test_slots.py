"""What holds for every kind of answer: its examples, its read-back, its bounds."""

from __future__ import annotations

import pytest

from dialogs.results import Alternative, Heard, Match
from dialogs.slots import KINDS
from dialogs.slots.asking import Asking
from dialogs.slots.kind import EXAMPLE_NOW, SlotKind

LANGUAGES = ("es", "ca", "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_the_examples_of_the_documentation_hold(kind: type[SlotKind], language: str) -> None:
    """What the documentation says that callers may say gives the value that it promises."""
    asked = kind.model_validate(kind.example_options)
    assert asked.mistake() is None
    wrong = []
    assert len(kind.examples[language]) >= 3
    for said, value in kind.examples[language]:
        found = asked.judge(Heard((Alternative(said, 0.9),)), Asking(language, EXAMPLE_NOW))
        if not isinstance(found, Match) or found.value != value:
            wrong.append((said, value, found))
    assert wrong == []
