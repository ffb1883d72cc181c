"""`ivr db`: create, upgrade, fill and check the database; people in and out.

Exit status: 0 done; 1 the answer is no (`check` alone: the database is missing or not fit for work);
2 it could not be done. What and the remedy stand on one line.

\b
Examples:
  ivr db upgrade           create the database, or bring it up to date
  ivr db seed              fill it with made-up customers
  ivr db check --json      is it fit for work?
  ivr db import clients.csv --mapping clients.yaml
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

import click

from data.errors import DatabaseCorrupt, SchemaForeign, SchemaMissing, SchemaNewer, SchemaOlder
from data.seed_rows import MOST_CUSTOMERS
from data.seeds import CUSTOMERS, SEED, demo_customers, seed
from ivr.cli import db_lists, db_people
from ivr.cli.context import DATABASE_URL
from ivr.cli.database import database_option, opened, report
from ivr.cli.shown import json_option

_UNFIT = (SchemaMissing, SchemaOlder, SchemaNewer, SchemaForeign, DatabaseCorrupt)
"""Faults by which `check` answers no; to any other command they are work that could not be done."""


@click.group(help=__doc__)
def db() -> None:
    pass


@db.command()
@database_option
@json_option
def upgrade(url: str, as_json: bool) -> None:
    """Create the database, or bring it to this program's schema. Safe to run again.

    \b
    Examples:
      ivr db upgrade
      ivr db upgrade --database sqlite:////var/lib/ivr/ivr.sqlite3
    """
    with opened(url, as_json=as_json) as store:
        done = store.upgrade()
    if done.before == done.after:
        text = f"{done.database}: nothing to do, schema {done.after}"
    elif done.before is None:
        text = f"{done.database}: created, schema {done.after}"
    else:
        text = f"{done.database}: upgraded from schema {done.before} to {done.after}"
    report(text, asdict(done), as_json=as_json)


@db.command(name="seed")
@database_option
@click.option(
    "--customers", type=click.IntRange(len(demo_customers()), MOST_CUSTOMERS), default=CUSTOMERS,
    show_default=True, help="How many customers to have in all.",
)  # fmt: skip
@click.option(
    "--seed", "seed_number", type=int, default=SEED, show_default=True, help="Another world, equally fixed."
)
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day that due dates and deliveries are arranged around; default: the day on this machine.",
)
@click.option("--force", is_flag=True, help="Even beside customers who are not made up.")
@json_option
def seed_command(
    url: str, customers: int, seed_number: int, today: datetime | None, force: bool, as_json: bool
) -> None:
    """Fill the database with made-up customers, debts, tickets and orders.

    The same seed and day give the same rows. A second time changes nothing; on a later day it brings free
    slots of that day's weeks.

    \b
    Examples:
      ivr db seed
      ivr db seed --customers 1000 --today 2027-03-01
    """
    day = date.today() if today is None else today.date()
    with opened(url, as_json=as_json) as store:
        store.upgrade()
        done = seed(store, customers=customers, seed=seed_number, today=day, force=force)
    shown = [
        {
            "customer_number": customer.customer_number,
            "name": customer.name,
            "language": customer.language,
            "balance_cents": customer.balance_cents,
            "currency": customer.currency,
            "why": customer.why,
        }
        for customer in demo_customers()
    ]
    lines = [f"{done.added} customers added, {done.customers} in all. To try things on:"]
    lines += [f"  {one['customer_number']}  {one['name']} ({one['language']}): {one['why']}" for one in shown]
    told = {**asdict(done), "today": day.isoformat(), "demo_customers": shown}
    report("\n".join(lines), told, as_json=as_json)


@db.command()
@database_option
@json_option
def check(url: str, as_json: bool) -> None:
    """Whether the database can be reached and written, is whole, and has the right schema.

    \b
    Examples:
      ivr db check
      ivr db check --json
    """
    with opened(url, as_json=as_json, answers_no=_UNFIT) as store:
        found = store.check(thorough=True)
    text = f"{found.database}: fit for work, schema {found.schema}, {found.integrity}"
    report(text, asdict(found), as_json=as_json)


for _command in (*db_lists.commands, *db_people.commands):
    db.add_command(_command)
commands: list[click.Command] = [db]

__all__ = ["DATABASE_URL", "commands", "db"]
