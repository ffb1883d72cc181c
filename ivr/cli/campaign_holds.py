"""`ivr campaign holds`: why nobody is dialled about a customer's debt; a person lifts it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, local, show_json, show_table
from ivr.cli.who import noted, operator
from ivr.config import Settings


@click.command()
@click.argument("customer_number")
@click.option("--lift", is_flag=True, help="It was looked into: they may be dialled again.")
@click.option("--why", default="", help="What was found; needed with --lift.")
@json_option
@pass_settings
def holds(settings: Settings, customer_number: str, lift: bool, why: str, as_json: bool) -> None:
    """Why nobody is dialled about a customer's debt: they dispute it, say that they have paid, cannot pay.

    \b
    Examples:
      ivr campaign holds 45716
      ivr campaign holds 45716 --lift --why "the bill was right, and she knows"
    """
    if lift and not why:
        raise CannotBeDone("nobody lifts a hold without a reason: add --why")
    with store_of(settings) as store:
        person = store.customers.by_number(customer_number)
        if person is None:
            raise CannotBeDone("no customer has that number: see ivr db export customers")
        lifted = lift and store.collection_holds.lift(customer_number, by=operator(), at=datetime.now(UTC))
        action = "write" if lifted else "read"
        store.audit.note(
            noted(action, what="collection_holds", why=f"campaign holds: {why}", customer_id=person.id)
        )
        if lift and not lifted:
            raise CannotBeDone(
                f"there is no hold on {customer_number} to lift: ivr campaign holds {customer_number}"
            )
        found = store.collection_holds.of(customer_number)
    if as_json:
        show_json([asdict(one) for one in found])
        return
    zone = ZoneInfo(settings.calls.zone)
    lines = [
        (
            *(one.reason, local(one.at, zone), str(one.until or "")),
            *((local(one.lifted_at, zone), one.lifted_by) if one.lifted_at else ("", "")),
        )
        for one in found
    ]
    show_table(("reason", "since", "until", "lifted", "by"), lines)
