"""Promises of campaigns, day by day: judged when their time is over, reminded of the day before, and followed
by what the strategy's table says.

Rules:
1. A promise is judged, and what follows is put in, in one transaction: a crash leaves both or neither, and of
   two servers that judge the same promise one comes second.
2. A reminder is put in on the day before it is due, once, and is worth nothing once that day is over.
3. Days are the company's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from data.promise_rules import PromiseState
from data.promises import PromiseAtHand
from data.records.actions import NewAction
from data.store import Store
from ivr.campaigns.actions.making import after_promise
from ivr.campaigns.declaration import file_of
from ivr.campaigns.strategies import PromisePolicy

_PORTION = 500


@dataclass
class Looked:
    """What one look did."""

    closed: Mapping[PromiseState, int] = field(default_factory=dict)
    """Promises that are something else now."""
    reminders: int = 0
    """That were put in."""


class Policies:
    """What each campaign says of promises; read once."""

    def __init__(self, store: Store, at: datetime) -> None:
        self._at = at
        self._of: dict[UUID, PromisePolicy] = {}
        for campaign in store.campaigns.all():
            try:
                _actor, file = file_of(campaign.declared)
            except ValueError:  # kept by another version: nothing follows until it is started again
                continue
            self._of[campaign.id] = file.promises

    def follow(self, promise: PromiseAtHand) -> Sequence[NewAction]:
        """What follows from what it has become."""
        policy = self._policy(promise)
        if (
            policy is None
            or promise.campaign_id is None
            or promise.state not in ("kept", "partial", "broken")
        ):
            return ()
        return after_promise(
            policy.after(promise.state),
            promise,
            promise.state,
            campaign_id=promise.campaign_id,
            at=self._at,
        )

    def remind(self, promise: PromiseAtHand, until: datetime) -> Sequence[NewAction]:
        """What is done the day before; `until`: the end of that day."""
        policy = self._policy(promise)
        if policy is None or promise.campaign_id is None:
            return ()
        return after_promise(
            policy.after("remind"),
            promise,
            "remind",
            campaign_id=promise.campaign_id,
            at=self._at,
            until=until,
        )

    def _policy(self, promise: PromiseAtHand) -> PromisePolicy | None:
        return None if promise.campaign_id is None else self._of.get(promise.campaign_id)


def look(store: Store, *, at: datetime, zone: ZoneInfo) -> Looked:
    """Judges what is over, and puts in reminders and what follows. Blocks; raises `DataError`."""
    today = at.astimezone(zone).date()
    policies = Policies(store, at)
    closed = store.promises.settle(at=at, today=today, follow=policies.follow)
    tomorrow = datetime.combine(today + timedelta(days=1), time(), zone).astimezone(UTC)
    reminders, due = 0, store.promises.to_remind(today, untouched=True)
    for start in range(0, len(due), _PORTION):
        some = due[start : start + _PORTION]
        reminders += store.actions.put(one for promise in some for one in policies.remind(promise, tomorrow))
    return Looked(closed, reminders)
