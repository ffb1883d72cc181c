"""What calls did in a flow: how many came to each step, how they left it, and where they ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from data.database import Database
from data.models import CallRow, CallStepRow
from data.records import utc


@dataclass(frozen=True)
class FlowTraffic:
    """Each number counts calls: one that goes through a step three times counts once."""

    calls: int
    """That came into the flow."""
    visits: Mapping[str, int] = field(default_factory=dict)
    """Step → calls."""
    exits: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(step, label of the exit) → calls; also `@person`, `@back`, `@language`, `@objection`,
    `@interrupts`, `@fault`."""
    ended: Mapping[str, int] = field(default_factory=dict)
    """Step → calls that were over before the step had been left: most of their callers hung up there."""
    versions: int = 0
    """Versions of the flows that these calls ran on."""


@dataclass(frozen=True)
class RanOn:
    """Flows that calls ran on: their version, and the release if they were published."""

    flow_version: str
    release: int | None = None


class Traffic:
    """Counts finished calls. Blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ran_on(self, flow: str, since: datetime | None = None) -> Mapping[RanOn, int]:
        """What the calls that came through `flow` ran on, and how many on each."""
        calls = func.count(func.distinct(CallStepRow.call_id))
        on = (CallRow.flow_version, CallRow.release)
        query = (
            select(*on, calls)
            .join(CallRow, CallRow.id == CallStepRow.call_id)
            .where(CallStepRow.flow == flow, *([] if since is None else [CallRow.started_at >= utc(since)]))
            .group_by(*on)
        )
        with self._database.reading() as connection:
            return {RanOn(row[0], row[1]): row[2] for row in connection.execute(query)}

    def of(
        self, flow: str, since: datetime | None = None, *, on: Collection[RanOn] | None = None
    ) -> FlowTraffic:
        """The calls that came through `flow`, of those that began at `since` or later, and ran `on` those
        flows; without them on any, whose steps may have other names."""
        steps = CallStepRow
        calls = func.count(func.distinct(steps.call_id))
        versions = func.count(func.distinct(CallRow.flow_version))
        of_call = CallRow.id == steps.call_id
        wanted = [steps.flow == flow]
        if since is not None:
            wanted.append(CallRow.started_at >= utc(since))
        if on is not None:
            wanted.append(CallRow.flow_version.in_({one.flow_version for one in on}))
        with self._database.reading() as connection:
            total, of_versions = connection.execute(
                select(calls, versions).join(CallRow, of_call).where(*wanted)
            ).one()
            visits = connection.execute(
                select(steps.step, calls).join(CallRow, of_call).where(*wanted).group_by(steps.step)
            ).all()
            left = connection.execute(
                select(steps.step, steps.left_by, calls)
                .join(CallRow, of_call)
                .where(*wanted)
                .group_by(steps.step, steps.left_by)
            ).all()
        return FlowTraffic(
            total,
            {row[0]: row[1] for row in visits},
            {(row[0], row[1]): row[2] for row in left if row[1]},
            {row[0]: row[2] for row in left if not row[1]},
            of_versions,
        )
