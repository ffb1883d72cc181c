"""Progressive: one call for each free agent, and callers first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ivr.campaigns.pacing.pacer import Pacer, Progressive, Standing

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("standing", "calls"),
    [
        (Standing(free_agents=0, ringing=0), 0),
        (Standing(free_agents=5, ringing=0), 5),
        (Standing(free_agents=5, ringing=3), 2),
        (Standing(free_agents=5, ringing=3, waiting=1), 1),
        (Standing(free_agents=2, ringing=4), 0),
        (Standing(free_agents=5, ringing=0, callers_waiting=1), 0),
    ],
)
def test_one_call_for_each_free_agent(standing: Standing, calls: int) -> None:
    """Less those that ring or wait already; nothing while a caller waits."""
    pacer: Pacer = Progressive()
    assert pacer.to_dial(NOW, standing) == calls
