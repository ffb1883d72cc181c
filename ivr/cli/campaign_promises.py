"""`ivr campaign payments` and `promises`: money comes in, promises are kept or not, and what to do then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from data.exchange.payments import PaymentColumns, read_payments
from data.promises import PromiseAtHand
from data.records import AuditEntry
from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.shown import json_option, show_json, show_table
from ivr.cli.who import noted, operator
from ivr.config import Settings

_MOST_SHOWN = 10
_FAILED_DAYS = 30


def _today(settings: Settings) -> date:
    return datetime.now(ZoneInfo(settings.calls.zone)).date()


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--customer", default="customer_number", show_default=True, help="Their numbers' column.")
@click.option("--amount", default="amount", show_default=True, help="The amounts' column.")
@click.option("--day", default="received_on", show_default=True, help="The column of days.")
@click.option("--reference", default="reference", show_default=True, help="Each counts once.")
@click.option("--account", default=None, help="The column that says which of their accounts.")
@click.option("--date", "date_format", default="yyyy-mm-dd", show_default=True, help="How days are written.")
@click.option("--decimal", default=".", show_default=True, type=click.Choice([",", "."]))
@json_option
@pass_settings
def payments(  # noqa: PLR0913, PLR0917 - one parameter for each option
    settings: Settings,
    file: Path,
    customer: str,
    amount: str,
    day: str,
    reference: str,
    account: str | None,
    date_format: str,
    decimal: str,
    as_json: bool,
) -> None:
    """Bring in payments, CSV or Excel: promises are kept, or kept in part. The same payment in two lists
    counts once, by its reference. Exit status 1 if rows were refused, or nobody has such an account.

    \b
    Examples:
      ivr campaign payments bank.csv
      ivr campaign payments bank.xlsx --customer Cliente --amount Importe --day Fecha --date dd/mm/yyyy
    """
    columns = PaymentColumns(
        customer=customer,
        amount=amount,
        day=day,
        reference=reference,
        account=account,
        date=date_format,
        decimal=decimal,
        currency=settings.calls.currency,
    )
    notes, refused = read_payments(file, columns)
    at = datetime.now(UTC)
    with store_of(settings) as store:
        taken = store.promises.take_payments(notes, at=at, today=_today(settings))
        what = f"payments: {taken.new} new, {taken.known} known"
        store.audit.note(AuditEntry(at=at, who=operator(), action="import", what=what, why=file.name))
    told = [f"row {one.row}: {one.problem}" for one in refused]
    told += [f"row {one.row}: nobody has such an account in {one.currency}" for one in taken.unknown]
    if as_json:
        record = {"new": taken.new, "known": taken.known, "promises": taken.closed, "refused": told}
        show_json(record)
    else:
        click.echo(f"{taken.new} payments new, {taken.known} known, {len(told)} refused")
        for state, count in taken.closed.items():
            click.echo(f"  promises {state}: {count}")
        for line in told[:_MOST_SHOWN]:
            click.echo(f"  {line}")
    sys.exit(1 if told else 0)


@click.command()
@json_option
@pass_settings
def promises(settings: Settings, as_json: bool) -> None:
    """Judge the promises whose time is over, and tell what is to be done: who is to be reminded today, and
    whose promise failed in the last 30 days. Nobody is written to: that comes with the actions.

    \b
    Example:
      ivr campaign promises --json
    """
    today = _today(settings)
    with store_of(settings) as store:
        closed = store.promises.settle(at=datetime.now(UTC), today=today)
        remind = store.promises.to_remind(today)
        failed = store.promises.failed_since(today - timedelta(days=_FAILED_DAYS))
        what = f"promises: {len(remind)} to remind, {len(failed)} failed"
        store.audit.note(noted("read", what=what, why="campaign promises"))
    if as_json:
        show_json(
            {"closed": closed, "remind": [asdict(o) for o in remind], "failed": [asdict(o) for o in failed]}
        )
        return
    for state, count in closed.items():
        click.echo(f"promises {state}: {count}")
    lines = [*_lines("remind", remind), *_lines("act", failed)]
    show_table(("to do", "promise", "state", "due", "promised", "paid"), lines, ids=True)


def _lines(what: str, found: tuple[PromiseAtHand, ...]) -> Iterator[tuple[str, ...]]:
    for one in found:
        promised, paid = (f"{cents / 100:.2f} {one.currency}" for cents in (one.amount_cents, one.paid_cents))
        yield what, str(one.id), one.state, one.promised_for.isoformat(), promised, paid
