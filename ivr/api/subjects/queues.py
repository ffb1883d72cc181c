"""Queues of people, as the switch has them now."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from pydantic import BaseModel, Field

from ivr.api.document import answers
from ivr.api.problems import Problem, not_found
from ivr.api.roles import Role, needs
from ivr.api.rooms import ApiRooms, rooms
from ivr.queueing.context_feed import QueueNow, SwitchFeed

blueprint = Blueprint("queues", __name__)


class Queue(BaseModel):
    """A queue now."""

    name: str
    open: bool = Field(description="By its hours")
    waiting: int
    longest_wait: int = Field(description="Seconds that the first in line has waited")
    agents: int = Field(description="Logged in")
    free: int
    in_calls: int
    expected_wait: int | None = Field(description="Seconds for whoever comes now; null: nobody is there")
    callbacks: int = Field(description="Places that are kept by callers who do not hold the line")


class Queues(BaseModel):
    """All of them."""

    queues: list[Queue]


@blueprint.get("/queues")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(Queues, tag="Queues", problems=(503,))
def queues() -> Any:
    """Every queue: who waits, who serves, and how long it will take."""
    here = rooms()
    feed = _feed(here)
    states = feed.states(sorted({*feed.plan.queues, *feed.names()}))
    return Queues(queues=_told(here, feed, states))


@blueprint.get("/queues/<string(maxlength=60):name>")
@needs(Role.SUPERVISOR, Role.COORDINATOR)
@answers(Queue, tag="Queues", problems=(404, 503))
def queue(name: str) -> Any:
    """One queue."""
    here = rooms()
    feed = _feed(here)
    if name not in {*feed.plan.queues, *feed.names()}:
        raise not_found("queue of that name", "GET /queues lists them")
    return _told(here, feed, feed.states([name]))[0]


def _feed(here: ApiRooms) -> SwitchFeed:
    if here.feed is None:
        raise Problem(
            503,
            "no_switch",
            "This server has no connection to the switch",
            remedy="Set switch.event_password",
        )
    return here.feed


def _told(here: ApiRooms, feed: SwitchFeed, states: list[QueueNow]) -> list[Queue]:
    kept: dict[str, int] = {}
    for one in here.beside.do(here.store.callbacks.waiting):
        kept[one.queue] = kept.get(one.queue, 0) + 1
    local = here.now().astimezone(here.zone)
    return [
        Queue(
            name=one.name,
            open=feed.plan.queue(one.name).at(local) == "open",
            waiting=one.waiting,
            longest_wait=one.longest_wait,
            agents=one.agents,
            free=one.free,
            in_calls=one.in_calls,
            expected_wait=one.expected_wait,
            callbacks=kept.get(one.name, 0),
        )
        for one in states
    ]
