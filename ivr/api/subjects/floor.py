"""The floor: every agent now, a supervisor's hand on their state, and their ear on a conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Blueprint, request
from pydantic import BaseModel, Field

from ivr.agents.desk import Who
from ivr.agents.live_state import AgentLive, agents_now
from ivr.agents.roster import FORCED, Roster
from ivr.agents.supervising import NotSupervised
from ivr.api.document import answers
from ivr.api.paging import Asked
from ivr.api.roles import Role, needs, who_asks
from ivr.api.rooms import rooms
from ivr.api.subjects.desk import STATUSES, Presence, attendance, presence, tell_refusals

blueprint = Blueprint("floor", __name__)
tell_refusals(blueprint, {**STATUSES, NotSupervised: 409})


class AgentNow(BaseModel):
    """An agent now."""

    agent: str
    name: str
    state: str = Field(description="in, paused or out")
    reason: str
    since: datetime | None
    doing: str = Field(
        description="free, ringing, talking, wrap_up; empty: nothing, or the switch has them not"
    )
    queue: str = Field(description="Of the contact in hand")
    answered: int = Field(description="Today")
    missed: int = Field(description="Today")
    on_switch: bool = Field(description="False: the switch has them not, or this server cannot ask it")
    queues: list[str] = Field(description="Served whatever their skills")
    languages: list[str]
    skills: list[str]


_DECLARED = ("queues", "languages", "skills")


class AgentsNow(BaseModel):
    """All of them."""

    agents: list[AgentNow]


class Forcing(Asked):
    """What an agent is to be."""

    state: Literal["in", "paused", "out"]
    reason: str = Field(min_length=1, max_length=60)


class Supervising(Asked):
    """How a supervisor wants to be with a conversation."""

    mode: Literal["listen", "whisper", "join"]
    telephone: str = Field(min_length=1, max_length=40, description="The supervisor's: it is rung first")
    why: str = Field(min_length=1, max_length=200)


class OnTheLine(BaseModel):
    """A supervisor is on the line."""

    leg: str = Field(description="Theirs, on the switch")
    queue: str


@blueprint.get("/agents")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(AgentsNow, tag="Agents", problems=(503,))
def agents() -> Any:
    """Every declared agent: what they serve, and what they do as far as this server can ask the switch."""
    here = rooms()
    attending, roster = here.attendance(), here.roster()
    if attending is not None:
        live = attending.live.agents()
    else:
        now, zone = here.now(), here.zone
        live = here.beside.do(lambda: agents_now(here.store, roster, {}, now=now, zone=zone))
    return AgentsNow(agents=[_now(one, roster) for one in live])


def _now(one: AgentLive, roster: Roster) -> AgentNow:
    declared = roster.agents[one.agent]
    known = {name: getattr(one, name) for name in AgentNow.model_fields if name not in _DECLARED}
    return AgentNow(
        **known,
        queues=sorted(declared.queues),
        languages=list(declared.languages),
        skills=list(declared.skills),
    )


@blueprint.post("/agents/<string(maxlength=60):agent>/state")
@needs(Role.SUPERVISOR)
@answers(Presence, tag="Agents", body=Forcing, problems=(404, 503))
def force(agent: str) -> Any:
    """Sets an agent's state; who did it and why is on record."""
    asked: Forcing = request.context.json  # type: ignore[attr-defined] # spectree's
    who = Who(who_asks().name, "supervisor", asked.reason)
    desk = attendance().desk
    # Why it was done is on record; among the reasons of pauses are only those that somebody has declared.
    reason = asked.reason if asked.reason in desk.roster.pauses else FORCED
    return presence(desk.force(agent, asked.state, who, reason=reason))


@blueprint.post("/agents/<string(maxlength=60):agent>/supervise")
@needs(Role.SUPERVISOR)
@answers(OnTheLine, tag="Agents", body=Supervising, problems=(409, 503))
def supervise(agent: str) -> Any:
    """Rings the supervisor, and lets them hear the agent's conversation once they have answered."""
    asked: Supervising = request.context.json  # type: ignore[attr-defined] # spectree's
    found = attendance().supervision.supervise(
        asked.mode, agent, asked.telephone, by=who_asks().name, why=asked.why
    )
    return OnTheLine(leg=found.leg, queue=found.contact.queue)
