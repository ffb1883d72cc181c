"""Stages of arrears, where nobody says them: by days since the due date."""

from __future__ import annotations


def stage_of(days_late: int) -> str:
    """Stage of arrears by days since the due date, as docs/database.md lists them."""
    for beyond, stage in (
        (365, "judicial"),
        (180, "pre_judicial"),
        (90, "late"),
        (30, "middle"),
        (0, "early"),
        (-6, "preventive"),
    ):
        if days_late > beyond:
            return stage
    return "none"
