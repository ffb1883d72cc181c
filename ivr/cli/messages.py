"""`ivr messages`: what was sent, what waits, what was given up."""

from __future__ import annotations

from dataclasses import asdict
from zoneinfo import ZoneInfo

import click

from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.shown import json_option, local_seconds, show_json, show_table
from ivr.cli.who import noted
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
@json_option
@pass_settings
def list_(settings: Settings, state: str | None, limit: int, full_numbers: bool, as_json: bool) -> None:
    """The latest messages, and what has become of them; never what they said.

    \b
    Examples:
      ivr messages list
      ivr messages list --state failed --json
    """
    with store_of(settings) as store:
        found = [one for one in store.messages.latest(limit) if state in (None, one.state)]
        what = "messages: recipient" + ("" if full_numbers else ", last digits")
        store.audit.note(noted("read", what=what, why="ivr messages list"))
    rows = [
        {
            **asdict(one),
            "recipient": one.recipient if full_numbers else shown_number(one.recipient, full=False),
        }
        for one in found
    ]
    if as_json:
        show_json({"messages": rows})
        return
    zone = ZoneInfo(settings.calls.zone)
    lines = [
        (local_seconds(one.at, zone), one.channel, str(row["recipient"]), one.template, one.state, one.detail)
        for row, one in zip(rows, found, strict=True)
    ]
    show_table(("at", "channel", "to", "from", "state", "detail"), lines)


commands: list[click.Command] = [messages]
