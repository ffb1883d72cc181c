"""`ivr prompts`: what callers hear, made ahead, written down for a recording studio, and brought back."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
import gevent
import gevent.pool
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from dialogs.call import SLOW
from dialogs.effects import Spoken
from dialogs.flow import FlowSet
from dialogs.spoken_currencies import currencies
from dialogs.static import static_prompts
from ivr.cli import pass_settings
from ivr.cli.flows import CannotBeDone, catalogue_option, existing, load_set
from ivr.cli.shown import json_option
from ivr.config import Settings
from ivr.errors import NotWritable
from ivr.studio.intake import FORMATS, LOUDNESS, Taken, bring_in, sound_files
from ivr.studio.sheet import write_csv, write_excel
from ivr.studio.wanted import Wanted, wanted
from ivr.voice import LANGUAGES, SpokenPrompts, open_prompts, studio_folder
from speech.errors import PromptNotKept, SpeechError
from speech.sound import SAMPLE_RATE

WORKERS = 2
"""Synthesis processes: calls on the same machine keep the rest."""
_WAV_HEAD = 44
"""Bytes before the samples."""

_flows = click.option(
    "--flows",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder of the flows; default: as the server.",
)


def _spoken(_context: click.Context, _option: click.Parameter, code: str | None) -> str | None:
    """A currency whose amounts can be said: of another, the list would lack its words."""
    if code is None or code.upper() in currencies():
        return code and code.upper()
    raise click.BadParameter(
        f"{code!r} is no currency that can be said: choose one of {', '.join(sorted(currencies()))}"
    )


_currency = click.option(
    "--currency", callback=_spoken, help="ISO code of the amounts; default: calls.currency."
)
_languages = click.option(
    "--language", "languages", multiple=True, type=click.Choice(LANGUAGES), help="Only this one; repeatable."
)


@click.group("prompts")
def prompts() -> None:
    """What callers hear: made ahead, or recorded in a studio.

    \b
    Examples:
      ivr prompts build
      ivr prompts export --missing --out to-record.xlsx
      ivr prompts import from-studio/
    """


# --- build ---------------------------------------------------------------------------------------


@prompts.command("build")
@_flows
@_languages
@click.option("--slower", is_flag=True, help="Also as callers hear them who asked for slower.")
@json_option
@catalogue_option
@pass_settings
def build(
    settings: Settings,
    folder: Path | None,
    languages: tuple[str, ...],
    slower: bool,
    as_json: bool,
    catalogue_file: Path | None,
) -> None:
    """Synthesises every prompt without a value, so that no caller waits for it.

    What the studio recorded is converted instead. Status 1: some prompt cannot be made.

    \b
    Examples:
      ivr prompts build
      ivr prompts build --language es --slower --json
    """
    flows = _load(settings, folder, catalogue_file)
    spoken = {
        (one.text, one.language, one.recording): one
        for one in static_prompts(flows)
        if one.language in (languages or LANGUAGES)
    }
    wanted_ = [
        replace(one, pace=pace) for pace in ((1.0, SLOW) if slower else (1.0,)) for one in spoken.values()
    ]
    if not wanted_:
        raise CannotBeDone("these flows say nothing in that language: leave --language out")
    report = _build(settings, wanted_)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        _show_build(report)
    if report["failed"]:
        sys.exit(1)


def _build(settings: Settings, wanted_: list[Spoken]) -> dict[str, Any]:
    counts: dict[str, Counter[str]] = {one.language: Counter() for one in wanted_}
    failed: list[dict[str, str]] = []
    files: set[Path] = set()
    refused: list[PromptNotKept] = []
    try:
        prompts_, synthesizer = open_prompts(settings, workers=WORKERS)
    except SpeechError as fault:
        raise CannotBeDone(str(fault)) from None
    try:
        with _bar("prompts", len(wanted_)) as advance:
            converted = prompts_.prepare_recordings()

            def make(one: Spoken) -> None:
                if not refused:
                    try:
                        _make(prompts_, one, counts[one.language], failed, files)
                    except PromptNotKept as fault:
                        refused.append(fault)
                advance()

            pool = gevent.pool.Pool(WORKERS * 2)
            for one in wanted_:
                pool.spawn(make, one)
            pool.join()
    finally:
        synthesizer.close()
    if refused:
        raise CannotBeDone(f"{refused[0]}: make room there and run this again; what it has is kept")
    samples = sum(max(0, file.stat().st_size - _WAV_HEAD) // 2 for file in files)
    return {
        "prompts": len(wanted_),
        "recordings_converted": converted,
        "seconds": round(samples / SAMPLE_RATE, 1),
        "megabytes": round(samples * 2 / 1e6, 1),
        "languages": {language: dict(count) for language, count in sorted(counts.items())},
        "failed": failed,
    }


def _make(
    prompts_: SpokenPrompts,
    one: Spoken,
    count: Counter[str],
    failed: list[dict[str, str]],
    files: set[Path],
) -> None:
    try:
        source = prompts_.source_of(one)
        files.add(prompts_.make(one))
        count[{"studio": "recorded", "cache": "there", "none": "made"}[source]] += 1
    except PromptNotKept:
        raise
    except SpeechError as fault:
        count["failed"] += 1
        failed.append({"text": one.text, "language": one.language, "reason": str(fault)})


def _show_build(report: dict[str, Any]) -> None:
    table = Table("language", "made", "there already", "recorded", "failed")
    for language, count in report["languages"].items():
        columns = (str(count.get(what, 0)) for what in ("made", "there", "recorded", "failed"))
        table.add_row(language, *columns)
    Console().print(table)
    for one in report["failed"]:
        click.echo(f"{one['language']}: {one['text']}: {one['reason']}", err=True)
    minutes = report["seconds"] / 60
    click.echo(f"{report['prompts']} prompts, {minutes:.1f} minutes, {report['megabytes']} MB")


# --- export --------------------------------------------------------------------------------------


@prompts.command("export")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A .csv or .xlsx file.")
@_flows
@_languages
@click.option("--missing", is_flag=True, help="Only what is not recorded, or says another text by now.")
@click.option("--words/--no-words", default=True, help="With the words that numbers and dates are made of.")
@_currency
@json_option
@catalogue_option
@pass_settings
def export(  # noqa: PLR0913, PLR0917 - one parameter for each option
    settings: Settings,
    out: Path | None,
    folder: Path | None,
    languages: tuple[str, ...],
    missing: bool,
    words: bool,
    currency: str | None,
    as_json: bool,
    catalogue_file: Path | None,
) -> None:
    """The list for the recording studio: file name, language, text, where it is said, remarks.

    Each text is listed once, wherever it is said. Without --out: a summary.

    \b
    Examples:
      ivr prompts export --out to-record.xlsx
      ivr prompts export --missing --language ca --no-words --out missing.csv
    """
    rows = _wanted(settings, folder, languages, catalogue_file, words=words, currency=currency)
    if missing:
        rows = [row for row in rows if row.state != "recorded"]
    if out is not None:
        _write(rows, out)
    if as_json:
        click.echo(json.dumps({"rows": [asdict(row) for row in rows]}, ensure_ascii=False))
        return
    counts = Counter((row.language, row.kind) for row in rows)
    for (language, kind), count in sorted(counts.items()):
        click.echo(f"{language}: {count} {kind}{'s' if count > 1 else ''}")
    minutes = sum(row.seconds for row in rows) / 60
    target = f": {out}" if out else "; write them with --out FILE.xlsx"
    click.echo(f"{len(rows)} recordings, about {minutes:.0f} minutes{target}")


def _write(rows: list[Wanted], out: Path) -> None:
    writers = {".csv": write_csv, ".xlsx": write_excel}
    write = writers.get(out.suffix.lower())
    if write is None:
        raise CannotBeDone(f"{out.name} is no list: write a .csv or an .xlsx file")
    try:
        write(rows, out)
    except OSError as fault:
        raise CannotBeDone(f"{out} cannot be written ({fault.strerror}): name another file") from fault


# --- import --------------------------------------------------------------------------------------


@prompts.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@_flows
@click.option(
    "--level",
    default=LOUDNESS,
    show_default=True,
    type=click.FloatRange(-30.0, -12.0),
    help="dBFS of the speech (RMS, pauses left out).",
)
@_currency
@click.option("--dry-run", is_flag=True, help="Look, and write nothing.")
@json_option
@catalogue_option
@pass_settings
def import_(
    settings: Settings,
    source: Path,
    folder: Path | None,
    level: float,
    currency: str | None,
    dry_run: bool,
    as_json: bool,
    catalogue_file: Path | None,
) -> None:
    """Brings in what the studio sends: checked by name and sound, trimmed, levelled, 8 kHz.

    Files are named as `ivr prompts export` says, with folders or with dots for them
    (balance.tell.es.wav); WAV, MP3, FLAC, AIFF, Ogg, Opus, M4A. Servers that run take them at once.
    Status 1: a file was refused.

    \b
    Examples:
      ivr prompts import from-studio/ --dry-run
      ivr prompts import from-studio/
    """
    if not source.is_dir():
        raise CannotBeDone(f"{source} is no folder: name the one with the studio's files")
    count = len(sound_files(source))
    if not count:
        raise CannotBeDone(
            f"there is no sound file in {source} ({FORMATS}): name the folder with the studio's files"
        )
    rows = _wanted(settings, folder, (), catalogue_file, words=True, currency=currency)
    studio = studio_folder(settings)
    taken: list[Taken] = []
    try:
        if not dry_run:
            studio.mkdir(parents=True, exist_ok=True)
        with _bar("recordings", count) as advance:
            for one in bring_in(source, rows, studio, level=level, dry_run=dry_run):
                taken.append(one)
                advance()
    except OSError as refused:
        raise NotWritable(
            f"The studio's folder {studio} cannot be written ({refused.strerror})",
            "Give this user the right to write there, or name another `prompts` folder in ivr.yaml",
        ) from refused
    if as_json:
        click.echo(json.dumps(_import_report(taken), ensure_ascii=False))
    else:
        _show_import(taken, dry_run=dry_run)
    if any(one.refused for one in taken):
        sys.exit(1)


def _import_report(taken: list[Taken]) -> dict[str, Any]:
    return {
        "files": [{**asdict(one), "level": None if one.level < -200 else one.level} for one in taken],
        "brought_in": sum(not one.refused for one in taken),
        "doubtful": sum(bool(one.doubts) for one in taken),
        "refused": sum(bool(one.refused) for one in taken),
    }


def _show_import(taken: list[Taken], *, dry_run: bool) -> None:
    for one in taken:
        if one.refused:
            click.echo(f"{one.source}: refused: {one.refused}")
        elif one.doubts:
            click.echo(f"{one.source}: {'; '.join(one.doubts)}")
    report = _import_report(taken)
    done = "would be brought in" if dry_run else "brought in"
    doubtful = f", {report['doubtful']} of them doubtful" if report["doubtful"] else ""
    click.echo(f"{report['brought_in']} {done}{doubtful}, {report['refused']} refused")


# --- shared --------------------------------------------------------------------------------------


def _load(settings: Settings, folder: Path | None, catalogue_file: Path | None) -> FlowSet:
    return load_set(existing((folder or settings.flows_folder,)), catalogue_file)


def _wanted(
    settings: Settings,
    folder: Path | None,
    languages: tuple[str, ...],
    catalogue_file: Path | None,
    *,
    words: bool,
    currency: str | None,
) -> list[Wanted]:
    flows = _load(settings, folder, catalogue_file)
    spoken = {language for flow in flows.flows.values() for language in flow.languages}
    chosen = languages or tuple(language for language in LANGUAGES if language in spoken)
    return wanted(
        flows,
        studio_folder(settings),
        languages=chosen,
        currency=currency or settings.calls.currency,
        words=words,
        region=settings.calls.region,
    )


@contextmanager
def _bar(what: str, count: int) -> Iterator[Any]:
    """A progress bar on standard error; silent where nobody watches. Gives what advances it by one."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=count)
        yield lambda: progress.advance(task)


commands: list[click.Command] = [prompts]
"""For the root command group."""
