"""How a report is asked for on the command line, and how it is written out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ivr.cli.flows import CannotBeDone
from ivr.config import Settings
from ivr.reports.page import page
from ivr.reports.periods import Period
from ivr.reports.report import Report
from ivr.reports.shown import as_csv, as_json, said
from ivr.reports.words import LANGUAGES, Words

WIDTH = 150
"""Columns of a table in a narrow terminal, where its lines break; a wide one is used as it is."""
_TABLE_COLUMNS = {
    "queues": (
        "offered", "answered", "abandoned", "overflowed", "service_level", "law_share", "wait_mean",
        "wait_p95", "handling_mean", "callbacks_reached",
    )
}  # fmt: skip
"""Of the report with the most columns, those that fit; CSV, JSON and the page have all."""


@dataclass(frozen=True)
class Wanted:
    """What every report is asked with."""

    first: datetime | None
    last: datetime | None
    form: str
    in_json: bool
    language: str | None
    output: Path | None

    def period(self, settings: Settings) -> Period:
        """Whole local days; without any, today. Raises `CannotBeDone`."""
        zone = ZoneInfo(settings.calls.zone)
        today = datetime.now(zone).date()
        first = today if self.first is None else self.first.date()
        last = first if self.last is None else self.last.date()
        try:
            return Period(first, last, zone)
        except ValueError as wrong:
            raise CannotBeDone(f"{wrong}: give --from before --to") from None


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every report is asked with, for click; `Wanted` takes it."""
    day = click.DateTime(["%Y-%m-%d"])
    for option in reversed(
        (
            click.option("--from", "first", type=day, help="First day; default: today."),
            click.option("--to", "last", type=day, help="Last day, included; default: the first."),
            click.option(
                "--format",
                "form",
                type=click.Choice(["table", "csv", "json", "html"]),
                default="table",
                show_default=True,
            ),
            click.option("--json", "in_json", is_flag=True, help="The same as --format json."),
            click.option("--language", type=click.Choice(LANGUAGES), help="Default: calls.language."),
            click.option("--output", type=click.Path(path_type=Path), help="A file instead of the screen."),
        )
    ):
        command = option(command)
    return command


def show(report: Report, wanted: Wanted, settings: Settings) -> None:
    """To the screen or the file. Raises `CannotBeDone`."""
    words = Words(wanted.language or settings.calls.language)
    form = "json" if wanted.in_json else wanted.form
    if wanted.form not in ("table", form):
        raise CannotBeDone(f"--json is --format json: leave one of --json and --format {wanted.form} out")
    if form == "table" and wanted.output is None:
        _table(report, words)
        return
    if form == "table":
        raise CannotBeDone("a table is for the screen: give --format csv, json or html with --output")
    forms = {"csv": as_csv, "json": as_json}
    text = forms[form](report) if form in forms else page(report, words)
    if wanted.output is None:
        click.echo(text, nl=form == "json")
        return
    try:
        wanted.output.write_text(text, encoding="utf-8")
    except OSError as refused:
        raise CannotBeDone(f"{wanted.output} cannot be written ({refused.strerror})") from None
    click.echo(f"written: {wanted.output}", err=True)


def _table(report: Report, words: Words) -> None:
    shown = _TABLE_COLUMNS.get(report.name, tuple(column.name for column in report.columns))
    columns = [*report.keys, *(column for column in report.columns if column.name in shown)]
    table = Table(title=f"{words.report(report.name)}, {report.period.first} – {report.period.last}")
    for column in columns:
        table.add_column(
            words.column(column.name),
            justify="left" if column.unit == "text" else "right",
            no_wrap=column.unit == "text",
        )
    for row in report.rows:
        table.add_row(*(escape(said(row.get(one.name), one, words)) for one in columns))
    if report.total and report.keys and report.rows:
        first = [words.page("total"), *([""] * (len(report.keys) - 1))]
        rest = (said(report.total.get(one.name), one, words) for one in columns[len(report.keys) :])
        table.add_section()
        table.add_row(*first, *rest, style="bold")
    console = Console()
    Console(width=max(console.width, WIDTH)).print(table)
    for name, value in report.terms.items():
        click.echo(f"{words.term(name)}: {words.term(str(value))}")
