"""How much of the flows the scripted calls have walked: steps, branches, retries and languages.

Rules:
1. What is to be covered comes from the steps' own ports (`exits`, `misses`, `prompts`), never from their
   types, so that a new node is counted from its first day.
2. A branch is an exit of a step. A retry is one rung of a question's way down: the first silence, the
   second …, and the one after which it gives up; the same for what is not understood.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from dialogs.flow import Flow, FlowSet
from dialogs.nodes.step import Step

Walk = tuple[str, str, str]
"""(flow, step, language, or the label of an exit or of a rung)."""
State = Literal["covered", "partly", "missed"]


class Walked(Protocol):
    """A call that was played."""

    @property
    def visits(self) -> frozenset[Walk]:
        """(flow, step, language)"""

    @property
    def taken(self) -> frozenset[Walk]:
        """(flow, step, label)"""


@dataclass(frozen=True)
class Share:
    """So many of so many, and which are missing: `file:line: what`."""

    covered: int
    of: int
    missing: tuple[str, ...] = ()

    @property
    def percent(self) -> float:
        return 100.0 if not self.of else round(100.0 * self.covered / self.of, 1)


@dataclass(frozen=True)
class StepCoverage:
    """One step: in how many calls it was walked, and each of its ways; 0 is missing."""

    flow: str
    step: str
    line: int
    calls: int
    branches: Mapping[str, int]
    retries: Mapping[str, int]
    languages: Mapping[str, int]

    @property
    def state(self) -> State:
        """How a map of the flow colours it."""
        if not self.calls:
            return "missed"
        ways = (*self.branches.values(), *self.retries.values(), *self.languages.values())
        return "covered" if all(ways) else "partly"

    @property
    def missing(self) -> tuple[str, ...]:
        """The ways that no call has taken."""
        return (
            *(f"→ {label}" for label, calls in self.branches.items() if not calls),
            *(label for label, calls in self.retries.items() if not calls),
            *(f"in {language}" for language, calls in self.languages.items() if not calls),
        )


@dataclass(frozen=True)
class Coverage:
    """How much of the flows the tests have walked."""

    steps: Share
    branches: Share
    """Every exit of every step."""
    retries: Share
    """Every rung of every question, for silence and for misunderstanding."""
    languages: Share
    """Every step that speaks, in every language."""
    of_step: Mapping[tuple[str, str], StepCoverage]
    """(flow, step) → its own, in the order of the pages."""

    @property
    def shares(self) -> Mapping[str, Share]:
        return {
            "steps": self.steps,
            "branches": self.branches,
            "retries": self.retries,
            "languages": self.languages,
        }

    @property
    def complete(self) -> bool:
        return all(share.covered == share.of for share in self.shares.values())


def rungs(step: Step, flow: Flow) -> Iterator[str]:
    """`no_input 1`, `no_input 2` …: the misses that the step answers, and the one that is too many."""
    for kind, allowed in step.misses(flow).items():
        yield from (f"{kind} {n}" for n in range(1, allowed + 2))


def coverage(flows: FlowSet, played: Iterable[Walked]) -> Coverage:
    """What the played calls have covered of the whole set."""
    visits: Counter[Walk] = Counter()
    steps: Counter[tuple[str, str]] = Counter()
    taken: Counter[Walk] = Counter()
    for call in played:
        visits.update(call.visits)
        steps.update({visit[:2] for visit in call.visits})
        taken.update(call.taken)
    of_step = {
        (flow.name, name): StepCoverage(
            flow.name,
            name,
            flow.source.place(flow.ways[name]).line,
            steps[flow.name, name],
            {way_out.label: taken[flow.name, name, way_out.label] for way_out in step.exits()},
            {rung: taken[flow.name, name, rung] for rung in rungs(step, flow)},
            {language: visits[flow.name, name, language] for language in _spoken(step, flow)},
        )
        for flow in flows.flows.values()
        for name, step in flow.steps.items()
    }
    where = {key: f"{flows.flows[key[0]].source.file}:{one.line}: `{key[1]}`" for key, one in of_step.items()}
    return Coverage(
        _share((where[key], one.calls) for key, one in of_step.items()),
        _share((f"{where[k]} → {w}", n) for k, one in of_step.items() for w, n in one.branches.items()),
        _share((f"{where[k]}, {w}", n) for k, one in of_step.items() for w, n in one.retries.items()),
        _share((f"{where[k]} in {w}", n) for k, one in of_step.items() for w, n in one.languages.items()),
        of_step,
    )


def _spoken(step: Step, flow: Flow) -> tuple[str, ...]:
    return flow.languages if any(True for _ in step.prompts()) else ()


def _share(wanted: Iterable[tuple[str, int]]) -> Share:
    counted = list(wanted)
    missing = tuple(what for what, calls in counted if not calls)
    return Share(len(counted) - len(missing), len(counted), missing)
