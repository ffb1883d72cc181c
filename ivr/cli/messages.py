"""`ivr messages`: what was sent, what waits, what was given up."""

from __future__ import annotations

import json
from dataclasses import asdict
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from ivr.cli import pass_settings
from ivr.cli.who import opened
from ivr.config import Settings
from ivr.recordings.library import shown_number


@click.group()
def messages() -> None:
    """Messages to customers and other systems.

    \b
    Examples:
      ivr messages list
      ivr messages list --state failed
    """


@messages.command("list")
@click.option("--state", type=click.Choice(["waiting", "sent", "refused", "failed"]), help="Only those.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--full-numbers", is_flag=True, help="Whole numbers instead of their last digits.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
@pass_settings
def list_(settings: Settings, state: str | None, limit: int, full_numbers: bool, as_json: bool) -> None:
    """The latest messages, and what has become of them; never what they said.

    \b
    Examples:
      ivr messages list
      ivr messages list --state failed --json
    """
    with opened(settings) as store:
        found = [one for one in store.messages.latest(limit) if state in (None, one.state)]
    rows = [
        {
            **asdict(one),
            "recipient": one.recipient if full_numbers else shown_number(one.recipient, full=False),
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps({"messages": rows}, default=str))
        return
    zone = ZoneInfo(settings.calls.zone)
    table = Table("at", "channel", "to", "from", "state", "detail")
    for row, one in zip(rows, found, strict=True):
        at = f"{one.at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        table.add_row(at, one.channel, str(row["recipient"]), one.template, one.state, one.detail)
    Console().print(table)


commands: list[click.Command] = [messages]
