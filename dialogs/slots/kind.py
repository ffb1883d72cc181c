"""What every kind of answer has: options, phrases, keys, a judge, and its way to be read back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking

EXAMPLE_NOW = datetime(2026, 11, 23, 10, 0)
"""When the examples are said: a Monday morning."""


class SlotKind(BaseModel, ABC):
    """A kind of answer with its options. Its module's docstring shows the YAML.

    Everything is pure: the same answer, asked under the same circumstances, gives the same judgement.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ClassVar[str]
    value_type: ClassVar[ValueType]
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]]
    """Language → what callers say and the value that it gives; shown in the documentation, and tested."""
    example_options: ClassVar[Mapping[str, Any]] = {}
    """The options under which the examples hold, as they stand in a flow file."""
    final_silence: ClassVar[float] = 0.7
    """Seconds of silence after which the answer is over."""
    longest_utterance: ClassVar[float] = 8.0
    """Seconds."""
    confirmable: ClassVar[bool] = True
    """Whether an answer in the `check` band is asked back."""
    free_speech: ClassVar[bool] = False
    """Whether anything may be said: the recogniser gets no grammar, and a universal must stand alone."""
    always_sensitive: ClassVar[bool] = False
    """Whether the answer is masked whatever the flow says."""
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

    def keys_in(self, asking: Asking) -> Keys:  # noqa: ARG002 - for the kinds to use
        """The same in this call, whose country may tell how many there are: nobody waits for a last one."""
        return self.keys()

    @abstractmethod
    def judge(self, answer: Heard | Keyed, asking: Asking) -> Match | NoMatch:
        """What was heard or keyed, judged against what was asked."""

    @abstractmethod
    def read_back(self, value: str, asking: Asking) -> str:
        """The value in words, for "did you say …?"."""

    def shown(self, value: str, asking: Asking) -> str:  # noqa: ARG002 - for the kinds to use
        """The value as a person reads it on a screen."""
        return value

    def companions(self) -> Mapping[str, str]:
        """What the value needs beside it: `{"currency": "EUR"}` fills `<slot>_currency`."""
        return {}

    def mistake(self) -> str | None:
        """What is wrong with the options together, and what to do."""
        return None

    def lacks(self, languages: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str]]:  # noqa: ARG002 - for the kinds
        """Where the options lack words in one of the flow's languages, and what to do."""
        yield from ()


def best_said(answer: Heard) -> str:
    """What was most likely said, for people to read; empty if there were no words."""
    return answer.alternatives[0].text if answer.alternatives else ""
