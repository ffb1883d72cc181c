"""`ivr campaign payments` and `promises`: money comes in, promises are kept or not, and what was done."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from data.exchange.payments import PaymentColumns, read_payments
from data.promise_rules import PromiseState
from data.promises import Taken
from data.records import AuditEntry
from data.records.actions import Action, ActionState
from ivr.campaigns import cutting, promise_days
from ivr.campaigns.promise_days import Policies
from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.shown import json_option, local, show_json, show_table
from ivr.cli.who import noted, operator
from ivr.config import Settings

_MOST_SHOWN = 10
_FAILED_DAYS = 30
_MOST_LISTED = 500


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
@click.option("--currency", default="", help="ISO 4217; default: calls.currency.")
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
    currency: str,
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
        currency=currency or settings.calls.currency,
        last=_today(settings),
    )
    notes, refused = read_payments(file, columns)
    at = datetime.now(UTC)
    with store_of(settings) as store:
        follow = Policies(store, at).follow
        taken = store.promises.take_payments(notes, at=at, today=_today(settings), follow=follow)
        what = f"payments: {taken.new} new, {taken.known} known"
        store.audit.note(AuditEntry(at=at, who=operator(), action="import", what=what, why=file.name))
    told = [f"row {one.row}: {one.problem}" for one in refused]
    told += [f"row {one.row}: nobody has such an account in {one.currency}" for one in taken.unknown]
    if as_json:
        record = {"new": taken.new, "known": taken.known, "promises": taken.closed, "refused": told}
        show_json(record)
    else:
        _tell_payments(taken, told)
    sys.exit(1 if told else 0)


def _tell_payments(taken: Taken, refused: Sequence[str]) -> None:
    click.echo(f"{taken.new} payments new, {taken.known} known, {len(refused)} refused")
    for state, count in taken.closed.items():
        click.echo(f"  promises {state}: {count}")
    for line in refused[:_MOST_SHOWN]:
        click.echo(f"  {line}")


@click.command()
@click.option(
    "--state", "states", multiple=True, type=click.Choice(get_args(PromiseState)), help="Only these."
)
@click.option("--days", default=30, show_default=True, help="Due so many days ago, or later.")
@click.option("--cancel", metavar="ID", type=click.UUID, help="They took it back: nothing follows from it.")
@json_option
@pass_settings
def promises(
    settings: Settings, states: tuple[str, ...], days: int, cancel: UUID | None, as_json: bool
) -> None:
    """Promises to pay, and what was done about each. First what is over is judged, and what is due
    tomorrow is put up for a reminder, as every server does. Exit status 1: nothing was cancelled.

    \b
    Examples:
      ivr campaign promises --state broken --state partial
      ivr campaign promises --json
      ivr campaign promises --cancel 019aa0f1-7a52-7c3e-9d5e-0a1b2c3d4e5f
    """
    at, zone = datetime.now(UTC), ZoneInfo(settings.calls.zone)
    today = at.astimezone(zone).date()
    with store_of(settings) as store:
        if cancel is not None:
            done = store.promises.cancel(cancel, at=at)
            store.audit.note(noted("write", what="promises: one cancelled", why="campaign promises"))
            click.echo("cancelled" if done else f"there is no open promise {cancel}")
            sys.exit(0 if done else 1)
        looked = promise_days.look(store, at=at, zone=zone)
        found = store.promises.listed(states=states, since=today - timedelta(days=days), most=_MOST_LISTED)
        actions = store.actions.of_promises([one.id for one in found])
        sent = store.actions.messages_of(one for some in actions.values() for one in some)
        remind = store.promises.to_remind(today)
        failed = store.promises.failed_since(today - timedelta(days=_FAILED_DAYS))
        names = {one.id: f"{one.strategy}/{one.name}" for one in store.campaigns.all()}
        what = f"promises: {len(found)} listed, {len(remind)} to remind, {len(failed)} failed"
        store.audit.note(noted("read", what=what, why="campaign promises"))
    told = [
        {
            **asdict(one),
            "campaign": names.get(one.campaign_id, "") if one.campaign_id else "",
            "actions": [told_of(action, sent.get(action.id)) for action in actions.get(one.id, ())],
        }
        for one in found
    ]
    if as_json:
        listed = {"remind": [asdict(o) for o in remind], "failed": [asdict(o) for o in failed]}
        show_json({"closed": looked.closed, "reminders": looked.reminders, "promises": told, **listed})
        return
    for state, count in looked.closed.items():
        click.echo(f"promises {state}: {count}")
    show_table(
        ("promise", "campaign", "state", "due", "promised", "paid", "done about it"),
        [_line(one) for one in told],
        ids=True,
    )


def told_of(action: Action, message: str | None) -> dict[str, Any]:
    """An action as it is shown; `message`: what became of what it sent."""
    return {
        "id": action.id,
        "occasion": action.occasion,
        "outcome": action.outcome,
        "kind": action.kind,
        "state": action.state,
        "result": action.result,
        "why": action.why,
        "message": message or "",
        "created_at": action.created_at,
        "due_at": action.due_at,
        "ended_at": action.ended_at,
    }


def standing_of(told: Mapping[str, Any]) -> str:
    """In a few words: `sms sent`, `case done`, `sms waiting (window)`, `sms dropped (do_not_call)`."""
    reason = f" ({told['result']})" if told["result"] and told["state"] != "done" else ""
    return f"{told['kind']} {told['message'] or told['state']}{reason}"


def _line(told: Mapping[str, Any]) -> tuple[str, ...]:
    promised, paid = (f"{told[key] / 100:.2f} {told['currency']}" for key in ("amount_cents", "paid_cents"))
    done = "; ".join(f"{one['occasion']}: {standing_of(one)}" for one in told["actions"])
    due = told["promised_for"].isoformat()
    return str(told["id"]), told["campaign"], told["state"], due, promised, paid, done


@click.command()
@click.argument("strategy")
@click.argument("name")
@click.option(
    "--state", "states", multiple=True, type=click.Choice(get_args(ActionState)), help="Only these."
)
@json_option
@pass_settings
def actions(settings: Settings, strategy: str, name: str, states: tuple[str, ...], as_json: bool) -> None:
    """What a campaign has done by outcome and by promise, for whom, the newest first: done, waiting for what,
    or dropped with the reason. All contacts of one customer: `ivr campaign contacts`.

    \b
    Examples:
      ivr campaign actions fees reminder
      ivr campaign actions fees reminder --state dropped --json
    """
    with store_of(settings) as store:
        campaign = cutting.created(store, strategy, name)
        found = store.actions.of_campaign(campaign.id, states=states, most=_MOST_LISTED)
        sent = store.actions.messages_of(found)
        whose = store.customers.customer_numbers({one.customer_id for one in found})
        store.audit.note(noted("read", what=f"actions: {len(found)}", why=f"campaign {name}"[:200]))
    told = [
        {
            **told_of(one, sent.get(one.id)),
            "customer_id": one.customer_id,
            "customer_number": whose.get(one.customer_id, ""),
        }
        for one in found
    ]
    if as_json:
        show_json({"campaign": f"{strategy}/{name}", "actions": told})
        return
    zone = ZoneInfo(settings.calls.zone)
    rows = [
        (
            local(one["created_at"], zone),
            one["customer_number"],
            one["outcome"],
            standing_of(one),
            local(one["due_at"], zone) if one["state"] == "waiting" else "",
            one["why"],
        )
        for one in told
    ]
    show_table(("when", "customer", "after", "what", "not before", "why"), rows)
