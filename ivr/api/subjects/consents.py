"""What people agreed to, with the evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from pydantic import BaseModel, Field

from data.records import Consent as Kept
from ivr.api.document import answers
from ivr.api.paging import PageAsked, shown
from ivr.api.problems import not_found
from ivr.api.roles import Role, audit, needs
from ivr.api.rooms import rooms

blueprint = Blueprint("consents", __name__)


class ConsentLine(BaseModel):
    """That somebody agreed, refused, or took it back."""

    id: UUID | None
    kind: str
    given: bool
    terms_version: str
    language: str
    at: datetime
    customer_id: UUID | None
    call_id: UUID | None
    evidence: bool = Field(description="Whether the recorded answer is kept")


class ConsentPage(BaseModel):
    """Some consents, the newest first."""

    entries: list[ConsentLine]
    next: str | None


class ConsentsAsked(PageAsked):
    kind: str | None = Field(default=None, max_length=60)


class Consent(ConsentLine):
    """A consent with what was read and answered."""

    text: str = Field(description="What was read to them, word for word")
    answer: str = Field(description="What they said or keyed")
    clip_sha256: str | None = Field(description="Of the recorded answer, as it was kept")


@blueprint.get("/consents")
@needs(Role.COORDINATOR)
@answers(ConsentPage, tag="Consents", query=ConsentsAsked)
def consents() -> Any:
    """Consents, the newest first."""
    here, asked = rooms(), request.context.query  # type: ignore[attr-defined] # spectree's
    after = asked.after
    page = here.beside.do(lambda: here.store.pages.consents(after, asked.limit, kind=asked.kind))
    audit("read", "consents: list")
    return shown(page, _line, ConsentPage)


@blueprint.get("/consents/<uuid:consent_id>")
@needs(Role.COORDINATOR)
@answers(Consent, tag="Consents", problems=(404,))
def consent(consent_id: UUID) -> Any:
    """One consent with its evidence."""
    here = rooms()
    found = here.beside.do(lambda: here.store.consents.by_id(consent_id))
    if found is None:
        raise not_found("consent of that id", "GET /consents lists them")
    audit("read", "consents: text, answer", customer_id=found.customer_id, call_id=found.call_id)
    line = _line(found).model_dump()
    return Consent(**line, text=found.text, answer=found.answer, clip_sha256=found.clip_sha256)


def _line(one: Kept) -> ConsentLine:
    told = {name: getattr(one, name) for name in ConsentLine.model_fields if name != "evidence"}
    return ConsentLine(**told, evidence=one.clip is not None)
