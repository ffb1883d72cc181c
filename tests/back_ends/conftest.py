"""A file of back ends, read and connected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from data.store import Store
from ivr.back_ends import declared_in
from ivr.back_ends.port import BackEnds
from ivr.lookups import Lookups

MADRID = ZoneInfo("Europe/Madrid")
Connect = Callable[..., BackEnds]


class NoDatabase(Lookups):
    """Whoever asks the own database in these tests has taken the wrong way."""

    def __init__(self) -> None:
        pass


@pytest.fixture
def connected(tmp_path: Path) -> Iterator[Connect]:
    """Writes the text to `back_ends.yaml`, reads it, and connects what it declares."""
    opened: list[BackEnds] = []

    def connect(text: str, now: Callable[[], float] | None = None, store: Store | None = None) -> BackEnds:
        file = tmp_path / "back_ends.yaml"
        file.write_text(text, encoding="utf-8")
        more = {} if now is None else {"now": now}
        opened.append(BackEnds(NoDatabase(), declared_in(file), zone=MADRID, **more))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()
