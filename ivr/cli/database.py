"""What the commands on the database share: which one is meant, its faults on one line, the report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from data.errors import DataError
from data.store import Store
from ivr.cli.context import DATABASE_URL
from ivr.config import Settings


def _configured_url() -> str:
    """The configuration's database; without a configuration, `ivr.sqlite3` in the checkout."""
    context = click.get_current_context()
    if url := context.meta.get(DATABASE_URL):
        return str(url)
    return f"sqlite:///{Path(__file__).resolve().parents[2] / 'ivr.sqlite3'}"


database_option = click.option(
    "--database",
    "url",
    envvar="IVR_DATABASE__URL",
    default=_configured_url,
    show_default="from the configuration",
    metavar="URL",
    help="The database, such as sqlite:////var/lib/ivr/ivr.sqlite3 or postgresql://ivr@db.example/ivr.",
)


@contextmanager
def store_of(settings: Settings) -> Iterator[Store]:
    """The configuration's database, found sound. Raises `DataError`."""
    store = Store(settings.database_url, at_once=False)
    try:
        store.check()
        yield store
    finally:
        store.close()


@contextmanager
def opened(url: str, *, as_json: bool, answers_no: tuple[type[DataError], ...] = ()) -> Iterator[Store]:
    """The store while the command works; a fault ends the command with its line and status."""
    try:
        store = Store(url, at_once=False)
        try:
            yield store
        finally:
            store.close()
    except DataError as error:
        _fail(error, 1 if isinstance(error, answers_no) else 2, as_json=as_json)


def report(text: str, record: object, *, as_json: bool) -> None:
    click.echo(json.dumps(record, ensure_ascii=False) if as_json else text)


def _fail(error: DataError, status: int, *, as_json: bool) -> NoReturn:
    click.echo(f"ivr: {error}", err=True)
    if as_json:
        click.echo(json.dumps({"error": error.code, "what": error.what, "remedy": error.remedy}))
    raise click.exceptions.Exit(status)
