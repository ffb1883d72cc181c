"""Tokens of the HTTP API: given out once, kept as a hash, found again by it.

Rules:
1. A token is 256 random bits. Its SHA-256 is kept: nobody can try 2^256 of them, so a slow hash with a salt,
   which a password needs, would cost every request its time and win nothing.
2. It is looked up by its hash. Whoever guesses cannot choose how a hash begins, so the time that the look-up
   takes tells nothing; the last comparison takes the same time whatever it finds.
3. Use is noted once a minute: a request must not wait for a write.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, update

from data.database import Database
from data.ids import new_id
from data.models import ApiTokenRow
from data.once import insert_new
from data.records import ApiToken, NewToken, utc
from data.text import clean

PREFIX = "ivr_"
"""How a token begins, so that people and secret scanners know one when they see it."""
LENGTH = len(PREFIX) + 43
USE_IS_NEWS_AFTER = timedelta(minutes=1)


def hash_of(token: str) -> str:
    """What is kept of a token, in hex."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class ApiTokens:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, new: NewToken) -> tuple[ApiToken, str]:
        """What is kept of it, and the token itself: it is shown once, and never again."""
        token = PREFIX + secrets.token_urlsafe(32)
        token_id = new_id()
        values = {
            "id": token_id,
            "token_hash": hash_of(token),
            "name": new.name,
            "roles": ",".join(new.roles),
            "agent": new.agent,
            "created_at": new.created_at,
            "created_by": new.created_by,
            "expires_at": new.expires_at,
        }
        with self._database.writing() as connection:
            connection.execute(insert_new(connection, ApiTokenRow).values(**values))
            kept = connection.execute(select(ApiTokenRow).where(ApiTokenRow.id == token_id)).one()
        return _token(kept), token

    def find(self, token: str) -> ApiToken | None:
        """Whose token that is, good or not; `None`: it was never given out."""
        if len(token) != LENGTH or not token.startswith(PREFIX):
            return None
        hashed = hash_of(token)
        with self._database.reading() as connection:
            row = connection.execute(
                select(ApiTokenRow).where(ApiTokenRow.token_hash == hashed)
            ).one_or_none()
        if row is None or not hmac.compare_digest(row.token_hash, hashed):
            return None
        return _token(row)

    def get(self, token_id: UUID) -> ApiToken | None:
        """One of them by its id."""
        with self._database.reading() as connection:
            row = connection.execute(select(ApiTokenRow).where(ApiTokenRow.id == token_id)).one_or_none()
        return None if row is None else _token(row)

    def used(self, token: ApiToken, *, at: datetime, address: str) -> None:
        """Notes that it was used, unless that was noted within the last minute."""
        news = or_(
            ApiTokenRow.last_used_at.is_(None), ApiTokenRow.last_used_at <= utc(at) - USE_IS_NEWS_AFTER
        )
        with self._database.writing() as connection:
            connection.execute(
                update(ApiTokenRow)
                .where(ApiTokenRow.id == token.id, news)
                .values(last_used_at=utc(at), last_used_from=clean(address, 64))
            )

    def all(self) -> tuple[ApiToken, ...]:
        """All that were ever given out, the newest first."""
        query = select(ApiTokenRow).order_by(ApiTokenRow.created_at.desc(), ApiTokenRow.id.desc())
        with self._database.reading() as connection:
            return tuple(map(_token, connection.execute(query)))

    def revoke(self, token_id: UUID, *, at: datetime, who: str) -> bool:
        """It is good for nothing from now on. False: there is none of that id, or it is revoked already."""
        mine = (ApiTokenRow.id == token_id, ApiTokenRow.revoked_at.is_(None))
        values = {"revoked_at": utc(at), "revoked_by": clean(who, 120)}
        with self._database.writing() as connection:
            return bool(connection.execute(update(ApiTokenRow).where(*mine).values(**values)).rowcount)


def _token(row: Row[Any]) -> ApiToken:
    names = [name for name in ApiToken.__dataclass_fields__ if name != "roles"]
    return ApiToken(roles=tuple(row.roles.split(",")), **{name: getattr(row, name) for name in names})
