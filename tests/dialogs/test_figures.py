"""Every number that a designer may write has bounds, and absurd ones are told with both of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from dialogs.figures import allowed, truths
from dialogs.loader import FlowHead
from dialogs.nodes import NODES
from dialogs.segments.reading import SegmentFile
from dialogs.slots import KINDS

MODELS: list[type[BaseModel]] = [FlowHead, SegmentFile, *NODES.values(), *KINDS.values()]


def numbers(model: type[BaseModel]) -> Iterator[str]:
    """The keys whose value is a number and nothing else."""
    for key, field in model.model_fields.items():
        shown = str(field.annotation)
        if field.annotation in (int, float, Decimal) or any(
            f"{kind} | None" in shown or f"[{kind}, " in shown for kind in ("int", "float")
        ):
            yield field.alias or key


KEYS: list[tuple[type[BaseModel], Any]] = [(model, key) for model in MODELS for key in numbers(model)]


def test_there_are_numbers() -> None:
    """The search above finds them."""
    assert {"timeout", "length", "within_days", "priority", "deadline"} <= {key for _, key in KEYS}


@pytest.mark.parametrize(("model", "key"), KEYS, ids=[f"{model.__name__}.{key}" for model, key in KEYS])
def test_no_number_is_without_bounds(model: type[BaseModel], key: str) -> None:
    """`length: 99999999999999999999` would be a buffer or a wait of that size."""
    wanted = allowed(model, (key,))
    assert " to " in wanted or ("more than" in wanted and "at most" in wanted)
    assert list(truths(model, {key: True})) == [(key,)], "`true` would be read as 1"
