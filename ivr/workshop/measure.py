"""How fast scripted calls are: the shipped tests again and again, on one core and shared out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from time import perf_counter

from dialogs.rehearsal import test_files
from ivr.bench import Figures, figures
from ivr.cli.flows import SHIPPED, catalogue_of, load_set, load_tests
from ivr.workshop.runs import Basis, run


@dataclass(frozen=True)
class Rehearsed:
    """`each`: milliseconds of one call. The seconds are what `ivr test` takes for all, from reading the
    files to the last result."""

    each: Figures
    calls: int
    seconds_one_core: float
    seconds_shared: float
    processes: int


def measure_flows(calls: int, processes: int, tell: Callable[[], None] = lambda: None) -> Rehearsed:
    """Plays `calls` scripted calls twice: on one core, and shared out among `processes`.

    The shipped test files are read as often as it takes to have so many. Raises `ShareFailed`, and
    `AssertionError` if a shipped test does not pass.
    """
    flows = load_set([SHIPPED], None)
    files = test_files([SHIPPED])
    counts = [len(load_tests([file], flows)) for file in files]
    rounds = -(-calls // sum(counts))
    basis = Basis([SHIPPED], catalogue_of([SHIPPED], None), files * rounds, counts * rounds)
    each: list[float] = []
    last = perf_counter()

    def timed() -> None:
        nonlocal last
        each.append(perf_counter() - last)
        last = perf_counter()
        tell()

    seconds = []
    for jobs, after in ((1, timed), (processes, lambda: None)):
        begun = perf_counter()
        scripts = dict(islice(enumerate(load_tests(list(basis.files), flows)), calls))
        last = perf_counter()
        assert all(call.passed for call in run(flows, scripts, basis, jobs=jobs, tell=after))
        seconds.append(perf_counter() - begun)
    return Rehearsed(figures("flows", "scripted", each), calls, seconds[0], seconds[1], processes)
