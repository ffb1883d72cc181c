"""From an occasion to the actions that the strategy declares for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from data.promises import PromiseAtHand
from data.records.actions import NewAction, Occasion
from data.records.dialling import Settled
from ivr.campaigns.actions.written import CAME_TO_NOTHING, MESSAGES, NOT_REACHED, ActionFile
from ivr.campaigns.dialling.results import OUR_SIDE
from ivr.campaigns.strategies import CampaignFile

WITHIN = timedelta(hours=48)
"""In which a message is sent, or not at all."""
A_WEEK = timedelta(days=7)
"""In which somebody is put on a list, or not at all."""


@dataclass(frozen=True, kw_only=True)
class Called:
    """Whose attempt it was."""

    attempt_id: UUID
    campaign_id: UUID
    customer_id: UUID
    account_id: UUID | None


def after_call(file: CampaignFile, called: Called, settled: Settled) -> tuple[NewAction, ...]:
    """What follows from how an attempt ended."""
    found: list[NewAction] = []
    for outcome in _outcomes(settled):
        for n, action in enumerate(file.actions.get(outcome, ())):
            found.append(
                NewAction(
                    key=f"attempt:{called.attempt_id}:{outcome[:40]}:{n}",
                    campaign_id=called.campaign_id,
                    customer_id=called.customer_id,
                    account_id=called.account_id,
                    attempt_id=called.attempt_id,
                    call_id=settled.call_id,
                    occasion="outcome",
                    outcome=outcome,
                    kind=action.kind,
                    declared=as_kept(action),
                    at=settled.at,
                    due_at=settled.at + timedelta(minutes=action.after),
                    until_at=_until(action, settled.at),
                )
            )
    return tuple(found)


def outcome_of(outcome: str, agent: str) -> str:
    """By what a strategy names a conversation; empty: an agent had it, and says what came of it."""
    return outcome or ("" if agent else CAME_TO_NOTHING)


def _outcomes(settled: Settled) -> Iterator[str]:
    """The flow's outcome, or the dialler's result; and that nobody will be reached any more."""
    if settled.result in OUR_SIDE or settled.result == "unclear":
        return
    if settled.result == "answered":
        if outcome := outcome_of(settled.outcome, settled.agent):
            yield outcome
        return
    yield settled.result
    if settled.due_at is None:
        yield NOT_REACHED


def after_promise(
    actions: Sequence[ActionFile],
    promise: PromiseAtHand,
    occasion: Occasion,
    *,
    campaign_id: UUID,
    at: datetime,
    until: datetime | None = None,
) -> tuple[NewAction, ...]:
    """What follows from what a promise has become; `until`: later than that nothing of it is done."""
    found: list[NewAction] = []
    for n, action in enumerate(actions):
        latest = _until(action, at)
        found.append(
            NewAction(
                key=f"promise:{promise.id}:{occasion}:{n}",
                campaign_id=campaign_id,
                customer_id=promise.customer_id,
                account_id=promise.account_id,
                promise_id=promise.id,
                occasion=occasion,
                outcome=occasion,
                kind=action.kind,
                declared=as_kept(action),
                at=at,
                due_at=at + timedelta(minutes=action.after),
                until_at=until if latest is None or (until is not None and until < latest) else latest,
            )
        )
    return tuple(found)


def as_kept(action: ActionFile) -> dict[str, object]:
    """As it is frozen: what is not said is left out."""
    kept: dict[str, object] = action.model_dump(mode="json", exclude_defaults=True)
    return kept


def _until(action: ActionFile, at: datetime) -> datetime | None:
    begins = at + timedelta(minutes=action.after)
    if action.within is not None:
        return begins + timedelta(hours=action.within)
    if action.kind in MESSAGES:
        return begins + WITHIN
    return begins + A_WEEK if action.kind == "campaign" else None
