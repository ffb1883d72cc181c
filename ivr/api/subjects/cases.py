"""Cases that callers or agents have opened."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from pydantic import BaseModel, Field

from data.pages import CaseLine as Line
from data.records import TicketStatus
from ivr.api.document import answers
from ivr.api.paging import PageAsked, shown
from ivr.api.problems import not_found
from ivr.api.roles import Role, audit, needs
from ivr.api.rooms import rooms

blueprint = Blueprint("cases", __name__)


class CaseLine(BaseModel):
    """A case, as a list shows it."""

    ticket_number: str
    kind: str
    topic: str
    status: str
    opened_at: datetime
    updated_at: datetime
    customer_number: str | None
    call_id: UUID | None


class CasePage(BaseModel):
    """Some cases, the newest first."""

    entries: list[CaseLine]
    next: str | None


class CasesAsked(PageAsked):
    status: str | None = Field(default=None, max_length=20)


class CaseNote(BaseModel):
    """Something that was added."""

    at: datetime
    who: str
    text: str


class CaseChange(BaseModel):
    """A step in its history."""

    at: datetime
    status: str
    note: str


class Case(BaseModel):
    """A case with its history."""

    ticket_number: str
    customer_number: str
    kind: str
    topic: str
    subject: str
    status: str
    opened_at: datetime
    updated_at: datetime
    promised_on: date | None
    about: dict[str, str]
    notes: list[CaseNote]
    history: list[CaseChange]
    call_id: UUID | None


@blueprint.get("/cases")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(CasePage, tag="Cases", query=CasesAsked)
def cases() -> Any:
    """Cases, the newest first."""
    here, asked = rooms(), request.context.query  # type: ignore[attr-defined] # spectree's
    after = asked.after
    page = here.beside.do(lambda: here.store.pages.cases(after, asked.limit, status=asked.status))
    audit("read", "tickets: list")
    return shown(page, _line, CasePage)


@blueprint.get("/cases/<string(maxlength=20):reference>")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(Case, tag="Cases", problems=(404,))
def case(reference: str) -> Any:
    """One case, by the reference that its caller was told."""
    here = rooms()
    found = here.beside.do(lambda: here.store.tickets.by_number(reference))
    if found is None:
        raise not_found("case of that reference", "GET /cases lists them")
    audit("read", "tickets: all of one", customer_number=found.customer_number, call_id=found.call_id)
    return _case(found)


def _line(one: Line) -> CaseLine:
    return CaseLine(**vars(one))


def _case(one: TicketStatus) -> Case:
    lists = ("about", "notes", "history")
    return Case(
        **{name: getattr(one, name) for name in Case.model_fields if name not in lists},
        about=dict(one.about),
        notes=[CaseNote(at=note.at, who=note.who, text=note.text) for note in one.notes],
        history=[CaseChange(**vars(change)) for change in one.history],
    )
