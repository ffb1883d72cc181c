"""`ivr case`: a case by its reference."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from data.records import AuditEntry
from ivr.cli import pass_settings
from ivr.cli.who import opened, operator
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
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
@pass_settings
def show(settings: Settings, reference: str, as_json: bool) -> None:
    """Show a case: what it is about, its history, its notes. Exit status 1 if there is none.

    \b
    Examples:
      ivr case show 20264511
      ivr case show 20264511 --json
    """
    with opened(settings) as store:
        found = store.tickets.by_number(reference.strip())
        if found is not None:
            person = store.customers.by_number(found.customer_number) if found.customer_number else None
            store.audit.note(
                AuditEntry(
                    at=datetime.now(UTC),
                    who=operator(),
                    action="read",
                    what="tickets: all",
                    why="ivr case show",
                    customer_id=None if person is None else person.id,
                )
            )
    if found is None:
        click.echo(f"there is no case {reference}", err=True)
        raise click.exceptions.Exit(1)
    if as_json:
        click.echo(json.dumps(asdict(found), default=str, ensure_ascii=False))
        return
    zone = ZoneInfo(settings.calls.zone)

    def when(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"

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
