"""The examples in the documentation of nodes and kinds of answers: shown in the manual, run by the tests.

A module's docstring holds blocks of YAML: plain ones are examples of steps, `yaml catalogue` is what they
need of `catalogue.yaml`, `yaml segments` of `segments.yaml`, `yaml test` is how they are tested.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "example", "catalogue", "segments", "test"]
_BLOCK = re.compile(r"```yaml(?: (catalogue|segments|test))?\n(.*?)```\n?", re.DOTALL)
_KINDS: dict[str, Kind] = {"": "example", "catalogue": "catalogue", "segments": "segments", "test": "test"}


@dataclass(frozen=True)
class Part:
    """A stretch of documentation."""

    kind: Kind
    text: str


def documentation(documented: type) -> Iterator[Part]:
    """The docstring of the class's module, part by part."""
    text = sys.modules[documented.__module__].__doc__ or ""
    end = 0
    for found in _BLOCK.finditer(text):
        if before := text[end : found.start()].strip():
            yield Part("text", before)
        yield Part(_KINDS[found.group(1) or ""], found.group(2))
        end = found.end()
    if rest := text[end:].strip():
        yield Part("text", rest)


def examples(documented: type, kind: Kind = "example") -> list[str]:
    """The blocks of one kind."""
    return [part.text for part in documentation(documented) if part.kind == kind]
