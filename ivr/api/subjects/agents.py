"""An agent's own affairs: the customer in hand, as a stream of events or asked for."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from ivr.api.agent_news import context_for
from ivr.api.document import answers
from ivr.api.problems import Problem, not_found
from ivr.api.roles import Role, needs, who_asks
from ivr.api.rooms import rooms
from ivr.queueing.context import AgentContext
from ivr.queueing.context_desk import DeskFull

blueprint = Blueprint("agents", __name__)


@blueprint.get("/agents/me/events")
@needs(Role.AGENT)
@answers(tag="Agents", media="text/event-stream", problems=(503,))
def events() -> Any:
    """What happens to this agent, as server-sent events: `call_offered` with the call's context (or a
    `call_context` with it, a moment later), `call_answered`, `call_missed`, `call_ended`.
    `Last-Event-ID` brings what was missed."""
    here, asking = rooms(), who_asks()
    try:
        screen = here.desks.open(asking.agent, request.headers.get("Last-Event-ID", "")[:60])
    except DeskFull:
        raise Problem(
            503,
            "too_many_streams",
            "Too many streams are open",
            remedy="Close one; `api.limits.streams` in ivr.yaml is the limit",
            headers={"Retry-After": "10"},
        ) from None
    store, now, token_id = here.store, here.now, asking.token.id

    def good() -> bool:
        token = here.beside.do(lambda: store.api_tokens.get(token_id))
        return token is not None and token.state(now()) == "good"

    stream = here.desks.written(screen, good)
    response = Response(stream, mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold the events back
    response.call_on_close(lambda: here.desks.leave(screen))
    return response


@blueprint.get("/agents/me/call")
@needs(Role.AGENT)
@answers(AgentContext, tag="Agents", problems=(404, 503))
def call() -> Any:
    """The context of the customer in hand: whom this agent is offered, or talks to."""
    here, asking = rooms(), who_asks()
    if here.feed is None or not here.feed.connected:
        raise Problem(503, "no_switch", "This server has no connection to the switch now")
    news = here.feed.in_hand(asking.agent)
    found = None if news is None else here.beside.do(lambda: context_for(here, news, asking.name))
    if found is None:
        raise not_found("customer in hand", "Wait for call_offered at /agents/me/events")
    return found
