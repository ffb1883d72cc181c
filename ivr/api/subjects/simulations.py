"""Before anybody is called: strategies are checked, and campaigns are played in virtual time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, request
from pydantic import BaseModel, Field, model_validator

from dialogs.errors import FlowsInvalid
from dialogs.source import nearest, parse
from ivr.api.document import answers
from ivr.api.paging import Asked
from ivr.api.problems import Problem, not_found
from ivr.api.roles import Role, audit, needs, who_asks
from ivr.api.rooms import rooms
from ivr.api.simulating import Job
from ivr.campaigns.simulation.population import population_of
from ivr.campaigns.surroundings import known_strategies, mistakes

blueprint = Blueprint("simulations", __name__)
MOST_MISTAKES = 200
MOST_SEEDS = 50
LARGEST_POPULATION = 20_000
Name = Annotated[str, Field(min_length=1, max_length=60)]


class Checking(Asked):
    """Which strategies; without any, all."""

    strategies: list[Name] = Field(default_factory=list, max_length=100)


class Mistake(BaseModel):
    """Where it is, and what to do."""

    file: str
    line: int
    column: int
    message: str


class Checked(BaseModel):
    """What a check of strategies has found."""

    sound: bool
    strategies: list[str] = Field(description="That were checked")
    mistakes: list[Mistake] = Field(description=f"{MOST_MISTAKES} at most")


class OneCampaign(Asked):
    """A campaign that was created."""

    strategy: Name
    name: Name


class Simulating(Asked):
    """What is to be played: a campaign's newest sample, or a population."""

    seeds: int = Field(ge=1, le=MOST_SEEDS, description="Runs, each in progressive and in predictive mode")
    agents: int | None = Field(default=None, ge=1, le=1000, description="In place of the population's")
    population: str | None = Field(
        default=None,
        max_length=LARGEST_POPULATION,
        description="YAML: how people answer and agents talk; without it, the shipped one of twenty agents",
    )
    campaign: OneCampaign | None = Field(default=None, description="Whose newest sample is called")
    like: OneCampaign | None = Field(
        default=None, description="Answers, rings and talks as that campaign has met them in 60 days"
    )

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        if self.population is not None and "\0" in self.population:
            raise ValueError("`population` is no text")
        return self


class Figures(BaseModel):
    """What `ivr campaign simulate --json` tells; shares are between 0 and 1, null where nobody was called."""

    calls: int
    abandon_rate_max: float = Field(description="The highest in any window of the cap, predictive")
    rule_violations: int
    occupancy: float | None
    occupancy_progressive: float | None
    worst_seed: int = Field(description="Where the occupancy gained least")
    gain_worst: float | None
    runs: list[dict[str, Any]]


class Simulation(BaseModel):
    """How far it is, and what came of it."""

    id: UUID
    state: Literal["running", "done", "failed"]
    begun_at: datetime
    begun_by: str
    runs: int = Field(description="0: not known yet")
    runs_done: int
    figures: Figures | None
    problem: str = Field(description="Why it failed")
    remedy: str


@blueprint.post("/campaigns/check")
@needs(Role.COORDINATOR)
@answers(Checked, tag="Campaigns", body=Checking, problems=(404,))
def check() -> Any:
    """Every mistake of the strategies' files, as `ivr campaign check` tells them; changes nothing."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's

    def looked() -> Checked:
        known = known_strategies(here.settings)
        for name in asked.strategies:
            if name not in known:
                raise not_found("such strategy", f"Of `{name}`: {nearest(name, known)}")
        names = tuple(dict.fromkeys(asked.strategies))
        today = here.now().astimezone(ZoneInfo(here.settings.calls.zone)).date()
        found = list(mistakes(here.settings, names, on=today))
        told = [Mistake(**vars(one)) for one in found[:MOST_MISTAKES]]
        return Checked(sound=not found, strategies=list(names or known), mistakes=told)

    return here.beside.do(looked)


@blueprint.post("/campaigns/simulations")
@needs(Role.COORDINATOR)
@answers(Simulation, tag="Campaigns", body=Simulating, problems=(409, 422))
def simulate() -> Any:
    """Begins to play a campaign in virtual time, in a process of its own; nobody is called. One at a time on
    each server, 15 minutes at most: ask for its state by its id."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    if asked.population is not None:
        text = asked.population
        try:
            here.beside.do(lambda: population_of(parse(text, "population")))
        except FlowsInvalid as fault:
            detail = "; ".join(map(str, fault.problems))[:1000]
            remedy = "See docs/pacing.md for its keys"
            raise Problem(
                422, "population", "The population makes no sense", detail=detail, remedy=remedy
            ) from None
    audit("write", "campaigns: a simulation")
    order = asked.model_dump(include={"seeds", "agents", "population"})
    for key in ("campaign", "like"):
        one = getattr(asked, key)
        order[key] = None if one is None else (one.strategy, one.name)
    return _told(here.simulations.begin(here.settings, order, by=who_asks().name, at=here.now()))


@blueprint.get("/campaigns/simulations/<uuid:one>")
@needs(Role.COORDINATOR)
@answers(Simulation, tag="Campaigns", problems=(404,))
def simulation(one: UUID) -> Any:
    """How far a simulation of this server is, and its figures when it is done; the newest 20 are kept."""
    job = rooms().simulations.get(one)
    if job is None:
        raise not_found(
            "such simulation on this server", "Ask the server that has begun it, or begin another"
        )
    return _told(job)


def _told(job: Job) -> Simulation:
    return Simulation(**vars(job))
