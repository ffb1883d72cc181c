"""Contact rules: which there are, and whether somebody may be contacted, by all that is on record of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Blueprint, request
from pydantic import AwareDatetime, BaseModel, Field

from ivr.api.document import answers
from ivr.api.paging import Asked
from ivr.api.problems import Problem, not_found
from ivr.api.roles import Role, audit, needs
from ivr.api.rooms import ApiRooms, rooms
from ivr.campaigns.contact_rules.contact import Allowed, Decision
from ivr.campaigns.contact_rules.gate import Wish
from ivr.campaigns.contact_rules.reading import load_rulebook
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.contact_rules.written import Channel
from ivr.campaigns.explaining import look_at_all
from ivr.numbers import NotCalled, checked

blueprint = Blueprint("rules", __name__)


class RuleLine(BaseModel):
    """A rule. Not legal advice."""

    id: str
    jurisdictions: list[str]
    purposes: list[str]
    status: str
    verified_on: str
    source: str


class RuleLines(BaseModel):
    """Every rule: the presets and the company's own."""

    rules: list[RuleLine]
    version: str


class Explaining(Asked):
    """A contact that somebody would like to make."""

    number: str = Field(min_length=2, max_length=40, description="+573001234567")
    purpose: Literal["collection", "commercial", "service"]
    at: AwareDatetime | None = Field(default=None, description="With its offset; without it, now")
    actor: Literal["creditor", "third_party"] = "creditor"
    channel: Channel = "call"
    customer_number: str = Field(default="", max_length=40, description="Where several have the number")
    caller_id: str | None = Field(default=None, max_length=40, description="Which they are shown")
    by_a_person: bool = Field(default=False, description="No machine speaks")


class Forbids(BaseModel):
    """A rule that forbids it."""

    rule: str
    reason: str
    told: str
    until: datetime | None
    source: str
    status: str


class Explained(BaseModel):
    """Whether it may be made."""

    allowed: bool
    at: datetime
    rules: list[str] = Field(description="By which it was judged, where it is allowed")
    why: list[Forbids]
    next_lawful: datetime | None


@blueprint.get("/rules")
@needs(Role.COORDINATOR, Role.SUPERVISOR)
@answers(RuleLines, tag="Contact rules")
def rules() -> Any:
    """Every rule: whose, what for, whether it is law, and from which source."""
    here = rooms()
    book = here.beside.do(lambda: _rulebook(here))
    found = sorted(book.rules, key=lambda one: (one.id, one.valid_from))
    lines = [
        RuleLine(
            id=one.id,
            jurisdictions=list(one.jurisdictions),
            purposes=list(one.purposes),
            status=one.status,
            verified_on=one.verified_on.isoformat(),
            source=one.source,
        )
        for one in found
    ]
    return RuleLines(rules=lines, version=book.version)


@blueprint.post("/rules/explain")
@needs(Role.COORDINATOR)
@answers(Explained, tag="Contact rules", body=Explaining, problems=(404,))
def explain() -> Any:
    """Whether somebody may be contacted then: each rule that forbids it, and the next lawful moment."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    try:
        to = checked(asked.number, region=here.settings.calls.region, countries=None).e164
    except NotCalled as refused:
        raise Problem(
            422, "number", "That number is not called", detail=refused.reason, remedy="Write +573001234567"
        ) from None
    at = asked.at or here.now()
    audit("read", "contacts: whether one may be made", customer_number=asked.customer_number)
    return _explained(here.beside.do(lambda: _judged(here, asked, to, at)), at)


def _rulebook(here: ApiRooms) -> Rulebook:
    return load_rulebook(here.settings.path(here.settings.contact_rules))


def _judged(here: ApiRooms, asked: Explaining, to: str, at: datetime) -> Decision:
    number = asked.customer_number
    person = here.store.customers.by_number(number) if number else None
    if number and person is None:
        raise not_found("customer of that number")
    wish = Wish(
        to=to,
        channel=asked.channel,
        purpose=asked.purpose,
        actor=asked.actor,
        customer_id=person.id if person else None,
        caller_id=asked.caller_id,
        automated=not asked.by_a_person,
    )
    return look_at_all(here.store, _rulebook(here), wish, at, here.settings.calls.zone)


def _explained(decision: Decision, at: datetime) -> Explained:
    if isinstance(decision, Allowed):
        return Explained(allowed=True, at=at, rules=list(decision.rules), why=[], next_lawful=None)
    why = [Forbids(**{name: getattr(one, name) for name in Forbids.model_fields}) for one in decision.why]
    return Explained(allowed=False, at=at, rules=[], why=why, next_lawful=decision.next_lawful)
