"""`ivr report`: what happened in queues, with agents, callers, flows, campaigns; people needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, get_args
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.config import Settings
from ivr.publishing.catalogues import live_catalogue
from ivr.queueing.plan import Plan
from ivr.queueing.reading import load_plan
from ivr.reports import building, following, lists
from ivr.reports.page import page
from ivr.reports.periods import Period
from ivr.reports.polls import poll_report
from ivr.reports.queues import FORMULAS, Formula, Terms
from ivr.reports.report import Report
from ivr.reports.shown import as_csv, as_json, said
from ivr.reports.staffing import Goal
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


Made = TypeVar("Made")


@dataclass(frozen=True)
class Wanted:
    """What every report is asked with."""

    first: datetime | None
    last: datetime | None
    form: str
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


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
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
            click.option("--language", type=click.Choice(LANGUAGES), help="Default: calls.language."),
            click.option("--output", type=click.Path(path_type=Path), help="A file instead of the screen."),
        )
    ):
        command = option(command)
    return command


def _show(report: Report, wanted: Wanted, settings: Settings) -> None:
    words = Words(wanted.language or settings.calls.language)
    if wanted.form == "table" and wanted.output is None:
        _table(report, words)
        return
    if wanted.form == "table":
        raise CannotBeDone("a table is for the screen: give --format csv, json or html with --output")
    forms = {"csv": as_csv, "json": as_json}
    text = forms[wanted.form](report) if wanted.form in forms else page(report, words)
    if wanted.output is None:
        click.echo(text, nl=wanted.form == "json")
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


def _plan(settings: Settings) -> Plan:
    return load_plan(settings.queues_file, live_catalogue(settings.flows_folder))


def _made(make: Callable[[], Made]) -> Made:
    try:
        return make()
    except ValueError as wrong:
        raise CannotBeDone(str(wrong)) from None


_by_help = "15, 30 or 60 (minutes), day{}; several times for both."


@click.group()
def report() -> None:
    """What happened: queues, agents, callers, flows; how many people are needed. docs/reports.md.

    \b
    Examples:
      ivr report queues --from 2026-11-01 --to 2026-11-30 --by day --by queue
      ivr report agents --by agent --format html --output agents.html
    """


@report.command()
@_options
@click.option("--by", multiple=True, default=("queue",), help=_by_help.format(", queue"))
@click.option("--queue", "only", multiple=True, help="Only these.")
@click.option(
    "--service-level",
    "formula",
    type=click.Choice(list(get_args(Formula))),
    default=FORMULAS[0],
    show_default=True,
    help="Of whom the share in time is taken.",
)
@click.option("--short", type=click.IntRange(0, 60), default=5, show_default=True, help="Short abandons (s).")
@pass_settings
def queues(
    settings: Settings,
    /,
    by: tuple[str, ...],
    only: tuple[str, ...],
    formula: Formula,
    short: int,
    **wanted: Any,
) -> None:
    """Offered, answered, abandoned, service level, waits, handling, callbacks.

    \b
    Examples:
      ivr report queues --by 30 --queue billing
      ivr report queues --from 2026-11-01 --to 2026-11-30 --by day --format csv --output november.csv
    """
    asked, plan = Wanted(**wanted), _plan(settings)
    terms = Terms(lambda queue: plan.queue(queue).written.service_level.within, formula, short)
    with store_of(settings) as store:
        _made(lambda: building.must_be_queues(store.figures, only, plan.names))
        made = _made(
            lambda: building.queue_report(store.figures, asked.period(settings), terms, by=by, only=only)
        )
    _show(made, asked, settings)


@report.command()
@_options
@click.option("--by", multiple=True, default=("agent",), help=_by_help.format(", agent"))
@pass_settings
def agents(settings: Settings, /, by: tuple[str, ...], **wanted: Any) -> None:
    """When agents were there, what they took and missed, and their occupancy.

    \b
    Examples:
      ivr report agents --from 2026-11-23 --to 2026-11-27
      ivr report agents --by day --by agent --format csv
    """
    asked = Wanted(**wanted)
    with store_of(settings) as store:
        made = _made(
            lambda: building.agent_report(store.figures, asked.period(settings), by=by, now=datetime.now(UTC))
        )
    _show(made, asked, settings)


@report.command()
@_options
@click.option("--by", multiple=True, default=("agent",), help=_by_help.format(", agent"))
@pass_settings
def pauses(settings: Settings, /, by: tuple[str, ...], **wanted: Any) -> None:
    """How often and how long agents paused, by reason, and how much of it counts as work.

    \b
    Example:
      ivr report pauses --from 2026-11-23 --to 2026-11-27 --by day --by agent
    """
    asked = Wanted(**wanted)
    with store_of(settings) as store:
        made = _made(
            lambda: building.pause_report(store.figures, asked.period(settings), by=by, now=datetime.now(UTC))
        )
    _show(made, asked, settings)


@report.command()
@_options
@click.option("--by", multiple=True, default=("day",), help=_by_help.format(""))
@click.option("--days", type=click.IntRange(1, 90), default=7, show_default=True, help="Repeated within.")
@pass_settings
def callers(settings: Settings, /, by: tuple[str, ...], days: int, **wanted: Any) -> None:
    """How many call, and how many of them had called a few days before.

    \b
    Example:
      ivr report callers --from 2026-11-01 --to 2026-11-30 --days 3
    """
    asked = Wanted(**wanted)
    with store_of(settings) as store:
        made = _made(lambda: building.caller_report(store.figures, asked.period(settings), by=by, days=days))
    _show(made, asked, settings)


@report.command()
@_options
@click.option("--poll", default="", help="Only this one.")
@pass_settings
def polls(settings: Settings, /, poll: str, **wanted: Any) -> None:
    """How polls were answered: each answer to each question, with its share.

    \b
    Example:
      ivr report polls --from 2026-11-01 --to 2026-11-30 --poll satisfaction_call
    """
    asked = Wanted(**wanted)
    with store_of(settings) as store:
        made = poll_report(store.polls, asked.period(settings), poll=poll)
    _show(made, asked, settings)


@report.command()
@_options
@click.option("--flow", default="", help="Only this one.")
@click.option("--by", type=click.Choice(["step", "outcome"]), default="step", show_default=True)
@pass_settings
def flows(settings: Settings, /, flow: str, by: str, **wanted: Any) -> None:
    """Silences, words that were not understood and hang-ups of each step and language; or how calls ended.

    \b
    Examples:
      ivr report flows --from 2026-11-01 --to 2026-11-30 --flow balance
      ivr report flows --by outcome
    """
    asked = Wanted(**wanted)
    with store_of(settings) as store:
        period = asked.period(settings)
        made = (
            building.outcome_report(store.figures, period)
            if by == "outcome"
            else building.flow_report(store.figures, period, flow=flow)
        )
    _show(made, asked, settings)


@report.command()
@_options
@click.option("--by", multiple=True, default=("hour",), help="hour, weekday; several times for both.")
@click.option("--queue", "only", multiple=True, help="Only these.")
@click.option("--share", type=float, default=0.8, show_default=True, help="Answered in time.")
@click.option("--within", type=click.IntRange(0, 3600), default=20, show_default=True, help="Seconds.")
@click.option("--shrinkage", type=float, default=0.3, show_default=True, help="Paid, but not there.")
@pass_settings
def staffing(
    settings: Settings,
    /,
    by: tuple[str, ...],
    only: tuple[str, ...],
    share: float,
    within: int,
    shrinkage: float,
    **wanted: Any,
) -> None:
    """How many people each hour needs for a service level (Erlang C), by the calls of a period.

    \b
    Examples:
      ivr report staffing --from 2026-10-01 --to 2026-10-31 --share 0.95 --within 180
      ivr report staffing --from 2026-10-01 --to 2026-10-31 --by weekday --by hour
    """
    asked, plan = Wanted(**wanted), _plan(settings)
    with store_of(settings) as store:
        _made(lambda: building.must_be_queues(store.figures, only, plan.names))
        made = _made(
            lambda: building.staffing_report(
                store.figures,
                asked.period(settings),
                Goal(share, within, shrinkage),
                now=datetime.now(UTC),
                by=by,
                only=only,
            )
        )
    _show(made, asked, settings)


@report.command()
@_options
@click.option(
    "--by",
    multiple=True,
    default=("campaign",),
    help=_by_help.format(", campaign; or alone: outcome, promise, action, list, blocked"),
)
@click.option("--campaign", "only", multiple=True, metavar="STRATEGY/NAME", help="Only these.")
@pass_settings
def campaigns(settings: Settings, /, by: tuple[str, ...], only: tuple[str, ...], **wanted: Any) -> None:
    """Whom campaigns called, who answered, who was spoken with; `--by outcome`: how their calls ended;
    `--by promise`: promises made, kept and broken; `--by action`: what outcomes set off; `--by list`: how far
    the samples cut in that time are worked through, and what that cost; `--by blocked`: who is not called,
    and why.

    \b
    Examples:
      ivr report campaigns --from 2026-11-01 --to 2026-11-30 --by day --by campaign
      ivr report campaigns --by outcome --campaign fees/reminder
      ivr report campaigns --by promise --from 2026-11-01 --to 2026-11-30 --format csv
    """
    asked = Wanted(**wanted)
    with store_of(settings) as store:
        period = asked.period(settings)
        match by:
            case ("outcome",):
                made = building.campaign_outcome_report(store.figures, period, only=only)
            case ("promise",):
                made = following.promise_report(store.campaign_figures, period, only=only)
            case ("action",):
                made = following.action_report(store.campaign_figures, period, only=only)
            case ("list",):
                made = lists.list_report(
                    store.list_figures,
                    period,
                    prices=lists.prices_of(settings.campaigns.trunks),
                    currency=settings.calls.currency,
                    only=only,
                )
            case ("blocked",):
                made = lists.blocked_report(store.list_figures, period, only=only)
            case _:
                made = _made(lambda: building.campaign_report(store.figures, period, by=by, only=only))
    _show(made, asked, settings)


@report.command("work")
@_options
@pass_settings
def work_done(settings: Settings, /, **wanted: Any) -> None:
    """What agents have done of the work that was given to them, and what waits (`ivr work`).

    \b
    Example:
      ivr report work --from 2026-11-01 --to 2026-11-30
    """
    asked = Wanted(**wanted)
    with store_of(settings) as store:
        made = building.work_report(store.work_items, asked.period(settings), now=datetime.now(UTC))
    _show(made, asked, settings)


commands: list[click.Command] = [report]
