"""The schema's version: which one the database has, which one this program wants, and the way between.

Migrations are shipped in `data/migrations` and run from here; nobody needs an `alembic.ini`. A whole
upgrade is one transaction: a crash leaves the old schema, and of two processes that start together one
waits and then finds the work done.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from data import faults
from data.database import Database
from data.errors import DatabaseLost, SchemaForeign, SchemaMissing, SchemaNewer, SchemaOlder

_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION_TABLE = "alembic_version"


@cache
def known_revisions() -> tuple[str, ...]:
    """All schema versions that this program knows, oldest first."""
    scripts = ScriptDirectory(str(_MIGRATIONS))
    return tuple(reversed([script.revision for script in scripts.walk_revisions()]))


def newest() -> str:
    """The schema version that this program works with."""
    return known_revisions()[-1]


def revision_of(connection: Connection) -> str | None:
    """The schema version of the database, `None` before its first upgrade."""
    return MigrationContext.configure(connection).get_current_revision()


def insist_on_current(connection: Connection, shown: str) -> None:
    """Raises unless the database has exactly the schema that this program works with."""
    revision = _insist_on_ours(connection, shown)
    if revision is None:
        raise SchemaMissing(f"the database {shown} is empty", remedy=faults.UPGRADE)
    if revision != newest():
        raise SchemaOlder(f"the database {shown} is older than this program", remedy=faults.UPGRADE)


def upgrade(database: Database) -> tuple[str | None, str]:
    """Creates the database, or brings it to `newest()`. Returns the versions before and after.

    Raises a `DataError` if the place is wrong, the file is locked, of something else, or newer.
    """
    faults.insist_on_place(database.file, must_exist=False)
    _create(database.file)
    with database.reading() as connection:
        _insist_on_ours(connection, database.shown)
    _use_wal(database)
    with database.migrating() as connection:
        before = _insist_on_ours(connection, database.shown)
        command.upgrade(_config(connection), "head")
    return before, newest()


def downgrade(database: Database, revision: str) -> None:
    """Goes back to `revision` (`base` for none); what the newer schema held beyond it is lost."""
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
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _create(file: Path) -> None:
    """An empty file that only the server's user reads: it will hold people's data."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise DatabaseLost(
            f"the database {file} cannot be created ({error.strerror})", remedy="look at its disk and folder"
        ) from error


def _use_wal(database: Database) -> None:
    """Write-ahead logging is a property of the file: set once, kept for ever."""
    if database.switch_to_wal() != "wal":
        raise DatabaseLost(
            f"the disk of {database.shown} does not allow write-ahead logging",
            remedy="put the database on a local disk (not on a network share)",
        )


def _foreign(shown: str) -> SchemaForeign:
    return SchemaForeign(
        f"{shown} is a database of another program", remedy="give another path in the database's address"
    )


def _newer(shown: str, revision: str) -> SchemaNewer:
    return SchemaNewer(
        f"the database {shown} has schema {revision}, which is newer than this program's {newest()}",
        remedy="use the newer program, or restore the backup made before its upgrade",
    )
