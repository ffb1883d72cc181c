"""`json {"command": "callcenter_config", ...}`: the call centre's tables, with every cell in its place.

Source: mod_commands.c (`json_function`), switch_loadable_module.c (`switch_json_api_execute`),
mod_callcenter.c (`json_callcenter_config_function`) of 1.11.
There is neither `format: pretty` nor any other command.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from esl.embedded import queue_api
from esl.embedded.api import api_command

if TYPE_CHECKING:
    from esl.embedded.switch import EmbeddedSwitch

_NOT_AS_JSON = frozenset({"calls_answered", "calls_abandoned", "ring_progressively_delay"})
"""Columns of a queue that only the text has."""


class _NoQueueNamedError(Exception):
    """A queue's table without the queue."""


@api_command("json")
def _json(switch: EmbeddedSwitch, argument: str) -> str:
    try:
        order = json.loads(argument)
    except ValueError:
        return f"-ERR {'Parse error.' if argument else 'No JSON supplied.'}\n"
    if not isinstance(order, dict):  # the real one appends to what it was given
        return "-ERR Parse error.\n"
    data = order.get("data")
    if order.get("command") != "callcenter_config" or "data" not in order:
        told = _error("Invalid request or non-existant command")
    else:
        told = _told(switch, data if isinstance(data, dict) else {})
    return json.dumps(order | told, ensure_ascii=False, separators=(",", ":")) + "\n"


def _told(switch: EmbeddedSwitch, data: dict[str, Any]) -> dict[str, Any]:
    try:
        rows = _rows(switch, data)
    except _NoQueueNamedError:
        return _error("The command returned an error") | {
            "response": {"error": "Missing data attribute: queue_name"}
        }
    if rows is None:
        return _error("The command returned an error")
    return {"status": "success", "response": rows}


def _error(message: str) -> dict[str, Any]:
    return {"status": "error", "message": message, "response": None}


def _rows(switch: EmbeddedSwitch, data: dict[str, Any]) -> list[dict[str, str | int]] | None:
    """`None`: there is no such table."""
    centre, wanted = switch.call_centre, str(data.get("arguments", "")).lower()
    match wanted:
        case "agent list":
            return _objects(queue_api.AGENT_COLUMNS, map(queue_api.agent_cells, centre.agents.values()))
        case "tier list":
            cells = [row for queue in centre.queues.values() for row in queue_api.tier_cells(queue)]
            return _objects(queue_api.TIER_COLUMNS, cells)
        case "queue list":
            rows = _objects(queue_api.QUEUE_COLUMNS, map(queue_api.queue_cells, centre.queues.values()), True)
            return [{name: cell for name, cell in row.items() if name not in _NOT_AS_JSON} for row in rows]
        case "queue list agents" | "queue list members" | "queue list tiers":
            if not data.get("queue_name"):
                raise _NoQueueNamedError
            columns, found = queue_api.table_of(
                switch, wanted.rpartition(" ")[2], centre.queues.get(str(data["queue_name"]))
            )
            return _objects(columns, found)
    return None


def _objects(columns: str, rows: Any, numbers: bool = False) -> list[dict[str, str | int]]:
    """The database's cells are texts, a queue's settings are not."""
    names = columns.rstrip("\n").split("|")
    return [
        {name: cell if numbers else str(cell) for name, cell in zip(names, row, strict=True)} for row in rows
    ]
