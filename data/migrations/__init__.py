"""Alembic's room: one file per schema change in `versions/`, run by `data.schema`."""
