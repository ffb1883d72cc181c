"""The report on flows: where callers say nothing, are not understood, or hang up; and how calls end. Pure."""

from __future__ import annotations

from typing import Any

from ivr.reports.report import Column, Figure
from ivr.reports.tallies import share

KEYS = (Column("flow", "text"), Column("step", "text"), Column("language", "text"))
COLUMNS = (
    Column("calls"),
    Column("visits"),
    Column("no_input"),
    Column("no_match"),
    Column("no_match_rate", "number"),
    Column("no_input_rate", "number"),
    Column("dropped"),
    Column("drop_share", "share"),
)
OUTCOME_KEYS = (Column("outcome", "text"), Column("language", "text"))
OUTCOME_COLUMNS = (Column("calls"), Column("call_share", "share"))


def row(step: Any) -> dict[str, Figure]:
    """Of one step in one language. Rates are times per visit: more than one is possible."""
    no_input, no_match, visits = int(step.no_input), int(step.no_match), int(step.visits)
    return {
        "flow": step.flow,
        "step": step.step,
        "language": step.language,
        "calls": int(step.calls),
        "visits": visits,
        "no_input": no_input,
        "no_match": no_match,
        "no_match_rate": share(no_match, visits),
        "no_input_rate": share(no_input, visits),
        "dropped": int(step.dropped),
        "drop_share": share(int(step.dropped), visits),
    }


def outcome_row(outcome: str, language: str, count: int, calls: int) -> dict[str, Figure]:
    """Of one outcome in one language."""
    return {
        "outcome": outcome or "–",
        "language": language,
        "calls": count,
        "call_share": share(count, calls),
    }
