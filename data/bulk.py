"""Many rows at once, by the quickest way: COPY on PostgreSQL, one prepared statement on SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, Connection, any_, insert, inspect, literal
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from data.models.base import Base

if TYPE_CHECKING:  # a tenth of a second, which no command on SQLite waits for
    import psycopg
    from psycopg import sql

Row = Mapping[str, Any]


def among(
    connection: Connection, column: InstrumentedAttribute[Any], values: Iterable[Any]
) -> ColumnElement[bool]:
    """Whether a column is one of many values: on PostgreSQL as one array, because the driver and the server
    take a thousand parameters apart one by one."""
    if connection.dialect.name != "postgresql":
        return column.in_(list(values))
    return column == any_(literal(list(values), ARRAY(column.type)))


def insert_many(connection: Connection, table: type[Base], rows: Sequence[Row]) -> None:
    """Adds rows, which have all the same columns. One that contradicts another refuses them all."""
    if connection.dialect.name == "postgresql":
        _copy(connection, table.__tablename__, rows)
    else:
        _execute_many(connection, table, rows)


def insert_missing(connection: Connection, table: type[Base], rows: Sequence[Row]) -> None:
    """Adds the rows whose key is not there; the others stay as they are."""
    keys = [column.name for column in inspect(table).primary_key]
    if connection.dialect.name != "postgresql":
        new = sqlite.insert(table).on_conflict_do_nothing(index_elements=keys)
        connection.execute(new, [dict(row) for row in rows])
        return
    from psycopg import sql  # noqa: PLC0415 -- see above

    name, columns = sql.Identifier(table.__tablename__), _columns(rows)
    waiting = sql.Identifier(f"new_{table.__tablename__}")
    with _driver(connection).cursor() as cursor:
        made = sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA")
        cursor.execute(made.format(waiting, columns, name))
        _copy(connection, f"new_{table.__tablename__}", rows)
        moved = sql.SQL("INSERT INTO {} ({}) SELECT * FROM {} ON CONFLICT ({}) DO NOTHING")
        cursor.execute(moved.format(name, columns, waiting, sql.SQL(", ").join(map(sql.Identifier, keys))))


def _execute_many(connection: Connection, table: type[Base], rows: Sequence[Row]) -> None:
    """As SQLAlchemy would, but column by column, and without a look at each row: half of the time."""
    dialect, columns = connection.dialect, inspect(table).columns
    statement = insert(table).compile(dialect=dialect, column_keys=list(rows[0]))
    cells = []
    for name in statement.positiontup or ():
        written = columns[name].type.dialect_impl(dialect).bind_processor(dialect)
        cells.append([row[name] if written is None else written(row[name]) for row in rows])
    connection.exec_driver_sql(str(statement), list(zip(*cells, strict=True)))


def _copy(connection: Connection, name: str, rows: Sequence[Row]) -> None:
    from psycopg import sql  # noqa: PLC0415 -- see above

    columns = list(rows[0])
    copy = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), _columns(rows))
    with _driver(connection).cursor() as cursor, cursor.copy(copy) as stream:
        for row in rows:
            stream.write_row([row[column] for column in columns])


def _columns(rows: Sequence[Row]) -> sql.Composable:
    from psycopg import sql  # noqa: PLC0415 -- see above

    return sql.SQL(", ").join(map(sql.Identifier, rows[0]))


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.dbapi_connection)
