"""Callers: who a number is taken for, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint
from pydantic import BaseModel, Field

from ivr.api.document import answers
from ivr.api.problems import Problem
from ivr.api.roles import Role, audit, needs
from ivr.api.rooms import rooms
from ivr.callers.explaining import Explained, explained
from ivr.callers.numbers import caller_number

blueprint = Blueprint("callers", __name__)


class Earlier(BaseModel):
    """What the number was taken for before."""

    at: datetime
    segment: str
    reason: str


class Caller(BaseModel):
    """Who a number would be taken for if it called now."""

    number: str
    segment: str
    reason: str = Field(description="Why, with the figures, in the site's language")
    facts: dict[str, str | int | bool | None] = Field(description="What it was decided by")
    earlier: list[Earlier]


@blueprint.get("/callers/<string(maxlength=40):number>")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(Caller, tag="Callers", problems=(422, 503))
def caller(number: str) -> Any:
    """Who a number would be taken for now: their segment, and what led to it."""
    here = rooms()
    calls = here.settings.calls
    if caller_number(number, calls.region).e164 is None:
        raise Problem(422, "number", "That is no telephone number", remedy="Write it as +34600111222")
    if here.flows is None:
        raise Problem(503, "no_flows", "This server lives no calls", remedy="Ask one that runs ivr serve")
    flows, now = here.flows(), here.now().astimezone(here.zone)

    def explain() -> tuple[Explained, list[Any]]:
        found = explained(
            number, store=here.store, flows=flows, now=now, region=calls.region, language=calls.language
        )
        return found, list(here.store.customers.by_phone_number(found.number.e164 or ""))

    found, people = here.beside.do(explain)
    audit("read", "callers: segment", customer_id=people[0].id if len(people) == 1 else None)
    return Caller(
        number=found.number.e164 or number,
        segment=found.decision.segment.name,
        reason=found.reason,
        facts=found.known,
        earlier=[Earlier(at=one.at, segment=one.segment, reason=one.reason) for one in found.earlier],
    )
