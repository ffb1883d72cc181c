"""`ivr queue status`: how the queues stand now. (`ivr queues` is about the file that declares them.)"""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import click
import gevent
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.table import Table

from ivr.agents.live_state import LiveState, QueueState, as_record
from ivr.cli import pass_settings
from ivr.cli.centre import declared, line_of, now
from ivr.cli.database import store_of
from ivr.cli.shown import json_option, show_json
from ivr.config import Settings

EVERY = 2.0
"""Seconds between two looks of `--watch`."""


@click.group()
def queue() -> None:
    """The queues as they are now. What they are declared to be: `ivr queues`.

    \b
    Examples:
      ivr queue status
      ivr queue status --watch
    """


@queue.command()
@click.option("--watch", is_flag=True, help="Anew every two seconds, until it is interrupted.")
@click.option(
    "--callers", is_flag=True, help="Who waits, one a line, with the leg that `supervise move` takes."
)
@json_option
@pass_settings
def status(settings: Settings, watch: bool, callers: bool, as_json: bool) -> None:
    """Who waits, how long, and who is there to answer; the service level of today.

    \b
    Examples:
      ivr queue status
      ivr queue status --watch
      ivr queue status --json
    """
    plan, roster = declared(settings)
    with store_of(settings) as store, line_of(settings) as line:
        live = LiveState(store, plan, roster, line.centre, now=now, zone=ZoneInfo(settings.calls.zone))
        if as_json:
            show_json(as_record(live.queues()))
            return
        if not watch:
            Console().print(_table(live.queues(), callers=callers))
            return
        with Live(_table(live.queues(), callers=callers), auto_refresh=False) as shown:
            while True:
                gevent.sleep(EVERY)
                shown.update(_table(live.queues(), callers=callers), refresh=True)


def _table(states: Sequence[QueueState], *, callers: bool) -> Table:
    if callers:
        table = Table("queue", "leg", "waits", "state")
        for state in states:
            for one in state.callers:
                table.add_row(state.queue, one.leg, _time(one.seconds), one.state)
        return table
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("queue", overflow="fold")
    for heading in ("waiting", "longest", "expected", "free", "busy", "paused", "in time\ntoday", "lost"):
        table.add_column(heading, no_wrap=True, justify="right")  # a figure that is cut is a wrong one
    for state in states:
        level = state.today.service_level
        table.add_row(
            state.queue if state.open else f"{state.queue} (closed)",
            str(state.waiting),
            _time(state.longest_wait) if state.waiting else "–",
            "–" if state.expected_wait is None else "–".join(_time(int(end)) for end in state.expected_wait),
            str(state.free),
            str(state.busy),
            str(state.paused),
            "–" if level is None else f"{level:.0%} of {state.today.answered + state.today.lost_late}",
            str(state.today.lost),
        )
    return table


def _time(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"


commands = [queue]
