"""`ivr campaign restore`: a number that was retired by mistake is dialled again."""

from __future__ import annotations

import click

from ivr.callers.numbers import caller_number
from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.who import noted
from ivr.config import Settings


@click.command()
@click.argument("number")
@click.option("--why", required=True, help="What was found.")
@pass_settings
def restore(settings: Settings, number: str, why: str) -> None:
    """A retired number is dialled again: the network said once that there is no such number, or somebody
    keyed by mistake that it is not theirs. Exit status 1: it was not retired.

    A number of which somebody has said that it is not theirs is no customer's any more: the base's next list
    brings it back.

    \b
    Example:
      ivr campaign restore +34600111222 --why "the trunk was wrong that day"
    """
    e164 = caller_number(number, settings.calls.region).e164
    if e164 is None:
        raise CannotBeDone(f"{number[:40]!r} is no telephone number: write it as +34600111222")
    with store_of(settings) as store:
        was = store.customers.why_retired(e164)
        restored = store.customers.restore(e164)
        for person in store.customers.by_phone_number(e164) or [None]:
            note = "phone_numbers: retired_at"
            theirs = None if person is None else person.id
            store.audit.note(noted("write", what=note, why=f"campaign restore: {why}", customer_id=theirs))
    if not restored:
        click.echo(f"{e164} was not retired: nothing is changed")
        raise SystemExit(1)
    click.echo(f"{e164} is dialled again; it was retired: {was or 'nobody wrote why'}")
