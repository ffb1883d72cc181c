"""Everything that must hold before flows are published.

No mistakes, no scripted call that goes wrong, and no step that the live service cannot perform.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from dialogs.catalogue import Catalogue, load_catalogue
from dialogs.check import unperformable
from dialogs.errors import FlowsInvalid, Problem
from dialogs.flow import FlowSet
from dialogs.loader import read_flows
from dialogs.play import Played, play
from dialogs.rehearsal import load_scripts, test_files
from ivr.errors import LookupUnknown
from ivr.lookups import LOOKUPS
from ivr.performers import PERFORMERS

CATALOGUE = "catalogue.yaml"
"""Beside the flows: the queues and look-ups that they may name."""


def catalogue_in(folder: Path) -> Catalogue:
    """What flows may use: the folder's catalogue. Raises `DialogError`, `LookupUnknown`."""
    catalogue = replace(load_catalogue(folder / CATALOGUE), performers=PERFORMERS)
    for name in catalogue.lookups:
        if name not in LOOKUPS:
            raise LookupUnknown(
                f"{folder / CATALOGUE} declares a look-up {name} that nobody answers",
                f"Remove it, or write ivr/lookups/{name}.py; there are {', '.join(sorted(LOOKUPS))}",
            )
    return catalogue


@dataclass(frozen=True)
class Checked:
    """What was found. `flows` is None where not even a set could be made."""

    flows: FlowSet | None
    problems: tuple[Problem, ...] = ()
    failed: tuple[Played, ...] = ()
    """Scripted calls that did not go as expected."""
    tests: int = 0
    """Scripted calls that were played."""

    @property
    def sound(self) -> bool:
        return self.flows is not None and not self.problems and not self.failed


def checked(folder: Path, *, main: str, with_tests: bool = True) -> Checked:
    """Checks the folder as a server would use it; `main` is the flow that calls begin with.

    Raises `LookupUnknown`.
    """
    try:
        catalogue = catalogue_in(folder)
    except FlowsInvalid as fault:
        return Checked(None, tuple(fault.problems))
    flows, problems = read_flows([folder], catalogue)
    if not problems:
        problems = [*_main_missing(flows, folder, main), *unperformable(flows, catalogue)]
    if problems:
        return Checked(flows, tuple(problems))
    try:
        scripts = load_scripts(test_files([folder]), flows)
    except FlowsInvalid as fault:
        return Checked(flows, tuple(fault.problems))
    if not with_tests:
        return Checked(flows)
    played = [play(flows, script) for script in scripts]
    return Checked(flows, (), tuple(one for one in played if not one.passed), len(played))


def _main_missing(flows: FlowSet, folder: Path, main: str) -> list[Problem]:
    if main in flows.flows:
        return []
    there = ", ".join(sorted(flows.flows))
    what = f"there is no flow `{main}`, with which calls begin: add it, or set calls.flow (there are {there})"
    return [Problem(str(folder), 1, 1, what)]
