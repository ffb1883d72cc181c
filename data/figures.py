"""What reports are made of, row by row: nothing here is kept in memory, however long the period.

Rules:
1. Rows come in portions, in an order that lets whoever reads them forget what is behind.
2. What follows of a call in a queue (was it passed on, when was it first answered) is asked of the database,
   so that no reader has to remember legs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import String, case, cast, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from data.database import Database
from data.models import (
    AgentContactRow,
    AgentStateChangeRow,
    CallbackRow,
    CallRow,
    CallStepRow,
    CampaignRow,
    ContactRow,
    MissedOfferRow,
    QueueVisitRow,
)
from data.records import utc

PORTION = 5000
NOBODYS = ("", "anonymous", "Anonymous", "restricted", "unavailable", "unknown")
"""What a switch writes for a number that was withheld."""
LONGEST_TALK = timedelta(days=1)
"""What began longer before the period does not reach into it."""
FOLLOWED = timedelta(hours=6)
"""So long before and after the period a call's other stays are looked for: midnight cuts no call in two."""
CLOSED = "closed"
"""Why somebody was refused after hours."""


class Visit(NamedTuple):
    """A stay in a queue."""

    queue: str
    joined_at: datetime
    told_wait: int | None
    kept_since: datetime | None
    agent: str | None
    answered_at: datetime | None
    talk_ended_at: datetime | None
    held_ms: int | None
    wrapped_up_at: datetime | None
    left_at: datetime | None
    left_by: str | None
    left_for: str
    nth: int
    """Which one of its leg, from 1; those that were refused after hours are not counted."""
    leg_answered_at: datetime | None
    """When the leg was first answered, in whichever queue."""
    next_joined_at: datetime | None
    """When the same leg came to a queue again."""
    next_queue: str | None
    """And to which."""


class Talk(NamedTuple):
    """A conversation with an agent."""

    agent: str
    queue: str
    answered_at: datetime
    talk_ended_at: datetime
    wrapped_up_at: datetime | None
    passed_on: bool
    """Whether the leg came to a queue again afterwards."""


class State(NamedTuple):
    """What an agent is from a moment on."""

    agent: str
    at: datetime
    state: str
    """in, paused, out."""
    reason: str
    """Of a pause."""
    counts_as_work: bool


class CampaignCall(NamedTuple):
    """A call that a campaign has made, or has tried to make."""

    campaign: str
    """`strategy/name`."""
    who: str
    """The customer, else the number."""
    at: datetime
    conversation: bool | None
    """Whether they were spoken with; `None`: not known."""
    result: str
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    """Of the flow."""
    agent_outcome: str | None
    """Of the agent who had them last; empty: they gave none. `None`: no agent had them."""


class Figures:
    """Every method blocks while it is read; nothing is changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def visits(self, since: datetime, until: datetime, queues: Sequence[str] = ()) -> Iterator[Visit]:
        """Stays that began in that time, as they began, with what their legs did before and after it."""
        row = QueueVisitRow
        leg: dict[str, Any] = {"partition_by": row.leg, "order_by": (row.joined_at, row.id)}
        after_hours = (row.left_by == "refused") & (row.left_for == CLOSED)
        within = (
            select(
                *(getattr(row, name) for name in Visit._fields[:12]),
                func.sum(case((after_hours, 0), else_=1)).over(**leg).label("nth"),
                func.min(row.answered_at).over(partition_by=row.leg).label("leg_answered_at"),
                func.lead(row.joined_at, type_=row.joined_at.type).over(**leg).label("next_joined_at"),
                func.lead(row.queue, type_=row.queue.type).over(**leg).label("next_queue"),
            )
            .where(row.joined_at >= utc(since) - FOLLOWED, row.joined_at < utc(until) + FOLLOWED)
            .subquery()
        )
        began = within.c.joined_at
        query = select(within).where(began >= utc(since), began < utc(until)).order_by(began)
        if queues:
            query = query.where(within.c.queue.in_(queues))
        return map(Visit._make, self._rows(query))

    def queues(self) -> frozenset[str]:
        """Every queue in which somebody has stayed, also those that are declared no more."""
        return frozenset(name for (name,) in self._rows(select(QueueVisitRow.queue).distinct()))

    def talks(self, since: datetime, until: datetime) -> Iterator[Talk]:
        """Conversations that are over and touch that time, agent by agent, in their order."""
        row = QueueVisitRow
        later = aliased(row)
        passed_on = exists(select(later.id).where(later.leg == row.leg, later.joined_at > row.answered_at))
        query = (
            select(*(getattr(row, name) for name in Talk._fields[:-1]), passed_on.label("passed_on"))
            .where(
                row.agent.is_not(None),
                row.answered_at >= utc(since) - LONGEST_TALK,
                row.answered_at < utc(until),
                row.talk_ended_at.is_not(None),
                func.coalesce(row.wrapped_up_at, row.talk_ended_at) > utc(since),
            )
            .order_by(row.agent, row.answered_at)
        )
        return map(Talk._make, self._rows(query))

    def states(self, since: datetime, until: datetime) -> Iterator[State]:
        """Agents' states: what each had at the beginning of that time, and every change in it."""
        row = AgentStateChangeRow
        columns = (row.agent, row.at, row.state, row.reason, row.counts_as_work)
        newest = func.row_number().over(partition_by=row.agent, order_by=(row.at.desc(), row.id.desc()))
        known = select(*columns, row.id, newest.label("nth")).where(row.at <= utc(since)).subquery()
        names = State._fields
        before = select(*(known.c[name] for name in names), known.c.id).where(known.c.nth == 1)
        within = select(*columns, row.id).where(row.at > utc(since), row.at < utc(until))
        both = before.union_all(within).subquery()
        query = select(*(both.c[name] for name in names)).order_by(both.c.agent, both.c.at, both.c.id)
        return map(State._make, self._rows(query))

    def missed(self, since: datetime, until: datetime) -> Iterator[tuple[str, str, datetime]]:
        """Calls that agents did not take: agent, queue, when."""
        row = MissedOfferRow
        return self._rows(
            select(row.agent, row.queue, row.at)
            .where(row.at >= utc(since), row.at < utc(until))
            .order_by(row.agent, row.at)
        )

    def booked(self, since: datetime, until: datetime) -> Iterator[tuple[str, datetime, str]]:
        """Callbacks that callers asked for in that time: queue, when, what became of it.

        What an agent has agreed for later begins after it was booked (`agreed`), and is none of these.
        """
        row = CallbackRow
        return self._rows(
            select(row.queue, row.booked_at, row.state)
            .where(
                row.booked_at >= utc(since),
                row.booked_at < utc(until),
                row.joined_at <= row.booked_at,
            )
            .order_by(row.booked_at)
        )

    def agreed(self, since: datetime, until: datetime) -> Iterator[tuple[str, datetime]]:
        """Calls that an agent agreed for later (an outcome's follow-up) and that may have been made in that
        time: queue, and the time agreed."""
        row = CallbackRow
        return self._rows(
            select(row.queue, row.joined_at).where(
                row.joined_at > row.booked_at,
                row.joined_at < utc(until),
                or_(row.ended_at.is_(None), row.ended_at >= utc(since)),
            )
        )

    def calls(self, since: datetime, until: datetime, back: timedelta) -> Iterator[tuple[str, datetime, Any]]:
        """Calls that came in, person by person: who, when, and when they had called before that, as far as
        `back` before the period. Who nobody knows is their number; without one it is nobody (`""`)."""
        row = CallRow
        known = literal("=") + cast(row.customer_id, String)
        nobody = row.caller_number.in_(NOBODYS)
        person = case((row.customer_id.is_not(None), known), (nobody, ""), else_=row.caller_number)
        began = (
            select(
                person.label("who"),
                row.started_at,
                func.lag(row.started_at, type_=row.started_at.type)
                .over(partition_by=person, order_by=(row.started_at, row.id))
                .label("before"),
            )
            .where(
                row.direction == "inbound",
                row.started_at >= utc(since) - back,
                row.started_at < utc(until),
            )
            .subquery()
        )
        return self._rows(
            select(began).where(began.c.started_at >= utc(since)).order_by(began.c.who, began.c.started_at)
        )

    def steps(self, since: datetime, until: datetime, flow: str = "") -> Iterator[Any]:
        """Where calls went: flow, step, language, times, silences, words that were not understood, drop-outs,
        calls."""
        step, call = CallStepRow, CallRow
        query = (
            select(
                step.flow,
                step.step,
                step.language,
                func.count().label("visits"),
                func.sum(step.no_input).label("no_input"),
                func.sum(step.no_match).label("no_match"),
                func.sum(case((step.left_by == "", 1), else_=0)).label("dropped"),
                func.count(func.distinct(step.call_id)).label("calls"),
            )
            .join(call, call.id == step.call_id)
            .where(call.started_at >= utc(since), call.started_at < utc(until))
            .group_by(step.flow, step.step, step.language)
            .order_by(step.flow, step.step, step.language)
        )
        return self._rows(query if not flow else query.where(step.flow == flow))

    def outcomes(self, since: datetime, until: datetime) -> Iterator[tuple[str, str, int]]:
        """How calls ended: outcome, language, how many."""
        row = CallRow
        outcome = func.coalesce(row.outcome, "")
        return self._rows(
            select(outcome, row.language, func.count())
            .where(row.started_at >= utc(since), row.started_at < utc(until))
            .group_by(outcome, row.language)
            .order_by(func.count().desc(), outcome, row.language)
        )

    def campaign_calls(
        self, since: datetime, until: datetime, campaigns: Sequence[str] = ()
    ) -> Iterator[CampaignCall]:
        """Calls of campaigns in that time, person by person."""
        made, call, talk = ContactRow, CallRow, AgentContactRow
        name = CampaignRow.strategy + "/" + CampaignRow.name
        who = func.coalesce(cast(made.customer_id, String), made.address)
        by_agent = (
            select(talk.outcome)
            .where(talk.leg == call.switch_uuid, talk.result == "answered")
            .order_by(talk.at.desc(), talk.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = (
            select(
                name.label("campaign"),
                who.label("who"),
                made.at,
                made.conversation,
                made.result,
                call.answered_at,
                call.ended_at,
                call.outcome,
                by_agent.label("agent_outcome"),
            )
            .join(CampaignRow, CampaignRow.id == made.campaign_id)
            .outerjoin(call, call.id == made.call_id)
            .where(made.channel == "call", made.at >= utc(since), made.at < utc(until))
            .order_by(who, made.at, made.id)
        )
        if campaigns:
            query = query.where(name.in_(campaigns))
        return map(CampaignCall._make, self._rows(query))

    def _rows(self, query: Any) -> Iterator[Any]:
        with self._database.inspecting() as connection:
            streaming = connection.execution_options(stream_results=True, yield_per=PORTION)
            yield from streaming.execute(query)
