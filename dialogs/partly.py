"""What can still be read of a test file that has mistakes, so that all of them are told in one run.

Each wrong part is replaced by something harmless of the same place: the names in the rest can be checked,
and every line stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

Loc = tuple[str | int, ...]

_HARMLESS_STEP = {"hang_up": True}


def without(content: dict[str, Any], wrong: Iterable[Loc]) -> dict[str, Any]:
    """A copy without what is wrong at those places."""
    copy: dict[str, Any] = deepcopy(content)
    # The deepest first: what stands above may take it along.
    for loc in sorted(set(wrong), key=len, reverse=True):
        _take_out(copy, loc)
    return copy


def _take_out(content: dict[str, Any], loc: Loc) -> None:
    way = _there(content, loc)
    if not way:
        return
    above, last = _at(content, way[:-1]), way[-1]
    if "expect" in way[:-1]:
        at = way.index("expect")
        _at(content, way[: at + 1]).pop(way[at + 1], None)
    elif "data" in way and len(way) > way.index("data") + 2:
        at = way.index("data")
        _at(content, way[: at + 2])[way[at + 2]] = "missing"
    elif "steps" in way[:-1]:
        at = way.index("steps")
        _at(content, way[: at + 1])[way[at + 1]] = dict(_HARMLESS_STEP)
    elif last == "steps":
        above["steps"] = [dict(_HARMLESS_STEP)]
    elif isinstance(above, list) and isinstance(last, int):
        # A test without a name, or without steps.
        above[last] = {"test": f"unreadable {last}", "steps": [dict(_HARMLESS_STEP)], **_kept(above[last])}
    else:
        above.pop(last, None)


def _kept(entry: Any) -> dict[str, Any]:
    return (
        {key: value for key, value in entry.items() if value is not None} if isinstance(entry, dict) else {}
    )


def _there(content: Any, loc: Loc) -> Loc:
    """So much of the way as leads somewhere."""
    way: list[str | int] = []
    for part in loc:
        inside = range(len(content)) if isinstance(content, list) else content
        if not isinstance(inside, (dict, range)) or part not in inside:
            break
        content = content[part]
        way.append(part)
    return tuple(way)


def _at(content: Any, way: Loc) -> Any:
    for part in way:
        content = content[part]
    return content
