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
from ivr.load import control as load
from ivr.logs import configure, quieter
from ivr.stage import Stage
from ivr.workshop.measure import Rehearsed, measure_flows

WHAT = {"turns": benchmarks.measure_turns, "barge-in": benchmarks.measure_barge_in}
FLOWS = "flows"
CONTROL = "control"


@click.command()
@click.argument("what", nargs=-1, type=click.Choice(sorted([*WHAT, FLOWS, CONTROL])))
@click.option("--turns", default=33, show_default=True, help="How many turns, about.")
@click.option(
    "--calls",
    type=click.IntRange(1, 1_000_000),
    help="flows: how many scripted calls (1000); control: how many a round (300).",
)
@click.option(
    "--way", "ways", multiple=True, type=click.Choice(list(load.WAYS)), help="control: only this; repeatable."
)
@click.option(
    "--per-second", default=30.0, show_default=True, type=click.FloatRange(0.1, 500), help="control."
)
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1, 50), help="control.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON (the rest goes to stderr).")
@pass_settings
def bench(
    settings: Settings,
    what: tuple[str, ...],
    *,
    turns: int,
    calls: int | None,
    ways: tuple[str, ...],
    per_second: float,
    rounds: int,
    as_json: bool,
) -> None:
    """Measures on the embedded switch, with spoken calls in real time; flows: without any switch; control:
    on a real FreeSWITCH.

    turns: end of the caller's speech to the first changed sample heard. barge-in: onset of speech over a
    prompt until the prompt has stopped at the caller's ear. flows: scripted calls, as `ivr test` plays them.
    control: CPU per call of FreeSWITCH and of the server, for each way to control the same short call; needs
    FreeSWITCH (PATH or FREESWITCH_HOME) with mod_lua, and SIPp, and runs only if it is named.

    \b
    Examples:
      ivr bench                  everything but control
      ivr bench barge-in --turns 30 --json
      ivr bench flows --calls 1000
      ivr bench control
      ivr bench control --way lua --way esl-shared --calls 1000 --per-second 100 --json
    """
    configure(quieter(settings.log))
    console = Console(stderr=as_json)
    answer: dict[str, object] = {}
    others = [name for name in what or sorted([*WHAT, FLOWS]) if name != CONTROL]
    if others:
        answer["figures"] = _figures(settings, console, others, turns=turns, calls=calls or 1000)
    if CONTROL in what:
        answer["control"] = _control(
            console, ways or tuple(load.WAYS), calls=calls or 300, per_second=per_second, rounds=rounds
        )
    if as_json:
        click.echo(json.dumps(answer))


def _control(
    console: Console, ways: tuple[str, ...], *, calls: int, per_second: float, rounds: int
) -> dict[str, object]:
    """Measures, shows the table, and returns what goes into the JSON."""
    with console.status("control") as status:
        costs = load.measure(ways, calls=calls, per_second=per_second, rounds=rounds, tell=status.update)
    table = Table("way", "failed", "switch ms", "× Lua", "server ms", "× bare", "answer ms")
    for cost in costs:
        ratios = [
            "-" if ratio is None else f"{ratio:.2f}" for ratio in (cost.switch_ratio, cost.application_ratio)
        ]
        table.add_row(
            cost.way,
            f"{cost.failed} of {cost.calls}",
            f"{cost.switch_ms:.2f}",
            ratios[0],
            f"{cost.application_ms:.2f}",
            ratios[1],
            f"{cost.answer_ms:.1f}",
        )
    console.print(table)
    for way in ways:
        console.print(f"{way}: {load.WAYS[way]}")
    console.print(f"CPU per call, medians of {rounds} rounds of {calls} calls at {per_second:g} a second")
    return {"per_second": per_second, "rounds": rounds, "costs": [dataclasses.asdict(cost) for cost in costs]}


def _figures(
    settings: Settings, console: Console, what: list[str], *, turns: int, calls: int
) -> list[dict[str, object]]:
    """Measures, shows the table, and returns what goes into the JSON."""
    found = []
    if FLOWS in what:
        rehearsed = _flows(calls, console)
        found.append(rehearsed.each)
    for name in (name for name in what if name in WHAT):
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
    return [dataclasses.asdict(one) for one in found]


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
