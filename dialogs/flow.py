"""Flows as the engine sees them: loaded, checked, and not changed any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dialogs.catalogue import Catalogue, ValueType
from dialogs.errors import Problem, UnknownFlow
from dialogs.segments.rules import NO_RULES, SegmentRules
from dialogs.source import Source

if TYPE_CHECKING:
    from dialogs.asides import Asides
    from dialogs.expressions import Template
    from dialogs.nodes.step import Step

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
"""Lower-case letters, digits and underscores."""


OUTCOMES_OF_THE_ENGINE = frozenset({"handed_over", "nobody_free", "callback_booked", "message_left", "fault"})
"""What is noted where no step of a flow says so."""


class Retries(BaseModel):
    """How often a question is asked again after silence, and after something that does not answer it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    no_input: Annotated[int | None, Field(ge=0, le=5, description="After silence")] = None
    no_match: Annotated[int | None, Field(ge=0, le=5, description="After what is no answer to it")] = None

    def over(self, wider: Retries | None) -> Retries:
        """These, with the gaps filled from the wider ones (node over flow over default)."""
        if wider is None:
            return self
        return Retries(
            no_input=wider.no_input if self.no_input is None else self.no_input,
            no_match=wider.no_match if self.no_match is None else self.no_match,
        )


DEEPEST_NESTING = 20
"""Flows that may wait for one another at a time."""
DEFAULT_RETRIES = Retries(no_input=2, no_match=2)
"""Say it again, then keypad only, then a person."""


Purpose = Literal["collection", "commercial", "service"]
"""Why people are called."""
Consent = Literal["tell", "ask"]
"""Whether callers are told that the call is recorded, or asked."""


@dataclass(frozen=True)
class Flow:
    """One flow file. `steps` are in the order of the page; `ways` tell where each stands in the file."""

    name: str
    summary: str
    languages: tuple[str, ...]
    person: str
    """A step of this flow, or a queue."""
    retries: Retries
    steps: Mapping[str, Step]
    ways: Mapping[str, tuple[str | int, ...]]
    source: Source
    unread: Mapping[str, str] = field(default_factory=dict)
    """What the steps that could not be read may be called, each with its place in `steps`; a set that is
    given out has none."""
    unread_words: frozenset[str] = frozenset()
    """Every word of those steps, any of which may be a slot that they fill or a flow that they use."""
    doubles: int = 0
    """How many of those steps have the name of another one."""
    recording_notice: Mapping[str, Template] | None = None
    """What callers are told before a call that begins here is recorded; see `dialogs.notice`."""
    recording_consent: Consent = "tell"
    purpose: Purpose | None = None
    """What it calls people for; `None`: it says nothing of that."""
    asides: Asides | None = None
    """What callers may want in the middle of a question; see `dialogs.asides`."""
    objection: str | None = None
    """A step of this flow: for whoever is called and wants no more calls; see `dialogs.objections`."""

    def problem(self, step: str, way: Sequence[str | int], message: str) -> Problem:
        """A problem at a key of that step."""
        return self.source.problem((*self.ways[step], *way), message)

    @property
    def first(self) -> str:
        return next(iter(self.steps))

    def after(self, step: str) -> str | None:
        """The step that follows on the page."""
        names = list(self.steps)
        at = names.index(step) + 1
        return names[at] if at < len(names) else None


@dataclass(frozen=True)
class FlowSet:
    """Flows that belong together: one version. A call keeps the set that it began with."""

    flows: Mapping[str, Flow]
    types: Mapping[str, ValueType] = field(default_factory=dict)
    """Every name that templates and conditions may use."""
    sensitive: frozenset[str] = frozenset()
    """Slots whose content must not be seen."""
    version: str = ""
    """A hash of the files' content."""
    catalogue: Catalogue = field(default_factory=Catalogue)
    """What they were checked against; calendars and destinations are read from it."""
    segments: SegmentRules = NO_RULES
    """Who callers are taken for, and how they are treated."""
    beside: frozenset[str] = frozenset()
    """The names of flows that are there too and were not read: what a misspelt one may have meant."""

    @cached_property
    def outcomes(self) -> frozenset[str]:
        """Every outcome that its steps note."""
        steps = [step for flow in self.flows.values() for step in flow.steps.values()]
        named = {getattr(step, "outcome", None) for step in steps}
        gone = {getattr(getattr(step, "hung_up", None), "outcome", None) for step in steps}
        return frozenset(name for name in named | gone if isinstance(name, str))

    @cached_property
    def menus(self) -> frozenset[str]:
        """The names of all its menus."""
        steps = [step for flow in self.flows.values() for step in flow.steps.values()]
        return frozenset(name for step in steps if isinstance(name := getattr(step, "menu", None), str))

    @property
    def names(self) -> frozenset[str]:
        """Of all flows that are there, read or not."""
        return self.beside | self.flows.keys()

    def flow(self, name: str) -> Flow:
        """Raises `UnknownFlow`."""
        try:
            return self.flows[name]
        except KeyError:
            known = ", ".join(sorted(self.flows)) or "none"
            raise UnknownFlow(f"there is no flow `{name}` (there are: {known})") from None
