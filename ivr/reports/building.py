"""Makes reports of what the database has: streams the rows, tallies them, and puts names to the figures.

Rules:
1. No report keeps more than its tallies; of agents also one agent's talks and everybody's states.
2. The order of rows is that of time, then of names.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

from data.figures import Figures, State, Talk
from data.work_items import WorkItems
from dialogs.source import nearest
from ivr.reports import agents, callers, campaigns, flows, pauses, queues, staffing, work
from ivr.reports.agents import AgentDay, AgentTally
from ivr.reports.callers import CallerTally
from ivr.reports.campaigns import CampaignTally, OutcomeTally
from ivr.reports.periods import HOUR_MS, Clock, Period, moment_of, ms_of
from ivr.reports.queues import Tally, Terms
from ivr.reports.report import Column, Figure, Report
from ivr.reports.staffing import Goal
from ivr.reports.tallies import Durations

By = Literal["15", "30", "60", "day", "queue", "agent"]
MINUTES: Mapping[str, int] = {"15": 15, "30": 30, "60": 60, "day": 1440}
WHEN = Column("when", "text")


@dataclass(frozen=True)
class Keys:
    """By what rows are told apart: a time, if any, and a name, if any."""

    minutes: int | None
    by_name: bool

    @classmethod
    def of(cls, by: Sequence[str], name: str) -> Keys:
        """`name`: what stands beside the time, such as `queue`. Raises `ValueError`."""
        times = [one for one in by if one in MINUTES]
        others = [one for one in by if one not in MINUTES and one != name]
        if len(times) > 1:
            raise ValueError(f"a report is by one interval, not by {' and '.join(times)}")
        if others:
            raise ValueError(f"this report is not by {others[0]}: by {', '.join((*MINUTES, name))}")
        return cls(MINUTES[times[0]] if times else None, name in by)

    def clock(self, period: Period) -> Clock:
        """Of the rows' intervals; one for the whole period if they are by none."""
        return Clock(period.zone, self.minutes or 1440)

    def columns(self, name: str) -> tuple[Column, ...]:
        return (*((WHEN,) if self.minutes else ()), *((Column(name, "text"),) if self.by_name else ()))

    def of_row(self, clock: Clock, begin: int, name: str, called: str) -> dict[str, Figure]:
        """The keys of one row, as they are shown."""
        shown: dict[str, Figure] = {}
        if self.minutes:
            shown["when"] = clock.label(begin)
            shown["since"] = begin
        if self.by_name:
            shown[called] = name
        return shown


def must_be_queues(figures: Figures, asked: Sequence[str], declared: Collection[str]) -> None:
    """Raises `ValueError` for a name that is no queue: an empty report would say that nobody called."""
    unknown = [one for one in asked if one not in declared]
    known = {*declared, *figures.queues()} if unknown else set(declared)
    for one in unknown:
        if one not in known:
            raise ValueError(f"there is no queue {one[:60]!a}: {nearest(one, known)}")


def queue_report(
    figures: Figures, period: Period, terms: Terms, *, by: Sequence[str], only: Sequence[str] = ()
) -> Report:
    """Raises `ValueError` for keys that this report has not."""
    keys = Keys.of(by, "queue")
    clock = keys.clock(period)
    tallies: dict[tuple[int, str], Tally] = {}

    def of(at: datetime, queue: str) -> Tally:
        key = (clock.begin(ms_of(at)) if keys.minutes else 0, queue if keys.by_name else "")
        known = tallies.get(key)
        if known is None:
            known = tallies[key] = Tally()
        return known

    agreed = {(queue, _stamp(at)) for queue, at in figures.agreed(period.since, period.until)}
    for visit in figures.visits(period.since, period.until, only):
        asked = visit.kept_since is None or (visit.queue, _stamp(visit.kept_since)) not in agreed
        of(visit.joined_at, visit.queue).visit(visit, terms, asked_for=asked)
    for _, queue, at in figures.missed(period.since, period.until):
        if not only or queue in only:
            of(at, queue).counts["missed"] += 1
    for queue, at, _ in figures.booked(period.since, period.until):
        if not only or queue in only:
            of(at, queue).counts["callbacks_kept"] += 1
    rows = [
        {**keys.of_row(clock, begin, name, "queue"), **tallies[begin, name].figures(terms)}
        for begin, name in sorted(tallies)
    ]
    return Report(
        "queues",
        period,
        keys.columns("queue"),
        queues.COLUMNS,
        rows,
        queues.total(tallies.values()).figures(terms),
        {"service_level_formula": terms.formula, "short": terms.short},
    )


def _stamp(moment: datetime) -> int:
    """A moment as the switch carries it: rounded to milliseconds."""
    return round(moment.timestamp() * 1000)


def agent_report(figures: Figures, period: Period, *, by: Sequence[str], now: datetime) -> Report:
    """Up to `now`, if the period is not over. Raises `ValueError` for keys that this report has not."""
    keys = Keys.of(by, "agent")
    clock = keys.clock(period)
    rows: dict[tuple[int, str], AgentTally] = {}
    whole = AgentTally()
    for name, day in _days(figures, period.since, _over(period, now)):
        for begin, tally in day.tallies(clock).items():
            key = (begin if keys.minutes else 0, name if keys.by_name else "")
            rows.setdefault(key, AgentTally()).add(tally)
            whole.add(tally)
    shown = [
        {**keys.of_row(clock, begin, name, "agent"), **rows[begin, name].figures()}
        for begin, name in sorted(rows)
    ]
    return Report("agents", period, keys.columns("agent"), agents.COLUMNS, shown, whole.figures())


def pause_report(figures: Figures, period: Period, *, by: Sequence[str], now: datetime) -> Report:
    """By reason, always; up to `now`. Raises `ValueError` for keys that this report has not."""
    keys = Keys.of(by, "agent")
    clock = keys.clock(period)
    rows: dict[tuple[int, str, str], pauses.PauseTally] = defaultdict(pauses.PauseTally)
    whole = pauses.PauseTally()
    for name, day in _days(figures, period.since, _over(period, now)):
        for begin, pause, part, began in day.pauses(clock):
            key = (begin if keys.minutes else 0, name if keys.by_name else "", pause.reason)
            for tally in (rows[key], whole):
                tally.add(part, began=began, counts_as_work=pause.counts_as_work)
    shown = [
        {**keys.of_row(clock, begin, name, "agent"), "reason": reason, **rows[begin, name, reason].figures()}
        for begin, name, reason in sorted(rows)
    ]
    names = (*keys.columns("agent"), pauses.REASON)
    return Report("pauses", period, names, pauses.COLUMNS, shown, whole.figures())


def _over(period: Period, now: datetime) -> datetime:
    """Until when the period has passed: nobody is there in an hour that has not come."""
    return max(period.since, min(period.until, now))


def _days(figures: Figures, since: datetime, until: datetime) -> Iterator[tuple[str, AgentDay]]:
    """Each agent's time, one after the other."""
    states: dict[str, list[State]] = defaultdict(list)
    for state in figures.states(since, until):
        states[state.agent].append(state)
    missed: dict[str, list[int]] = defaultdict(list)
    for name, _, at in figures.missed(since, until):
        missed[name].append(ms_of(at))

    def day(name: str, talks: Iterable[Talk]) -> AgentDay:
        begun = AgentDay(ms_of(since), ms_of(until))
        begun.states(states.pop(name, ()))
        for talk in talks:
            begun.talk(talk)
        begun.missed = missed.pop(name, [])
        return begun

    for name, talks in groupby(figures.talks(since, until), key=lambda talk: talk.agent):
        yield name, day(name, talks)
    for name in {*states, *missed}:
        yield name, day(name, ())


def caller_report(figures: Figures, period: Period, *, by: Sequence[str], days: int) -> Report:
    """`days`: whoever has called within so many before calls again. Raises `ValueError`."""
    keys = Keys.of(by, "")
    clock = keys.clock(period)
    back = timedelta(days=days)
    rows: dict[int, CallerTally] = {}
    whole = CallerTally()
    for who, at, before in figures.calls(period.since, period.until, back):
        again = bool(who) and before is not None and at - before <= back
        begin = clock.begin(ms_of(at)) if keys.minutes else 0
        for tally in (rows.setdefault(begin, CallerTally()), whole):
            tally.call(who, again=again)
    shown = [{**keys.of_row(clock, begin, "", ""), **rows[begin].figures()} for begin in sorted(rows)]
    return Report(
        "callers", period, keys.columns(""), callers.COLUMNS, shown, whole.figures(), {"repeat_days": days}
    )


def staffing_report(
    figures: Figures,
    period: Period,
    goal: Goal,
    *,
    now: datetime,
    by: Sequence[str] = ("hour",),
    only: Sequence[str] = (),
) -> Report:
    """By hour of the day, or by weekday and hour; of hours that are over at `now`. Raises `ValueError`."""
    if unknown := [one for one in by if one not in ("hour", "weekday")]:
        raise ValueError(f"this report is not by {unknown[0]}: by hour, weekday")
    clock = Clock(period.zone, 60)
    # An hour of which ten minutes have passed has a sixth of its calls: it would ask for too few people.
    until = max(period.since, moment_of(clock.begin(ms_of(_over(period, now)))))

    def hour_of(begin: int) -> tuple[int, int]:
        local = moment_of(begin).astimezone(period.zone)
        return (local.isoweekday() if "weekday" in by else 0, local.hour)

    hours = Counter(map(hour_of, clock.between(ms_of(period.since), ms_of(until))))
    offered, there, handling = Counter[tuple[int, int]](), Counter[tuple[int, int]](), Durations()
    for visit in figures.visits(period.since, until, only):
        offered[hour_of(clock.begin(ms_of(visit.joined_at)))] += staffing.is_load(visit, only)
        if visit.answered_at is not None and visit.talk_ended_at is not None:
            ended = visit.wrapped_up_at or visit.talk_ended_at
            handling.add(ms_of(ended) - ms_of(visit.answered_at))
    for _, day in _days(figures, period.since, until):
        for begin, tally in day.tallies(clock).items():
            there[hour_of(begin)] += tally.there
    rows: list[dict[str, Figure]] = []
    for weekday, hour in sorted(key for key in hours if offered[key] or there[key]):
        key = (weekday, hour)
        found = staffing.figures(
            hours=hours[key],
            offered=offered[key],
            handling=handling.mean,
            there=there[key] / HOUR_MS,
            goal=goal,
        )
        named: dict[str, Figure] = {"weekday": weekday} if "weekday" in by else {}
        rows.append({**named, "hour": f"{hour:02d}:00", **found})
    terms: dict[str, Figure] = {"goal": goal.share, "within": goal.within, "shrinkage": goal.shrinkage}
    keys = (*((Column("weekday"),) if "weekday" in by else ()), Column("hour", "text"))
    return Report("staffing", period, keys, staffing.COLUMNS, rows, {}, terms)


def campaign_report(
    figures: Figures, period: Period, *, by: Sequence[str], only: Sequence[str] = ()
) -> Report:
    """`only`: `strategy/campaign`. Raises `ValueError` for keys that this report has not."""
    keys = Keys.of(by, "campaign")
    clock = keys.clock(period)
    rows: dict[tuple[int, str], CampaignTally] = defaultdict(CampaignTally)
    whole = CampaignTally()
    for call in figures.campaign_calls(period.since, period.until, only):
        begin = clock.begin(ms_of(call.at)) if keys.minutes else 0
        for tally in (rows[begin, call.campaign if keys.by_name else ""], whole):
            tally.call(call)
    shown = [
        {**keys.of_row(clock, begin, name, "campaign"), **rows[begin, name].figures()}
        for begin, name in sorted(rows)
    ]
    return Report("campaigns", period, keys.columns("campaign"), campaigns.COLUMNS, shown, whole.figures())


def campaign_outcome_report(figures: Figures, period: Period, *, only: Sequence[str] = ()) -> Report:
    """How the calls of each campaign ended."""
    tallies: dict[str, OutcomeTally] = defaultdict(OutcomeTally)
    for call in figures.campaign_calls(period.since, period.until, only):
        tallies[call.campaign].call(call)
    rows = [row for name in sorted(tallies) for row in tallies[name].rows(name)]
    return Report("campaign_outcomes", period, campaigns.OUTCOME_KEYS, campaigns.OUTCOME_COLUMNS, rows, {})


def work_report(items: WorkItems, period: Period, *, now: datetime) -> Report:
    """What each agent has done of the work that was given out, and what waits."""
    rows: dict[str, work.WorkTally] = defaultdict(work.WorkTally)
    for item in items.done_between(period.since, period.until):
        rows[item.done_by or ""].done(item)
    for item in items.open():
        rows[item.holder or ""].waits(item, now)
    shown: list[dict[str, Figure]] = [{"agent": name, **rows[name].figures()} for name in sorted(rows)]
    whole = work.WorkTally()
    for tally in rows.values():
        whole.add(tally)
    return Report("work", period, work.KEYS, work.COLUMNS, shown, whole.figures())


def flow_report(figures: Figures, period: Period, *, flow: str = "") -> Report:
    """No-input, no-match and drop-out of each step and language."""
    rows = [flows.row(step) for step in figures.steps(period.since, period.until, flow)]
    return Report("flows", period, flows.KEYS, flows.COLUMNS, rows)


def outcome_report(figures: Figures, period: Period) -> Report:
    """How calls ended, by language."""
    found = list(figures.outcomes(period.since, period.until))
    calls = Counter[str]()
    for _, _, count in found:
        calls["all"] += count
    rows = [flows.outcome_row(outcome, language, count, calls["all"]) for outcome, language, count in found]
    return Report(
        "outcomes", period, flows.OUTCOME_KEYS, flows.OUTCOME_COLUMNS, rows, {"calls": calls["all"]}
    )
