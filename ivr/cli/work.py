"""`ivr work`: what coordinators give to agents beside calls, and what became of it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from data.records import Finished, NewWork, WorkItem, WorkKind, WorkResult
from ivr.cli import pass_settings
from ivr.cli.centre import declared_agents
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, local, show_json, show_table
from ivr.cli.who import noted
from ivr.config import Settings
from ivr.work import add_work, collect_unclear, finish

KINDS = click.Choice(list(get_args(WorkKind)))
by_option = click.option("--by", envvar="USER", default="coordinator", help="Who does it; default: USER.")


@click.group()
def work() -> None:
    """Calls to return, cases and recordings to review, given to agents. docs/reports.md.

    \b
    Examples:
      ivr work add case 20264511 --title "Refund is late" --due 24
      ivr work assign --share 1001 --share 1002
      ivr work done 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f --by 1001 --note "refunded"
    """


@work.command()
@click.argument("kind", type=KINDS)
@click.argument("about")
@click.option("--title", default="", help="What it is, without names of customers.")
@click.option("--due", type=click.IntRange(1, 24 * 60), help="Hours until it should be done.")
@by_option
@pass_settings
def add(settings: Settings, kind: WorkKind, about: str, title: str, due: int | None, by: str) -> None:
    """Notes something to be done, once: by a callback's id, a case's number, a recorded call's id, or the id
    of a change that was given up (`ivr outbox list`; those are noted by themselves).

    Unclear callbacks are added by `ivr work collect`.

    \b
    Examples:
      ivr work add case 20264511 --title "Refund is late" --due 24
      ivr work add recording 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f
    """
    now = datetime.now(UTC)
    due_at = None if due is None else now + timedelta(hours=due)
    with store_of(settings) as store:
        wanted = NewWork(kind=kind, about=about, at=now, by=by, title=title, due_at=due_at)
        item, new = add_work(store, wanted)
        seen = noted(
            "write",
            what=f"work_items: {kind}",
            why="work add",
            customer_id=item.customer_id,
            call_id=item.call_id,
        )
        store.audit.note(seen)
    click.echo(f"{item.id}  {'added' if new else 'is there already'}")


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
        found, new = collect_unclear(store, by=by, at=now, due_at=now + timedelta(hours=due))
    click.echo(f"{new} added, {found - new} were there")


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
        store.audit.note(noted("read", what=f"work_items: {len(found)}", why="work list"))
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
      ivr work done 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f --by 1001 --score greeting=2 --score solution=5
    """
    with store_of(settings) as store:
        end = Finished(by=by, at=datetime.now(UTC), result=result, note=note)
        finish(store, settings.flows_folder, item, end, scores)
        store.audit.note(noted("write", what=f"work_items: {item} is {result}", why=f"work done, by {by}"))
    click.echo("done")


commands: list[click.Command] = [work]
