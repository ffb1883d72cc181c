"""Everything that must hold before flows are published.

No mistakes, no scripted call that goes wrong, no step that the live service cannot perform, and no queue that
the servers' file of queues does not know: they would not start.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from dialogs.check import unperformable
from dialogs.errors import FlowsInvalid, Problem
from dialogs.flow import FlowSet
from dialogs.loader import ENDING, read_flows
from dialogs.play import Played, play
from dialogs.rehearsal import Script, load_scripts, test_files
from dialogs.segments.golden import GoldenPlayed, golden_files, play_golden
from ivr.back_ends.agreement import OWN, LiveSchemas
from ivr.publishing.catalogues import CATALOGUE, catalogue_in, unanswered, with_collections
from ivr.publishing.sounds import unplayable
from ivr.queueing.reading import misfits

Bar = Callable[[int], AbstractContextManager[Callable[[], None]]]
"""Shows that so many scripted calls are played; what it gives is called after each."""


def unseen(calls: int) -> AbstractContextManager[Callable[[], None]]:
    """A bar where nobody looks."""
    del calls
    return nullcontext(lambda: None)


@dataclass(frozen=True)
class Checked:
    """What was found. `flows` is None where not even a set could be made."""

    flows: FlowSet | None
    problems: tuple[Problem, ...] = ()
    failed: tuple[Played | GoldenPlayed, ...] = ()
    """Scripted calls that did not go as expected, and callers who were taken for somebody else."""
    tests: int = 0
    """Tests that were played."""

    @property
    def sound(self) -> bool:
        return self.flows is not None and not self.problems and not self.failed


def checked(
    folder: Path,
    *,
    main: str,
    play_with: Bar | None = unseen,
    live: LiveSchemas = OWN,
    studio: Path | None = None,
    queues: Path | None = None,
    besides: Collection[str] = (),
    strategies: Path | None = None,
) -> Checked:
    """Checks the folder as a server would use it; `main` is the flow that calls begin with,
    `studio` the folder of the studio's recordings, `queues` the file of queues that servers go by, `besides`
    the queues that the switch has whatever the flows name, `strategies` the folder of those that name flows.
    `play_with` is shown while the calls are played; `None`: they are not.

    Every mistake is told in one run. The tests are played where the flows can be, also if a live call could
    not be had of them.
    """
    try:
        catalogue = catalogue_in(folder)
    except FlowsInvalid as fault:
        return Checked(None, tuple(fault.problems))
    if strategies is not None:
        catalogue = with_collections(catalogue, strategies)
    flows, problems = read_flows([folder], catalogue)
    unfit = [*unanswered(folder / CATALOGUE, catalogue, live), *_main_missing(flows, problems, folder, main)]
    unfit += misfits(queues, catalogue, besides)
    unfit += unplayable(flows, studio) if studio is not None else ()
    if problems:
        return Checked(flows, tuple(sorted([*problems, *unfit])))
    unfit += unperformable(flows, catalogue)
    try:
        scripts = load_scripts(test_files([folder]), flows)
        golden = play_golden(golden_files([folder]), flows)
    except FlowsInvalid as fault:
        return Checked(flows, (*unfit, *fault.problems))
    played: list[Played | GoldenPlayed] = [*golden] if play_with is not None else []
    played += _played(flows, scripts, play_with) if play_with is not None else []
    return Checked(flows, tuple(unfit), tuple(one for one in played if not one.passed), len(played))


def _played(flows: FlowSet, scripts: Sequence[Script], bar: Bar) -> Iterator[Played]:
    with bar(len(scripts)) as tell:
        for script in scripts:
            yield play(flows, script)
            tell()


def _main_missing(flows: FlowSet, problems: Sequence[Problem], folder: Path, main: str) -> list[Problem]:
    if main in flows.flows or any(Path(one.file).name == f"{main}{ENDING}" for one in problems):
        return []  # a flow that cannot be read is not missing
    there = ", ".join(sorted(flows.flows)) or "none"
    what = (
        f"there is no flow `{main}`, with which calls begin: add it, or set calls.flow (there are: {there})"
    )
    return [Problem(str(folder), 0, 0, what)]
