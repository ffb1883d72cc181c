"""`ivr case`: a case by its reference."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.shown import json_option, local, show_json
from ivr.cli.who import noted
from ivr.config import Settings


@click.group()
def case() -> None:
    """Cases that callers or agents have opened.

    \b
    Examples:
      ivr case show 20264511
    """


@case.command()
@click.argument("reference")
@json_option
@pass_settings
def show(settings: Settings, reference: str, as_json: bool) -> None:
    """Show a case: what it is about, its history, its notes. Exit status 1 if there is none.

    \b
    Examples:
      ivr case show 20264511
      ivr case show 20264511 --json
    """
    with store_of(settings) as store:
        found = store.tickets.by_number(reference.strip())
        if found is not None:
            person = store.customers.by_number(found.customer_number) if found.customer_number else None
            store.audit.note(
                noted(
                    "read",
                    what="tickets: all",
                    why="ivr case show",
                    customer_id=None if person is None else person.id,
                )
            )
    if found is None:
        click.echo(f"there is no case {reference}", err=True)
        raise click.exceptions.Exit(1)
    if as_json:
        show_json(asdict(found))
        return
    zone = ZoneInfo(settings.calls.zone)

    def when(moment: datetime) -> str:
        return local(moment, zone)

    whose = f"customer {found.customer_number}" if found.customer_number else "nobody who has proved it"
    click.echo(f"{found.ticket_number}  {found.kind} ({found.topic}), {found.status}, of {whose}")
    click.echo(f"  opened {when(found.opened_at)}, {found.subject}")
    for name, value in found.about.items():
        click.echo(f"  {name}: {value}")
    for change in found.history:
        click.echo(f"  {when(change.at)}  {change.status}  {change.note}".rstrip())
    for note in found.notes:
        recording = f"  ({note.recording})" if note.recording else ""
        click.echo(f"  {when(note.at)}  {note.who}: {note.text}{recording}")


commands: list[click.Command] = [case]
