"""What every kind of answer has: options, phrases, keys, a judge, and its way to be read back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.results import Heard, Keyed, Match, NoMatch


class SlotKind(BaseModel, ABC):
    """A kind of answer with its options. Its module's docstring shows the YAML.

    Everything is pure: the same answer gives the same judgement.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ClassVar[str]
    value_type: ClassVar[ValueType]
    final_silence: ClassVar[float] = 0.7
    """Seconds of silence after which the answer is over."""
    longest_utterance: ClassVar[float] = 8.0
    """Seconds."""
    confirmable: ClassVar[bool] = True
    """Whether an answer in the `check` band is asked back."""
    keypad_wording: ClassVar[str] = "keypad_digits"
    """Which built-in sentence asks for keys instead of speech."""

    def phrases(self, language: str) -> tuple[str, ...]:  # noqa: ARG002 - for the kinds to use
        """What a recogniser may expect, in lower case, as a whole or within a sentence."""
        return ()

    def words(self, language: str) -> tuple[str, ...]:  # noqa: ARG002 - for the kinds to use
        """Words that it may expect in a row, as those of a number."""
        return ()

    @abstractmethod
    def keys(self) -> Keys:
        """Which keys answer."""

    @abstractmethod
    def judge(self, answer: Heard | Keyed, language: str) -> Match | NoMatch:
        """What was heard or keyed, judged against what was asked."""

    @abstractmethod
    def read_back(self, value: str, language: str) -> str:
        """The value in words, for "did you say …?"."""

    def mistake(self) -> str | None:
        """What is wrong with the options together, and what to do."""
        return None


def best_said(answer: Heard) -> str:
    """What was most likely said, for people to read; empty if there were no words."""
    return answer.alternatives[0].text if answer.alternatives else ""
