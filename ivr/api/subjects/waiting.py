"""Who waits in queues now, and a supervisor's hand that takes them to another one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, request
from pydantic import BaseModel, Field

from ivr.agents.supervising import NotSupervised
from ivr.api.document import answers
from ivr.api.paging import Asked
from ivr.api.roles import Role, needs, who_asks
from ivr.api.rooms import rooms
from ivr.api.subjects.desk import attendance, tell_refusals

blueprint = Blueprint("waiting", __name__)
tell_refusals(blueprint, {NotSupervised: 409})


class WaitingCaller(BaseModel):
    """Somebody in a queue."""

    leg: str = Field(description="The switch's; by it they are moved")
    call_id: UUID | None = Field(description="Of /calls; null: no server of ours has noted it")
    queue: str
    seconds: int = Field(description="Waited so far")
    score: int = Field(description="Seconds waited, and what their segment is ahead")
    state: str = Field(description="Waiting, or Trying: an agent's telephone rings for them")


class WaitingCallers(BaseModel):
    """All of them: queue by queue, whose turn it is first."""

    callers: list[WaitingCaller]


class WaitingAsked(Asked):
    queue: str | None = Field(default=None, max_length=60, description="Only this one")


class Moving(Asked):
    """Where to, and why."""

    to: str = Field(min_length=1, max_length=60, description="A declared queue")
    why: str = Field(min_length=1, max_length=200)


class Moved(BaseModel):
    """They wait there, with the place that they would have had."""

    leg: str
    queue: str


@blueprint.get("/waiting")
@needs(Role.SUPERVISOR)
@answers(WaitingCallers, tag="Queues", query=WaitingAsked, problems=(503,))
def waiting() -> Any:
    """Who waits for a person now; no number and no name."""
    here, asked = rooms(), request.context.query  # type: ignore[attr-defined] # spectree's
    found = [
        (state.queue, one)
        for state in attendance().live.queues()
        if asked.queue in (None, state.queue)
        for one in state.callers
    ]
    calls = here.beside.do(lambda: {one.leg: here.store.pages.call_on_leg(one.leg) for _, one in found})
    return WaitingCallers(
        callers=[
            WaitingCaller(
                leg=one.leg,
                call_id=calls[one.leg],
                queue=queue,
                seconds=one.seconds,
                score=one.score,
                state=one.state,
            )
            for queue, one in found
        ]
    )


@blueprint.post("/waiting/<string(maxlength=120):leg>/move")
@needs(Role.SUPERVISOR)
@answers(Moved, tag="Queues", body=Moving, problems=(409, 503))
def move(leg: str) -> Any:
    """Takes a caller who waits to another queue; who did it and why is on record."""
    asked: Moving = request.context.json  # type: ignore[attr-defined] # spectree's
    here = attendance()
    here.supervision.move(leg, asked.to, queues=here.live.names, by=who_asks().name, why=asked.why)
    return Moved(leg=leg, queue=asked.to)
