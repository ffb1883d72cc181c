"""Tables of keys, from the models that read them: name, value, meaning, and what holds without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown; bars in cells are escaped."""
    names = list(head)
    lines = [names, ["---"] * len(names), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def keys_table(model: type[BaseModel], skip: Iterable[str] = (), *, first: str = "") -> str:
    """The model's keys, those of its parts beneath; empty if all are skipped."""
    schema = model.model_json_schema(by_alias=True)
    rows = list(_rows(model, schema, schema.get("$defs", {}), set(skip), ""))
    rows.sort(key=lambda row: row[0] != f"`{first}`")
    return table(("key", "value", "meaning"), rows) if rows else ""


def _rows(
    model: type[BaseModel], schema: Schema, definitions: Schema, skip: set[str], above: str
) -> Iterator[tuple[str, str, str]]:
    required = set(schema.get("required", ()))
    defaults = {field.alias or name: field.default for name, field in model.model_fields.items()}
    for name, prop in schema.get("properties", {}).items():
        if name in skip:
            continue
        meaning = str(prop.get("description", "")).strip()
        if name in required:
            meaning += " (needed)"
        elif isinstance(default := defaults.get(name), (str, int, float)) and default != "":
            meaning += f" (`{_yaml(default)}`)"
        yield f"`{above}{name}`", _value(prop, definitions), meaning
        part, deeper = _part(prop)
        below = definitions.get(part, {})
        for key, inner in below.get("properties", {}).items() if part != "Ask" else ():
            needed = " (needed)" if key in below.get("required", ()) else ""
            said = str(inner.get("description", "")).strip() + needed
            yield f"`{above}{name}{deeper}.{key}`", _value(inner, definitions), said


def _yaml(value: object) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def _part(prop: Schema) -> tuple[str, str]:
    """The model that a key holds, and how its own keys are reached."""
    for option in (prop, *prop.get("anyOf", ()), *prop.get("oneOf", ())):
        if "$ref" in option:
            return option["$ref"].rpartition("/")[2], ""
        if isinstance(items := option.get("items"), Mapping) and "$ref" in items:
            return items["$ref"].rpartition("/")[2], "[…]"
        if isinstance(values := option.get("additionalProperties"), Mapping) and "$ref" in values:
            return values["$ref"].rpartition("/")[2], ".…"
        for inner in (option.get("patternProperties") or {}).values():
            if "$ref" in inner:
                return inner["$ref"].rpartition("/")[2], ".…"
    return "", ""


def _value(prop: Schema, definitions: Schema) -> str:  # noqa: PLR0911 - one line for each kind of value
    if several := prop.get("anyOf") or prop.get("oneOf"):
        options = [_value(option, definitions) for option in several if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(options))
    if "$ref" in prop:
        part = prop["$ref"].rpartition("/")[2]
        below = definitions.get(part, {})
        if part == "Ask":
            return "[`ask`](#ask)"
        return "`{" + ", ".join(f"{key}: …" for key in below.get("properties", {})) + "}`"
    if "enum" in prop:
        return ", ".join(f"`{_yaml(value)}`" for value in prop["enum"] if not isinstance(value, int))
    if "const" in prop:
        return f"`{_yaml(prop['const'])}`"
    match prop.get("type"):
        case "boolean":
            return "`true`, `false`"
        case "integer" | "number":
            low, high = _limit(prop, "inimum"), _limit(prop, "aximum")
            return f"number, {low} to {high}" if low and high else "number"
        case "array":
            return f"list: {_value(prop.get('items', {}), definitions)}"
        case "object":
            return _mapping(prop, definitions)
        case "string":
            return "name" if "pattern" in prop else "text"
        case _:
            return "text"


def _limit(prop: Schema, kind: str) -> str:
    for name in (f"m{kind}", f"exclusiveM{kind}"):
        if name in prop:
            return f"{prop[name]:g}"
    return ""


def _mapping(prop: Schema, definitions: Schema) -> str:
    if "propertyNames" not in prop and "patternProperties" not in prop:
        inside = prop.get("additionalProperties")
        if isinstance(inside, Mapping) and "pattern" in inside:
            return "key → step"  # of the telephone: all others are called by names
        return "text in each language"
    patterns: Schema = prop.get("patternProperties") or {}
    values: Any = prop.get("additionalProperties") or next(iter(patterns.values()), {})
    return f"name → {_value(values, definitions)}" if isinstance(values, Mapping) else "name → text"
