"""What every engine of understanding answers.

Rules:
1. An answer comes within the deadline, or `UnderstandingFailed` is raised.
2. Any text may come: empty, enormous, of another language, obscene. It is data, and nothing evaluates it.
3. Confidences are comparable across engines as far as their calibration goes: 0.7 means that seven of ten
   such answers are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ivr.errors import IvrError

MOST_LETTERS = 1000
"""Of a text; the rest is not read. Nobody says more in one breath."""


@dataclass(frozen=True)
class Entity:
    """A part of the sentence that names something: letters `begin` to `end` of the text."""

    name: str
    value: str
    """Its usual name: "router" for "el cacharro de internet"."""
    begin: int
    end: int
    confidence: float = 1.0


@dataclass(frozen=True)
class Meaning:
    """What a sentence may mean."""

    intents: tuple[tuple[str, float], ...]
    """The most likely first, with confidences from 0 to 1 that sum up to 1 at most. `out_of_scope` is one."""
    entities: tuple[Entity, ...] = ()
    engine: str = ""
    """Which engine has said so: `built-in 3f2a…`, with the version of its model, or `rasa es`."""

    @property
    def intent(self) -> str:
        """The most likely; empty if there is none."""
        return self.intents[0][0] if self.intents else ""

    @property
    def confidence(self) -> float:
        return self.intents[0][1] if self.intents else 0.0


class Understander(Protocol):
    """An engine."""

    def languages(self) -> Sequence[str]:
        """Those that it understands now."""
        ...

    def parse(self, text: str, language: str, *, deadline: float) -> Meaning:
        """What the text means. `deadline`: seconds. Raises `UnderstandingFailed`."""
        ...

    def prepare(self) -> None:
        """Has all that the first sentence would have to wait for. Raises `UnderstandingFailed`."""
        ...

    def version(self, language: str) -> str:
        """The model that answers now. Raises `UnderstandingFailed`."""
        ...

    def close(self) -> None:
        """Gives back what it holds."""
        ...


class UnderstandingFailed(IvrError):
    """An engine has no answer now."""

    code = "understanding_failed"


class ModelUnfit(IvrError):
    """A model is damaged, or of another version than this program."""

    code = "model_unfit"


class ExamplesUnfit(IvrError):
    """Training examples cannot be used as they are."""

    code = "examples_unfit"


class RasaMissing(IvrError):
    """Rasa, or the Python that it needs, is not here."""

    code = "rasa_missing"
