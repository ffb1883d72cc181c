"""What the tests of campaigns share: databases of both kinds, and people to be contacted."""

from __future__ import annotations

from tests.data.conftest import (
    postgresql_server,
    postgresql_store,
    sqlite_file,
    sqlite_store,
    store,
    store_url,
    upgraded_file,
)

__all__ = [
    "postgresql_server",
    "postgresql_store",
    "sqlite_file",
    "sqlite_store",
    "store",
    "store_url",
    "upgraded_file",
]
