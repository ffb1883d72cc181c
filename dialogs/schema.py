"""The flow language as a JSON Schema, so that editors complete, explain and check it while it is written.

Every key has a description, every step its documentation with an example (`markdownDescription` is what
editors show). An `ask` is one of as many schemas as there are kinds of answers, so that each kind is
completed with its own keys.
"""

from __future__ import annotations

from typing import Any

from dialogs.examples import documentation, examples
from dialogs.loader import FlowHead
from dialogs.nodes import NODES
from dialogs.nodes.ask import Ask
from dialogs.nodes.form import Form
from dialogs.nodes.step import Step
from dialogs.slots import KINDS
from dialogs.slots.kind import SlotKind
from dialogs.source import parse
from dialogs.wording import LANGUAGES

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def flow_schema() -> Schema:
    """JSON Schema (2020-12) of a flow file."""
    definitions: Schema = {}
    for name, node in NODES.items():
        definitions[f"step_{name}"] = _step(node, definitions)
    head = FlowHead.model_json_schema(by_alias=True)
    definitions.update(head.pop("$defs", {}))
    head["properties"]["steps"] = {
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": [_ref(f"step_{name}") for name in NODES]},
        "description": "The steps, in the order of the call",
    }
    head["properties"]["languages"]["items"] = {"enum": list(LANGUAGES)}
    head["$defs"] = definitions
    return {**for_editors(head), "$schema": DIALECT, "title": "Flow", "description": "A dialog flow"}


def for_editors(schema: Schema) -> Schema:
    """Without what makes an editor propose `id: null`, or head an explanation with the key's own name.

    What may be left out is left out, not written as `null`; so a wrong value is told by what is right.
    """
    tidy: Schema = {}
    for key, value in schema.items():
        if key in ("const", "enum", "examples", "default"):
            if key != "default" or value is not None:
                tidy[key] = value
        elif key in ("properties", "$defs", "patternProperties"):
            tidy[key] = {name: for_editors(part) for name, part in value.items()}
            if key == "properties":
                for part in tidy[key].values():
                    part.pop("title", None)
        elif isinstance(value, dict):
            tidy[key] = for_editors(value)
        elif isinstance(value, list):
            tidy[key] = [for_editors(part) if isinstance(part, dict) else part for part in value]
        else:
            tidy[key] = value
    return _without_null(tidy)


def _without_null(schema: Schema) -> Schema:
    ways = schema.get("anyOf", [])
    rest = [way for way in ways if way != {"type": "null"}]
    if len(rest) == len(ways):
        return schema
    others = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(rest) == 1 and not rest[0].keys() & others.keys():
        return {**rest[0], **others}
    return {**others, "anyOf": rest}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _step(node: type[Step], definitions: Schema) -> Schema:
    if node is Ask:
        for name, kind in KINDS.items():
            definitions[f"step_ask_{name}"] = _ask(kind, definitions)
        return {"anyOf": [_ref(f"step_ask_{name}") for name in KINDS], **_about(node)}
    schema = _plain(node, definitions)
    if node is Form:
        schema["properties"]["slots"]["items"] = _ref("step_ask")
    return schema


def _plain(node: type[Step], definitions: Schema) -> Schema:
    """The node's own schema, without what its reader adds."""
    schema = node.model_json_schema(by_alias=True)
    parts = schema.pop("$defs", {})
    parts.pop("Ask", None)
    definitions.update(parts)
    schema["properties"].pop("kind", None)
    schema["required"] = [name for name in schema.get("required", []) if name != "kind"]
    return {**schema, **_about(node)}


def _ask(kind: type[SlotKind], definitions: Schema) -> Schema:
    """An `ask` for that kind of answer, with the kind's own keys."""
    schema = _plain(Ask, definitions)
    options = kind.model_json_schema()
    definitions.update(options.get("$defs", {}))
    about = _about(kind)
    # An example of a whole question is none of a value: editors would propose it as one.
    told = {key: value for key, value in about.items() if key != "examples"}
    schema["properties"]["type"] = {"const": kind.name, **told}
    schema["properties"].update(options.get("properties", {}))
    return {**schema, "title": f"ask: {kind.name}"}


def _about(documented: type[Step] | type[SlotKind]) -> Schema:
    """What an editor shows: the first sentence, and the documentation with its first example."""
    text = next((part.text for part in documentation(documented) if part.kind == "text"), "")
    example = next(iter(examples(documented)), "")
    name = getattr(documented, "type_name", getattr(documented, "name", ""))
    return {
        "title": name,
        "description": text.split("\n\n", maxsplit=1)[0].replace("\n", " "),
        "markdownDescription": f"{text}\n\n```yaml\n{example}```",
        "examples": parse(example, name).content if example else [],
    }
