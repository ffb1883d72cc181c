"""`ivr agent contact|close|extend`: whom an agent has in hand, and how it ended."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import click

from data.store import Store
from ivr.agents.attendance import rules_of
from ivr.agents.contacts import Contacts, InHand
from ivr.agents.opening import outcomes_of
from ivr.cli import pass_settings
from ivr.cli.centre import line_if_any, now, staff
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, local_seconds, show_json
from ivr.cli.who import operator
from ivr.config import Settings


def _contacts(settings: Settings, store: Store, line: Any) -> Contacts:
    plan, _ = staff(settings)
    return Contacts(
        store,
        outcomes_of(settings, plan),
        rules_of(settings),
        centre=line.centre if line else None,
        now=now,
        longest_wrap_up=settings.agents.longest_wrap_up,
    )


@click.command()
@click.argument("number")
@json_option
@pass_settings
def contact(settings: Settings, number: str, as_json: bool) -> None:
    """Whom they have in hand, how it may end, and what is asked. It goes into the audit log.

    \b
    Example:
      ivr agent contact 2001
    """
    with store_of(settings) as store:
        found = _contacts(settings, store, None).in_hand(number, by=operator())
    record = _as_record(found)
    if as_json:
        show_json(record)
        return
    for name, value in record.items():
        click.echo(f"{name}: {value}")


def _as_record(found: InHand) -> dict[str, Any]:
    return {
        "contact": found.contact.id,
        "queue": found.contact.queue,
        "since": found.contact.at,
        "ended": found.contact.ended_at,
        "wrap_up_until": found.contact.wrap_up_until,
        "customer_number": found.customer.customer_number if found.customer else "",
        "name": found.customer.name if found.customer else "",
        "verified": found.verified,
        "strategy": found.strategy,
        "outcomes": list(found.outcomes),
        "form": found.form,
        "questions": [one.field for one in found.questions],
        "answers": dict(found.contact.answers),
    }


def _pairs(values: tuple[str, ...]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals:
            raise CannotBeDone(f"{value!r} is no field: write name=value")
        given[name] = {"true": True, "false": False}.get(text, text)
    return given


@click.command()
@click.argument("number")
@click.argument("outcome")
@click.option("--field", "fields", multiple=True, help="name=value, as the outcome asks for.")
@click.option("--answer", "answers", multiple=True, help="name=value, of the script form.")
@pass_settings
def close(
    settings: Settings, number: str, outcome: str, fields: tuple[str, ...], answers: tuple[str, ...]
) -> None:
    """End the contact in hand with an outcome; the wrap-up is over, and what follows is on its way.

    \b
    Examples:
      ivr agent close 2001 wrong_number
      ivr agent close 2001 promise_to_pay --field amount=142,30 --field day=2026-12-01
    """
    with store_of(settings) as store, line_if_any(settings) as line:
        contacts = _contacts(settings, store, line)
        contacts.close(number, outcome, by=operator(), fields=_pairs(fields), answers=_pairs(answers))
    click.echo(f"closed: {outcome}")


@click.command()
@click.argument("number")
@click.option("--seconds", default=60, show_default=True, type=click.IntRange(1, 3600))
@pass_settings
def extend(settings: Settings, number: str, seconds: int) -> None:
    """A longer wrap-up: so many seconds from now on.

    \b
    Example:
      ivr agent extend 2001 --seconds 120
    """
    with store_of(settings) as store, line_if_any(settings) as line:
        until = _contacts(settings, store, line).extend(number, seconds)
    click.echo(f"until {local_seconds(until, ZoneInfo(settings.calls.zone))}")
