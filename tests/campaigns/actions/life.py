"""What a server of the crash tests is begun with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Life:
    """What a server is begun with."""

    url: str
    at: str
    owner: str
    kill_at: int
    """Which instant is its last; 0: it lives until there is nothing to do."""
    settings: dict[str, object]
    trunk: str
