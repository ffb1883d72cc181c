"""A simulation's figures for programs: the same by the command and over the API."""

from __future__ import annotations

import math
from typing import Any

from ivr.campaigns.simulation.running import Outcome


def record(outcome: Outcome) -> dict[str, Any]:
    """Shares are between 0 and 1; `occupancy` and `calls` are of the predictive mode."""
    runs = [
        {
            "seed": one.seed,
            "mode": one.mode,
            "campaign": one.campaign,
            "calls": one.figures.whole.dialled,
            "live_answers": one.figures.whole.live,
            "abandoned": one.figures.whole.abandoned,
            "abandon_rate_max": round(one.abandon_rate_max, 5),
            "occupancy": _share(one.occupancy),
            "ends": dict(one.figures.ends),
            "blocked": one.blocked,
        }
        for one in outcome.played
    ]
    return {
        "calls": outcome.calls,
        "abandon_rate_max": round(outcome.abandon_rate_max, 5),
        "rule_violations": outcome.rule_violations,
        "occupancy": _share(outcome.occupancy("predictive")),
        "occupancy_progressive": _share(outcome.occupancy("progressive")),
        "worst_seed": outcome.worst_seed,
        "gain_worst": _share(outcome.gain(outcome.worst_seed)),
        "runs": runs,
    }


def _share(value: float) -> float | None:
    """`None`: of nobody, as no agent was ever there."""
    return None if math.isnan(value) else round(value, 4)
