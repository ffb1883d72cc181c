"""Keys: UUIDv7, so that rows sort by the time of their making and any machine can make them alone."""

from __future__ import annotations

import hashlib
from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562, 5.7)."""
    return compat.uuid7()


def derived_id(*parts: str, at_ms: int) -> UUID:
    """The same UUIDv7 for the same `parts` each time: for seeds, whose rows must not change.

    `at_ms` is the Unix time in milliseconds that the id carries.
    """
    digest = int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest(), "big")
    bits = (at_ms & (1 << 48) - 1) << 80 | digest & (1 << 80) - 1
    bits = bits & ~(0xF << 76) | 7 << 76  # version 7
    bits = bits & ~(0x3 << 62) | 0b10 << 62  # RFC variant
    return UUID(int=bits)
