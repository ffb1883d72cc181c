"""Whether the server lives, whether it should get calls, and who asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint
from pydantic import BaseModel, Field

from data.errors import DataError
from ivr.api.document import answers
from ivr.api.problems import Problem
from ivr.api.roles import Role, needs, who_asks
from ivr.api.rooms import rooms

blueprint = Blueprint("health", __name__)


class Health(BaseModel):
    """The process answers."""

    status: str = Field(description="`ok`")


class Ready(BaseModel):
    """This server should get calls."""

    ready: bool


class WhoAmI(BaseModel):
    """Whose token a request brought."""

    name: str
    roles: list[str]
    agent: str | None
    expires_at: datetime | None


@blueprint.get("/health")
@answers(Health, tag="Server")
def health() -> Any:
    """The process lives: for whoever would start it anew."""
    return Health(status="ok")


@blueprint.get("/ready")
@answers(Ready, tag="Server", problems=(503,))
def ready() -> Any:
    """This server can take calls: for whoever spreads them."""
    here = rooms()
    trouble = list(here.trouble())
    try:
        here.beside.do(here.store.check)
    except DataError as lost:
        trouble.append(lost.code)
    if trouble:
        remedy = "Send calls to another server; the operator sees why in the log"
        raise Problem(
            503, "not_ready", "This server should get no calls", detail=", ".join(trouble), remedy=remedy
        )
    return Ready(ready=True)


@blueprint.get("/whoami")
@needs(*Role)
@answers(WhoAmI, tag="Server")
def whoami() -> Any:
    """Whose token this is, and what it is good for."""
    token = who_asks().token
    return WhoAmI(name=token.name, roles=list(token.roles), agent=token.agent, expires_at=token.expires_at)
