"""`ivr campaign start|pause|drain|stop|status`: a campaign's calls, in every server of the database."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from data.nodes import one_lives
from data.store import Store
from ivr.campaigns.dialling import control
from ivr.campaigns.known import created
from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.shown import json_option, local, show_json
from ivr.cli.who import noted, operator
from ivr.config import Settings

LOOKS_EVERY = 1.0
"""Seconds between two looks of `status --live`."""
NOBODY_DIALS = "no server runs on this machine: nobody is called until one of this database does (ivr serve)"
_AT_WORK = ("running", "draining")
_OVER = ("created", "stopped", "finished")
_DONE = {
    "pause": "is paused: nobody new is called, calls under way go on",
    "drain": "ends: nobody new is called, and it is stopped when its calls are over",
    "stop": "is stopped: who is ringing rings no more, conversations go on",
}


@click.command()
@click.argument("strategy")
@click.argument("name")
@click.option(
    "--sample", "sample_name", help="Which sample; default: the newest, or the one it was paused on."
)
@pass_settings
def start(settings: Settings, strategy: str, name: str, sample_name: str | None) -> None:
    """Begin to call a campaign's sample, or go on after a pause. Every server that runs (`ivr serve`) takes
    part within a second. The strategy's file counts as it is now.

    \b
    Examples:
      ivr campaign start fees reminder
      ivr campaign start fees reminder --sample monday
    """
    from ivr.campaigns.dialling import starting  # noqa: PLC0415 -- slow to load, and the others need none of it

    now = datetime.now(UTC)
    with store_of(settings) as store:
        begun = starting.start(settings, store, strategy, name, sample=sample_name, by=operator(), at=now)
        store.audit.note(noted("write", what=f"campaign {name}: started", why=f"sample {begun.sample}"))
    more = f", {begun.new} people are new on its list" if begun.new else ""
    click.echo(f"{name} runs on the sample {begun.sample}{more}")
    if one_lives(settings.spool_folder) is False:
        click.echo(NOBODY_DIALS)


def _changing(verb: control.Verb, what: str) -> click.Command:
    @click.command(
        verb,
        help=f"{what} In every server, within a second. Exit status 1 if it was not at work."
        f"\n\n\b\nExample:\n  ivr campaign {verb} fees reminder",
    )
    @click.argument("strategy")
    @click.argument("name")
    @pass_settings
    def changing(settings: Settings, strategy: str, name: str) -> None:
        with store_of(settings) as store:
            done = control.change(store, strategy, name, verb, by=operator(), at=datetime.now(UTC))
            state = created(store, strategy, name).state
            if done:
                store.audit.note(noted("write", what=f"campaign {name}: {state}", why=verb))
        click.echo(
            f"{name} {_DONE[verb]}" if done else f"{name} is {state}: nothing is changed", err=not done
        )
        sys.exit(0 if done else 1)

    return changing


pause = _changing("pause", "Stop calling for a while; `start` goes on.")
drain = _changing("drain", "Call nobody new, and end when the calls under way are over.")
stop = _changing("stop", "Call nobody new, and end what rings; conversations go on.")


@click.command()
@click.argument("strategy")
@click.argument("name")
@click.option("--live", is_flag=True, help="Look on until the campaign is over, or Ctrl+C.")
@json_option
@pass_settings
def status(settings: Settings, strategy: str, name: str, live: bool, as_json: bool) -> None:
    """What a campaign does now: how many are left, ring, talk; how calls of the last day ended; why others
    are not called any more; and that no server runs here, if none does. With --json --live one line for
    each look.

    \b
    Examples:
      ivr campaign status fees reminder --live
      ivr campaign status fees reminder --json
    """
    zone = ZoneInfo(settings.calls.zone)
    with store_of(settings) as store:
        looks = _looks(settings, store, strategy, name, live=live)
        if as_json:
            for found in looks:
                show_json({**told(found), "server_here": one_lives(settings.spool_folder)})
            return
        console = Console()
        if not live or not console.is_terminal:
            for found in looks:
                console.print(shown(found, zone, served=one_lives(settings.spool_folder)))
            return
        with Live(console=console, auto_refresh=False) as screen:
            try:
                for found in looks:
                    served = one_lives(settings.spool_folder)
                    screen.update(shown(found, zone, served=served), refresh=True)
            except KeyboardInterrupt:
                return


def _looks(
    settings: Settings, store: Store, strategy: str, name: str, *, live: bool
) -> Iterator[control.Status]:
    while True:
        found = control.status(settings, store, strategy, name, at=datetime.now(UTC))
        yield found
        if not live or found.campaign.state in _OVER:
            return
        time.sleep(LOOKS_EVERY)


def told(found: control.Status) -> dict[str, Any]:
    """For programs."""
    campaign, standing = found.campaign, found.standing
    record: dict[str, Any] = {
        "strategy": campaign.strategy,
        "campaign": campaign.name,
        "state": campaign.state,
        "changed_at": campaign.changed_at,
        "changed_by": campaign.changed_by,
        "sample": None if found.sample is None else found.sample.name,
        "trunk_rests_until": found.rests_until,
        "trunk_ill": found.trunk_ill,
        "trunk_said": found.trunk_said,
        "results": dict(found.results),
    }
    if standing is not None:
        names = ("waiting", "due", "under_way", "talking", "unclear", "ended", "next_at")
        record |= {name: getattr(standing, name) for name in names}
        record["reasons"] = dict(standing.results)
    return record


def shown(found: control.Status, zone: ZoneInfo, *, served: bool | None = None) -> RenderableType:
    """For people. `served`: whether a server runs here (`data.nodes.one_lives`)."""
    campaign, standing = found.campaign, found.standing
    since = "" if campaign.changed_at is None else f" since {local(campaign.changed_at, zone)}"
    head = Text(
        f"{campaign.strategy} {campaign.name}: {campaign.state}{since} ({campaign.changed_by or 'nobody'})"
    )
    if standing is None or found.sample is None:
        return Group(head, Text("It was never started: ivr campaign start"))
    everybody = standing.waiting + standing.under_way + standing.unclear + standing.ended
    lines: list[RenderableType] = [
        head,
        Text(f"sample {found.sample.name}, cut {local(found.sample.cut_at, zone)}"),
        *([Text(NOBODY_DIALS)] if served is False and campaign.state in _AT_WORK else []),
        _bar(standing.ended + standing.unclear, everybody),
        Text(
            f"{standing.ended} of {everybody} done; {standing.under_way} under way, {standing.talking} talk; "
            f"{standing.due} due now, {standing.waiting - standing.due} later"
        ),
    ]
    if standing.unclear:
        lines.append(
            Text(
                f"{standing.unclear} whose call was lost with its server, nobody knows how it ended: "
                f"ivr campaign unclear {campaign.strategy} {campaign.name}"
            )
        )
    if found.trunk_ill or found.rests_until is not None:
        said = f" ({found.trunk_said})" if found.trunk_said else ""
        rests = "one call at a time finds out whether it is back"
        if found.rests_until is not None:
            rests = f"it rests until {local(found.rests_until, zone)}"
        lines.append(Text(f"the trunk {found.trunk} takes no calls{said}: {rests}"))
    if not standing.due and not standing.under_way and standing.next_at is not None:
        lines.append(Text(f"the next is due {local(standing.next_at, zone)}"))
    lines.append(_side_by_side(found))
    return Group(*lines)


def _bar(done: int, everybody: int) -> RenderableType:
    """On a line of its own: a bar does not end its line by itself."""
    line = Table.grid()
    line.add_row(ProgressBar(total=max(everybody, 1), completed=done, width=60))
    return line


def _side_by_side(found: control.Status) -> Table:
    assert found.standing is not None
    table = Table(box=None, pad_edge=False)
    for title in ("calls of 24 h", "", "people done", ""):
        table.add_column(title, justify="left" if title else "right")
    calls = sorted(found.results.items(), key=lambda one: -one[1])
    people = sorted(found.standing.results, key=lambda one: -one[1])
    for n in range(max(len(calls), len(people))):
        left = calls[n] if n < len(calls) else ("", "")
        right = people[n] if n < len(people) else ("", "")
        table.add_row(str(left[0]), str(left[1]), str(right[0]), str(right[1]))
    return table
