"""Brings what the switch tells of an agent and a caller to the agent's screens, with the call's context.

Rules:
1. Only for agents whose screen is open, or was a moment ago: nobody's data are read for nobody.
2. That the context was given is in the audit log before it is given.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import gevent
import structlog

from data.errors import DataError
from data.records import AuditEntry
from ivr.api.rooms import ApiRooms
from ivr.queueing.context import AgentContext, context_of
from ivr.queueing.context_feed import AgentNews

log = structlog.get_logger(__name__)

RECORD_DEADLINE, LOOK_EVERY = 3.0, 0.1
"""Seconds: a call's record is written behind it, and may be a moment late."""


class AgentDesks:
    """Told by the feed of the switch."""

    def __init__(self, rooms: ApiRooms) -> None:
        self._rooms = rooms

    def tell(self, news: AgentNews) -> None:
        """To be given to `SwitchFeed`. Never waits."""
        if self._rooms.desks.attended(news.agent):
            gevent.spawn(self._tell, news)

    def _tell(self, news: AgentNews) -> None:
        data: dict[str, Any] = {"queue": news.queue, "leg": news.leg}
        if news.cause:
            data["cause"] = news.cause
        if news.what == "offered":
            try:
                context = self._awaited(news)
            except DataError as lost:
                log.error("context_not_told", agent=news.agent, reason=str(lost))
                context = None
            data["context"] = None if context is None else context.model_dump(mode="json")
        self._rooms.desks.tell(news.agent, f"call_{news.what}", data)

    def _awaited(self, news: AgentNews) -> AgentContext | None:
        ends = self._rooms.seconds() + RECORD_DEADLINE
        while True:
            context = self._rooms.beside.do(lambda: context_for(self._rooms, news, f"api:{news.agent}"))
            if context is not None or self._rooms.seconds() > ends:
                return context
            gevent.sleep(LOOK_EVERY)


def context_for(rooms: ApiRooms, news: AgentNews, who: str) -> AgentContext | None:
    """The context of the caller whom an agent has in hand, put on record as read by `who`; `None`: there is
    none (yet). Blocks. Raises `DataError`."""
    call_id = rooms.store.pages.call_on_leg(news.leg)
    if call_id is None:
        return None
    context = context_of(rooms.store, call_id, region=rooms.settings.calls.region)
    if context is not None:
        rooms.store.audit.note(_entry(rooms, call_id, context, who))
    return context


def _entry(rooms: ApiRooms, call_id: UUID, context: AgentContext, who: str) -> AuditEntry:
    return AuditEntry(
        at=rooms.now(),
        who=who,
        action="read",
        what="context: caller, transcript, contacts, tickets, orders",
        why=f"call in hand, queue {context.queue}",
        customer_number=context.caller.customer_number or "",
        call_id=call_id,
    )
