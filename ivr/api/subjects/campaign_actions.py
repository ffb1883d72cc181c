"""What campaigns do by outcome and by promise, for coordinators: done, waiting, or dropped and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, request
from pydantic import BaseModel, Field

from data.promise_rules import PromiseState
from data.promises import PromiseAtHand
from data.records.actions import Action, ActionKind, ActionState, Occasion
from ivr.api.document import answers
from ivr.api.paging import Asked
from ivr.api.problems import conflict
from ivr.api.roles import Role, audit, needs
from ivr.api.rooms import ApiRooms, rooms
from ivr.api.subjects.desk import tell_refusals
from ivr.campaigns import cutting

blueprint = Blueprint("campaign_actions", __name__)
tell_refusals(blueprint, {cutting.NoSuchCampaign: 404})
MOST = 500


class ActionLine(BaseModel):
    """What is to be done, or was."""

    id: UUID
    occasion: Occasion
    outcome: str = Field(
        description="Of the call, or what the dialler calls its result; of a promise its state"
    )
    kind: ActionKind
    state: ActionState
    result: str = Field(description="Of a waiting one: what it waits for; of a dropped one: why")
    why: str
    message: str = Field(
        description="What became of what was sent: waiting, sent, failed; empty: nothing was"
    )
    created_at: datetime
    due_at: datetime
    ended_at: datetime | None


class CampaignActions(BaseModel):
    """The newest first."""

    actions: list[ActionLine]


class ActionsAsked(Asked):
    """Which of them."""

    state: ActionState | None = None


class PromiseLine(BaseModel):
    """A promise to pay."""

    id: UUID
    campaign: str = Field(description="strategy/name; empty: it was made in no campaign's call")
    state: PromiseState
    promised_for: date
    amount_cents: int
    paid_cents: int
    currency: str
    reminded_at: datetime | None
    closed_at: datetime | None
    actions: list[ActionLine]


class Promises(BaseModel):
    """The first due first."""

    promises: list[PromiseLine]


class PromisesAsked(Asked):
    """Which of them."""

    state: PromiseState | None = None
    days: int = Field(default=30, ge=0, le=3660, description="Due so many days ago, or later")


class Cancelled(BaseModel):
    """Nothing follows from it."""

    state: PromiseState


@blueprint.get("/campaigns/<string(maxlength=60):strategy>/<string(maxlength=60):name>/actions")
@needs(Role.COORDINATOR)
@answers(CampaignActions, tag="Campaigns", query=ActionsAsked, problems=(404,))
def actions(strategy: str, name: str) -> Any:
    """What a campaign has done by outcome and by promise."""
    here, asked = rooms(), request.context.query  # type: ignore[attr-defined] # spectree's
    audit("read", f"campaign {name[:60]}: actions")

    def looked() -> CampaignActions:
        campaign = cutting.created(here.store, strategy, name)
        states = [asked.state] if asked.state else []
        found = here.store.actions.of_campaign(campaign.id, states=states, most=MOST)
        return CampaignActions(actions=_lines(here, found))

    return here.beside.do(looked)


@blueprint.get("/campaigns/promises")
@needs(Role.COORDINATOR)
@answers(Promises, tag="Campaigns", query=PromisesAsked)
def promises() -> Any:
    """Promises to pay, and what was done about each."""
    here, asked = rooms(), request.context.query  # type: ignore[attr-defined] # spectree's
    audit("read", "promises: list")
    today = here.now().astimezone(ZoneInfo(here.settings.calls.zone)).date()

    def looked() -> Promises:
        states = [asked.state] if asked.state else []
        since = today - timedelta(days=asked.days)
        found = here.store.promises.listed(states=states, since=since, most=MOST)
        done = here.store.actions.of_promises([one.id for one in found])
        names: dict[UUID | None, str] = {
            one.id: f"{one.strategy}/{one.name}" for one in here.store.campaigns.all()
        }
        return Promises(
            promises=[_promise(here, one, names.get(one.campaign_id), done.get(one.id, ())) for one in found]
        )

    return here.beside.do(looked)


@blueprint.post("/campaigns/promises/<uuid:promise>/cancel")
@needs(Role.COORDINATOR)
@answers(Cancelled, tag="Campaigns", problems=(409,))
def cancel(promise: UUID) -> Any:
    """They, or the house, took it back."""
    here = rooms()
    audit("write", "promises: one cancelled")
    at = here.now()
    if not here.beside.do(lambda: here.store.promises.cancel(promise, at=at)):
        raise conflict("not_open", "There is no such promise that is open", "See the list of promises")
    return Cancelled(state="cancelled")


def _lines(here: ApiRooms, found: Iterable[Action]) -> list[ActionLine]:
    found = list(found)
    sent = here.store.actions.messages_of(found)
    fields = [name for name in ActionLine.model_fields if name != "message"]
    return [
        ActionLine(**{name: getattr(one, name) for name in fields}, message=sent.get(one.id, ""))
        for one in found
    ]


def _promise(here: ApiRooms, one: PromiseAtHand, campaign: str | None, done: Iterable[Action]) -> PromiseLine:
    fields = [name for name in PromiseLine.model_fields if name not in ("campaign", "actions")]
    return PromiseLine(
        **{name: getattr(one, name) for name in fields}, campaign=campaign or "", actions=_lines(here, done)
    )
