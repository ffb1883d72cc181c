"""An agent looks at the next person of a campaign before they are called, and decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from flask import Blueprint, request
from pydantic import BaseModel, Field

from dialogs.errors import FlowsInvalid
from ivr.api.document import answers
from ivr.api.paging import Asked
from ivr.api.roles import Role, audit, needs, who_asks
from ivr.api.rooms import rooms
from ivr.api.subjects.campaigns import strategy_has_mistakes
from ivr.api.subjects.desk import tell_refusals
from ivr.campaigns.dialling.previewing import InView, NobodyToShow, NotDecided, Previewing

blueprint = Blueprint("previews", __name__)
tell_refusals(blueprint, {NobodyToShow: 404, NotDecided: 409})
blueprint.register_error_handler(FlowsInvalid, strategy_has_mistakes)
Found = TypeVar("Found")


class OwedNow(BaseModel):
    """One of their accounts."""

    balance_cents: int
    currency: str
    stage: str
    due_on: date | None


class ContactBefore(BaseModel):
    """A contact with them."""

    at: datetime
    channel: str
    result: str


class PersonInView(BaseModel):
    """Whom the agent looks at."""

    strategy: str
    campaign: str
    purpose: str
    customer_number: str
    name: str
    language: str
    accounts: list[OwedNow]
    numbers: list[str] = Field(description="The likeliest first")
    number: int = Field(description="Which of them is called if nothing else is said, from 1")
    contacts: list[ContactBefore] = Field(description="The latest, the newest first")
    until: datetime = Field(description="If nothing is decided by then, they go back on the list")
    decision: str = Field(description="call, skip, later, left (nothing in time); empty: none yet")
    reason: str = Field(description="The agent's, or why there is no call")
    call: str = Field(description="calling, talking, or how it ended; empty: there is none")


class Calling(Asked):
    """At which number."""

    number: int | None = Field(default=None, ge=1, le=10, description="From 1; default: the one shown")


class Skipping(Asked):
    """Why they are not called."""

    reason: str = Field(min_length=1, max_length=120)


class PuttingOff(Asked):
    """After how long they are shown again."""

    minutes: int = Field(ge=1, le=44_640)
    reason: str = Field(default="", max_length=120)


@blueprint.post("/agents/me/preview")
@needs(Role.AGENT)
@answers(PersonInView, tag="Agents", problems=(403, 404))
def show() -> Any:
    """The next person; who was shown already, until it is decided. Five minutes from now."""
    agent = who_asks().agent
    serves = rooms().serves
    found = _done(lambda preview: preview.show(agent, lambda queue: serves(agent, queue)))
    return _told(found, "is shown")


@blueprint.get("/agents/me/preview")
@needs(Role.AGENT)
@answers(PersonInView, tag="Agents", problems=(403, 404))
def look() -> Any:
    """Whom the agent looks at, or has looked at last, with what came of it."""
    return _told(_in_view(), "looks at")


@blueprint.post("/agents/me/preview/call")
@needs(Role.AGENT)
@answers(PersonInView, tag="Agents", body=Calling, problems=(403, 404, 409))
def call() -> Any:
    """They are called within a second, if the contact rules allow it at that moment."""
    asked: Calling = request.context.json  # type: ignore[attr-defined] # spectree's
    agent = who_asks().agent
    _done(lambda preview: preview.call(agent, number=asked.number))
    return _told(_in_view(), "calls")


@blueprint.post("/agents/me/preview/skip")
@needs(Role.AGENT)
@answers(PersonInView, tag="Agents", body=Skipping, problems=(403, 404, 409))
def skip() -> Any:
    """This campaign does not call them."""
    asked: Skipping = request.context.json  # type: ignore[attr-defined] # spectree's
    agent = who_asks().agent
    _done(lambda preview: preview.skip(agent, asked.reason))
    return _told(_in_view(), "skips")


@blueprint.post("/agents/me/preview/later")
@needs(Role.AGENT)
@answers(PersonInView, tag="Agents", body=PuttingOff, problems=(403, 404, 409))
def later() -> Any:
    """They are shown again after so many minutes."""
    asked: PuttingOff = request.context.json  # type: ignore[attr-defined] # spectree's
    agent = who_asks().agent
    _done(lambda preview: preview.later(agent, timedelta(minutes=asked.minutes), asked.reason))
    return _told(_in_view(), "puts off")


def _done(work: Callable[[Previewing], Found]) -> Found:
    here = rooms()
    return here.beside.do(lambda: work(Previewing.of(here.settings, here.store, now=here.now)))


def _in_view() -> InView:
    agent = who_asks().agent
    return _done(lambda preview: preview.in_view(agent))


def _told(found: InView, deed: str) -> PersonInView:
    preview, customer = found.preview, found.customer
    audit("read", f"campaign {found.campaign}: {deed}", customer_id=customer.id)
    return PersonInView(
        strategy=found.strategy,
        campaign=found.campaign,
        purpose=found.purpose,
        customer_number=customer.customer_number,
        name=customer.name,
        language=customer.language,
        accounts=[
            OwedNow(**{name: getattr(one, name) for name in OwedNow.model_fields}) for one in found.accounts
        ],
        numbers=list(found.numbers),
        number=preview.rank,
        contacts=[ContactBefore(at=one.at, channel=one.channel, result=one.result) for one in found.contacts],
        until=preview.until,
        decision=preview.decision,
        reason=preview.reason,
        call=found.call,
    )
