"""`ivr campaign unclear`: whose call was lost with its server, and calling them again."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from ivr.campaigns.dialling import control
from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.shown import json_option, local, show_json, show_table
from ivr.cli.who import noted
from ivr.config import Settings


@click.command()
@click.argument("strategy")
@click.argument("name")
@click.option("--again", metavar="CUSTOMER", help="They are called again, when the rules allow.")
@json_option
@pass_settings
def unclear(settings: Settings, strategy: str, name: str, again: str | None, as_json: bool) -> None:
    """Whose call was lost with its server: nobody knows whether they were spoken with, so they are not called
    again, until a person decides that they are. Exit status 1: theirs was not lost.

    \b
    Examples:
      ivr campaign unclear fees reminder
      ivr campaign unclear fees reminder --again 45716
    """
    with store_of(settings) as store:
        if again is not None:
            done = control.revive(store, strategy, name, again, at=datetime.now(UTC))
            person = store.customers.by_number(again)
            if done and person is not None:
                store.audit.note(
                    noted(
                        "write", what=f"campaign {name}: called again", why="unclear", customer_id=person.id
                    )
                )
            told = f"{again} is called again: while {name} runs (ivr campaign start {strategy} {name})"
            click.echo(told if done else f"{again} is not among them: nothing is changed", err=not done)
            sys.exit(0 if done else 1)
        found = control.unclear(store, strategy, name)
        store.audit.note(noted("read", what=f"campaign {name}: unclear", why="campaign unclear"))
    if as_json:
        show_json([{"customer_number": number, "since": since} for number, since in found])
        return
    zone = ZoneInfo(settings.calls.zone)
    show_table(("customer", "since"), [(number, local(since, zone)) for number, since in found])
