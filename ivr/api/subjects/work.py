"""Work beside calls: coordinators add and give it out, agents see and finish their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import structlog
from flask import Blueprint, request
from pydantic import BaseModel, Field

from data.records import Finished, NewWork, WorkItem
from ivr.agents.desk import AgentUnknown, must_be_declared
from ivr.api.document import answers
from ivr.api.paging import Asked, PageAsked, shown
from ivr.api.problems import conflict, not_found
from ivr.api.roles import Role, audit, needs, who_asks
from ivr.api.rooms import rooms
from ivr.api.subjects.desk import tell_refusals
from ivr.api.subjects.recordings import sound_of
from ivr.work import NotTheirs, WorkUnfit, add_work, collect_unclear, finish, score_card

log = structlog.get_logger(__name__)

blueprint = Blueprint("work", __name__)
tell_refusals(blueprint, {WorkUnfit: 422, NotTheirs: 409, AgentUnknown: 422})
Kind = Literal["callback", "case", "recording", "write"]
MOST_AGENTS = 200


class Item(BaseModel):
    """A piece of work."""

    id: UUID
    kind: str
    about: str = Field(description="A callback's id, a case's number, a recorded call's id")
    title: str
    call_id: UUID | None
    created_at: datetime
    created_by: str
    due_at: datetime | None
    overdue: bool
    holder: str | None
    assigned_at: datetime | None
    assigned_by: str | None
    done_at: datetime | None
    done_by: str | None
    result: str
    note: str
    scores: dict[str, int]


class ItemPage(BaseModel):
    """Some pieces of work, the newest first."""

    entries: list[Item]
    next: str | None


class Items(BaseModel):
    """What an agent holds, what is due first comes first."""

    items: list[Item]


class ItemsAsked(PageAsked):
    holder: str | None = Field(default=None, max_length=60, description="Theirs; empty: nobody's")
    kind: Kind | None = None
    done: bool = Field(default=False, description="What is done, in place of what is open")


class Adding(Asked):
    """Something to be done."""

    kind: Kind
    about: str = Field(min_length=1, max_length=120)
    title: str = Field(default="", max_length=200, description="Without names of customers")
    due_hours: int | None = Field(default=None, ge=1, le=24 * 60)


class Added(BaseModel):
    """It is there; `new` is false where it was open already."""

    item: Item
    new: bool


class Collecting(Asked):
    due_hours: int = Field(default=4, ge=1, le=24 * 60)


class Collected(BaseModel):
    """Callbacks of which nobody knows how they ended."""

    found: int
    new: int


class Assigning(Asked):
    to: str = Field(min_length=1, max_length=60, description="The agent who gets it")
    from_holder: str = Field(default="", max_length=60, description="Who has it now; empty: nobody")


class Sharing(Asked):
    among: list[str] = Field(min_length=1, max_length=MOST_AGENTS)
    kind: Kind | None = None


class Shared(BaseModel):
    """Agent → how many they got."""

    given: dict[str, int]


class ScoreCard(BaseModel):
    """The company's."""

    criteria: dict[str, int] = Field(description="Criterion → the most points")


class Finishing(Asked):
    result: Literal["done", "not_possible", "not_needed"] = "done"
    note: str = Field(default="", max_length=4000)
    scores: dict[str, int] = Field(default_factory=dict, max_length=50, description="Of a review")


@blueprint.get("/work")
@needs(Role.COORDINATOR, Role.SUPERVISOR)
@answers(ItemPage, tag="Work", query=ItemsAsked)
def items() -> Any:
    """Pieces of work, the newest first."""
    here, asked = rooms(), request.context.query  # type: ignore[attr-defined] # spectree's
    after = asked.after
    page = here.beside.do(
        lambda: here.store.pages.work(
            after, asked.limit, holder=asked.holder, kind=asked.kind, done=asked.done
        )
    )
    audit("read", "work_items: list")
    return shown(page, _item, ItemPage)


@blueprint.post("/work")
@needs(Role.COORDINATOR)
@answers(Added, tag="Work", body=Adding)
def add() -> Any:
    """Notes something to be done, once: what is open stays as it is."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    now, by = here.now(), who_asks().name
    due = None if asked.due_hours is None else now + timedelta(hours=asked.due_hours)
    audit("write", f"work_items: {asked.kind}")
    wanted = NewWork(kind=asked.kind, about=asked.about, at=now, by=by, title=asked.title, due_at=due)
    item, new = here.beside.do(lambda: add_work(here.store, wanted))
    return Added(item=_item(item), new=new)


@blueprint.post("/work/collect")
@needs(Role.COORDINATOR)
@answers(Collected, tag="Work", body=Collecting)
def collect() -> Any:
    """Notes every callback of which nobody knows how it ended."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    now, by = here.now(), who_asks().name
    due = now + timedelta(hours=asked.due_hours)
    audit("write", "work_items: unclear callbacks")
    found, new = here.beside.do(lambda: collect_unclear(here.store, by=by, at=now, due_at=due))
    return Collected(found=found, new=new)


@blueprint.post("/work/share")
@needs(Role.COORDINATOR)
@answers(Shared, tag="Work", body=Sharing)
def share() -> Any:
    """Shares what nobody holds: whoever has the fewest gets the next."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    now, by = here.now(), who_asks().name
    among = [one.strip()[:60] for one in asked.among]
    for name in among:
        must_be_declared(here.roster(), name)
    audit("write", f"work_items: shared among {len(among)}")
    given = here.beside.do(lambda: here.store.work_items.share(among, by=by, at=now, kind=asked.kind or ""))
    return Shared(given=dict(given))


@blueprint.post("/work/<uuid:item>/assign")
@needs(Role.COORDINATOR)
@answers(Item, tag="Work", body=Assigning, problems=(409,))
def assign(item: UUID) -> Any:
    """Gives one piece to an agent."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    now, by = here.now(), who_asks().name
    must_be_declared(here.roster(), asked.to)
    audit("write", f"work_items: {item} to {asked.to}")
    work = here.store.work_items
    theirs = here.beside.do(lambda: work.assign(item, asked.to, by=by, at=now, from_holder=asked.from_holder))
    found = here.beside.do(lambda: work.get(item)) if theirs else None
    if found is None:
        raise conflict("work_not_theirs", "It is done, unknown, or somebody else's", "GET /work lists them")
    return _item(found)


@blueprint.get("/work/score-card")
@needs(Role.COORDINATOR, Role.SUPERVISOR, Role.AGENT)
@answers(ScoreCard, tag="Work", problems=(409,))
def card() -> Any:
    """By what a recording is reviewed: `scores` has points for each criterion."""
    here = rooms()
    try:
        return ScoreCard(criteria=dict(here.beside.do(lambda: score_card(here.settings.flows_folder))))
    except ValueError as wrong:
        log.error("no_score_card", reason=str(wrong)[:300])
        remedy = "Tell the coordinator: `criterion: most points`, one line for each"
        raise conflict("score_card", "score_card.yaml cannot be used", remedy) from None


@blueprint.get("/agents/me/work")
@needs(Role.AGENT)
@answers(Items, tag="Work")
def own() -> Any:
    """What the agent holds, what is due first comes first."""
    here, agent = rooms(), who_asks().agent
    found = here.beside.do(lambda: here.store.work_items.open(holder=agent))
    audit("read", "work_items: their own")
    return Items(items=[_item(one) for one in found])


@blueprint.get("/agents/me/work/<uuid:item>/sound")
@needs(Role.AGENT)
@answers(tag="Work", media="audio/*", problems=(404, 416))
def sound(item: UUID) -> Any:
    """The recording that the agent is to review, and no other; with `Range`, a part of it."""
    here, agent = rooms(), who_asks().agent
    found = here.beside.do(lambda: here.store.work_items.get(item))
    theirs = found is not None and found.holder == agent and found.done_at is None
    if found is None or not theirs or found.kind != "recording" or found.call_id is None:
        raise not_found("recording that you are to review by that id", "GET /agents/me/work lists your work")
    return sound_of(found.call_id)


@blueprint.post("/agents/me/work/<uuid:item>/done")
@needs(Role.AGENT)
@answers(Item, tag="Work", body=Finishing, problems=(409,))
def done(item: UUID) -> Any:
    """The agent has done it; a review has points for each criterion of the score card."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    end = Finished(by=who_asks().agent, at=here.now(), result=asked.result, note=asked.note)
    scores = [f"{name}={points}" for name, points in asked.scores.items()]
    audit("write", f"work_items: {item} is {asked.result}")
    here.beside.do(lambda: finish(here.store, here.settings.flows_folder, item, end, scores))
    found = here.beside.do(lambda: here.store.work_items.get(item))
    assert found is not None  # rows are never taken away but by age
    return _item(found)


def _item(one: WorkItem) -> Item:
    told = {name: getattr(one, name) for name in Item.model_fields if name not in ("overdue", "scores")}
    return Item(**told, scores=dict(one.scores), overdue=one.overdue(rooms().now()))
