"""`ivr work`: what coordinators give to agents beside calls, and what became of it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from data.records import Finished, NewWork, WorkItem, WorkKind, WorkResult
from data.store import Store
from ivr.cli import pass_settings
from ivr.cli.centre import declared_agents
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, local, show_json, show_table
from ivr.config import Settings
from ivr.work import score_card, scored

KINDS = click.Choice(list(get_args(WorkKind)))
by_option = click.option("--by", envvar="USER", default="coordinator", help="Who does it; default: USER.")


@click.group()
def work() -> None:
    """Calls to return, cases and recordings to review, given to agents. docs/reports.md.

    \b
    Examples:
      ivr work add case 20264511 --title "Refund is late" --due 24
      ivr work assign --share 1001 --share 1002
      ivr work done 0192f3c1-… --by 1001 --note "refunded"
    """


@work.command()
@click.argument("kind", type=KINDS)
@click.argument("about")
@click.option("--title", default="", help="What it is, without names of customers.")
@click.option("--due", type=click.IntRange(1, 24 * 60), help="Hours until it should be done.")
@by_option
@pass_settings
def add(settings: Settings, kind: WorkKind, about: str, title: str, due: int | None, by: str) -> None:
    """Notes something to be done, once: by a callback's id, a case's number, or a recorded call's id.

    Unclear callbacks are added by `ivr work collect`.

    \b
    Examples:
      ivr work add case 20264511 --title "Refund is late" --due 24
      ivr work add recording 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f
    """
    now = datetime.now(UTC)
    due_at = None if due is None else now + timedelta(hours=due)
    with store_of(settings) as store:
        wanted = _checked(store, kind, about, NewWork(
            kind=kind, about=about, at=now, by=by, title=title, due_at=due_at
        ))  # fmt: skip
        item, new = store.work_items.add(wanted)
    click.echo(f"{item.id}  {'added' if new else 'is there already'}")


def _checked(store: Store, kind: WorkKind, about: str, wanted: NewWork) -> NewWork:
    """With whose it is. Raises `CannotBeDone` for what does not exist."""
    if kind == "case":
        case = store.tickets.by_number(about)
        if case is None:
            raise CannotBeDone(f"there is no case {about}: see `ivr case show`")
        person = store.customers.by_number(case.customer_number) if case.customer_number else None
        return wanted if person is None else _of(wanted, customer_id=person.id)
    try:
        which = UUID(about)
    except ValueError:
        raise CannotBeDone(
            f"{about} is no id: take it from `ivr callbacks list` or `ivr recordings list`"
        ) from None
    if kind == "recording":
        call = store.calls.get(which)
        if call is None or not call.recording:
            raise CannotBeDone(f"no recorded call has the id {about}: see `ivr recordings list`")
        return _of(wanted, call_id=which)
    callback = next((one for one in store.callbacks.waiting() if one.id == which), None)
    if callback is None:
        raise CannotBeDone(f"no open callback has the id {about}: see `ivr callbacks list`")
    return _of(wanted, call_id=callback.call_id, customer_id=callback.customer_id)


def _of(wanted: NewWork, *, call_id: UUID | None = None, customer_id: UUID | None = None) -> NewWork:
    return NewWork(**{**vars(wanted), "call_id": call_id, "customer_id": customer_id})


@work.command()
@click.option("--due", type=click.IntRange(1, 24 * 60), default=4, show_default=True, help="Hours.")
@by_option
@pass_settings
def collect(settings: Settings, due: int, by: str) -> None:
    """Notes every callback of which nobody knows how it ended: a person has to look.

    \b
    Example:
      ivr work collect --due 2
    """
    now = datetime.now(UTC)
    with store_of(settings) as store:
        unclear = [one for one in store.callbacks.waiting() if one.state == "unclear"]
        new = 0
        for one in unclear:
            wanted = NewWork(
                kind="callback",
                about=str(one.id),
                at=now,
                by=by,
                title=f"{one.queue}: {one.last_result}",
                due_at=now + timedelta(hours=due),
                call_id=one.call_id,
                customer_id=one.customer_id,
            )
            new += store.work_items.add(wanted)[1]
    click.echo(f"{new} added, {len(unclear) - new} were there")


@work.command("list")
@click.option("--holder", help="One agent's; an empty one: nobody's.")
@click.option("--kind", type=KINDS)
@json_option
@pass_settings
def list_work(settings: Settings, holder: str | None, kind: str | None, as_json: bool) -> None:
    """What is to be done, what is due first comes first. Exit status 1 if something is overdue.

    \b
    Examples:
      ivr work list
      ivr work list --holder "" --kind callback
    """
    now, zone = datetime.now(UTC), ZoneInfo(settings.calls.zone)
    with store_of(settings) as store:
        found = store.work_items.open(holder=holder, kind=kind or "")
    if as_json:
        show_json([{**vars(one), "overdue": one.overdue(now)} for one in found])
    else:
        headings = ("id", "kind", "about", "title", "holder", "due")
        show_table(headings, [_line(one, now, zone) for one in found], ids=True)
    sys.exit(1 if any(one.overdue(now) for one in found) else 0)


def _line(one: WorkItem, now: datetime, zone: ZoneInfo) -> tuple[str, ...]:
    due = "" if one.due_at is None else local(one.due_at, zone)
    return (
        str(one.id),
        one.kind,
        one.about,
        one.title,
        one.holder or "–",
        f"{due}, overdue" if one.overdue(now) else due,
    )


@work.command()
@click.argument("item", type=click.UUID, required=False)
@click.option("--to", "holder", help="Who gets that one.")
@click.option("--from", "from_holder", default="", help="Who has it now; without it, only nobody's is given.")
@click.option("--share", multiple=True, help="Share what nobody holds among these agents.")
@click.option("--kind", type=KINDS, help="Only this kind is shared.")
@by_option
@pass_settings
def assign(
    settings: Settings,
    item: UUID | None,
    holder: str | None,
    from_holder: str,
    share: tuple[str, ...],
    kind: str | None,
    by: str,
) -> None:
    """Gives one piece to an agent, or shares what nobody holds: whoever has the fewest gets the next.

    \b
    Examples:
      ivr work assign 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f --to 1001
      ivr work assign --share 1001 --share 1002 --kind callback
    """
    if bool(share) == (item is not None and holder is not None):
        raise CannotBeDone("say which one and --to whom, or --share among whom")
    declared_agents(settings, *share, *([holder] if holder else []))
    now = datetime.now(UTC)
    with store_of(settings) as store:
        if share:
            given = store.work_items.share(share, by=by, at=now, kind=kind or "")
            for name, count in given.items():
                click.echo(f"{name}: {count}")
            return
        assert item is not None and holder is not None
        if not store.work_items.assign(item, holder, by=by, at=now, from_holder=from_holder):
            raise CannotBeDone(f"{item} is done, unknown, or somebody else's: see `ivr work list`")
    click.echo(f"{holder} has it")


@work.command()
@click.argument("item", type=click.UUID)
@click.option("--by", required=True, help="The agent who holds it.")
@click.option("--result", type=click.Choice(list(get_args(WorkResult))), default="done", show_default=True)
@click.option("--note", default="")
@click.option("--score", "scores", multiple=True, help="Of a review: criterion=points, for each of the card.")
@pass_settings
def done(
    settings: Settings, item: UUID, by: str, result: WorkResult, note: str, scores: tuple[str, ...]
) -> None:
    """Its holder has done it. A review of a recording needs points for each criterion of the score card.

    \b
    Examples:
      ivr work done 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f --by 1001 --note "refunded"
      ivr work done 0192… --by 1001 --score greeting=2 --score listening=3 --score solution=5
    """
    with store_of(settings) as store:
        found = store.work_items.get(item)
        if found is None:
            raise CannotBeDone(f"there is no {item}: see `ivr work list`")
        reviewed = found.kind == "recording" and result == "done"
        try:
            points = scored(score_card(settings.flows_folder), scores) if reviewed or scores else {}
        except ValueError as wrong:
            raise CannotBeDone(str(wrong)) from None
        end = Finished(by=by, at=datetime.now(UTC), result=result, note=note, scores=points)
        if not store.work_items.done(item, end):
            raise CannotBeDone(f"{by} does not hold {item}, or it is done: see `ivr work list`")
    click.echo("done")


commands: list[click.Command] = [work]
