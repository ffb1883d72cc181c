"""`ivr bench`: what callers wait for, and what calls cost."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from data.seed_rows import MOST_CUSTOMERS
from data.seeds import seed
from data.store import Store
from dialogs.loader import load_flows
from ivr import bench as benchmarks
from ivr.bench import Figures
from ivr.bench_lookups import measure as measure_lookups
from ivr.bench_streams import measure as measure_streams
from ivr.callers.measure import measure
from ivr.cli import pass_settings
from ivr.cli.demo import prepared
from ivr.config import Settings
from ivr.demo import PlayedCall
from ivr.errors import MeasurementImpossible
from ivr.load import control as load
from ivr.logs import configure, quieter
from ivr.rooms import catalogue_of
from ivr.stage import Stage
from ivr.workshop.measure import measure_flows

Measure = Callable[[Stage, int, Callable[[str], None]], tuple[list[Figures], PlayedCall]]

TURNS = 33
CALLS = 1000

_turns = click.option(
    "--turns", default=TURNS, show_default=True, type=click.IntRange(1), help="How many, about."
)
_json = click.option(
    "--json", "as_json", is_flag=True, help="End with one line of JSON (the rest goes to stderr)."
)


@click.group(invoke_without_command=True)
@_json
@click.pass_context
def bench(context: click.Context, as_json: bool) -> None:
    """Measures what callers wait for, and what calls cost. Alone: turns, barge-in and flows.

    \b
    Examples:
      ivr bench
      ivr bench barge-in --turns 30 --json
      ivr bench flows --calls 1000
      ivr bench control --way lua --way esl-shared --calls 1000 --per-second 100
    """
    if context.invoked_subcommand is not None:
        return
    settings = context.find_object(Settings)
    assert settings is not None
    console = _console(settings, as_json)
    played_on = benchmarks.of_the_measurement(settings, "es")
    spoken = _spoken(played_on, console, "turns", benchmarks.measure_turns, TURNS)
    spoken += _spoken(settings, console, "barge-in", benchmarks.measure_barge_in, TURNS)
    _show(console, [*spoken, _scripted(console, CALLS)], as_json)


@bench.command()
@click.option("--streams", default=20, show_default=True, type=click.IntRange(1, 60), help="Callers at once.")
@click.option(
    "--utterances", default=5, show_default=True, type=click.IntRange(1), help="Pairs that each says."
)
@_json
@pass_settings
def streams(settings: Settings, *, streams: int, utterances: int, as_json: bool) -> None:
    """How many callers one Vosk worker, which is one core, listens to in real time, and what a worker costs.

    In Korean, whose model a package registry carries; Linux only.

    \b
    Examples:
      ivr bench streams
      ivr bench streams --streams 30 --json
    """
    console = _console(settings, as_json)
    with console.status(f"{streams} streams"):
        found = measure_streams(streams, utterances)
    _show(console, [found.wait], False)
    console.print(
        f"{found.right} of {found.wait.count} right; {streams} callers took {found.core:.0%} of a core, which"
        f" would be full at {found.possible:.0f}; a worker has {found.worker_megabytes:.0f} MB for itself,"
        f" of {found.model_megabytes:.0f} MB with the model, which all share"
    )
    if as_json:
        click.echo(json.dumps({**dataclasses.asdict(found), "possible": found.possible}))


@bench.command()
@_turns
@click.option(
    "--korean",
    is_flag=True,
    help="By Vosk, whose Korean model is the one that a package registry carries: yes or no, four digits.",
)
@_json
@pass_settings
def turns(settings: Settings, *, turns: int, korean: bool, as_json: bool) -> None:
    """From the end of the caller's speech to the first changed sample that the caller hears.

    A caller who speaks answers a short flow again and again, in real time, on the embedded switch: a choice,
    yes or no, five digits; by what listens on this machine to Spanish. By kind of answer, with
    medians of the parts: the pause that ends the answer; recognition behind it; the dialog with its look-ups
    until the prompt is ordered; and the line to us and back, with the silence that a prompt begins with.

    \b
    Examples:
      ivr bench turns --turns 30
      ivr bench turns --korean --json
    """
    console = _console(settings, as_json)
    language = "ko" if korean else "es"
    measure = partial(benchmarks.measure_turns, language=language)
    played_on = benchmarks.of_the_measurement(settings, language)
    found = _spoken(played_on, console, "turns", measure, turns, ("ko",) if korean else ())
    _show(console, found, as_json)


@bench.command("barge-in")
@_turns
@_json
@pass_settings
def barge_in(settings: Settings, turns: int, as_json: bool) -> None:
    """From the onset of speech over a prompt until the prompt has stopped at the caller's ear.

    \b
    Examples:
      ivr bench barge-in --turns 30 --json
    """
    console = _console(settings, as_json)
    _show(console, _spoken(settings, console, "barge-in", benchmarks.measure_barge_in, turns), as_json)


@bench.command()
@click.option(
    "--calls", default=CALLS, show_default=True, type=click.IntRange(1), help="How many scripted calls."
)
@_json
@pass_settings
def flows(settings: Settings, calls: int, as_json: bool) -> None:
    """Scripted calls through the shipped flows, as `ivr test` plays them; without any switch.

    \b
    Examples:
      ivr bench flows --calls 1000
    """
    console = _console(settings, as_json)
    _show(console, [_scripted(console, calls)], as_json)


@bench.command()
@click.option(
    "--way", "ways", multiple=True, type=click.Choice(list(load.WAYS)), help="Only this; repeatable."
)
@click.option(
    "--calls", default=300, show_default=True, type=click.IntRange(1, 1800), help="So many in a round."
)
@click.option("--per-second", default=30.0, show_default=True, type=click.FloatRange(0.1, 500))
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1, 50))
@_json
@pass_settings
def control(
    settings: Settings, *, ways: tuple[str, ...], calls: int, per_second: float, rounds: int, as_json: bool
) -> None:
    """CPU per call of FreeSWITCH and of the server, for each way to control the same short call.

    Needs a real FreeSWITCH (PATH or FREESWITCH_HOME) with mod_lua, and SIPp.

    \b
    Examples:
      ivr bench control
      ivr bench control --way lua --way esl-shared --calls 1000 --per-second 100
    """
    console = _console(settings, as_json)
    asked = ways or tuple(load.WAYS)
    with console.status("control") as status:
        costs = load.measure(asked, calls=calls, per_second=per_second, rounds=rounds, tell=status.update)
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
    for way in asked:
        console.print(f"{way}: {load.WAYS[way]}")
    console.print(f"CPU per call, medians of {rounds} rounds of {calls} calls at {per_second:g} a second")
    if as_json:
        rows = [dataclasses.asdict(cost) for cost in costs]
        click.echo(json.dumps({"per_second": per_second, "rounds": rounds, "costs": rows}))


@bench.command()
@click.option("--calls", default=10_000, show_default=True, type=click.IntRange(1), help="Past calls.")
@click.option("--decisions", default=300, show_default=True, type=click.IntRange(1), help="How many.")
@click.option(
    "--database",
    "url",
    metavar="URL",
    help="An empty database, which is filled; default: SQLite, thrown away.",
)
@_json
@pass_settings
def segments(settings: Settings, calls: int, decisions: int, url: str | None, as_json: bool) -> None:
    """How long it takes to know a caller: history read, facts made, segments tried.

    \b
    Examples:
      ivr bench segments
      ivr bench segments --database postgresql://ivr@/bench
    """
    console = _console(settings, as_json)
    rules = load_flows([settings.flows_folder], catalogue_of(settings)).segments
    with tempfile.TemporaryDirectory() as folder, Progress(console=console, transient=True) as bar:
        store = Store(url or f"sqlite:///{folder}/bench.sqlite3")
        try:
            store.upgrade()
            task = bar.add_task(f"{decisions} decisions", total=decisions)
            found = measure(store, rules, calls=calls, decisions=decisions, tell=lambda: bar.advance(task))
        finally:
            store.close()
    _show(console, found, as_json)


@bench.command()
@click.option("--per-second", default=200.0, show_default=True, type=click.FloatRange(1, 5000))
@click.option("--seconds", default=10.0, show_default=True, type=click.FloatRange(0.1, 3600))
@click.option(
    "--customers", default=2000, show_default=True, type=click.IntRange(10, MOST_CUSTOMERS), help="Made up."
)
@click.option("--here", is_flag=True, help="The installation's own database, as it is, and nothing made up.")
@_json
@pass_settings
def lookups(
    settings: Settings, *, per_second: float, seconds: float, customers: int, here: bool, as_json: bool
) -> None:
    """Balance, order and ticket at a steady rate, from the database: how long each takes.

    \b
    Examples:
      ivr bench lookups
      ivr bench lookups --here --per-second 500 --json
    """
    console = _console(settings, as_json)
    with tempfile.TemporaryDirectory() as folder, console.status("lookups"):
        store = Store(settings.database_url if here else f"sqlite:///{folder}/ivr.sqlite3")
        try:
            if not here:
                store.upgrade()
                seed(store, customers=customers)
            load = measure_lookups(
                store, seconds=seconds, per_second=per_second, engine=store.database.backend
            )
        finally:
            store.close()
    _show(console, [load.each], False)
    console.print(
        f"{load.per_second:.0f} a second answered, {load.customers:,} customers, {load.not_found} not found;"
        f" the loop stood still for {load.longest_block * 1000:.0f} ms at most"
    )
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(load)))


def _console(settings: Settings, as_json: bool) -> Console:
    configure(quieter(settings.log))
    return Console(stderr=as_json)


def _spoken(
    settings: Settings,
    console: Console,
    name: str,
    measure: Measure,
    turns: int,
    extra_languages: Sequence[str] = (),
) -> list[Figures]:
    """Spoken calls on the embedded switch. Raises `MeasurementImpossible`."""
    played_on = prepared(settings, lambda _text: None)
    with Progress(console=console) as bar, Stage(played_on, extra_languages=extra_languages) as stage:
        stage.server.rooms.voice.wait_warm()
        lacking = set(extra_languages) - set(_listens(stage))
        task = bar.add_task(f"{name}, {turns} turns", total=turns)

        def tell(moment: str) -> None:
            if moment == "CallerAnswered":
                bar.advance(task)

        measured, played = ([], None) if lacking else measure(stage, turns, tell)
    if played is None or played.over is None or not measured:
        why = f"nothing listens to {', '.join(lacking)}" if lacking else "the call did not come to its end"
        raise MeasurementImpossible(
            f"{name}: {why}; nothing was measured",
            "See `ivr doctor`, and the log with IVR_LOG__LEVEL=info",
        )
    return measured


def _listens(stage: Stage) -> frozenset[str]:
    recognizer = stage.server.rooms.voice.recognizer
    return frozenset() if recognizer is None else recognizer.languages()


def _scripted(console: Console, calls: int) -> Figures:
    """Scripted calls on one core and on all, with what they took in all."""
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(f"{calls} scripted calls", total=calls)
        rehearsed = measure_flows(calls, max(2, os.cpu_count() or 1), lambda: bar.advance(task))
    console.print(
        f"{calls} scripted calls: {rehearsed.seconds_one_core:.2f} s on one core,"
        f" {rehearsed.seconds_shared:.2f} s in {rehearsed.processes} new processes"
    )
    return rehearsed.each


def _show(console: Console, found: Sequence[Figures], as_json: bool) -> None:
    named = [part for part in benchmarks.PARTS if any(one.parts for one in found)]
    table = Table("what", "engine", "n", "p50 ms", "p95 ms", "worst ms", *named)
    for one in found:
        whole = (f"{value:g}" for value in (one.count, one.p50, one.p95, one.worst))
        table.add_row(one.what, one.engine, *whole, *(f"{one.parts.get(part, 0):g}" for part in named))
    console.print(table)
    if as_json:
        click.echo(json.dumps({"figures": [dataclasses.asdict(one) for one in found]}))


commands = [bench]
