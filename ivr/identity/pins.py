"""PINs, kept as argon2id and compared without telling anything by time.

Parameters: OWASP Password Storage Cheat Sheet, argon2id: 19 MiB of memory, 2 passes, 1 lane. A PIN has so few
values that no hash protects a stolen database for long; what protects is the count of tries.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from gevent.threadpool import ThreadPool

HASHER = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
SHORTEST, LONGEST = 4, 12
"""Digits: what a caller can key."""
AT_ONCE = 2
"""Hashes that are computed at the same time; each takes a core for some 30 ms."""
_ROWS = ("0123456789", "9876543210")
_ANY = HASHER.hash(secrets.token_hex(16))
"""What nobody's PIN is: compared where there is none, so that it takes as long."""
T = TypeVar("T")


class PinRefused(Exception):
    """No PIN may be like that. `str()` says why, without it."""


def checked(pin: str) -> str:
    """The PIN. Raises `PinRefused` for what anybody would guess first."""
    if not re.fullmatch(f"[0-9]{{{SHORTEST},{LONGEST}}}", pin):
        raise PinRefused(f"a PIN has {SHORTEST} to {LONGEST} digits")
    if len(set(pin)) == 1 or any(pin in row for row in _ROWS) or _repeats(pin):
        raise PinRefused("a PIN of one repeated or of neighbouring digits is guessed first: choose another")
    return pin


def _repeats(pin: str) -> bool:
    half = len(pin) // 2
    return len(pin) % 2 == 0 and pin[:half] == pin[half:]


class Hashing:
    """argon2 in real threads of its own: the hub never waits, and look-ups keep theirs."""

    def __init__(self) -> None:
        self._pool = ThreadPool(AT_ONCE)

    def hashed(self, pin: str) -> str:
        return self._in_thread(lambda: HASHER.hash(pin))

    def proves(self, pin: str, kept: str | None) -> bool:
        """Whether it is that PIN; without one (`None`) it takes as long and is not."""
        return self._in_thread(lambda: _matches(kept or _ANY, pin)) and kept is not None

    def _in_thread(self, work: Callable[[], T]) -> T:
        result: T = self._pool.apply(work)
        return result

    def close(self) -> None:
        self._pool.kill()


def proves_here(pin: str, kept: str | None) -> bool:
    """As `Hashing.proves`, for whoever runs in a real thread already: it computes for some 30 ms."""
    return _matches(kept or _ANY, pin) and kept is not None


def _matches(kept: str, pin: str) -> bool:
    try:
        return HASHER.verify(kept, pin)
    except (VerificationError, InvalidHashError):
        return False
