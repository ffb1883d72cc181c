"""What SQLite and PostgreSQL have in common when they refuse, in the same words with the same remedy."""

from __future__ import annotations

from data.errors import UPGRADE, DatabaseFull, RecordRefused, SchemaMissing, SchemaOlder


def refused(shown: str) -> RecordRefused:
    """A constraint, or a value that its column does not take. `shown`: the database's address for people."""
    return RecordRefused(
        f"the database {shown} refused a row that contradicts another, or a value that does not fit",
        remedy="look for a duplicate number or a missing customer in what was being written",
    )


def full(shown: str) -> DatabaseFull:
    return DatabaseFull(f"no space left for the database {shown}", remedy="make room on its disk")


def empty(shown: str) -> SchemaMissing:
    return SchemaMissing(f"the database {shown} is empty", remedy=UPGRADE)


def older(shown: str) -> SchemaOlder:
    return SchemaOlder(f"the database {shown} is older than this program", remedy=UPGRADE)
