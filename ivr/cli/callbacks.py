"""`ivr callbacks`: who keeps a place in a queue and is to be called, and what became of it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from data.records import Callback
from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, local, show_json, show_table
from ivr.cli.who import noted
from ivr.config import Settings


@click.group()
def callbacks() -> None:
    """Callers who keep their place and are to be called: docs/queues.md.

    \b
    Examples:
      ivr callbacks list
      ivr callbacks retry 0192f3c1-…        of an unclear one: somebody has looked, and they were not reached
    """


@callbacks.command("list")
@click.option("--queue", default="", help="One queue's; default: all.")
@click.option("--ended", is_flag=True, help="Those that are over, the last first.")
@json_option
@pass_settings
def list_callbacks(settings: Settings, queue: str, ended: bool, as_json: bool) -> None:
    """Who is to be called, the earliest to come first. Exit status 1 if one is unclear: nobody knows whether
    they were reached, and nobody calls until a person says so.

    \b
    Examples:
      ivr callbacks list --queue billing
      ivr callbacks list --ended --json
    """
    with store_of(settings) as store:
        found = store.callbacks.ended() if ended else store.callbacks.waiting(queue)
        store.audit.note(noted("read", what="callbacks: number", why="ivr callbacks list"))
    zone = ZoneInfo(settings.calls.zone)
    if as_json:
        show_json([_row(one) for one in found if not queue or one.queue == queue])
    else:
        headings = ("id", "queue", "number", "due", "tries", "state")
        lines = [
            (
                str(one.id),
                one.queue,
                one.number,
                local(one.due_at, zone),
                str(one.tries),
                f"{one.state}: {one.last_result}" if one.last_result else one.state,
            )
            for one in found
            if not queue or one.queue == queue
        ]
        show_table(headings, lines, ids=True)
    sys.exit(1 if any(one.state == "unclear" for one in found) else 0)


def _row(one: Callback) -> dict[str, object]:
    names = ("id", "queue", "number", "language", "segment", "base_score", "joined_at", "due_at", "tries")
    return {name: getattr(one, name) for name in (*names, "state", "last_result", "ended_at", "call_id")}


@callbacks.command()
@click.argument("callback", type=click.UUID)
@pass_settings
def retry(settings: Settings, callback: UUID) -> None:
    """Of an unclear callback: they were not reached, call them at their old place.

    \b
    Example:
      ivr callbacks retry 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f
    """
    with store_of(settings) as store:
        if not store.callbacks.revive(callback, at=datetime.now(UTC)):
            raise CannotBeDone(f"no unclear callback has the id {callback}: see `ivr callbacks list`")
        store.audit.note(noted("write", what=f"callbacks: {callback}, state", why="ivr callbacks retry"))
    click.echo("they are called when it is their turn")


@callbacks.command()
@click.argument("callback", type=click.UUID)
@click.option("--why", required=True, help="What is noted with it.")
@pass_settings
def cancel(settings: Settings, callback: UUID, why: str) -> None:
    """They are not to be called, or have been: it is over.

    \b
    Example:
      ivr callbacks cancel 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f --why "reached by mobile"
    """
    with store_of(settings) as store:
        if not store.callbacks.cancel_one(callback, at=datetime.now(UTC), why=why):
            raise CannotBeDone(f"no open callback has the id {callback}: see `ivr callbacks list`")
        why = f"ivr callbacks cancel: {why}"
        store.audit.note(noted("write", what=f"callbacks: {callback}, state", why=why))
    click.echo("they are not called")


commands = [callbacks]
