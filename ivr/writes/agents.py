"""The state of an agent who has just keyed their PIN at the star code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dialogs.catalogue import WriteSchema
from dialogs.results import Refused, Written
from ivr.writes.occasion import Asked

if TYPE_CHECKING:
    from data.store import Store

NAME = "agent_state"
STATE = WriteSchema(
    {"agent_proof": "code", "to": "text", "pause_key": "digits"},
    frozenset({"unknown", "not_in", "unknown_reason", "telephone_taken", "in_a_call"}),
)


def change(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:  # noqa: ARG001 - the port's
    """Nobody's, where no agents are declared: `ivr.agents.star_code` does it where there are."""
    return Refused("unknown")
