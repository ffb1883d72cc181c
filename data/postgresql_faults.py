"""From what PostgreSQL and its driver report to an error with a remedy.

The server's own words are not repeated where they may hold a row's values (`Key (e164)=(…) already exists`).
"""

from __future__ import annotations

import psycopg
from sqlalchemy.exc import DBAPIError

from data.common_faults import empty, full, older, refused
from data.errors import (
    UPGRADE,
    DatabaseCorrupt,
    DatabaseLocked,
    DatabaseLost,
    DatabaseReadOnly,
    DatabaseUrlWrong,
    DataError,
    SchemaMissing,
)

_RUNS = "see whether PostgreSQL runs, and can be reached from here"
_LOST = frozenset({"57P01", "57P02", "57P03", "57P05"})
"""Shut down, crashed, starting up, idle for too long."""
_BUSY = frozenset({"55P03", "40P01", "40001", "57014"})
"""Lock not available, deadlock, serialisation, took too long."""


def cause_of(error: BaseException) -> BaseException:
    """The driver's exception inside SQLAlchemy's."""
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone, and another one may do."""
    cause = cause_of(error)
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    code = cause.sqlstate
    return code is None or code in _LOST or code.startswith("08")


def translated(error: BaseException, *, shown: str) -> DataError:
    """The `DataError` for a driver's exception; `shown` is the database's address for people."""
    cause = cause_of(error)
    code = getattr(cause, "sqlstate", None)
    if isinstance(cause, psycopg.DataError) and code is None:
        return refused(shown)  # text with a NUL character, found by the driver
    if code is None or code.startswith("08") or code in _LOST:
        return _unreachable(str(cause), shown)
    return _by_code(code, shown) or _by_class(code, shown)


def busy(shown: str) -> DatabaseLocked:
    """All connections are in use, and none came free in time."""
    return DatabaseLocked(
        f"all connections to {shown} are in use, and none came free",
        remedy="look for slow or blocked queries (`pg_stat_activity`), or raise `database.connections`",
    )


def _by_code(code: str, shown: str) -> DataError | None:
    kind: type[DataError]
    match code:
        case _ if code in _BUSY:
            kind, what, remedy = (
                DatabaseLocked,
                f"the database {shown} is busy: a row was locked, or a statement took too long",
                "look for a long import or a blocked session (`pg_stat_activity`), then try again",
            )
        case "42P01":
            return empty(shown)
        case "42703":
            return older(shown)
        case "25006" | "42501":
            kind, what, remedy = (
                DatabaseReadOnly,
                f"the database {shown} may be read, but not written",
                "give the server's user that right, or the address of the primary server",
            )
        case "53100":
            return full(shown)
        case "53300":
            kind, what, remedy = (
                DatabaseLost,
                f"the server of {shown} has no connection left",
                "raise its `max_connections`, or lower `database.connections` here",
            )
        case _:
            return _no_database(shown) if code == "3D000" else None
    return kind(what, remedy=remedy)


def _by_class(code: str, shown: str) -> DataError:
    match code[:2]:
        case "22" | "23":
            return refused(shown)
        case "28":
            return _stranger(shown)
        case "42" | "0A":
            return DatabaseLost(
                f"the database {shown} did not understand this program (SQLSTATE {code})",
                remedy="report this; PostgreSQL's log has the statement",
            )
        case "XX":
            return DatabaseCorrupt(
                f"the database {shown} is damaged", remedy="see PostgreSQL's log, and restore the last backup"
            )
        case _:
            return DatabaseLost(f"the database {shown} cannot be used (SQLSTATE {code})", remedy=_RUNS)


def _stranger(shown: str) -> DatabaseUrlWrong:
    return DatabaseUrlWrong(
        f"the server of {shown} refuses this user or password",
        remedy="see the user in `database.url`, `database.password`, and the server's pg_hba.conf",
    )


def _no_database(shown: str) -> SchemaMissing:
    return SchemaMissing(
        f"the server has no database {shown}",
        remedy=f"create it with `createdb --encoding UTF8` and {UPGRADE}",
    )


def _unreachable(words: str, shown: str) -> DataError:
    """While it connects, libpq has no codes: only words, in English with `lc_messages` untouched."""
    if "password" in words or "no pg_hba.conf entry" in words or 'role "' in words:
        return _stranger(shown)
    if "database" in words and "does not exist" in words:
        return _no_database(shown)
    if "too many clients" in words or "remaining connection slots" in words:
        return _by_code("53300", shown) or DatabaseLost(shown, remedy=_RUNS)
    return DatabaseLost(f"the database {shown} does not answer", remedy=_RUNS)
