"""Where the caller's values stand in a request. They fill a place; they never change its shape.

Rules:
1. In a URL every value is percent-encoded whole, `/` and `?` too. A value that would still change the way
   (`..`, nothing at all) is no value.
2. In a body every value is a JSON value; the body is built as data and written as JSON at the end.
3. What is filled is not looked at again: `{x}` in a value stays these three signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ivr.back_ends.errors import ValueUnfit

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_PATH = re.compile(r"/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*(\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?")

Given = Mapping[str, str | int | bool]


@dataclass(frozen=True)
class Template:
    """A text with places: `/orders/{order_id}`."""

    source: str
    parts: tuple[str, ...]
    """In turn: text, name, text, name … text."""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.parts[1::2])

    @property
    def fixed(self) -> bool:
        """Whether it has no place."""
        return len(self.parts) == 1

    @property
    def alone(self) -> str | None:
        """The name, if the whole text is one place."""
        return self.parts[1] if len(self.parts) == 3 and not self.parts[0] + self.parts[2] else None


def parse_template(text: str) -> Template:
    """Raises `ValueError` with what is wrong and what to do."""
    parts = tuple(_PLACE.split(text))
    for fixed in parts[::2]:
        if "{" in fixed or "}" in fixed:
            raise ValueError("a brace begins a place: write `{order_id}`, a name in lower case, and close it")
    return Template(text, parts)


def parse_path(text: str) -> Template:
    """A path below the system's address. Raises `ValueError`."""
    template = parse_template(text)
    outline = "x".join(template.parts[::2])
    if not outline.startswith("/") or outline.startswith("//") or not _PATH.fullmatch(outline):
        raise ValueError(
            "a path begins with one `/` and has no blanks, no host and no `#`: `/orders/{order_id}`"
        )
    if any(segment in (".", "..") for segment in outline.partition("?")[0].split("/")):
        raise ValueError("a path goes down, never up: leave `.` and `..` out")
    return template


def fill_path(template: Template, given: Given) -> str:
    """The path with the values in it. Raises `ValueUnfit`."""
    values = {name: written(given[name]) for name in template.names}
    for name, value in values.items():
        if not value:
            raise ValueUnfit(f"`{name}` is empty, and would ask for all of them")
    filled = "".join(
        quote(values[part], safe="") if at % 2 else part for at, part in enumerate(template.parts)
    )
    if any(segment in (".", "..") for segment in filled.partition("?")[0].split("/")):
        raise ValueUnfit("a value would lead to another path")
    return filled


def parse_body(content: Any) -> Any:
    """JSON content in which each text may hold places. Raises `ValueError`."""
    if isinstance(content, str):
        return parse_template(content)
    if isinstance(content, dict):
        return {str(key): parse_body(value) for key, value in content.items()}
    if isinstance(content, list):
        return [parse_body(value) for value in content]
    return content


def fill_body(content: Any, given: Given) -> Any:
    """The content with the values in it; a text that is one place becomes the value itself."""
    if isinstance(content, Template):
        if content.alone is not None:
            return given[content.alone]
        return "".join(written(given[p]) if at % 2 else p for at, p in enumerate(content.parts))
    if isinstance(content, dict):
        return {key: fill_body(value, given) for key, value in content.items()}
    if isinstance(content, list):
        return [fill_body(value, given) for value in content]
    return content


def names_in(content: Any) -> Iterator[str]:
    """Every name that a body uses."""
    if isinstance(content, Template):
        yield from content.names
    elif isinstance(content, dict):
        for value in content.values():
            yield from names_in(value)
    elif isinstance(content, list):
        for value in content:
            yield from names_in(value)


def written(value: str | int | bool) -> str:
    """As it stands in a text: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)
