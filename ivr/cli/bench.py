"""`ivr bench`: what callers wait for, and what calls cost."""

from __future__ import annotations

import dataclasses
import json
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

WHAT = {"turns": benchmarks.measure_turns, "barge-in": benchmarks.measure_barge_in}
CONTROL = "control"


@click.command()
@click.argument("what", nargs=-1, type=click.Choice(sorted([*WHAT, CONTROL])))
@click.option("--turns", default=33, show_default=True, help="How many turns, about.")
@click.option(
    "--way", "ways", multiple=True, type=click.Choice(list(load.WAYS)), help="control: only this; repeatable."
)
@click.option(
    "--calls", default=300, show_default=True, type=click.IntRange(1, 1800), help="control: a round."
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
    ways: tuple[str, ...],
    calls: int,
    per_second: float,
    rounds: int,
    as_json: bool,
) -> None:
    """Measures what callers wait for, with spoken calls in real time on the embedded switch; and what the
    control of calls costs, on a real FreeSWITCH.

    turns: end of the caller's speech to the first changed sample heard. barge-in: onset of speech over a
    prompt until the prompt has stopped at the caller's ear. control: CPU per call of FreeSWITCH and of the
    server, for each way to control the same short call; needs FreeSWITCH (PATH or FREESWITCH_HOME) with
    mod_lua, and SIPp, and runs only if it is named.

    \b
    Examples:
      ivr bench                  turns and barge-in
      ivr bench barge-in --turns 30 --json
      ivr bench control
      ivr bench control --way lua --way esl-shared --calls 1000 --per-second 100 --json
    """
    configure(quieter(settings.log))
    console = Console(stderr=as_json)
    answer: dict[str, object] = {}
    callers = [name for name in what or sorted(WHAT) if name != CONTROL]
    if callers:
        answer["figures"] = _callers(settings, console, callers, turns)
    if CONTROL in what:
        answer["control"] = _control(
            console, ways or tuple(load.WAYS), calls=calls, per_second=per_second, rounds=rounds
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


def _callers(settings: Settings, console: Console, what: list[str], turns: int) -> list[dict[str, object]]:
    """Measures, shows the table, and returns what goes into the JSON."""
    found = []
    for name in what:
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


commands = [bench]
