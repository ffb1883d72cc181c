"""`ivr campaign load|create|facts|list`: bases, and campaigns on them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from data.base_facts import FACTS
from data.exchange.loading import Terms
from data.exchange.loading import load as load_people
from data.exchange.mapping import load as load_mapping
from data.exchange.people import gather
from data.exchange.uncollected import uncollected
from data.records import AuditEntry
from data.store import Store
from ivr.campaigns import cutting
from ivr.campaigns.strategies import load_strategy
from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.db_lists import tell_import, told_progress, write_refused
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, show_json, show_table
from ivr.cli.who import operator
from ivr.config import Settings


@click.command()
@click.argument("strategy")
@click.argument("base")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and compare, write nothing.")
@click.option("--errors", type=click.Path(path_type=Path), help="Refused rows; default: FILE.errors.csv.")
@json_option
@pass_settings
def load(
    settings: Settings,
    strategy: str,
    base: str,
    file: Path,
    dry_run: bool,
    errors: Path | None,
    as_json: bool,
) -> None:
    """Load a CSV or Excel list into a strategy's customer base. Done again, it changes nothing. Exit status 1
    if rows were refused; they are written to a report with their reasons.

    \b
    Examples:
      ivr campaign load fees students list.csv --dry-run
      ivr campaign load fees students list.xlsx
    """
    found = load_strategy(settings.path(settings.strategies), strategy)
    if base not in found.bases:
        raise CannotBeDone(f"{strategy}.yaml declares no base {base}: there are {', '.join(found.bases)}")
    mapping = load_mapping(settings.path(settings.strategies) / found.bases[base].mapping)
    on = cutting.today(settings, datetime.now(UTC))
    with store_of(settings) as store, told_progress() as told, uncollected():
        people = gather(file, mapping, today=on.today, seen=told("reading", None))
        into = None if dry_run else store.campaigns.open_base(strategy, base, at=on.at)
        terms = Terms(at=on.at, today=on.today, origin=mapping.origin, dry_run=dry_run, base=into)
        loaded = load_people(store, people.people.values(), terms, done=told("writing", len(people.people)))
        refused = sorted([*people.refused, *loaded.refused], key=lambda one: one.row)
        if not dry_run:
            _note(
                store,
                on.at,
                "import",
                f"customers: {', '.join(mapping.columns)}",
                f"campaign load {file.name}",
            )
        written = write_refused(errors or file.with_name(f"{file.name}.errors.csv"), refused)
    tell_import(people, loaded, refused, written, dry_run=dry_run, as_json=as_json)
    if not as_json and not dry_run:
        click.echo(f"{loaded.joined} customers are new in the base {base}")
    sys.exit(1 if refused else 0)


def _note(store: Store, at: datetime, action: str, what: str, why: str) -> None:
    store.audit.note(AuditEntry(at=at, who=operator(), action=action, what=what, why=why))


@click.command()
@click.argument("strategy")
@click.argument("name")
@pass_settings
def create(settings: Settings, strategy: str, name: str) -> None:
    """Create a campaign as its strategy's file declares it now. Exit status 1 if it is there already.

    \b
    Example:
      ivr campaign create fees reminder
    """
    wanted = cutting.declared(settings, strategy, name)
    with store_of(settings) as store:
        size, made = cutting.create(settings, store, wanted, by=operator(), at=datetime.now(UTC))
    click.echo(
        f"{name} is created on {size} customers" if made else f"{name} was created before: nothing is changed"
    )
    sys.exit(0 if made else 1)


@click.command()
@json_option
def facts(as_json: bool) -> None:
    """What a condition may name, with its type. Money is in cents.

    \b
    Example:
      ivr campaign facts
    """
    if as_json:
        show_json({name: {"type": kind, "meaning": told} for name, (kind, told) in FACTS.items()})
        return
    show_table(("name", "type", "meaning"), [(name, *told) for name, told in FACTS.items()])


@click.command("list")
@json_option
@pass_settings
def list_campaigns(settings: Settings, as_json: bool) -> None:
    """Every campaign that was created.

    \b
    Example:
      ivr campaign list
    """
    with store_of(settings) as store:
        found = store.campaigns.all()
    rows = [(one.strategy, one.name, one.purpose, one.state) for one in found]
    if as_json:
        names = ("strategy", "campaign", "purpose", "state")
        show_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    show_table(("strategy", "campaign", "purpose", "state"), rows)
