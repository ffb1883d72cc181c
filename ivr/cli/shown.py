"""How commands show what they found: a table for people, one line of JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

json_option = click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
LEAST_WIDTH = 120
"""Columns of a table with ids, also in a narrower terminal: one that is cut short cannot be copied."""


def show_json(record: object) -> None:
    """One line; what JSON has no type for (ids, moments) as text."""
    click.echo(json.dumps(record, ensure_ascii=False, default=str))


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, ids: bool = False) -> None:
    """What stands in a row is shown as it is: what a caller said is never read as markup."""
    table = Table(*headings)
    for row in rows:
        table.add_row(*map(escape, row))
    console = Console()
    if ids and console.width < LEAST_WIDTH:
        console = Console(width=LEAST_WIDTH)
    console.print(table)


def local(moment: datetime, zone: ZoneInfo) -> str:
    """To the minute, in the site's time."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def local_seconds(moment: datetime, zone: ZoneInfo) -> str:
    """To the second, in the site's time."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
