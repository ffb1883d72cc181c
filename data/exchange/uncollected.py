"""Python's search for cycles, paused while a list is read and written.

A list of a million customers is ten million small containers, none in a cycle, and a full collection walks
through all of them: a third to a half of an import's processor time went there. For commands, which do one
thing and end; a server that imports would keep its other garbage meanwhile.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing is searched for cycles; what is referred to no more goes at once as ever."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
