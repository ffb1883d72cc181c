"""`ivr flow from-call`: a call that was had becomes a test beside the flows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from data.store import Store
from dialogs.errors import DialogError
from dialogs.written import add_test, test_text
from ivr.cli import pass_settings
from ivr.cli.flows import CannotBeDone
from ivr.cli.which_call import CALL, call_meant
from ivr.cli.who import noted
from ivr.config import Settings
from ivr.workshop.recorded_call import Site, flows_of, test_of

LISTED = 10
"""Calls that are listed, the newest first."""


@contextmanager
def store_of(settings: Settings) -> Iterator[Store]:
    """The database, closed at the end."""
    store = Store(settings.database_url)
    try:
        yield store
    finally:
        store.close()


def _list(store: Store, zone: ZoneInfo) -> None:
    """The last calls, without who they were from."""
    found = store.calls.latest(LISTED)
    if not found:
        raise CannotBeDone("there is no call yet: call the line, or be the caller (ivr call FLOW --voice)")
    for one in found:
        began = f"{one.started_at.astimezone(zone):%Y-%m-%d %H:%M}"
        ran_on = "the folder" if one.release is None else f"release {one.release}"
        ending = one.outcome or f"ended by {one.ended_by or 'nobody yet'}"
        click.echo(f"{one.call_id}  {began}  {one.flow}, {ran_on}  {ending}")


@click.command("from-call")
@click.argument("call", metavar=f"[{CALL}]", required=False)
@click.option("--to", "file", type=click.Path(path_type=Path), help="Add it to this test file.")
@click.option("--name", help="What the test is called; default: the call's id.")
@click.option(
    "--with-data", is_flag=True, help="Keep real numbers, names and amounts; what is masked stays so."
)
@pass_settings
def from_call(
    settings: Settings, call: str | None, file: Path | None, name: str | None, with_data: bool
) -> None:
    """Make a test of a call that was had: it passes on the flows that the call ran on.

    What tells who the caller was becomes made up, and a comment says so. Read it before you pass it on: what
    callers say in their own words stays. Without a call it lists those that began last, with their ids.

    \b
    Examples:
      ivr flow from-call
      ivr flow from-call last
      ivr flow from-call 01a200b9-4196-774f-8878-6941f9f4d61a
      ivr flow from-call 01a200b9-4196-774f-8878-6941f9f4d61a --to flows/main.test.yaml --name "asks twice"
    """
    with store_of(settings) as store:
        if call is None:
            _list(store, ZoneInfo(settings.calls.zone))
            return
        call_id = call_meant(store, call)
        record = store.calls.get(call_id)
        if record is None:
            raise CannotBeDone(
                f"there is no call {call_id} in the database: `ivr flow from-call` lists the last"
            )
        flows = flows_of(record, store, settings.flows_folder)
        store.audit.note(
            noted(
                "read",
                what="calls: turns"
                + (", as they were" if with_data else ", made up where they tell who it was"),
                why="ivr flow from-call",
                customer_id=record.customer_id,
                call_id=call_id,
            )
        )
    site = Site(ZoneInfo(settings.calls.zone), settings.calls.region)
    title = name or f"call {call_id}"
    try:
        test = test_of(record, flows, site, with_data=with_data)
        if file is None:
            click.echo(test_text(title, test, flows), nl=False)
            return
        add_test(file, title, test, flows)
    except DialogError as fault:
        if record.release is None and flows.version != record.flow_version:
            click.echo("ivr: the folder's flows have changed since that call", err=True)
        raise CannotBeDone(str(fault)) from fault
    click.echo(f"added “{title}” to {file}: ivr test {file}")
