"""`ivr agent next|call|skip|later`: an agent looks at the next person of a campaign, and decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from ivr.campaigns.dialling.previewing import InView, Previewing
from ivr.cli import pass_settings
from ivr.cli.centre import declared_agents, staff
from ivr.cli.database import store_of
from ivr.cli.shown import json_option, local, show_json
from ivr.cli.who import noted
from ivr.config import Settings


@contextmanager
def _previewing(settings: Settings, agent: str) -> Iterator[Previewing]:
    declared_agents(settings, agent)
    with store_of(settings) as store:
        yield Previewing.of(settings, store, now=lambda: datetime.now(UTC))


def _show(settings: Settings, preview: Previewing, found: InView, deed: str, *, as_json: bool) -> None:
    preview.store.audit.note(
        noted("read", what=f"campaign {found.campaign}: {deed}", why="preview", customer_id=found.customer.id)
    )
    record = _as_record(found)
    if as_json:
        show_json(record)
        return
    zone = ZoneInfo(settings.calls.zone)
    click.echo(f"{record['name']} ({record['customer_number']}), {found.strategy} {found.campaign}")
    for account in found.accounts:
        owed = f"{account.balance_cents / 100:.2f} {account.currency}"
        click.echo(f"  owes {owed}, {account.stage}{f', due {account.due_on}' if account.due_on else ''}")
    for place, number in enumerate(found.numbers, 1):
        click.echo(f"  {place}: {number}{'  (next)' if place == found.preview.rank else ''}")
    for one in found.contacts:
        click.echo(f"  {local(one.at, zone)} {one.channel} {one.result}")
    if record["decision"]:
        told = ": ".join(filter(None, (str(record["decision"]), str(record["reason"]))))
        click.echo(f"{told}{f' ({found.call})' if found.call else ''}")
    else:
        click.echo(f"until {local(found.preview.until, zone)}: ivr agent call, skip or later")


def _as_record(found: InView) -> dict[str, Any]:
    preview = found.preview
    return {
        "strategy": found.strategy,
        "campaign": found.campaign,
        "customer_number": found.customer.customer_number,
        "name": found.customer.name,
        "language": found.customer.language,
        "accounts": [
            {"balance_cents": one.balance_cents, "currency": one.currency, "stage": one.stage}
            for one in found.accounts
        ],
        "numbers": list(found.numbers),
        "number": preview.rank,
        "contacts": [{"at": one.at, "channel": one.channel, "result": one.result} for one in found.contacts],
        "until": preview.until,
        "decision": preview.decision,
        "reason": preview.reason,
        "call": found.call,
    }


@click.command("next")
@click.argument("number")
@json_option
@pass_settings
def next_person(settings: Settings, number: str, as_json: bool) -> None:
    """Show the next person of a campaign with `mode: preview`; who was shown already, until it is decided.

    \b
    Example:
      ivr agent next 2001
    """
    plan, _ = staff(settings)
    with _previewing(settings, number) as preview:
        found = preview.show(number, lambda queue: number in plan.agents and plan.serves(number, queue))
        _show(settings, preview, found, "is shown", as_json=as_json)


def _decided(
    settings: Settings, number: str, decide: Callable[[Previewing], object], deed: str, *, as_json: bool
) -> None:
    with _previewing(settings, number) as preview:
        decide(preview)
        _show(settings, preview, preview.in_view(number), deed, as_json=as_json)


@click.command()
@click.argument("number")
@click.option("--at", "place", type=click.IntRange(1, 10), help="Which of their numbers, from 1.")
@json_option
@pass_settings
def call(settings: Settings, number: str, place: int | None, as_json: bool) -> None:
    """Whom they look at is called within a second, if the contact rules allow it at that moment.

    \b
    Examples:
      ivr agent call 2001
      ivr agent call 2001 --at 2
    """
    _decided(settings, number, lambda one: one.call(number, number=place), "calls", as_json=as_json)


@click.command()
@click.argument("number")
@click.option("--reason", required=True, help="Why they are not called.")
@json_option
@pass_settings
def skip(settings: Settings, number: str, reason: str, as_json: bool) -> None:
    """The campaign does not call whom they look at.

    \b
    Example:
      ivr agent skip 2001 --reason "was here this morning"
    """
    _decided(settings, number, lambda one: one.skip(number, reason), "skips", as_json=as_json)


@click.command()
@click.argument("number")
@click.option("--minutes", required=True, type=click.IntRange(1, 44_640), help="After how long.")
@click.option("--reason", default="", help="Why.")
@json_option
@pass_settings
def later(settings: Settings, number: str, minutes: int, reason: str, as_json: bool) -> None:
    """Whom they look at is shown again after so many minutes.

    \b
    Example:
      ivr agent later 2001 --minutes 120
    """
    after = timedelta(minutes=minutes)
    _decided(settings, number, lambda one: one.later(number, after, reason), "puts off", as_json=as_json)
