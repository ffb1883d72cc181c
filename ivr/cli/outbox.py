"""`ivr outbox`: what waits to be carried to other systems, and what was given up."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from uuid import UUID

import click

from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, show_json, show_table
from ivr.config import Settings


@click.group()
def outbox() -> None:
    """What is to be done in other systems: writes of flows, and messages.

    \b
    Examples:
      ivr outbox list
      ivr outbox retry 0192f3c1-…        once more, after the CRM was mended
    """


@outbox.command("list")
@json_option
@pass_settings
def list_errands(settings: Settings, as_json: bool) -> None:
    """How much waits, and what was given up, the last first. Exit status 1 if anything was.

    No value of a caller's is shown.

    \b
    Examples:
      ivr outbox list
      ivr outbox list --json
    """
    with store_of(settings) as store:
        state, lost = store.outbox.state(), store.outbox.given_up()
    if as_json:
        rows = [
            {
                "id": str(one.id),
                "kind": one.kind,
                "target": one.target,
                "call": None if one.call_id is None else str(one.call_id),
                "created_at": one.created_at.isoformat(),
                "given_up_at": one.given_up_at.isoformat(),
                "tries": one.tries,
                "why": one.last_error,
            }
            for one in lost
        ]
        oldest = None if state.oldest is None else state.oldest.isoformat()
        show_json({"waiting": state.waiting, "oldest": oldest, "given_up": rows})
    else:
        since = "" if state.oldest is None else f", the oldest since {state.oldest:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{state.waiting} waiting{since}; {state.given_up} given up")
        headings = ("id", "what", "call", "given up", "tries", "why")
        lines = [
            (
                str(one.id),
                f"{one.kind} {one.target}",
                "" if one.call_id is None else str(one.call_id),
                f"{one.given_up_at:%Y-%m-%d %H:%M}",
                str(one.tries),
                one.last_error,
            )
            for one in lost
        ]
        if lines:
            show_table(headings, lines, ids=True)
    sys.exit(1 if state.given_up else 0)


@outbox.command("retry")
@click.argument("errand", type=click.UUID)
@pass_settings
def retry(settings: Settings, errand: UUID) -> None:
    """Try once more what was given up; the server takes it up within a second.

    Of what was given up because nobody knows whether it was done: look in the other system first.

    \b
    Examples:
      ivr outbox retry 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f
    """
    with store_of(settings) as store:
        if not store.outbox.revive(errand, at=datetime.now(UTC)):
            raise CannotBeDone(f"nothing with the id {errand} was given up: see `ivr outbox list`")
    click.echo("it is tried again")


commands = [outbox]
