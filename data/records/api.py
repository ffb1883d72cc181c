"""A token of the HTTP API, as it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from data.records.cleaning import Cleaning, utc
from data.text import clean

LONGEST_TOKEN_NAME = 120


@dataclass(frozen=True, kw_only=True)
class NewToken(Cleaning):
    """A token that is to be given out."""

    name: str
    roles: tuple[str, ...]
    created_at: datetime
    created_by: str
    agent: str | None = None
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        name = clean(self.name, LONGEST_TOKEN_NAME).strip()
        if not name or not self.roles:
            raise ValueError("a token has a name and a role at least")
        self._set(
            name=name,
            roles=tuple(sorted(set(self.roles))),
            created_at=utc(self.created_at),
            created_by=clean(self.created_by, LONGEST_TOKEN_NAME),
            expires_at=None if self.expires_at is None else utc(self.expires_at),
        )


@dataclass(frozen=True, kw_only=True)
class ApiToken:
    """A token that was given out; the token itself nobody can tell."""

    id: UUID
    name: str
    roles: tuple[str, ...]
    agent: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    last_used_at: datetime | None
    last_used_from: str | None

    def state(self, at: datetime) -> str:
        """`good`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= at else "good"
