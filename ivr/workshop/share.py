"""Plays one share of the scripted calls: reads what to do as JSON, writes one line of JSON per call.

It imports the dialogs and nothing else, because its start is what a second process costs.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from dialogs.catalogue import load_catalogue
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.play import Played, play
from dialogs.rehearsal import Script, load_scripts


def main() -> None:
    """Raises what the flows and tests are faulty with: the parent has read them before."""
    asked = json.load(sys.stdin)
    folders = [Path(folder) for folder in asked["folders"]]
    flows = load_flows(folders, load_catalogue(Path(asked["catalogue"])))
    scripts = load_scripts([Path(file) for file in asked["files"]], flows)
    for here, place in asked["places"]:
        result = _result(place, timed(flows, scripts[here]))
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def timed(flows: FlowSet, script: Script) -> Played:
    """One call, played, with the time that it took."""
    begin = perf_counter()
    return replace(play(flows, script), seconds=perf_counter() - begin)


def _result(place: int, played: Played) -> dict[str, Any]:
    """The conversation is read only where it went wrong."""
    return {
        "place": place,
        "differences": [[one.line, one.what, one.wanted, one.was, one.nearest] for one in played.differences],
        "transcript": [] if played.passed else played.transcript,
        "visits": sorted(played.visits),
        "taken": sorted(played.taken),
        "marks": [] if played.passed else played.marks,
        "seconds": round(played.seconds, 6),
    }


if __name__ == "__main__":
    main()
