"""Reports: the figures of `ivr report`, as JSON and CSV. Figures are nobody's: no look is on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, Response, request
from pydantic import Field, ValidationError

from dialogs.errors import FlowsInvalid
from ivr.api.document import answers
from ivr.api.paging import Asked
from ivr.api.problems import Problem, unfit
from ivr.api.roles import Role, needs
from ivr.api.rooms import ApiRooms, rooms
from ivr.api.subjects.report_shown import ReportShown
from ivr.publishing.catalogues import live_catalogue
from ivr.queueing.plan import Plan
from ivr.queueing.reading import load_plan
from ivr.reports import building, following, lists
from ivr.reports.periods import Period
from ivr.reports.polls import poll_report
from ivr.reports.queues import FORMULAS, Formula, Terms
from ivr.reports.report import Report
from ivr.reports.shown import as_csv
from ivr.reports.staffing import Goal

blueprint = Blueprint("reports", __name__)
LONGEST = 400
"""Days of one report: the database is read for all of them."""


class ReportAsked(Asked):
    """Which days, and by what."""

    first: date | None = Field(default=None, description="First local day; without it, today")
    last: date | None = Field(default=None, description="Last day, included; without it, the first")
    by: str = Field(default="", max_length=40, description="Rows, such as `day,queue`; see docs/reports.md")

    def keys(self, otherwise: str) -> list[str]:
        return [one for one in (self.by or otherwise).split(",") if one]

    def period(self, here: ApiRooms) -> Period:
        """Raises `ValueError`."""
        first = self.first or here.now().astimezone(here.zone).date()
        found = Period(first, self.last or first, here.zone)
        if (found.last - found.first).days >= LONGEST:
            raise ValueError(f"a report is of {LONGEST} days at most: ask for the parts")
        return found


class QueuesAsked(ReportAsked):
    queue: str | None = Field(default=None, max_length=60, description="Only this one")
    service_level: Formula = Field(default=FORMULAS[0], description="Of whom the share in time is taken")
    short: int = Field(default=5, ge=0, le=60, description="Seconds below which an abandon is short")


class CallersAsked(ReportAsked):
    days: int = Field(default=7, ge=1, le=90, description="Who has called within so many before calls again")


class FlowsAsked(ReportAsked):
    flow: str = Field(default="", max_length=60, description="Only this one")


class CampaignsAsked(ReportAsked):
    campaign: str | None = Field(default=None, max_length=121, description="Only this one: strategy/name")


class PollsAsked(ReportAsked):
    poll: str = Field(default="", max_length=60, description="Only this one")


class StaffingAsked(ReportAsked):
    queue: str | None = Field(default=None, max_length=60, description="Only this one")
    share: float = Field(default=0.8, ge=0.01, le=0.999, description="Answered in time")
    within: int = Field(default=20, ge=0, le=3600, description="Seconds")
    shrinkage: float = Field(default=0.3, ge=0, le=0.9, description="Paid, but not there")


def _queues(here: ApiRooms, asked: QueuesAsked) -> Report:
    plan = _plan(here)
    terms = Terms(
        lambda queue: plan.queue(queue).written.service_level.within, asked.service_level, asked.short
    )
    only = [asked.queue] if asked.queue else []
    building.must_be_queues(here.store.figures, only, plan.names)
    period = asked.period(here)
    return building.queue_report(here.store.figures, period, terms, by=asked.keys("queue"), only=only)


def _plan(here: ApiRooms) -> Plan:
    if here.feed is not None:
        return here.feed.plan
    try:
        return load_plan(here.settings.queues_file, live_catalogue(here.settings.flows_folder))
    except FlowsInvalid as fault:
        raise ValueError(f"queues.yaml has mistakes: {fault.problems[0].message}") from None


def _agents(here: ApiRooms, asked: ReportAsked) -> Report:
    return building.agent_report(
        here.store.figures, asked.period(here), by=asked.keys("agent"), now=here.now()
    )


def _pauses(here: ApiRooms, asked: ReportAsked) -> Report:
    return building.pause_report(
        here.store.figures, asked.period(here), by=asked.keys("agent"), now=here.now()
    )


def _callers(here: ApiRooms, asked: CallersAsked) -> Report:
    period, by = asked.period(here), asked.keys("day")
    return building.caller_report(here.store.figures, period, by=by, days=asked.days)


def _flows(here: ApiRooms, asked: FlowsAsked) -> Report:
    by, period = asked.keys("step"), asked.period(here)
    if by == ["outcome"]:
        return building.outcome_report(here.store.figures, period)
    if by != ["step"]:
        raise ValueError("this report is by step or by outcome")
    return building.flow_report(here.store.figures, period, flow=asked.flow)


def _campaigns(here: ApiRooms, asked: CampaignsAsked) -> Report:
    by, period = asked.keys("campaign"), asked.period(here)
    only = [asked.campaign] if asked.campaign else []
    if by == ["outcome"]:
        return building.campaign_outcome_report(here.store.figures, period, only=only)
    if by == ["promise"]:
        return following.promise_report(here.store.campaign_figures, period, only=only)
    if by == ["action"]:
        return following.action_report(here.store.campaign_figures, period, only=only)
    if by == ["list"]:
        settings = here.settings
        prices = lists.prices_of(settings.campaigns.trunks)
        figures, currency = here.store.list_figures, settings.calls.currency
        return lists.list_report(figures, period, prices=prices, currency=currency, only=only)
    if by == ["blocked"]:
        return lists.blocked_report(here.store.list_figures, period, only=only)
    return building.campaign_report(here.store.figures, period, by=by, only=only)


def _polls(here: ApiRooms, asked: PollsAsked) -> Report:
    if asked.by:
        raise ValueError("this report is by poll, question and answer, and by nothing else")
    return poll_report(here.store.polls, asked.period(here), poll=asked.poll)


def _staffing(here: ApiRooms, asked: StaffingAsked) -> Report:
    goal = Goal(asked.share, asked.within, asked.shrinkage)
    only = [asked.queue] if asked.queue else []
    if only:
        building.must_be_queues(here.store.figures, only, _plan(here).names)
    period, by = asked.period(here), asked.keys("hour")
    return building.staffing_report(here.store.figures, period, goal, now=here.now(), by=by, only=only)


def _work(here: ApiRooms, asked: ReportAsked) -> Report:
    return building.work_report(here.store.work_items, asked.period(here), now=here.now())


def _made(make: Callable[[ApiRooms, Any], Report], query: type[ReportAsked]) -> Report:
    """Made in the API's threads. Raises `Problem` for what this report has not."""
    here = rooms()
    try:
        asked = query.model_validate(request.args.to_dict())  # of CSV spectree checks nothing
    except ValidationError as wrong:
        raise unfit(wrong) from None
    try:
        return here.beside.do(lambda: make(here, asked))
    except (ValueError, OverflowError) as wrong:
        raise Problem(422, "report", "There is no such report", detail=str(wrong)[:300]) from None


def _serve(
    name: str,
    query: type[ReportAsked],
    make: Callable[[ApiRooms, Any], Report],
    told: str,
    *roles: Role,
) -> None:
    def shown() -> Any:
        return ReportShown.of(_made(make, query))

    def table() -> Any:
        report = _made(make, query)
        named = f"attachment; filename={name}-{report.period.first}-{report.period.last}.csv"
        return Response(as_csv(report), mimetype="text/csv", headers={"Content-Disposition": named})

    shown.__doc__, table.__doc__ = told, f"{told.rstrip('.')}, as CSV."
    for view, path, documented in (
        (shown, f"/reports/{name}", answers(ReportShown, tag="Reports", query=query)),
        (table, f"/reports/{name}.csv", answers(tag="Reports", query=query, media="text/csv")),
    ):
        guarded = needs(*roles)(documented(view))
        blueprint.add_url_rule(path, f"{name}_{view.__name__}", guarded, methods=["GET"])


for _name, _query, _make, _told, *_more in (
    ("queues", QueuesAsked, _queues, "Offered, answered, abandoned, service level, waits, handling."),
    ("agents", ReportAsked, _agents, "When agents were there, what they took and missed, occupancy."),
    ("pauses", ReportAsked, _pauses, "How often and how long agents paused, by reason."),
    ("callers", CallersAsked, _callers, "How many call, and how many of them call again."),
    ("flows", FlowsAsked, _flows, "Silences, no-matches and hang-ups by step, or how calls ended."),
    ("staffing", StaffingAsked, _staffing, "How many people each hour needs for a service level."),
    ("work", ReportAsked, _work, "What agents have done of the work that was given to them."),
    (
        *("campaigns", CampaignsAsked, _campaigns, "Whom campaigns called, who answered, and how it ended."),
        Role.COORDINATOR,
    ),
    ("polls", PollsAsked, _polls, "How each question of a poll was answered.", Role.COORDINATOR),
):
    _serve(_name, _query, _make, _told, Role.SUPERVISOR, *_more)
