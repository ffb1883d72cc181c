"""What is to happen in a while, counted from now.

`gevent.spawn_later` counts from the loop's own idea of the time, which is that of its last turn: after three
seconds in which nothing else got a turn, a grace of three seconds would be over at once. Whoever sleeps in a
greenlet of its own has the loop look at the clock first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent


def run_later(seconds: float, run: Callable[..., object], *args: Any) -> gevent.Greenlet[..., Any]:
    """Runs `run(*args)` in a greenlet of its own after `seconds`, and not before; its `kill` calls it off."""
    return gevent.spawn(_run, seconds, run, args)


def _run(seconds: float, run: Callable[..., object], args: tuple[Any, ...]) -> None:
    gevent.sleep(seconds)
    run(*args)
