"""The process that simulates campaigns: reads the settings and what is asked, writes lines of JSON: `done`
(runs that are over), and at last `figures` or `problem`.

It comes from the server by a pipe of its own: settings as they are there, secrets included, so they are
pickled and not written out as a configuration.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import sys
from datetime import UTC, datetime
from typing import Any

MOST_MEMORY = 4 * 1024**3
"""Bytes of address space."""


def _tell(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Plays one simulation."""
    from data.errors import DataError  # noqa: PLC0415 - the limits come first
    from dialogs.errors import FlowsInvalid  # noqa: PLC0415
    from ivr.errors import IvrError  # noqa: PLC0415

    settings, asked = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - the server's own pipe
    try:
        _tell(figures=_played(settings, **asked))
    except IvrError as fault:
        _tell(problem=fault.what[:300], remedy=fault.remedy)
    except FlowsInvalid as fault:
        _tell(problem="; ".join(map(str, fault.problems[:5]))[:1000], remedy="Correct it")
    except DataError:
        _tell(problem="The database is not there", remedy="Try again in a moment")
    except MemoryError:
        _tell(problem="The simulation is too large", remedy="Ask for fewer people, days or seeds")


def _played(
    settings: Any,
    *,
    seeds: int,
    agents: int | None,
    population: str | None,
    campaign: tuple[str, str] | None,
    like: tuple[str, str] | None,
) -> dict[str, Any]:
    from data.store import Store  # noqa: PLC0415
    from dialogs.source import parse  # noqa: PLC0415
    from ivr.campaigns.contact_rules.reading import load_rulebook  # noqa: PLC0415
    from ivr.campaigns.simulation.declared import of_campaign  # noqa: PLC0415
    from ivr.campaigns.simulation.learned import like as learn  # noqa: PLC0415
    from ivr.campaigns.simulation.population import SHIPPED, population_of, read_population  # noqa: PLC0415
    from ivr.campaigns.simulation.running import MODES, simulate  # noqa: PLC0415
    from ivr.campaigns.simulation.told import record  # noqa: PLC0415

    people = (
        read_population(SHIPPED / "twenty.yaml")
        if population is None
        else population_of(parse(population, "population"))
    )
    if agents is not None:
        people = people.model_copy(update={"agents": agents})
    whom = None
    if like is not None or campaign is not None:
        store = Store(settings.database_url)
        try:
            if like is not None:
                people = learn(store, *like, people, at=datetime.now(UTC)).population
            if campaign is not None:
                people, whom = of_campaign(settings, store, *campaign, people)
        finally:
            store.close()
    _tell(runs=seeds * len(MODES))
    return record(
        simulate(
            people,
            seeds=range(seeds),
            rulebook=load_rulebook(settings.path(settings.contact_rules)),
            done=lambda runs: _tell(done=runs),
            whom=whom,
        )
    )


if __name__ == "__main__":
    os.nice(10)  # calls come first
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    main()
