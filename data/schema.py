"""The schema's version: which one the database has, which one this program wants, and the way between.

Migrations are shipped in `data/migrations` and run from here; nobody needs an `alembic.ini`. A whole
upgrade is one transaction: a crash leaves the old schema, and of two processes that start together one
waits and then finds the work done.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table

from data.database import Database
from data.errors import UPGRADE, SchemaForeign, SchemaMissing, SchemaNewer, SchemaOlder

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is loaded where it is used: every command asks which schema there is, and hardly any changes one.
# ruff: noqa: PLC0415

_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION_TABLE = "alembic_version"


@cache
def known_revisions() -> tuple[str, ...]:
    """All schema versions that this program knows, oldest first: each begins its migration's file name."""
    return tuple(sorted(file.name.partition("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py")))


def newest() -> str:
    """The schema version that this program works with."""
    return known_revisions()[-1]


def revision_of(connection: Connection) -> str | None:
    """The schema version of the database, `None` before its first upgrade."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    return connection.execute(select(column("version_num")).select_from(table(_VERSION_TABLE))).scalar()


def insist_on_current(connection: Connection, shown: str) -> None:
    """Raises unless the database has exactly the schema that this program works with."""
    revision = _insist_on_ours(connection, shown)
    if revision is None:
        raise SchemaMissing(f"the database {shown} is empty", remedy=UPGRADE)
    if revision != newest():
        raise SchemaOlder(f"the database {shown} is older than this program", remedy=UPGRADE)


def upgrade(database: Database) -> tuple[str | None, str]:
    """Creates the database, or brings it to `newest()`. Returns the versions before and after.

    Raises a `DataError` if the place is wrong, the file is locked, of something else, or newer.
    """
    from alembic import command

    with database.upgrading():
        database.create()
        with database.reading() as connection:
            _insist_on_ours(connection, database.shown)
        database.settle()
        with database.migrating() as connection:
            before = _insist_on_ours(connection, database.shown)
            command.upgrade(_config(connection), "head")
    return before, newest()


def downgrade(database: Database, revision: str) -> None:
    """Goes back to `revision` (`base` for none); what the newer schema held beyond it is lost."""
    from alembic import command

    with database.migrating() as connection:
        command.downgrade(_config(connection), revision)


def _insist_on_ours(connection: Connection, shown: str) -> str | None:
    """The version to upgrade from. Raises for what belongs to another program or a newer one."""
    revision = revision_of(connection)
    if revision is None and set(inspect(connection).get_table_names()) - {_VERSION_TABLE}:
        raise _foreign(shown)
    if revision is not None and revision not in known_revisions():
        raise _newer(shown, revision)
    return revision


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _foreign(shown: str) -> SchemaForeign:
    return SchemaForeign(
        f"{shown} is a database of another program", remedy="give another path in the database's address"
    )


def _newer(shown: str, revision: str) -> SchemaNewer:
    return SchemaNewer(
        f"the database {shown} has schema {revision}, which is newer than this program's {newest()}",
        remedy="use the newer program, or restore the backup made before its upgrade",
    )
