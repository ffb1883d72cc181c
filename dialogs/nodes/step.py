"""What every node has: its YAML, its exits, what it says, fills and uses, and how it runs.

A node is one file: a pydantic model whose docstring shows an example, and a `run` generator that yields
effects, receives results, and returns the label of the exit that it takes.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from dialogs.call import Call
from dialogs.catalogue import Catalogue, ValueType
from dialogs.effects import Effect
from dialogs.errors import UnexpectedResult
from dialogs.expressions import Condition, Template
from dialogs.flow import Flow, Name
from dialogs.results import Result

Run = Generator[Effect, Result, str]
"""Yields effects, receives results, returns an exit's label."""

Way = tuple[str | int, ...]
"""The way to a key inside the step."""

NEXT = "next"
END = "@end"
"""As a target: the conversation is over. As a label: over, and nothing else follows."""
PERSON = "@person"
"""As a target: the flow's person."""


Shape = Literal["says", "asks", "decides", "looks_up", "does", "people", "ends"]
"""What a reader of a diagram sees in a step."""


@dataclass(frozen=True)
class Exit:
    """Where a step may go on. `target` is a step, `END`, `PERSON`, or `None`: the next on the page.

    The labels `failed`, `slow` and `error` are for what goes wrong: diagrams draw those exits lightly.
    """

    label: str
    target: str | None
    way: Way


class Step(BaseModel):
    """The keys that every node has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type_name: ClassVar[str]
    takes_input: ClassVar[bool] = False
    """Whether it waits for the caller: a loop needs at least one such step."""
    hands_over: ClassVar[bool] = False
    """Whether somebody else may have the caller after it."""
    drawn_as: ClassVar[Shape | None] = None
    """How a diagram shows it; `None`: by what it asks, says, decides and where it leads."""
    performer: ClassVar[str] = ""
    """What the live service must have installed to perform it (`Catalogue.performers`); empty: nothing
    beyond the basics. The simulator and the tests perform every node."""

    id: Name | None = Field(None, description="The step's name; without it, the node's own value is the name")
    then: Name | None = Field(None, description="The step that follows; without it, the next on the page")

    @classmethod
    def prepare(cls, keys: Mapping[str, Any]) -> tuple[dict[str, Any], list[ErrorDetails]]:
        """The keys as the model wants them, and what was wrong with those that it does not see."""
        return dict(keys), []

    def own_name(self, at: int) -> str:
        """What the step is called without an `id`: by the node's own value if that is a name. `at`: its
        place on the page, from 1."""
        own = getattr(self, self.type_name, None)
        return own if isinstance(own, str) else f"{self.type_name}_{at}"

    def performers(self) -> Iterator[tuple[Way, str]]:
        """What the live service must have installed, and the key that asks for it."""
        if self.performer:
            yield (self.type_name,), self.performer

    def run(self, call: Call) -> Run:  # noqa: ARG002 - for the nodes to use
        yield from ()
        raise UnexpectedResult(f"`{self.type_name}` cannot run")

    def exits(self) -> Iterator[Exit]:
        """All exits, each with a target; `next` is `then` or the next step on the page."""
        yield Exit(NEXT, self.then, ("then",))

    def exit_title(
        self,
        label: str,  # noqa: ARG002 - for the nodes to use
        language: str,  # noqa: ARG002 - for the nodes to use
    ) -> str | None:
        """What a reader of a diagram calls that exit, where it has a better name than its label."""
        return None

    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        """Everything it says, and where that stands."""
        yield from ()

    def written(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        """Texts in the caller's language that are sent, not spoken."""
        yield from ()

    def conditions(self) -> Iterator[tuple[Way, Condition]]:
        """Its conditions, and where they stand."""
        yield from ()

    def misses(
        self,
        flow: Flow,  # noqa: ARG002 - for the nodes to use
    ) -> Mapping[str, int]:
        """For each kind of miss (`no_input`, `no_match`) how many are answered before it gives up.

        The step tells each to `Call.missed`.
        """
        return {}

    def templates(self) -> Iterator[tuple[Way, Template]]:
        """Texts with values that are not spoken."""
        yield from ()

    def needs(self) -> Iterator[tuple[Way, str]]:
        """Names that must have a value, beyond those in its texts and conditions."""
        yield from ()

    def wants(self) -> Iterator[tuple[Way, str, ValueType]]:
        """Names that must have a value of that type."""
        yield from ()

    def may_fill(self) -> Mapping[str, ValueType]:
        """Names that it fills now and then: they have that type, and no value for certain."""
        return {}

    def fills(
        self,
        catalogue: Catalogue,  # noqa: ARG002 - for the nodes to use
        label: str,  # noqa: ARG002 - for the nodes to use
    ) -> Mapping[str, ValueType]:
        """The names that have a value once the step was left by that exit, with their types."""
        return {}

    def filled_before(self) -> frozenset[str]:
        """Names that it fills itself before it says its own words."""
        return frozenset()

    def sensitive_slots(self) -> Iterator[str]:
        """Slots that it fills and that must not be seen."""
        yield from ()

    def lacks(self, languages: Sequence[str]) -> Iterator[tuple[Way, str]]:  # noqa: ARG002 - for the nodes to use
        """Where it lacks something, beside prompts, in one of the flow's languages, and what to do."""
        yield from ()

    def mistakes(
        self,
        catalogue: Catalogue,  # noqa: ARG002 - for the nodes to use
    ) -> Iterator[tuple[Way, str]]:
        """What is wrong inside the step that its schema cannot tell."""
        yield from ()


def unexpected(step: Step, result: Result) -> NoReturn:
    """The session answered with a result that this effect cannot have."""
    raise UnexpectedResult(f"`{step.type_name}` cannot go on after {type(result).__name__}")


def custom_error(way: Way, message: str) -> ErrorDetails:
    """A mistake that the schema cannot tell, in the shape of those that it tells."""
    details = InitErrorDetails(
        type=PydanticCustomError("value_error", "{text}", {"text": message}), loc=way, input=None
    )
    return ValidationError.from_exception_data("step", [details]).errors()[0]
