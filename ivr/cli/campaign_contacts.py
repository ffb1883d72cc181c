"""`ivr campaign contacts`: every contact of the company with a customer, by whatever channel and campaign."""

from __future__ import annotations

from dataclasses import asdict
from zoneinfo import ZoneInfo

import click

from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, local, show_json, show_table
from ivr.cli.who import noted
from ivr.config import Settings

_KNOWN = {True: "conversation", False: "", None: "not known yet"}


@click.command()
@click.argument("customer_number")
@click.option("--most", default=100, show_default=True, type=click.IntRange(1, 1000), help="So many.")
@json_option
@pass_settings
def contacts(settings: Settings, customer_number: str, most: int, as_json: bool) -> None:
    """Every contact with a customer, the newest first: calls, SMS, e-mail, WhatsApp, of all campaigns; by
    which rules each was judged, and what became of it.

    \b
    Examples:
      ivr campaign contacts 45716
      ivr campaign contacts 45716 --json
    """
    with store_of(settings) as store:
        person = store.customers.by_number(customer_number)
        if person is None:
            raise CannotBeDone("no customer has that number: see ivr db export customers")
        store.audit.note(
            noted("read", what="contacts: history", why="campaign contacts", customer_id=person.id)
        )
        found = store.contacts.history(store.contacts.whom("", customer_id=person.id), most=most)
        names = {one.id: f"{one.strategy}/{one.name}" for one in store.campaigns.all()}
    told = [
        {**asdict(one), "campaign": names.get(one.campaign_id, "") if one.campaign_id else ""}
        for one in found
    ]
    if as_json:
        show_json(told)
        return
    zone = ZoneInfo(settings.calls.zone)
    rows = [
        (
            *(local(one.at, zone), one.channel, names.get(one.campaign_id, "") if one.campaign_id else ""),
            *(one.result, _KNOWN[one.conversation], one.rules.partition(" ")[0], f"…{one.address[-3:]}"),
        )
        for one in found
    ]
    show_table(("when", "channel", "campaign", "result", "conversation", "rules", "at"), rows)
