"""`ivr bench`: what callers wait for, and what calls cost."""

from __future__ import annotations

import dataclasses
import json
import os
import sys

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr import bench as benchmarks
from ivr.cli import pass_settings
from ivr.cli.demo import prepared
from ivr.config import Settings
from ivr.logs import configure, quieter
from ivr.stage import Stage
from ivr.workshop.measure import Rehearsed, measure_flows

WHAT = {"turns": benchmarks.measure_turns, "barge-in": benchmarks.measure_barge_in}


@click.command()
@click.argument("what", nargs=-1, type=click.Choice(sorted([*WHAT, "flows"])))
@click.option("--turns", default=33, show_default=True, help="How many turns, about.")
@click.option("--calls", default=1000, show_default=True, help="flows: how many scripted calls.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON (the rest goes to stderr).")
@pass_settings
def bench(settings: Settings, what: tuple[str, ...], turns: int, calls: int, as_json: bool) -> None:
    """Measures on the embedded switch, with spoken calls in real time; flows: without any switch.

    turns: end of the caller's speech to the first changed sample heard. barge-in: onset of speech over a
    prompt until the prompt has stopped at the caller's ear. flows: scripted calls, as `ivr test` plays them.

    \b
    Examples:
      ivr bench                  everything
      ivr bench barge-in --turns 30 --json
      ivr bench flows --calls 1000
    """
    configure(quieter(settings.log))
    console = Console(stderr=as_json)
    found = []
    asked = what or sorted([*WHAT, "flows"])
    if "flows" in asked:
        rehearsed = _flows(calls, console)
        found.append(rehearsed.each)
    for name in (name for name in asked if name in WHAT):
        played_on = prepared(settings, lambda _text: None)
        with Progress(console=console) as bar, Stage(played_on) as stage:
            stage.server.rooms.voice.wait_warm()
            task = bar.add_task(f"{name}, {turns} turns", total=turns)

            def tell(moment: str, bar: Progress = bar, task: int = task) -> None:
                if moment == "CallerAnswered":
                    bar.advance(task)  # type: ignore[arg-type] # rich's TaskID is an int

            measured, played = WHAT[name](stage, turns, tell)
        found.append(measured)
        if played.over is None or not measured.count:
            click.echo(f"ivr: {name}: the call did not come to its end; nothing was measured", err=True)
            sys.exit(2)
    table = Table("what", "engine", "n", "p50 ms", "p95 ms", "worst ms")
    for one in found:
        table.add_row(
            one.what, one.engine, *(f"{value:g}" for value in (one.count, one.p50, one.p95, one.worst))
        )
    console.print(table)
    if as_json:
        click.echo(json.dumps({"figures": [dataclasses.asdict(one) for one in found]}))


def _flows(calls: int, console: Console) -> Rehearsed:
    """Scripted calls on one core and on all, with what they took in all."""
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(f"{calls} scripted calls", total=calls)
        rehearsed = measure_flows(calls, max(2, os.cpu_count() or 1), lambda: bar.advance(task))
    console.print(
        f"{calls} scripted calls: {rehearsed.seconds_one_core:.2f} s on one core,"
        f" {rehearsed.seconds_shared:.2f} s in {rehearsed.processes} new processes"
    )
    return rehearsed


commands = [bench]
