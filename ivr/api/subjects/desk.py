"""An agent's desk: coming, pausing and going, and closing the contact in hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Blueprint, Response, request
from pydantic import BaseModel, Field

from ivr.agents.attendance import Attendance
from ivr.agents.contacts import InHand, NobodyInHand
from ivr.agents.desk import AgentUnknown, NotNow, TelephoneRefused, Told, Who
from ivr.agents.outcomes import AnswersUnfit, OutcomeUnknown
from ivr.agents.outcomes_written import QuestionFile
from ivr.api.document import answers
from ivr.api.paging import Asked
from ivr.api.problems import Problem, response_of
from ivr.api.roles import Role, needs, who_asks
from ivr.api.rooms import rooms
from ivr.errors import IvrError

blueprint = Blueprint("desk", __name__)
STATUSES: dict[type[IvrError], int] = {
    AgentUnknown: 404,
    NobodyInHand: 404,
    NotNow: 409,
    TelephoneRefused: 400,
    AnswersUnfit: 422,
    OutcomeUnknown: 422,
}
"""What the desk refuses, and as which status."""


class Presence(BaseModel):
    """Whether an agent is there now."""

    agent: str
    state: Literal["in", "paused", "out"]
    reason: str = Field(description="Of a pause")
    telephone: str = Field(description="Where they are called, if it is not their own")
    since: datetime
    changed: bool = Field(description="False: it was so already")
    on_switch: bool = Field(description="False: the switch is told as soon as it can be")


class Coming(Asked):
    """What an agent wants to be."""

    state: Literal["in", "paused", "out"]
    reason: str = Field(default="", max_length=60, description="Of a pause: one that is declared")
    telephone: str = Field(default="", max_length=40, description="Where to be called, if not at their own")


class ContactInHand(BaseModel):
    """What there is to be done with the contact in hand."""

    contact_id: str
    queue: str
    talking: bool
    wrap_up_until: datetime | None
    customer_number: str | None
    verified: bool = Field(description="They have proved it; else it is their telephone's")
    language: str
    strategy: str
    outcomes: dict[str, Any] = Field(description="Code → label, fields and what follows")
    form: str = Field(description="The script form; empty: there is none")
    questions: list[dict[str, Any]] = Field(description="Its fields, by the answers so far")
    answers: dict[str, Any]


class Filling(Asked):
    """What an agent has filled in."""

    answers: dict[str, str | int | bool | None] = Field(max_length=100)


class Questions(BaseModel):
    """The fields that are to be asked from here on."""

    questions: list[dict[str, Any]]


class Closing(Asked):
    """How a contact ended."""

    outcome: str = Field(min_length=1, max_length=60)
    fields: dict[str, str | int | bool | None] = Field(default_factory=dict, max_length=100)
    answers: dict[str, str | int | bool | None] = Field(default_factory=dict, max_length=100)


class Closed(BaseModel):
    """A contact that is closed."""

    contact_id: str
    outcome: str


class Extending(Asked):
    """More time."""

    seconds: int = Field(ge=1, le=3600)


class Extended(BaseModel):
    """Until when the wrap-up lasts."""

    until: datetime


def attendance() -> Attendance:
    """Who looks after the agents on this server. Raises `Problem`."""
    found = rooms().attendance()
    if found is None:
        raise Problem(
            503, "no_switch", "This server looks after no agents", remedy="Set switch.event_password"
        )
    return found


def tell_refusals(blueprint: Blueprint, statuses: dict[type[IvrError], int]) -> None:
    """Has what agents' rooms refuse told as a problem with its own code."""

    def telling(kind: type[IvrError], status: int) -> None:
        @blueprint.errorhandler(kind)
        def _refused(fault: IvrError) -> Response:
            code = fault.reason if isinstance(fault, NotNow) else fault.code
            return response_of(Problem(status, code, fault.what[:300], remedy=fault.remedy))

    for kind, status in statuses.items():
        telling(kind, status)


tell_refusals(blueprint, STATUSES)


@blueprint.post("/agents/me/state")
@needs(Role.AGENT)
@answers(Presence, tag="Agents", body=Coming, problems=(400, 404, 409, 503))
def change_state() -> Any:
    """Check in, pause with a declared reason, or check out."""
    asked: Coming = request.context.json  # type: ignore[attr-defined] # spectree's
    asking = who_asks()
    desk, who = attendance().desk, Who(asking.name, "api")
    match asked.state:
        case "in":
            return presence(desk.check_in(asking.agent, who, telephone=asked.telephone))
        case "paused":
            return presence(desk.pause(asking.agent, asked.reason, who))
    return presence(desk.check_out(asking.agent, who))


@blueprint.get("/agents/me/contact")
@needs(Role.AGENT)
@answers(ContactInHand, tag="Agents", problems=(404, 503))
def contact() -> Any:
    """The contact in hand: its form, and the outcomes by which it can be closed."""
    asking = who_asks()
    return _shown(attendance().contacts.in_hand(asking.agent, by=asking.name))


@blueprint.post("/agents/me/contact/form")
@needs(Role.AGENT)
@answers(Questions, tag="Agents", body=Filling, problems=(404, 503))
def fill_in() -> Any:
    """Keeps what was filled in so far."""
    asked: Filling = request.context.json  # type: ignore[attr-defined] # spectree's
    found = attendance().contacts.write_form(who_asks().agent, asked.answers)
    return Questions(questions=[_question(one) for one in found])


@blueprint.post("/agents/me/contact/close")
@needs(Role.AGENT)
@answers(Closed, tag="Agents", body=Closing, problems=(404, 503))
def close() -> Any:
    """Closes the contact with an outcome; what follows from it is begun."""
    asked: Closing = request.context.json  # type: ignore[attr-defined] # spectree's
    asking = who_asks()
    closed = attendance().contacts.close(
        asking.agent, asked.outcome, by=asking.name, fields=asked.fields, answers=asked.answers
    )
    return Closed(contact_id=str(closed.id), outcome=asked.outcome)


@blueprint.post("/agents/me/contact/extend")
@needs(Role.AGENT)
@answers(Extended, tag="Agents", body=Extending, problems=(404, 503))
def extend() -> Any:
    """More time after the call."""
    asked: Extending = request.context.json  # type: ignore[attr-defined] # spectree's
    return Extended(until=attendance().contacts.extend(who_asks().agent, asked.seconds))


def presence(told: Told) -> Presence:
    """As the interface tells it."""
    now = told.presence
    return Presence(
        agent=now.agent,
        state=now.state,
        reason=now.reason,
        telephone=now.telephone,
        since=now.since,
        changed=told.changed,
        on_switch=told.on_switch,
    )


def _shown(found: InHand) -> ContactInHand:
    contact = found.contact
    return ContactInHand(
        contact_id=str(contact.id),
        queue=contact.queue,
        talking=contact.talking,
        wrap_up_until=contact.wrap_up_until,
        customer_number=found.customer.customer_number if found.customer else None,
        verified=found.verified,
        language=found.language,
        strategy=found.strategy,
        outcomes={code: one.model_dump(mode="json") for code, one in found.outcomes.items()},
        form=found.form,
        questions=[_question(one) for one in found.questions],
        answers=dict(contact.answers),
    )


def _question(one: QuestionFile) -> dict[str, Any]:
    told: dict[str, Any] = one.model_dump(mode="json", by_alias=True)
    return told
