"""From which examples entities are learnt (`ivr_entities`). It needs nothing but Python, like `ivr_seen`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

BESIDE = 2
"""Sentences without an entity, for each that has one: from them it is learnt that most words name nothing."""


class Sentence(Protocol):
    """What Rasa's messages are asked for: `text`, and `entities` with `start` and `end`."""

    def get(self, name: str) -> Any:
        """A property; None: it has none of that name."""


S = TypeVar("S", bound=Sentence)


def teaching(examples: Sequence[S]) -> list[S]:
    """The sentences to learn from. Of those without an entity one in so many, none with words that are marked
    elsewhere: that nobody marked them there is no proof that they name nothing."""
    marked = [one for one in examples if one.get("entities")]
    words = {
        str(one.get("text"))[entity["start"] : entity["end"]]
        for one in marked
        for entity in one.get("entities")
    }
    if not words:
        return marked
    named = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(words)))})\b", re.IGNORECASE)
    others = [one for one in examples if one.get("text") and not one.get("entities")]
    others = [one for one in others if not named.search(str(one.get("text")))]
    return [*marked, *others[:: max(1, len(others) // (BESIDE * len(marked)))]]
