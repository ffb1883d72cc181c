"""`ivr eval`: how well callers are understood, and answering machines told from people."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ivr.cli import pass_settings
from ivr.cli.calibrate import calibrate
from ivr.cli.flows import CannotBeDone, write
from ivr.cli.shown import show_json
from ivr.config import Settings
from ivr.errors import MeasurementImpossible
from ivr.evaluation import answering
from ivr.evaluation.callers import Callers, babblers, drawn
from ivr.evaluation.hearing import Cell, Result, measure, mistakes, paces, table
from ivr.evaluation.material import SETS, Item
from ivr.evaluation.picture import picture
from ivr.evaluation.spoiling import CONDITIONS
from ivr.evaluation.studio_voices import PACKAGES, voice_of
from speech.auto import AutoRecognizer, choose
from speech.errors import SpeechError
from speech.models import ModelStore

LANGUAGES = ("es", "ca", "en")
KOREAN = "ko"
"""The language of the one small Vosk model that a registry carries: yes or no, and what is neither."""
KOREAN_SETS = ("yes_no", "nothing")
"""No amounts and no menu: no flow speaks Korean. No digits: of 18 strings by espeak-ng's voices the small
model understood none, so they would measure the voice."""
ITEMS = 24
SHOWN = 20
"""Mistakes on the screen; JSON has more."""
START = 120.0
"""Seconds for the models to load."""


@click.group("eval")
def evaluate() -> None:
    """How well callers are understood.

    \b
    Examples:
      ivr eval speech
      ivr eval speech --items 300 --set digits --language es --voices human --out report/
      ivr eval answering
      ivr eval calibrate --items 160
    """


@evaluate.command("speech")
@click.option("--items", default=ITEMS, show_default=True, type=click.IntRange(1), help="Of each set.")
@click.option("--set", "sets", multiple=True, type=click.Choice(SETS), help="Only this one; repeatable.")
@click.option(
    "--language",
    "languages",
    multiple=True,
    type=click.Choice([*LANGUAGES, KOREAN]),
    help="Only this one; repeatable. ko: by Vosk, yes_no and nothing.",
)
@click.option(
    "--line", "lines", multiple=True, type=click.Choice([*CONDITIONS, "all"]), help="Default: clean."
)
@click.option(
    "--voices", default="both", show_default=True, type=click.Choice(["human", "synthetic", "both"])
)
@click.option(
    "--split",
    default="test",
    show_default=True,
    type=click.Choice(["test", "tuning"]),
    help="Which half of each set; look at the mistakes of the tuning half only.",
)
@click.option("--engine", default="auto", show_default=True, type=click.Choice(["auto", "vosk", "whisper"]))
@click.option("--seed", default=1, show_default=True, help="Other numbers, other utterances.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="A folder for table and picture."
)
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
@pass_settings
def speech_(  # noqa: PLR0913, PLR0917 - one parameter for each option
    settings: Settings,
    items: int,
    sets: tuple[str, ...],
    languages: tuple[str, ...],
    lines: tuple[str, ...],
    voices: str,
    split: str,
    engine: str,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measures recognition: sets of digits, amounts, yes and no, menus, and what is no answer.

    People are a studio speaker for es and en (Debian's packages, fetched by apt when they are wanted),
    synthetic callers have three voices and more at three paces. Each utterance is spoilt as telephone lines
    do, cut out by end-pointing and judged as on a call.
    es, ca and en have every set, ko yes_no and nothing. For figures that count: a quiet machine, 300 items.
    Mistakes are listed for the tuning half only.

    \b
    Examples:
      ivr eval speech
      ivr eval speech --items 300 --set digits --language es --voices human --line all --out report/
      ivr eval speech --set nothing --set yes_no --line babble-10 --json
      ivr eval speech --language ko --items 200
    """
    chosen = languages or LANGUAGES
    if KOREAN in chosen:
        sets, engine = _korean(chosen, sets, engine)
    if out is not None:
        _make(out)  # before hours are spent on what could not be written
    conditions = tuple(CONDITIONS) if "all" in lines else lines or ("clean",)
    callers = Callers(chosen)
    try:
        material = drawn(callers, chosen, sets or SETS, items, seed, voices, split, told=_tell)
        with closing(_recognizer(settings, chosen, engine)) as recognizer:
            results = _measured(recognizer, material, conditions, callers)
    except (SpeechError, MeasurementImpossible) as fault:
        raise CannotBeDone(str(fault)) from None
    finally:
        callers.close()
    cells = table(results)
    report = _report(results, cells, engine=recognizer.engine, split=split, seed=seed)
    if out is not None:
        write(out / "speech.json", json.dumps(report, ensure_ascii=False, indent=1) + "\n")
        title = f"Recognition by {recognizer.engine}, {split} half"
        write(out / "speech.svg", picture(cells, title, paces(results)))
    show_json(report) if as_json else _show(cells, paces(results), report)


def _korean(chosen: Sequence[str], sets: tuple[str, ...], engine: str) -> tuple[tuple[str, ...], str]:
    """The sets and the engine that Korean is measured with; refuses what it has not."""
    if set(chosen) != {KOREAN}:
        raise CannotBeDone("ko is measured alone: leave out the other languages")
    if engine == "whisper":
        raise CannotBeDone("ko is there to measure Vosk: leave out --engine whisper")
    if others := [name for name in sets if name not in KOREAN_SETS]:
        known = " and ".join(KOREAN_SETS)
        raise CannotBeDone(
            f"ko has no {others[0]}: it has {known} (es, ca and en have {', '.join(SETS)}); "
            "leave --set out, or choose of them"
        )
    return sets or KOREAN_SETS, "vosk"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as fault:
        raise CannotBeDone(f"{folder} cannot be written ({fault.strerror}): name another folder") from None


def _measured(
    recognizer: AutoRecognizer, material: Sequence[Item], conditions: Sequence[str], callers: Callers
) -> list[Result]:
    others = {
        language: babblers(callers, language, conditions) for language in {item.language for item in material}
    }
    with _progress(Console(stderr=True)) as progress:
        task = progress.add_task("utterances", total=len(material) * len(conditions))
        return measure(
            recognizer,
            material,
            conditions,
            others=others.__getitem__,
            advance=lambda: progress.advance(task),
        )


def _tell(line: str) -> None:
    click.echo(line, err=True)


def _recognizer(settings: Settings, languages: Sequence[str], engine: str) -> AutoRecognizer:
    servers = {str(language): urls for language, urls in settings.speech.servers.items()}
    store = ModelStore(local=settings.models_folder)
    choice = choose(languages, store, fetch=settings.speech.fetch, engine=engine, servers=servers)
    recognizer = AutoRecognizer(choice)
    lacking = [language for language in languages if language not in recognizer.languages()]
    if lacking:
        recognizer.close()
        raise CannotBeDone(f"{lacking[0]}: {choice.reasons[lacking[0]]}")
    recognizer.wait_ready(START)
    for line in recognizer.listeners(tuple(recognizer.away)):
        _tell(line)
    return recognizer


def _report(
    results: Sequence[Result], cells: Sequence[Cell], *, engine: str, split: str, seed: int
) -> dict[str, Any]:
    return {
        "engine": engine,
        "split": split,
        "seed": seed,
        "items": len(results),
        "cells": [cell.report() for cell in cells],
        "paces": [cell.report() for cell in paces(results)],
        "mistakes": mistakes(results) if split == "tuning" else [],
    }


def _show(cells: Sequence[Cell], by_pace: Sequence[Cell], report: dict[str, Any]) -> None:
    shown = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for column in ("", "items", "exact", "wrong,\nsure", "sentences", "word\nerrors", "p50"):
        shown.add_column(column, no_wrap=True)
    group = ""
    for cell in (*cells, *by_pace):
        row = cell.report()
        if (named := f"{cell.set} {cell.language} {row['callers']}") != group:
            group = named
            shown.add_row(group, style="bold")
        exact = f"{cell.accepted:.1%} taken" if cell.set == "nothing" else f"{cell.exact:.1%}"
        shown.add_row(
            *(f"  {cell.condition}", str(cell.items), exact),
            *(f"{cell.wrong_sure:.1%}", f"{cell.sentences:.1%}" if cell.words else "-"),
            *(f"{cell.word_errors:.1%}", f"{row['wait_p50']:.2f} s"),
        )
    Console().print(shown)
    for mistake in report["mistakes"][:SHOWN]:
        said = f"heard “{mistake['said']}” as {mistake['value'] or 'nothing'}"
        click.echo(
            f"{mistake['outcome']}: {mistake['text'] or mistake['speaker']} ({mistake['speaker']}): {said}"
        )
    click.echo(
        f"{report['items']} utterances, {report['engine']}, {report['split']} half, seed {report['seed']}"
    )


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


@evaluate.command("answering")
@click.option(
    "--language", "languages", multiple=True, type=click.Choice(LANGUAGES), help="Only this one; repeatable."
)
@click.option("--line", "lines", multiple=True, type=click.Choice(answering.LINES), help="Default: all five.")
@click.option("--voices", default="both", show_default=True, type=click.Choice(["synthetic", "both"]))
@click.option("--split", default="test", show_default=True, type=click.Choice(["test", "tuning"]))
@click.option("--items", type=click.IntRange(1), help="Calls of each language at most; default: all.")
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON instead.")
def answering_(
    languages: tuple[str, ...],
    lines: tuple[str, ...],
    voices: str,
    split: str,
    items: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """Measures how well answering machines are told from people on outgoing calls.

    \b
    Examples:
      ivr eval answering
      ivr eval answering --split tuning --language es --json
    """
    callers = Callers(languages or LANGUAGES)
    console = Console(stderr=True)
    told: dict[str, list[answering.Told]] = {}
    try:
        for language in languages or LANGUAGES:
            calls = [c for c in _answers(callers, language, voices, seed) if c.split == split]
            # Spread over people and machines, whatever the number.
            calls = sorted(calls, key=lambda call: sha256(call.name.encode()).digest())[:items]
            chosen = lines or answering.LINES
            others = babblers(callers, language, chosen)
            with _progress(console) as progress:
                for line in chosen:
                    heard = (answering.hear(c, line, others) for c in progress.track(calls, description=line))
                    told.setdefault(f"{language} {line}", []).extend(heard)
    except SpeechError as fault:
        raise CannotBeDone(str(fault)) from None
    finally:
        callers.close()
    everything = [one for some in told.values() for one in some]
    report = {"split": split, "all": answering.report(everything)}
    report["lines"] = {name: answering.report(some) for name, some in told.items()}
    if as_json:
        click.echo(json.dumps(report))
        return
    _show_answering(report)
    if split == "tuning":
        for one in answering.mistaken(everything)[:SHOWN]:
            click.echo(f"{one.call.text} ({one.call.speaker}, {one.line}): {one.verdict}")


def _answers(callers: Callers, language: str, voices: str, seed: int) -> list[answering.Answered]:
    found = list(answering.synthetic_answers(language, seed, callers.speak))
    if voices == "both" and language in PACKAGES:
        try:
            found += answering.studio_answers(language, voice_of(language), 60, seed)
        except MeasurementImpossible as fault:
            click.echo(f"no human {language}: {fault}", err=True)
    return found


def _show_answering(report: dict[str, Any]) -> None:
    shown = Table("calls", "people as machines", "people", "machines", "tones", "decided p95", "latest")
    for name, row in {"all": report["all"], **report["lines"]}.items():
        shares = (row["human_taken_for_machine"], row["human_found"], row["machine_found"], row["tone_found"])
        cells = ("-" if share is None else f"{share:.1%}" for share in shares)
        shown.add_row(name, *cells, f"{row['decided_p95']} s", f"{row['decided_latest']} s")
    Console().print(shown)
    click.echo(
        f"{report['all']['people']} people, {report['all']['machines']} machines, {report['split']} half"
    )


evaluate.add_command(calibrate)
commands: list[click.Command] = [evaluate]
"""For the root command group."""
