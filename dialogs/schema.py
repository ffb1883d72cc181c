"""The flow language as a JSON Schema, so that editors complete and check it while it is written."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from dialogs.loader import FlowHead
from dialogs.nodes import NODES
from dialogs.nodes.form import Form
from dialogs.nodes.step import Step
from dialogs.slots import KINDS
from dialogs.wording import LANGUAGES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def flow_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a flow file."""
    definitions: dict[str, Any] = {}
    steps = [_step_schema(node, definitions) for node in NODES.values()]
    head = FlowHead.model_json_schema(by_alias=True, schema_generator=GenerateJsonSchema)
    definitions.update(head.pop("$defs", {}))
    head["properties"]["steps"] = {
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": steps},
        "description": "The steps, in the order of the call",
    }
    head["properties"]["languages"]["items"] = {"enum": list(LANGUAGES)}
    return {**head, "$schema": DIALECT, "title": "Flow", "description": "A dialog flow", "$defs": definitions}


def _step_schema(node: type[Step], definitions: dict[str, Any]) -> dict[str, Any]:
    schema = node.model_json_schema(by_alias=True)
    definitions.update(schema.pop("$defs", {}))
    schema["properties"].pop("kind", None)
    schema["required"] = [name for name in schema.get("required", []) if name != "kind"]
    if node is Form:
        slots = schema["properties"]["slots"]
        slots["items"] = {"$ref": "#/$defs/step_ask"}
        definitions.pop("Ask", None)
    schema["title"] = node.type_name
    schema["description"] = (node.__doc__ or "").strip()
    if node.type_name == "ask":
        schema["properties"]["type"] = {"enum": sorted(KINDS), "description": "The kind of answer"}
        for kind in KINDS.values():
            options = kind.model_json_schema()
            definitions.update(options.get("$defs", {}))
            schema["properties"].update(options.get("properties", {}))
    definitions[f"step_{node.type_name}"] = schema
    return {"$ref": f"#/$defs/step_{node.type_name}"}
