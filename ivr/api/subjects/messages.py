"""Messages to people, and what waits to be carried to other systems: that it is so, never what it says."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from pydantic import BaseModel, Field

from data.messages import MessageSent
from data.records import LaidDown, OutboxState
from ivr.api.document import answers
from ivr.api.paging import PageAsked, shown
from ivr.api.roles import Role, audit, needs
from ivr.api.rooms import rooms
from ivr.recordings.library import shown_number

blueprint = Blueprint("messages", __name__)
MOST_ERRANDS = 50


class MessageLine(BaseModel):
    """A message to a person."""

    channel: str
    recipient: str = Field(description="Its end")
    template: str
    state: str
    at: datetime
    updated_at: datetime
    call_id: UUID | None


class MessagePage(BaseModel):
    """Some messages, the newest first."""

    entries: list[MessageLine]
    next: str | None


class MessagesAsked(PageAsked):
    state: str | None = Field(default=None, max_length=20)


class Errand(BaseModel):
    """Something that waits, or that nobody carries any more."""

    id: UUID
    kind: str
    target: str
    created_at: datetime
    due_at: datetime
    tries: int
    last_error: str


class OutboxNow(BaseModel):
    """How the outbox stands."""

    waiting: int
    oldest: datetime | None
    given_up: int
    given_up_last: list[Errand] = Field(description=f"The last {MOST_ERRANDS}")


@blueprint.get("/messages")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(MessagePage, tag="Messages", query=MessagesAsked)
def messages() -> Any:
    """Messages to people, the newest first."""
    here, asked = rooms(), request.context.query  # type: ignore[attr-defined] # spectree's
    after = asked.after
    page = here.beside.do(lambda: here.store.pages.messages(after, asked.limit, state=asked.state))
    audit("read", "messages: list")
    return shown(page, _line, MessagePage)


@blueprint.get("/outbox")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(OutboxNow, tag="Messages")
def outbox() -> Any:
    """What waits to be carried to other systems."""
    here = rooms()

    def look() -> tuple[OutboxState, tuple[LaidDown, ...]]:
        return here.store.outbox.state(), here.store.outbox.given_up(MOST_ERRANDS)

    state, lost = here.beside.do(look)
    errands = [Errand(**{name: getattr(one, name) for name in Errand.model_fields}) for one in lost]
    return OutboxNow(
        waiting=state.waiting, oldest=state.oldest, given_up=state.given_up, given_up_last=errands
    )


def _line(one: MessageSent) -> MessageLine:
    told = {name: getattr(one, name) for name in MessageLine.model_fields if name != "recipient"}
    return MessageLine(**told, recipient=shown_number(one.recipient, full=False))
