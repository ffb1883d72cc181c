"""Run by Alembic for every migration, on the connection (and in the transaction) of `data.schema`."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from data.models import Base

connection: Connection = context.config.attributes["connection"]
# SQLite cannot change most of a table in place: batch mode copies it.
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
