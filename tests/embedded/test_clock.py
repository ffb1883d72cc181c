"""The clocks that calls run on."""

from __future__ import annotations

import time

import gevent
import pytest
from gevent.event import Event

from esl.embedded.clock import RealClock, ScaledClock, VirtualClock


def test_virtual_time_passes_in_order_and_at_once(clock: VirtualClock) -> None:
    """An hour takes no time, and whoever is due first runs first, however it was started."""
    began, start = time.monotonic(), clock.now()
    order: list[tuple[str, float]] = []

    def tell(name: str) -> None:
        order.append((name, clock.now() - start))

    clock.later(3600.0, lambda: tell("late"))
    clock.later(0.5, lambda: tell("early")).join()
    clock.later(1.0, lambda: tell("killed")).kill()
    clock.sleep(3600.0)
    assert order == [("early", 0.5), ("late", 3600.0)]
    assert time.monotonic() - began < 5.0


def test_waiting_for_an_event_or_the_time(clock: VirtualClock) -> None:
    """The event ends the wait before its time, and the time ends it without the event."""
    start, event = clock.now(), Event()
    assert clock.wait(event, 2.0) is False
    assert clock.now() - start == 2.0
    clock.later(1.0, event.set)
    assert clock.wait(event, 60.0) is True
    assert clock.now() - start == 3.0
    assert clock.wait(event, None) is True


def test_scaled_time() -> None:
    """Ten times as fast is ten times as fast, and an event is still noticed at once."""
    clock, event = ScaledClock(50), Event()
    began, start = time.monotonic(), clock.now()
    clock.sleep(2.0)
    assert clock.now() - start >= 2.0
    assert 0.04 <= time.monotonic() - began < 2.0
    assert clock.wait(event, 0.5) is False
    clock.later(1.0, event.set)
    assert clock.wait(event, 600.0) is True
    assert abs(RealClock().now() - time.time()) < 1.0
    with pytest.raises(ValueError, match="above 0"):
        ScaledClock(0)
    gevent.idle()
