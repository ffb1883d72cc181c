"""`ivr outbox`: what waits to be carried to other systems, and what was given up."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import click

from data.records import LaidDown
from ivr.cli import pass_settings
from ivr.cli.asking import be_sure
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, show_json, show_table
from ivr.cli.who import noted
from ivr.config import Settings


@click.group()
def outbox() -> None:
    """What is to be done in other systems: writes of flows, and messages.

    \b
    Examples:
      ivr outbox list
      ivr outbox retry 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f        once more, after the CRM was mended
      ivr outbox drop 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f --why "done by hand"
    """


@outbox.command("list")
@click.option("--waiting", is_flag=True, help="Each that waits, the oldest first, and why.")
@json_option
@pass_settings
def list_errands(settings: Settings, waiting: bool, as_json: bool) -> None:
    """How much waits, and what was given up, the last first. Exit status 1 if anything was.

    No value of a caller's is shown.

    \b
    Examples:
      ivr outbox list
      ivr outbox list --waiting
      ivr outbox list --json
    """
    with store_of(settings) as store:
        state, lost = store.outbox.state(), store.outbox.given_up()
        held = store.outbox.waiting() if waiting else ()
    if as_json:
        told = {
            "waiting": state.waiting,
            "oldest": _moment(state.oldest),
            "given_up": [_told(one) for one in lost],
        }
        show_json({**told, "errands": [_told(one) for one in held]} if waiting else told)
    else:
        since = "" if state.oldest is None else f", the oldest since {state.oldest:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{state.waiting} waiting{since}; {state.given_up} given up")
        _show(held, "next try", lambda one: one.due_at)
        _show(lost, "given up", lambda one: one.given_up_at)
    sys.exit(1 if state.given_up else 0)


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _told(one: LaidDown) -> dict[str, str | int | None]:
    return {
        "id": str(one.id),
        "kind": one.kind,
        "target": one.target,
        "call": None if one.call_id is None else str(one.call_id),
        "created_at": _moment(one.created_at),
        "due_at": _moment(one.due_at),
        "given_up_at": _moment(one.given_up_at),
        "tries": one.tries,
        "why": one.last_error,
    }


def _show(errands: Sequence[LaidDown], when: str, at: Callable[[LaidDown], datetime | None]) -> None:
    lines = [
        (
            str(one.id),
            f"{one.kind} {one.target}",
            "" if one.call_id is None else str(one.call_id),
            f"{at(one):%Y-%m-%d %H:%M}",
            str(one.tries),
            one.last_error,
        )
        for one in errands
    ]
    if lines:
        show_table(("id", "what", "call", when, "tries", "why"), lines, ids=True)


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


@outbox.command("drop")
@click.argument("errand", type=click.UUID)
@click.option("--why", required=True, help="Kept with the errand, and in the audit log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_settings
def drop(settings: Settings, errand: UUID, why: str, yes: bool) -> None:
    """Nobody is to carry this any more: it was done by hand, or is not to be done.

    Its values are deleted. A message is then `failed` in `ivr messages list`.

    \b
    Examples:
      ivr outbox drop 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f --why "changed in the CRM by hand"
    """
    if not yes:
        be_sure(f"Drop {errand}?")
    at = datetime.now(UTC)
    with store_of(settings) as store:
        key = store.outbox.drop(errand, at=at, why=why)
        if key is None:
            raise CannotBeDone(
                f"nothing with the id {errand} waits or was given up, or a server is carrying it just now:"
                " see `ivr outbox list --waiting`"
            )
        store.messages.settle(key, "failed", at=at, detail=f"dropped: {why}")
        store.audit.note(noted("drop", what=f"errand {errand}", why=why))
    click.echo("it is dropped")


commands = [outbox]
