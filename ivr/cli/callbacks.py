"""`ivr callbacks`: who keeps a place in a queue and is to be called, and what became of it."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from data.records import Callback
from data.store import Store
from dialogs.source import nearest
from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, local, show_json, show_table
from ivr.cli.who import noted
from ivr.config import Settings
from ivr.numbers import NotCalled, checked
from ivr.publishing.catalogues import live_catalogue
from ivr.queueing.reading import load_plan


@click.group()
def callbacks() -> None:
    """Callers who keep their place and are to be called: docs/queues.md.

    \b
    Examples:
      ivr callbacks list
      ivr callbacks cancel 600111222 --why "they have written"
      ivr callbacks move 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f --at "2026-11-24 17:30"
      ivr callbacks retry 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f    of an unclear one, once somebody has looked
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
    queues = load_plan(settings.queues_file, live_catalogue(settings.flows_folder)).queues if queue else ()
    if queue not in queues and not any(one.queue == queue for one in found) and queue:
        raise CannotBeDone(f"there is no queue {queue[:60]!a}: {nearest(queue, queues)}")
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
                _due(one, zone),
                str(one.tries),
                f"{one.state}: {one.last_result}" if one.last_result else one.state,
            )
            for one in found
            if not queue or one.queue == queue
        ]
        show_table(headings, lines, ids=True)
    sys.exit(1 if any(one.state == "unclear" for one in found) else 0)


def _due(one: Callback, zone: ZoneInfo) -> str:
    """When they may be called; within which hours, if they have chosen that."""
    begins = local(one.due_at, zone)
    if one.until_at is None or one.until_at <= one.due_at:
        return begins
    return f"{begins}-{one.until_at.astimezone(zone):%H:%M}"


def _row(one: Callback) -> dict[str, object]:
    names = ("id", "queue", "number", "caller", "language", "segment", "base_score", "joined_at", "due_at")
    more = ("from_at", "until_at", "overdue_at", "tries", "state", "last_result", "ended_at", "call_id")
    return {name: getattr(one, name) for name in (*names, *more)}


def _which(store: Store, which: str, queue: str, region: str) -> list[Callback]:
    """Those that are open, by id or by number."""
    with suppress(ValueError):
        wanted = UUID(which)
        return [one for one in store.callbacks.waiting(queue) if one.id == wanted]
    try:
        number = checked(which, region=region, countries=None).e164
    except NotCalled as refused:
        raise CannotBeDone(
            f"{which[:40]!a} is neither an id nor a number: take one from `ivr callbacks list`"
        ) from refused
    return [one for one in store.callbacks.waiting(queue) if number in (one.number, one.caller)]


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
@click.argument("which")
@click.option("--why", required=True, help="What is noted with it.")
@click.option("--queue", default="", help="One queue's; default: all that they have.")
@pass_settings
def cancel(settings: Settings, which: str, why: str, queue: str) -> None:
    """They are not to be called, or have been: it is over. WHICH is an id, or a telephone number: the one
    that is to be called, or the one from which it was asked for.

    \b
    Examples:
      ivr callbacks cancel 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f --why "reached by mobile"
      ivr callbacks cancel 600111222 --queue billing --why "they have written"
    """
    with store_of(settings) as store:
        found = _which(store, which, queue, settings.calls.region)
        over = [one for one in found if store.callbacks.cancel_one(one.id, at=datetime.now(UTC), why=why)]
        if not over:
            raise CannotBeDone(f"no open callback is {which}, or they talk: see `ivr callbacks list`")
        noted_why = f"ivr callbacks cancel: {why}"
        for one in over:
            store.audit.note(noted("write", what=f"callbacks: {one.id}, state", why=noted_why))
    click.echo("they are not called" if len(over) == 1 else f"{len(over)} of theirs are not called")


@callbacks.command()
@click.argument("callback", type=click.UUID)
@click.option(
    "--at", "at_text", required=True, help="Not before that moment, by the site's clock: 2026-11-24 17:30."
)
@pass_settings
def move(settings: Settings, callback: UUID, at_text: str) -> None:
    """They are called later: as soon as it is their turn from that moment on. Their place is kept.

    \b
    Example:
      ivr callbacks move 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f --at "2026-11-24 17:30"
    """
    try:
        at = datetime.fromisoformat(at_text)
    except ValueError as wrong:
        raise CannotBeDone(f"{at_text[:40]!a} is no moment: write it as 2026-11-24 17:30") from wrong
    zone = ZoneInfo(settings.calls.zone)
    due_at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    if due_at <= datetime.now(UTC):
        raise CannotBeDone(f"{local(due_at, zone)} is over: give a moment to come, by the clock of {zone}")
    with store_of(settings) as store:
        if not store.callbacks.put_off(callback, due_at=due_at):
            raise CannotBeDone(f"no callback that waits has the id {callback}: see `ivr callbacks list`")
        store.audit.note(noted("write", what=f"callbacks: {callback}, due_at", why="ivr callbacks move"))
    click.echo(f"they are not called before {local(due_at, zone)}")


commands = [callbacks]
