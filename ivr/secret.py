"""Secrets in settings: named, never written down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

_to_come: ContextVar[bool] = ContextVar("secrets_to_come", default=False)


@contextmanager
def secrets_to_come(allowed: bool) -> Iterator[None]:
    """Inside, if `allowed`, a secret whose file is not there yet is none: for the command that makes it."""
    before = _to_come.set(allowed)
    try:
        yield
    finally:
        _to_come.reset(before)


def _secret(value: object) -> object:
    """`{env: NAME}` or `{file: PATH}` → the secret. A literal is refused."""
    match value:
        case None:
            return None
        case {"env": str(name), **rest} if not rest:
            if name not in os.environ:
                raise ValueError(f"the environment variable {name} is not set")
            return os.environ[name]
        case {"file": str(path), **rest} if not rest:
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except FileNotFoundError as error:
                if _to_come.get():
                    return None
                raise ValueError(f"the secret's file {path} cannot be read ({error.strerror})") from error
            except OSError as error:
                raise ValueError(f"the secret's file {path} cannot be read ({error.strerror})") from error
        case _:
            raise ValueError("a secret is written {env: NAME} or {file: PATH}, never literally")


def _named(key: str) -> dict[str, object]:
    return {
        "type": "object",
        "properties": {key: {"type": "string"}},
        "required": [key],
        "additionalProperties": False,
    }


_SHAPE = {
    "description": "{env: NAME} or {file: PATH}, never the secret itself",
    "anyOf": [_named("env"), _named("file"), {"type": "null"}],
}

Secret = Annotated[str | None, BeforeValidator(_secret), WithJsonSchema(_SHAPE), Field(repr=False)]
