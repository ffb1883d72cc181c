"""Who keys their number and their PIN at the star code. Wrong ones are counted as those of callers are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from dialogs.catalogue import LookupSchema
from dialogs.results import Found, Missing

if TYPE_CHECKING:
    from data.store import Store

NAME = "agent"
SCHEMA = LookupSchema(("agent", "agent_pin"), {"proof": "code", "state": "text"})


def ask(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:  # noqa: ARG001 - the port's
    """Nobody, where no agents are declared: `ivr.agents.star_code` answers in its place where there are."""
    return Missing()
