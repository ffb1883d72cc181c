"""Callbacks: who keeps a place and is to be called, and taking one away."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from pydantic import BaseModel, Field

from data.records import Callback
from ivr.api.document import answers
from ivr.api.paging import Asked, PageAsked, shown
from ivr.api.problems import conflict, not_found
from ivr.api.roles import Role, audit, needs, who_asks
from ivr.api.rooms import rooms

blueprint = Blueprint("callbacks", __name__)


class CallbackLine(BaseModel):
    """Somebody who is to be called."""

    id: UUID
    queue: str
    number: str
    language: str
    segment: str
    joined_at: datetime = Field(description="When they came to the queue: their place")
    due_at: datetime
    tries: int
    state: str
    last_result: str
    ended_at: datetime | None
    call_id: UUID | None


class CallbackPage(BaseModel):
    """Some callbacks, the newest first."""

    entries: list[CallbackLine]
    next: str | None


class CallbacksAsked(PageAsked):
    queue: str | None = Field(default=None, max_length=60)
    ended: bool = Field(default=False, description="Those that are over, instead of those that are open")


class Cancelling(Asked):
    """Why somebody is not to be called."""

    why: str = Field(min_length=1, max_length=60)


@blueprint.get("/callbacks")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(CallbackPage, tag="Callbacks", query=CallbacksAsked)
def callbacks() -> Any:
    """Who is to be called back."""
    here, asked = rooms(), request.context.query  # type: ignore[attr-defined] # spectree's
    after = asked.after
    page = here.beside.do(
        lambda: here.store.pages.callbacks(after, asked.limit, queue=asked.queue, ended=asked.ended)
    )
    audit("read", "callbacks: number")
    return shown(page, _line, CallbackPage)


@blueprint.post("/callbacks/<uuid:callback_id>/cancel")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(CallbackLine, tag="Callbacks", body=Cancelling, problems=(404, 409))
def cancel(callback_id: UUID) -> Any:
    """They are not called any more."""
    here = rooms()
    why = request.context.json.why  # type: ignore[attr-defined] # spectree's
    now, who = here.now(), who_asks().name

    def cancelled() -> tuple[bool, Callback | None]:
        done = here.store.callbacks.cancel_one(callback_id, at=now, why=f"{why} ({who})")
        return done, here.store.callbacks.get(callback_id)

    done, found = here.beside.do(cancelled)
    if found is None:
        raise not_found("callback of that id", "GET /callbacks lists them")
    if not done:
        raise conflict("over", f"That callback is {found.state}", "Only one that is open can be cancelled")
    audit("write", "callbacks: cancelled", customer_id=found.customer_id, call_id=found.call_id)
    return _line(found)


def _line(one: Callback) -> CallbackLine:
    return CallbackLine(**{name: getattr(one, name) for name in CallbackLine.model_fields})
