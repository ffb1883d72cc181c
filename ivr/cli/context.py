"""What the root command hands to the others; apart, so that nobody loads a database to read a flow."""

from __future__ import annotations

DATABASE_URL = "ivr.database_url"
"""Key of `click.Context.meta` under which the root command puts the configuration's database URL."""
