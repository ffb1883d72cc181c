"""Secrets in settings: named, never written down."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field


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
            except OSError as error:
                raise ValueError(f"the secret's file {path} cannot be read ({error.strerror})") from error
        case _:
            raise ValueError("a secret is written {env: NAME} or {file: PATH}, never literally")


Secret = Annotated[str | None, BeforeValidator(_secret), Field(repr=False)]
