"""Campaigns for coordinators: bases, campaigns, and their samples. Nobody is called from here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from flask import Blueprint, Response, request
from gevent.lock import BoundedSemaphore
from pydantic import BaseModel, Field

from data.base_facts import FACTS
from data.campaigns import Campaign
from dialogs.errors import FlowsInvalid
from ivr.api.document import answers
from ivr.api.paging import Asked
from ivr.api.problems import Problem, conflict, response_of
from ivr.api.roles import Role, audit, needs, who_asks
from ivr.api.rooms import rooms
from ivr.api.subjects.desk import tell_refusals
from ivr.campaigns import cutting
from ivr.campaigns.samples import Tally

blueprint = Blueprint("campaigns", __name__)
tell_refusals(blueprint, {cutting.NoSuchCampaign: 404, cutting.SampleUnfit: 422})
T = TypeVar("T")
WITHOUT_IT = "Without it, the strategy's `sample`"
_CUTTING = BoundedSemaphore(1)
"""One sample is looked at or cut at a time: it takes minutes with a million people."""


class CampaignLine(BaseModel):
    """A campaign that was created."""

    strategy: str
    name: str
    purpose: str
    state: str
    created_at: datetime
    created_by: str


class Campaigns(BaseModel):
    """All of them, the newest first."""

    campaigns: list[CampaignLine]


class Base(BaseModel):
    """A customer base."""

    strategy: str
    name: str
    customers: int
    loaded_at: datetime


class Bases(BaseModel):
    """All that something was loaded into."""

    bases: list[Base]


class Fact(BaseModel):
    """What a condition may name."""

    type: str
    meaning: str


class Facts(BaseModel):
    """By name; money is in cents."""

    facts: dict[str, Fact]


class Creating(Asked):
    """A campaign as its strategy's file declares it."""

    strategy: str = Field(min_length=1, max_length=60)
    name: str = Field(min_length=1, max_length=60)


class Created(BaseModel):
    """It is created; `new` is false where it was already."""

    customers: int
    new: bool


class Looking(Asked):
    """Whom a sample would have."""

    where: str | None = Field(default=None, max_length=2000, description=WITHOUT_IT)
    quick: bool = Field(default=False, description="Only how many the condition meets")


class LeftOut(BaseModel):
    """By which rule people were left out."""

    reason: str
    rule: str
    people: int


class Found(BaseModel):
    """What a sample would have, or has."""

    condition: str
    matched: int
    included: int | None = Field(description="null: it was only counted")
    excluded: dict[str, int] = Field(description="Reason → people")
    rules: list[LeftOut]
    by_stage: dict[str, int] = Field(description="Of a quick look")
    numbers: int | None
    shared_numbers: int | None


class Cutting(Asked):
    """A sample to be cut and frozen."""

    name: str = Field(min_length=1, max_length=cutting.LONGEST_NAME)
    where: str | None = Field(default=None, max_length=2000, description=WITHOUT_IT)


class SampleLine(BaseModel):
    """A sample that is whole."""

    id: UUID
    name: str
    condition: str
    rules_version: str
    cut_at: datetime
    cut_by: str
    matched: int
    included: int
    excluded: dict[str, int]


class CampaignReport(BaseModel):
    """A campaign's samples, the newest first."""

    campaign: CampaignLine
    customers: int = Field(description="Of its base")
    samples: list[SampleLine]


@blueprint.errorhandler(FlowsInvalid)
def strategy_has_mistakes(fault: FlowsInvalid) -> Response:
    """Tells the first of them."""
    first = fault.problems[0]
    detail = f"line {first.line}: {first.message}" if first.line else first.message
    remedy = "Correct the strategy's file"
    return response_of(Problem(409, "strategy", "No such strategy can be used", detail=detail, remedy=remedy))


def _do(work: Callable[[], T]) -> T:
    return rooms().beside.do(work)


@blueprint.get("/campaigns")
@needs(Role.COORDINATOR)
@answers(Campaigns, tag="Campaigns")
def campaigns() -> Any:
    """Every campaign that was created, the newest first."""
    here = rooms()
    return Campaigns(campaigns=[_line(one) for one in _do(here.store.campaigns.all)])


@blueprint.get("/campaigns/bases")
@needs(Role.COORDINATOR)
@answers(Bases, tag="Campaigns")
def bases() -> Any:
    """Customer bases, and how many customers each has."""
    here = rooms()
    return Bases(bases=[Base(**vars(one)) for one in _do(here.store.campaigns.bases)])


@blueprint.get("/campaigns/facts")
@needs(Role.COORDINATOR)
@answers(Facts, tag="Campaigns")
def facts() -> Any:
    """What a condition may name."""
    return Facts(facts={name: Fact(type=kind, meaning=told) for name, (kind, told) in FACTS.items()})


@blueprint.post("/campaigns")
@needs(Role.COORDINATOR)
@answers(Created, tag="Campaigns", body=Creating, problems=(404, 409))
def create() -> Any:
    """Creates a campaign as its strategy's file declares it now."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    by, at = who_asks().name, here.now()
    audit("write", "campaigns: one")

    def made() -> tuple[int, bool]:
        wanted = cutting.declared(here.settings, asked.strategy, asked.name)
        return cutting.create(here.settings, here.store, wanted, by=by, at=at)

    customers, new = _do(made)
    return Created(customers=customers, new=new)


@blueprint.get("/campaigns/<string(maxlength=60):strategy>/<string(maxlength=60):name>")
@needs(Role.COORDINATOR)
@answers(CampaignReport, tag="Campaigns", problems=(404,))
def report(strategy: str, name: str) -> Any:
    """A campaign's samples: how many are in them, and were left out for which reason."""
    store = rooms().store

    def looked() -> CampaignReport:
        found = cutting.created(store, strategy, name)
        samples = [
            SampleLine(
                **{key: value for key, value in vars(one).items() if key != "campaign_id"},
                **cutting.figures(store.campaigns.figures(one.id)),
            )
            for one in store.campaigns.samples(found.id)
        ]
        size = store.campaigns.size(found.base_id)
        return CampaignReport(campaign=_line(found), customers=size, samples=samples)

    return _do(looked)


@blueprint.post("/campaigns/<string(maxlength=60):strategy>/<string(maxlength=60):name>/preview")
@needs(Role.COORDINATOR)
@answers(Found, tag="Campaigns", body=Looking, problems=(404, 409))
def preview(strategy: str, name: str) -> Any:
    """How many a sample would have, and would leave out for which reason; nothing is kept."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    on = cutting.today(here.settings, here.now())

    def looked() -> Found:
        wanted = cutting.declared(here.settings, strategy, name)
        text, _ = cutting.condition(asked.where, wanted)
        if asked.quick:
            return _counted(text, dict(cutting.count(here.store, wanted, asked.where, on)))
        return _found(text, cutting.preview(here.settings, here.store, wanted, asked.where, on))

    with _one_at_a_time():
        return _do(looked)


@blueprint.post("/campaigns/<string(maxlength=60):strategy>/<string(maxlength=60):name>/samples")
@needs(Role.COORDINATOR)
@answers(Found, tag="Campaigns", body=Cutting, problems=(404, 409))
def sample(strategy: str, name: str) -> Any:
    """Cuts a sample and freezes it, with the reason of everybody who is left out."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    on, cut = cutting.today(here.settings, here.now()), cutting.Cut(asked.name, asked.where, who_asks().name)

    def made() -> Found | None:
        wanted = cutting.declared(here.settings, strategy, name)
        kept = cutting.cut(here.settings, here.store, wanted, cut, on)
        return None if kept is None else _found(kept[0].condition, kept[1])

    with _one_at_a_time():
        found = _do(made)
    if found is None:
        raise conflict("sample_exists", "The campaign has a sample of that name", "Choose another name")
    return found


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if not _CUTTING.acquire(blocking=False):
        raise conflict("busy", "Another sample is being looked at or cut", "Try again in a minute")
    try:
        yield
    finally:
        _CUTTING.release()


def _line(one: Campaign) -> CampaignLine:
    return CampaignLine(**{name: getattr(one, name) for name in CampaignLine.model_fields})


def _counted(text: str, counts: dict[str, int]) -> Found:
    return Found(
        condition=text,
        matched=sum(counts.values()),
        included=None,
        excluded={},
        rules=[],
        by_stage=counts,
        numbers=None,
        shared_numbers=None,
    )


def _found(text: str, tally: Tally) -> Found:
    rules = [LeftOut(reason=reason, rule=rule, people=n) for (reason, rule), n in tally.rules.items()]
    return Found(
        condition=text,
        matched=tally.matched,
        included=tally.included,
        excluded=dict(tally.excluded),
        rules=rules,
        by_stage={},
        numbers=tally.numbers,
        shared_numbers=tally.shared,
    )
