"""Tokens of the HTTP API: who may ask what, until when. Never the token itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base


class ApiTokenRow(Base):
    """A token that was given out."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the token, in hex."""
    name: Mapped[str] = mapped_column(String(120))
    """Who or what has it: for people who look at the list."""
    roles: Mapped[str] = mapped_column(String(200))
    """With commas between them, in the order of the alphabet."""
    agent: Mapped[str | None] = mapped_column(String(60))
    """Whose token it is, where it is an agent's."""
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120))
    expires_at: Mapped[datetime | None]
    """`None`: it does not."""
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(120))
    last_used_at: Mapped[datetime | None]
    """To the minute."""
    last_used_from: Mapped[str | None] = mapped_column(String(64))
    """The address it came from."""
