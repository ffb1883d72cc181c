"""Numbers of files that people write: which bounds a key has, and where a yes stands for a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_NUMBERS = (int, float, Decimal)


def allowed(model: type[BaseModel], way: Sequence[str | int]) -> str:
    """Which numbers may stand there, as a clause: "1 to 32"; empty if there are no bounds."""
    low, above, high = _limits(model, way)
    if low is not None and high is not None:
        return f"{low} to {high}"
    least = f"at least {low}" if low is not None else f"more than {above}" if above is not None else ""
    return " and ".join(filter(None, (least, f"at most {high}" if high is not None else "")))


def _limits(model: type[BaseModel], way: Sequence[str | int]) -> tuple[str | None, ...]:
    """At least, more than, at most."""
    for at, part in enumerate(way):
        field = _field(model, part)
        if field is None:
            continue
        if at == len(way) - 1:
            found = [*field.metadata, *_metadata(field.annotation)]
            return tuple(_first(found, name) for name in ("ge", "gt", "le"))
        below = next(_models(field.annotation), None)
        if below is None:
            break
        model = below
    return None, None, None


def _first(metadata: Sequence[Any], name: str) -> str | None:
    found = next((value for one in metadata if (value := getattr(one, name, None)) is not None), None)
    return None if found is None else f"{found:g}" if isinstance(found, float) else str(found)


def truths(model: type[BaseModel], content: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Where `true` or `false` stands and a number is meant: the reader would take them for 1 and 0."""
    for key, value in content.items():
        field = _field(model, key)
        if field is None:
            continue
        kinds = set(_kinds(field.annotation))
        if isinstance(value, bool) and bool not in kinds and kinds.intersection(_NUMBERS):
            yield (key,)
        elif isinstance(value, dict):
            for below in _models(field.annotation):
                yield from ((key, *way) for way in truths(below, value))


def _field(model: type[BaseModel], key: str | int) -> FieldInfo | None:
    return next((one for name, one in model.model_fields.items() if key in (name, one.alias)), None)


def _kinds(annotation: Any) -> Iterator[Any]:
    """All types that an annotation is made of."""
    yield annotation
    if get_origin(annotation) is not None:
        for part in get_args(annotation):
            yield from _kinds(part)


def _metadata(annotation: Any) -> Iterator[Any]:
    for kind in _kinds(annotation):
        for one in getattr(kind, "__metadata__", ()):
            yield from getattr(one, "metadata", (one,))  # a `Field` holds its bounds inside


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    for kind in _kinds(annotation):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind
