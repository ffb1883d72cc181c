"""JSON Schemas of the files beside the flows, from the same models that read them.

What a reader mends before it looks at the shape (one value for a list of one, a number for a text) is right
in an editor, too: `Written` says so for each such reader, and is lenient for one that it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema
from typing_extensions import override

from dialogs.catalogue import CatalogueFile
from dialogs.rehearsal_format import TestEntry, TestFile
from dialogs.segments.golden import GoldenFile
from dialogs.segments.reading import SegmentsFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
_PLAIN: Schema = {"type": ["string", "number", "boolean"]}


def _or_one(inner: Schema) -> Schema:
    if "items" in inner:
        return {"anyOf": [inner, inner["items"]]}
    return {"anyOf": [inner, _PLAIN, {"type": "array", "items": _PLAIN}]}


def _or_number(inner: Schema) -> Schema:
    return {"anyOf": [inner, {"type": "number"}]}


_MENDED: Mapping[str, Callable[[Schema], Schema]] = {
    "as_list": _or_one,
    "listed": _or_one,
    "as_text": _or_number,
    "as_digits": lambda inner: {"anyOf": [inner, {"type": "integer"}]},
    "pressed": _or_number,
    "keyed": lambda inner: inner,
    "lasts": lambda _inner: {"type": ["string", "number"]},
    "wall_clock": lambda _inner: {"type": "string"},
    "read_days": lambda _inner: {"type": "object"},
    "read_dates": lambda _inner: {"type": "object"},
}
"""What each reader takes beside the shape itself, by its name without the underscore."""


_ALONE = {"type_alone": "type", "short": "text"}
"""Readers of a whole entry → the key whose value may stand for it."""


class Written(GenerateJsonSchema):
    """The shape of a file as people write it."""

    @override
    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        if schema["schema"]["type"] in ("model", "model-fields"):
            return inner
        mended = _MENDED.get(_reader(schema))
        return {"anyOf": [inner, _PLAIN]} if mended is None else mended(inner)

    @override
    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        found = super().model_schema(schema)
        below = schema["schema"]
        alone = _ALONE.get(_reader(below)) if below["type"] == "function-before" else None
        return {"anyOf": [found, found["properties"][alone]]} if alone else found

    @override
    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        """A text that is read into something: a template, a condition."""
        return {"type": ["string", "number", "boolean"]}


def _reader(schema: Mapping[str, Any]) -> str:
    return str(getattr(schema["function"]["function"], "__name__", "")).lstrip("_")


def schema_of(model: type[BaseModel], title: str, description: str) -> Schema:
    """JSON Schema (2020-12) of a file that is read by that model."""
    found = model.model_json_schema(by_alias=True, schema_generator=Written)
    return {**found, "$schema": DIALECT, "title": title, "description": description}


def segments_schema() -> Schema:
    """Of `segments.yaml`."""
    return schema_of(SegmentsFile, "Segments", "Who callers are taken for, and how they are treated")


def segments_test_schema() -> Schema:
    """Of `segments.test.yaml`."""
    return schema_of(GoldenFile, "Tests of segments", "Callers, and who they must be taken for")


def catalogue_schema() -> Schema:
    """Of `catalogue.yaml`."""
    return schema_of(CatalogueFile, "Catalogue", "What flows may use: queues, look-ups, calendars …")


def test_schema() -> Schema:
    """Of `*.test.yaml`: one test, or several."""
    one = schema_of(TestEntry, "Test", "A scripted call")
    several = schema_of(TestFile, "Tests", "Scripted calls")
    definitions = {**one.pop("$defs", {}), **several.pop("$defs", {})}
    return {
        "$schema": DIALECT,
        "title": "Tests",
        "description": "Scripted calls beside a flow",
        "if": {"required": ["test"]},
        "then": one,
        "else": several,
        "$defs": definitions,
    }


test_schema.__test__ = False  # type: ignore[attr-defined]  # pytest must not take it for a test
