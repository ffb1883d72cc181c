"""What the checker must know of the world outside the flows.

It is handed in, so that dialogs need no database and no switch to be checked. The shipped description,
which designers read too, is `flows/catalogue.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dialogs.errors import FlowsInvalid
from dialogs.source import read

ValueType = Literal["text", "number", "money", "date", "boolean", "digits", "phone", "time", "code"]
"""Money is an integer of minor units, with its ISO currency in `<name>_currency`; a date is ISO text, a time
is "17:30"; a code is letters and digits that are a name."""
VALUE_TYPES: tuple[ValueType, ...] = get_args(ValueType)

CALLER_FACTS: Mapping[str, ValueType] = {"number": "phone", "name": "text", "segment": "text"}


@dataclass(frozen=True)
class LookupSchema:
    """A look-up that flows may use: what it is asked by, and the fields of what it finds."""

    by: tuple[str, ...]
    fields: Mapping[str, ValueType]


@dataclass(frozen=True)
class Catalogue:
    """Queues, look-ups, facts about the caller, and what the recognisers can hear.

    `vocabulary` maps a language to "does the model know this word?"; without an entry nothing is said
    about that language's words.
    """

    queues: frozenset[str] = frozenset()
    lookups: Mapping[str, LookupSchema] = field(default_factory=dict)
    caller: Mapping[str, ValueType] = field(default_factory=lambda: dict(CALLER_FACTS))
    vocabulary: Mapping[str, Callable[[str], bool]] = field(default_factory=dict)


_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _LookupFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    by: list[_Name] = Field(min_length=1)
    fields: dict[_Name, ValueType] = Field(min_length=1)


class _CatalogueFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    queues: list[_Name] = Field(default_factory=list)
    lookups: dict[_Name, _LookupFile] = Field(default_factory=dict)


def load_catalogue(file: Path) -> Catalogue:
    """Reads a catalogue file. Raises `FlowsInvalid` with every mistake."""
    source = read(file)
    try:
        found = _CatalogueFile.model_validate(source.content)
    except ValidationError as fault:
        raise FlowsInvalid(
            [
                source.problem(error["loc"], f"{error['msg']}: see the catalogue's format")
                for error in fault.errors()
            ]
        ) from fault
    return Catalogue(
        queues=frozenset(found.queues),
        lookups={
            name: LookupSchema(tuple(lookup.by), dict(lookup.fields))
            for name, lookup in found.lookups.items()
        },
    )
