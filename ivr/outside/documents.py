"""JSON of other systems, and places in it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT: Final = _Absent()
"""There is no such place in the document, which is not the same as null."""


class SaidTwice(ValueError):
    """An object has a key twice: nobody can tell which of the two values holds."""


def read_json(content: bytes) -> Any:
    """Numbers with decimals are `Decimal`. Raises `ValueError` for what is none, however it is built, and
    `SaidTwice`."""
    try:
        return json.loads(
            content, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_each_key_once
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise SaidTwice("has a key twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def at_pointer(document: Any, pointer: str) -> Any:
    """What stands at a JSON pointer (RFC 6901), or `ABSENT`."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(key, ABSENT)
        elif isinstance(document, list):
            inside = re.fullmatch("0|[1-9][0-9]{0,5}", key) and int(key) < len(document)
            document = document[int(key)] if inside else ABSENT
        else:
            return ABSENT
    return document
