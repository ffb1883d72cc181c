"""What looks again and again, while the database is away: the log says so, and does not drown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from data.errors import DatabaseLost
from ivr import looking as looking_module
from ivr.looking import Looking
from tests.freeswitch.harness import wait_until

EVERY = 0.001


def of_tests(told: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Other greenlets of the process may have something to tell, too."""
    return [line for line in told if line["event"].startswith("tests_")]


def test_a_database_that_is_away_is_told_once_and_its_return() -> None:
    """Hundreds of looks in vain are one line: another comes only after a minute of looks."""
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks <= 200:
            raise DatabaseLost("away", remedy="wait")

    looking = Looking(look, every=EVERY, name="tests")
    with capture_logs() as told:
        looking.start()
        wait_until(lambda: looks > 201, 20, "the looks")
        assert looking.stop()
    assert [(line["event"], line["in_vain"]) for line in of_tests(told)] == [
        ("tests_not_seen", 1),
        ("tests_seen_again", 200),
    ]


def test_a_fault_that_stays_is_told_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a minute is fifty looks, one line for each fifty."""
    monkeypatch.setattr(looking_module, "TELL_AGAIN", 50 * EVERY)
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        raise RuntimeError("broken")

    looking = Looking(look, every=EVERY, name="tests")
    with capture_logs() as told:
        looking.start()
        wait_until(lambda: looks > 120, 20, "the looks")
        looking.stop()
    assert [line["in_vain"] for line in of_tests(told)][:3] == [1, 51, 101]
    assert {line["event"] for line in of_tests(told)} == {"tests_fault"}
