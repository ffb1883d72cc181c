"""A bar on the terminal while scripted calls are played, for whoever waits for them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

BAR_FROM = 500
"""Scripted calls; fewer take less than two seconds."""


@contextmanager
def calls_bar(calls: int) -> Iterator[Callable[[], None]]:
    """A bar where somebody looks, and only if there is something to wait for; what is given is called after
    each of them."""
    if not sys.stderr.isatty() or calls < BAR_FROM:
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - only where somebody looks
    from rich.progress import Progress  # noqa: PLC0415 -- slow to load, and only a terminal sees it

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("scripted calls", total=calls)
        yield lambda: bar.advance(task)
