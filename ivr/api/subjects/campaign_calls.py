"""A campaign's calls for coordinators: started, paused, drained, stopped, and looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from pydantic import BaseModel, Field

from dialogs.errors import FlowsInvalid
from ivr.api.document import answers
from ivr.api.paging import Asked
from ivr.api.problems import conflict
from ivr.api.roles import Role, audit, needs, who_asks
from ivr.api.rooms import rooms
from ivr.api.subjects.campaigns import strategy_has_mistakes
from ivr.api.subjects.desk import tell_refusals
from ivr.campaigns import cutting
from ivr.campaigns.dialling import control, starting

blueprint = Blueprint("campaign_calls", __name__)
tell_refusals(blueprint, {cutting.NoSuchCampaign: 404, starting.CampaignNotReady: 409})
blueprint.register_error_handler(FlowsInvalid, strategy_has_mistakes)
_ONE = "/campaigns/<string(maxlength=60):strategy>/<string(maxlength=60):name>"


class Starting(Asked):
    """On which sample."""

    sample: str | None = Field(
        default=None, max_length=60, description="Default: the newest, or the one that it is paused on"
    )


class Started(BaseModel):
    """It runs; every server of the database calls within a second."""

    sample: str
    new: int = Field(description="People who were not on its list before")


class Changed(BaseModel):
    """The state that it is in now."""

    state: str


class CampaignCallLine(BaseModel):
    """A call that rings, or is talked in."""

    id: UUID = Field(description="Of the leg on the switch")
    number: str
    trunk: str
    dialled_at: datetime
    answered_at: datetime | None


class UnclearLine(BaseModel):
    """Somebody whose call was lost with its server."""

    customer_number: str
    since: datetime


class Unclear(BaseModel):
    """Of whom nobody knows whether they were spoken with."""

    people: list[UnclearLine]


class Again(Asked):
    """Who is called again."""

    customer_number: str = Field(min_length=1, max_length=20, description="As in the base's list")


class CampaignNow(BaseModel):
    """What a campaign does now."""

    state: str
    changed_at: datetime | None
    changed_by: str
    sample: str | None
    waiting: int = Field(description="People who are still to be called, now or later")
    due: int = Field(description="Of them, those who may be called now")
    under_way: int
    talking: int
    unclear: int = Field(description="Calls that were lost with their server; they count as made")
    ended: int
    next_at: datetime | None
    reasons: dict[str, int] = Field(description="Why people are not called any more → how many")
    results: dict[str, int] = Field(description="How the calls of the last 24 hours ended → how many")
    calls: list[CampaignCallLine]
    trunk_rests_until: datetime | None
    trunk_ill: bool = Field(description="It refuses, or knows no number: one call at a time finds out")
    trunk_said: str = Field(description="The switch's cause of the latest call that did not get out")


@blueprint.post(f"{_ONE}/start")
@needs(Role.COORDINATOR)
@answers(Started, tag="Campaigns", body=Starting, problems=(404, 409))
def start(strategy: str, name: str) -> Any:
    """Begins to call, or goes on after a pause. The strategy's file counts as it is now."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    by, at = who_asks().name, here.now()
    audit("write", f"campaign {name[:60]}: started")
    begun = here.beside.do(
        lambda: starting.start(here.settings, here.store, strategy, name, sample=asked.sample, by=by, at=at)
    )
    return Started(sample=begun.sample, new=begun.new)


@blueprint.post(f"{_ONE}/pause")
@needs(Role.COORDINATOR)
@answers(Changed, tag="Campaigns", problems=(404, 409))
def pause(strategy: str, name: str) -> Any:
    """Nobody new is called; calls under way go on."""
    return _changed(strategy, name, "pause")


@blueprint.post(f"{_ONE}/drain")
@needs(Role.COORDINATOR)
@answers(Changed, tag="Campaigns", problems=(404, 409))
def drain(strategy: str, name: str) -> Any:
    """Nobody new is called, and it is stopped when its calls are over."""
    return _changed(strategy, name, "drain")


@blueprint.post(f"{_ONE}/stop")
@needs(Role.COORDINATOR)
@answers(Changed, tag="Campaigns", problems=(404, 409))
def stop(strategy: str, name: str) -> Any:
    """Nobody new is called, and who is ringing rings no more; conversations go on."""
    return _changed(strategy, name, "stop")


def _changed(strategy: str, name: str, verb: control.Verb) -> Changed:
    here, by = rooms(), who_asks().name
    at = here.now()
    audit("write", f"campaign {name[:60]}: {verb}")

    def change() -> tuple[bool, str]:
        done = control.change(here.store, strategy, name, verb, by=by, at=at)
        return done, cutting.created(here.store, strategy, name).state

    done, state = here.beside.do(change)
    if not done:
        raise conflict("not_at_work", f"The campaign is {state}", "See its status")
    return Changed(state=state)


@blueprint.get(f"{_ONE}/status")
@needs(Role.COORDINATOR)
@answers(CampaignNow, tag="Campaigns", problems=(404,))
def status(strategy: str, name: str) -> Any:
    """How many are left, ring and talk; how calls ended; why people are not called any more."""
    here = rooms()
    at = here.now()
    found = here.beside.do(lambda: control.status(here.settings, here.store, strategy, name, at=at))
    standing = found.standing
    names = ("waiting", "due", "under_way", "talking", "unclear", "ended")
    fields = list(CampaignCallLine.model_fields)
    return CampaignNow(
        state=found.campaign.state,
        changed_at=found.campaign.changed_at,
        changed_by=found.campaign.changed_by,
        sample=None if found.sample is None else found.sample.name,
        **{one: 0 if standing is None else getattr(standing, one) for one in names},
        next_at=None if standing is None else standing.next_at,
        reasons={} if standing is None else dict(standing.results),
        results=dict(found.results),
        calls=[CampaignCallLine(**{one: getattr(call, one) for one in fields}) for call in found.calls],
        trunk_rests_until=found.rests_until,
        trunk_ill=found.trunk_ill,
        trunk_said=found.trunk_said,
    )


@blueprint.get(f"{_ONE}/unclear")
@needs(Role.COORDINATOR)
@answers(Unclear, tag="Campaigns", problems=(404,))
def unclear(strategy: str, name: str) -> Any:
    """Whose call was lost with its server: they are not called again before a person says so."""
    audit("read", f"campaign {name[:60]}: unclear")
    return _unclear(strategy, name)


def _unclear(strategy: str, name: str) -> Unclear:
    here = rooms()
    found = here.beside.do(lambda: control.unclear(here.store, strategy, name))
    return Unclear(people=[UnclearLine(customer_number=number, since=since) for number, since in found])


@blueprint.post(f"{_ONE}/unclear/again")
@needs(Role.COORDINATOR)
@answers(Unclear, tag="Campaigns", body=Again, problems=(404, 409))
def again(strategy: str, name: str) -> Any:
    """One of them is called again while the campaign runs, as soon as the rules allow. Who is left."""
    here, number = rooms(), request.context.json.customer_number  # type: ignore[attr-defined] # spectree's
    at = here.now()
    done = here.beside.do(lambda: control.revive(here.store, strategy, name, number, at=at))
    if not done:
        raise conflict("not_unclear", "Their call was not lost", "See those whose was: GET …/unclear")
    audit("write", f"campaign {name[:60]}: called again", customer_number=number)
    return _unclear(strategy, name)
