"""What is to happen in a while happens in a while, however long the loop has stood still before."""

from __future__ import annotations

import time

import gevent

from esl.later import run_later


def _stand_still(seconds: float) -> None:
    """Work that lets nobody else have a turn."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def test_the_wait_counts_from_now() -> None:
    """Not from the loop's last turn."""
    gevent.sleep(0.001)
    _stand_still(0.2)
    asked = time.monotonic()
    ran = run_later(0.15, lambda: None)
    ran.join(5)
    assert time.monotonic() - asked >= 0.149


def test_it_can_be_called_off() -> None:
    """Before its greenlet has begun, and while it waits."""
    happened: list[str] = []
    at_once = run_later(0.0, happened.append, "at once")
    at_once.kill()
    waiting = run_later(0.01, happened.append, "waiting")
    gevent.sleep(0)
    waiting.kill()
    gevent.sleep(0.02)
    assert happened == []
