"""`ivr db import` and `ivr db export`: lists of other programs in, tables out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from data.exchange import dumping, sheets
from data.exchange.gathered import Gathered, RowRefused, all_mistakes
from data.exchange.loading import Loaded, Terms, load
from data.exchange.mapping import load as load_mapping
from data.exchange.people import gather
from data.exchange.uncollected import uncollected
from data.records import AuditEntry
from ivr.cli.database import database_option, opened, report
from ivr.cli.db_people import settings_of, show_person
from ivr.cli.shown import json_option
from ivr.cli.who import noted, operator

_MOST_SHOWN = 10
_REPORT = ("row", "column", "value", "problem")


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mapping", required=True, type=click.Path(path_type=Path), help="Which column is what (YAML)."
)
@click.option("--dry-run", is_flag=True, help="Check everything and compare, write nothing.")
@click.option(
    "--errors",
    type=click.Path(path_type=Path),
    help="Where the refused rows go; default: beside the list, FILE.errors.csv.",
)
@database_option
@json_option
def import_command(
    file: Path, mapping: Path, dry_run: bool, errors: Path | None, url: str, as_json: bool
) -> None:
    """Bring customers from a CSV or Excel list into the database.

    New customers are added, those that differ are changed, nobody is removed; doing it again changes
    nothing. Rows with a mistake are left out and written to a report, with the reason.
    Exit status: 0 all rows taken, 1 some were refused, 2 it could not be done.

    \b
    Examples:
      ivr db import clients.csv --mapping clients.yaml --dry-run
      ivr db import clients.xlsx --mapping clients.yaml --errors refused.csv
    """
    at = datetime.now(UTC)
    with opened(url, as_json=as_json) as store, told_progress() as told, uncollected():
        chosen = load_mapping(mapping)
        store.check()
        today = at.astimezone(_zone()).date()
        found = gather(file, chosen, today=today, seen=told("reading", None))
        terms = Terms(at=at, today=today, origin=chosen.origin, dry_run=dry_run)
        people = found.people.values()
        loaded = load(store, people, terms, done=told("comparing" if dry_run else "writing", len(people)))
        if not dry_run:
            store.audit.note(
                AuditEntry(
                    at=at,
                    who=operator(),
                    action="import",
                    what=f"customers: {', '.join(chosen.columns)}",
                    why=f"ivr db import {file.name}",
                )
            )
        refused = sorted([*found.refused, *loaded.refused], key=lambda one: one.row)
        written = write_refused(errors or file.with_name(f"{file.name}.errors.csv"), refused)
    tell_import(found, loaded, refused, written, dry_run=dry_run, as_json=as_json)
    if refused:
        raise click.exceptions.Exit(1)


def _zone() -> ZoneInfo:
    """The company's: it decides how late a debt is."""
    return ZoneInfo(settings_of(click.get_current_context()).calls.zone)


def write_refused(path: Path, refused: Sequence[RowRefused]) -> Path | None:
    """Writes the report of refused rows, if there are any; where it is. One of an earlier import goes if
    there are none: it would tell of mistakes that are mended."""
    if not refused:
        _remove_report(path)
        return None
    lines = ([one.row, one.column, one.value, one.problem] for one in all_mistakes(refused))
    sheets.write(path, _REPORT, lines)
    return path


def _remove_report(path: Path) -> None:
    """What is no report of ours, or cannot be read or removed, stays."""
    with suppress(OSError):
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            ours = file.readline(100).rstrip() == ";".join(_REPORT)
        if ours:
            path.unlink()


def tell_import(
    found: Gathered,
    loaded: Loaded,
    refused: Sequence[RowRefused],
    written: Path | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Tells what an import did, or would do."""
    would = "would be " if dry_run else ""
    shown = list(islice(all_mistakes(refused), _MOST_SHOWN))
    lines = [
        f"{found.rows} rows, {loaded.new} customers {would}new, {loaded.changed} {would}changed,"
        f" {loaded.same} the same, {len(refused)} rows refused"
    ]
    lines += [
        f"  row {one.row}, {one.column}: {one.problem}" if one.column else f"  row {one.row}: {one.problem}"
        for one in shown
    ]
    if found.doubtful:
        lines.append(f"{len(found.doubtful)} rows were taken, and should be looked at:")
        lines += [
            f"  row {one.row}, {one.column}: {one.problem}"
            if one.column
            else f"  row {one.row}: {one.problem}"
            for one in found.doubtful[:_MOST_SHOWN]
        ]
    lines += [f"Mind: {remark}" for remark in found.remarks]
    if written:
        lines.append(f"All refused rows: {written}")
    record = {
        "rows": found.rows,
        "new": loaded.new,
        "changed": loaded.changed,
        "same": loaded.same,
        "refused": len(refused),
        "errors": None if written is None else str(written),
        "dry_run": dry_run,
        "remarks": list(found.remarks),
        "doubtful": len(found.doubtful),
        "look_at": [_as_record(one) for one in found.doubtful[:_MOST_SHOWN]],
        "problems": [_as_record(one) for one in shown],
    }
    report("\n".join(lines), record, as_json=as_json)


def _as_record(one: RowRefused) -> dict[str, object]:
    return {"row": one.row, "column": one.column, "value": one.value, "problem": one.problem}


@contextmanager
def told_progress() -> Iterator[Callable[[str, int | None], Callable[[int], None]]]:
    """Bars on the standard error, if a person looks at it."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:

        def told(what: str, total: int | None) -> Callable[[int], None]:
            bar = bars.add_task(what, total=total)
            return lambda done: bars.update(bar, completed=done)

        yield told


@click.command(name="export")
@click.argument("what", nargs=-1, metavar="TABLE FILE | --person WHO FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--person", metavar="WHO", help="All that is kept of one person: a customer number, or +34600111222."
)
@database_option
@json_option
def export_command(what: tuple[Path, ...], person: str | None, url: str, as_json: bool) -> None:
    """Write a table to a CSV or Excel file, or all of one person's data into a new folder.

    Only you can read what is written. What a spreadsheet would take for a formula is written as text. Secrets
    (PINs, salts) are never written. The export is noted in the audit log.

    \b
    Examples:
      ivr db export customers customers.xlsx
      ivr db export calls calls.csv
      ivr db export --person 45716 lucia
    """
    match what, person:
        case (folder,), str():
            show_person(url, person, folder, as_json=as_json)
        case (table, file), None:
            _export_table(url, str(table), file, as_json=as_json)
        case _:
            raise click.UsageError("write TABLE FILE, or --person WHO FOLDER")


def _export_table(url: str, table: str, file: Path, *, as_json: bool) -> None:
    with opened(url, as_json=as_json) as store:
        store.check()
        dumping.insist_on(table)
        entry = noted("export", what=f"{table}: all rows", why=f"ivr db export {file.name}")
        store.audit.note(entry)  # before: an export that is not on record must not exist
        rows = dumping.dump(store, table, file)
    report(
        f"{file}: {rows} rows of {table}", {"file": str(file), "table": table, "rows": rows}, as_json=as_json
    )


commands: list[click.Command] = [import_command, export_command]
