"""`ivr report`: what happened in queues, with agents, callers, flows, campaigns; people needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar, get_args

import click

from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.report_output import Wanted, options, show
from ivr.config import Settings
from ivr.publishing.catalogues import live_catalogue
from ivr.queueing.plan import Plan
from ivr.queueing.reading import load_plan
from ivr.reports import building, following, lists
from ivr.reports.polls import poll_report
from ivr.reports.queues import FORMULAS, Formula, Terms
from ivr.reports.staffing import Goal

Made = TypeVar("Made")


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
@options
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
    show(made, asked, settings)


@report.command()
@options
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
    show(made, asked, settings)


@report.command()
@options
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
    show(made, asked, settings)


@report.command()
@options
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
    show(made, asked, settings)


@report.command()
@options
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
    show(made, asked, settings)


@report.command()
@options
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
    show(made, asked, settings)


@report.command()
@options
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
    show(made, asked, settings)


@report.command()
@options
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
    show(made, asked, settings)


@report.command("work")
@options
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
    show(made, asked, settings)


commands: list[click.Command] = [report]
