"""The JSON Schema for editors: it accepts what the loader accepts, and shows a mistake where one is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dialogs.schema import flow_schema
from dialogs.source import parse, read
from tests.dialogs.flowtext import HEAD

SCHEMA = flow_schema()
SHIPPED = Path(__file__).parents[2] / "dialogs" / "flows" / "main.flow.yaml"
TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def valid(value: Any, schema: dict[str, Any]) -> bool:  # noqa: PLR0912 - one branch per keyword
    """The keywords that our schema uses, and an error for any other."""
    for word, rule in sorted(schema.items(), key=lambda item: item[0] != "type"):
        match word:
            case "$ref":
                ok = valid(value, SCHEMA["$defs"][rule.rpartition("/")[2]])
            case "anyOf":
                ok = any(valid(value, option) for option in rule)
            case "type":
                kinds = tuple(TYPES[kind] for kind in ([rule] if isinstance(rule, str) else rule))
                ok = any(isinstance(value, kind) for kind in kinds)
                ok = ok and (not isinstance(value, bool) or bool in kinds)
            case "enum":
                ok = value in rule
            case "const":
                ok = value == rule
            case "properties":
                ok = all(valid(value[name], sub) for name, sub in rule.items() if name in value)
            case "patternProperties":
                ok = all(valid(v, s) for p, s in rule.items() for k, v in value.items() if re.search(p, k))
            case "additionalProperties":
                known = set(schema.get("properties", ()))
                rest = [item for name, item in value.items() if name not in known]
                ok = not rest if rule is False else rule is True or all(valid(item, rule) for item in rest)
            case "propertyNames":
                ok = all(valid(name, rule) for name in value)
            case "required":
                ok = all(name in value for name in rule)
            case "items":
                ok = all(valid(item, rule) for item in value)
            case "pattern":
                ok = re.search(rule, value) is not None
            case "minItems" | "minLength" | "minProperties":
                ok = len(value) >= rule
            case "maxItems" | "maxLength" | "maxProperties":
                ok = len(value) <= rule
            case "minimum":
                ok = value >= rule
            case "maximum":
                ok = value <= rule
            case "exclusiveMinimum":
                ok = value > rule
            case "title" | "description" | "default" | "$schema" | "$defs":
                ok = True
            case _:
                raise AssertionError(f"unknown keyword {word}")
        if not ok:
            return False
    return True


def test_the_shipped_flow_is_valid() -> None:
    """An editor that uses the schema shows no error in a sound flow."""
    assert valid(read(SHIPPED).content, SCHEMA)


@pytest.mark.parametrize(
    ("steps", "good"),
    [
        ("  - hangup: normal\n", True),
        ("  - hangup: later\n", False),
        ('  - say: {es: "a"}\n    thn: b\n', False),
        ('  - sya: {es: "a"}\n', False),
        (
            '  - ask: n\n    type: digits\n    length: 5\n    prompt: {es: "a"}\n    no_input: {es: "b"}\n',
            True,
        ),
        (
            '  - ask: n\n    type: digits\n    length: 5\n    prompt: {es: "a"}\n    no_input: [{es: "b"}]\n',
            True,
        ),
        ('  - ask: n\n    type: dgits\n    prompt: {es: "a"}\n', False),
        ("  - queue: billing\n", False),
        ("  - branch: [{if: a > 0, then: b}]\n    else: c\n", True),
        ("  - branch: [{if: a > 0}]\n    else: c\n", False),
    ],
)
def test_right_and_wrong_steps(steps: str, good: bool) -> None:
    """The editor tells them apart as the loader does."""
    assert valid(parse(HEAD + steps, "x").content, SCHEMA) is good
