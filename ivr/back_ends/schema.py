"""JSON Schema of `back_ends.yaml`, for editors, from the models that read it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from dialogs.schema_files import Schema, schema_of
from ivr.back_ends.declared import (
    HttpLookup,
    HttpSystem,
    HttpWrite,
    Name,
    SqlLookup,
    SqlSystem,
    SqlWrite,
)


class BackEndsFile(BaseModel):
    """The three sections; which kind an entry is, its own keys say."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    systems: dict[Name, HttpSystem | SqlSystem] = Field(
        default_factory=dict, description="Where they are, and how they are asked"
    )
    lookups: dict[Name, HttpLookup | SqlLookup] = Field(
        default_factory=dict, description="What flows look up there"
    )
    writes: dict[Name, HttpWrite | SqlWrite] = Field(
        default_factory=dict, description="What flows change there"
    )


def back_ends_schema() -> Schema:
    """JSON Schema (2020-12) of the file."""
    return schema_of(BackEndsFile, "Back ends", "Your own systems behind look-ups and writes")
