"""Plays scripted calls on one core or on several.

Rules:
1. A share is played by a program of its own (`python -m ivr.workshop.share`), which reads the same files:
   flows do not travel between processes, only results do.
2. The results stand in the order of the scripts, however they were shared out.
3. A share reads only the files whose calls it plays, if there are enough files to share out.
4. A share that fails is told; its calls are never left out in silence.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from threading import Thread
from typing import IO, Any

from dialogs.differences import Difference
from dialogs.flow import FlowSet
from dialogs.play import Played
from dialogs.rehearsal import Script
from ivr.errors import ShareFailed
from ivr.places import CHECKOUT
from ivr.workshop.share import timed

PAYS_FROM = 6000
"""Scripted calls from which more processes are worth their start, and that they read the files again."""
FEWEST_CORES = 4
"""On two cores it never pays (`ivr bench flows`): one core plays more than 500 calls a second."""

Tell = Callable[[], None]
"""Is called after every call."""


@dataclass(frozen=True)
class Basis:
    """What a share reads: the same as the command that shares it out."""

    folders: Sequence[Path]
    catalogue: Path
    files: Sequence[Path]
    counts: Sequence[int]
    """How many scripts each file holds."""


def jobs_for(calls: int) -> int:
    """As many processes as are worth it."""
    cores = os.cpu_count() or 1
    return cores if calls >= PAYS_FROM and cores >= FEWEST_CORES else 1


def run(
    flows: FlowSet, scripts: Mapping[int, Script], basis: Basis, *, jobs: int, tell: Tell = lambda: None
) -> list[Played]:
    """Plays scripts, each named by its place among all scripts of the basis' files.

    Raises `ShareFailed`.
    """
    if jobs <= 1 or len(scripts) <= 1:
        played = []
        for script in scripts.values():
            played.append(timed(flows, script))
            tell()
        return played
    shares: list[_Share] = []
    try:
        shares += [_Share(basis, part, tell) for part in _parts(scripts, basis, jobs)]
        results: dict[int, dict[str, Any]] = {}
        for share in shares:
            results.update(share.results())
        return [_played(script, results[place]) for place, script in scripts.items()]
    finally:
        for share in shares:
            share.stop()


@dataclass(frozen=True)
class _Part:
    """Files, and which of their scripts are to be played: (place in these files, place among all)."""

    files: Sequence[Path]
    places: Sequence[tuple[int, int]]


def _parts(scripts: Mapping[int, Script], basis: Basis, jobs: int) -> list[_Part]:
    """Whole files, the longest first, each to whoever has least; single scripts if the files are few."""
    ends = list(accumulate(basis.counts))
    if len(basis.files) < 2 * jobs:
        return [
            _Part(basis.files, [(place, place) for place in list(scripts)[begin::jobs]])
            for begin in range(min(jobs, len(scripts)))
        ]
    wanted: dict[int, list[int]] = {}
    for place in scripts:
        wanted.setdefault(bisect_right(ends, place), []).append(place)
    shares: list[list[int]] = [[] for _ in range(jobs)]
    for file in sorted(wanted, key=lambda at: -len(wanted[at])):
        min(shares, key=lambda files: sum(len(wanted[at]) for at in files)).append(file)
    parts = []
    for files in filter(None, shares):
        places, before = [], 0
        for at in files:
            begin = ends[at] - basis.counts[at]
            places += [(before + place - begin, place) for place in wanted[at]]
            before += basis.counts[at]
        parts.append(_Part([basis.files[at] for at in files], places))
    return parts


class _Share:
    """One child, and what it has written so far."""

    def __init__(self, basis: Basis, part: _Part, tell: Tell) -> None:
        self._wanted = len(part.places)
        self._tell = tell
        self._results: dict[int, dict[str, Any]] = {}
        self._said: list[str] = []
        self._child = subprocess.Popen(
            [sys.executable, "-m", "ivr.workshop.share"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(CHECKOUT), *filter(None, sys.path)])},
        )
        assert self._child.stdin and self._child.stdout and self._child.stderr
        self._readers = [
            Thread(target=self._read, args=(self._child.stdout,), daemon=True),
            Thread(target=self._overhear, args=(self._child.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        asked = {
            "folders": [str(folder) for folder in basis.folders],
            "catalogue": str(basis.catalogue),
            "files": [str(file) for file in part.files],
            "places": list(part.places),
        }
        with self._child.stdin as pipe:
            json.dump(asked, pipe)

    def _read(self, pipe: IO[str]) -> None:
        for line in pipe:
            result = json.loads(line)
            self._results[result["place"]] = result
            self._tell()

    def _overhear(self, pipe: IO[str]) -> None:
        self._said += list(pipe)

    def results(self) -> dict[int, dict[str, Any]]:
        """Waits for all of them. Raises `ShareFailed`."""
        for reader in self._readers:
            reader.join()
        status = self._child.wait()
        if status or len(self._results) != self._wanted:
            last = self._said[-1].strip() if self._said else f"status {status}"
            raise ShareFailed(f"A share of the tests was not played ({last})", "Run them with --jobs 1")
        return self._results

    def stop(self) -> None:
        """Ends the child, if it has not ended."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()


def _played(script: Script, result: dict[str, Any]) -> Played:
    return Played(
        script,
        tuple(Difference(*one) for one in result["differences"]),
        tuple((who, what) for who, what in result["transcript"]),
        frozenset((flow, step, language) for flow, step, language in result["visits"]),
        frozenset((flow, step, label) for flow, step, label in result["taken"]),
        tuple((entry, line) for entry, line in result["marks"]),
        float(result["seconds"]),
    )
