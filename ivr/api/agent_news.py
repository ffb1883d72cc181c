"""Brings what the switch tells of an agent and a caller to the agent's screens, with the call's context.

Rules:
1. Only for agents whose screen is open, or was a moment ago: nobody's data are read for nobody.
2. That the context was given is in the audit log before it is given.
3. An agent's news come in the order in which the switch told them. An offer waits a moment for its context;
   a context that is later than that comes by itself (`call_context`), for as long as it is of use.
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
LATE_DEADLINE, LATE_EVERY = 60.0, 1.0
"""Seconds: later than that, what they said is of no use any more, or a lost database has it in the spool."""


class AgentDesks:
    """Told by the feed of the switch."""

    def __init__(self, rooms: ApiRooms) -> None:
        self._rooms = rooms
        self._latest: dict[str, gevent.Greenlet[..., None]] = {}
        """By agent: who tells them the latest news."""

    def tell(self, news: AgentNews) -> None:
        """To be given to `SwitchFeed`. Never waits."""
        if self._rooms.desks.attended(news.agent):
            before = self._latest.get(news.agent)
            telling = self._latest[news.agent] = gevent.spawn(self._in_turn, news, before)
            telling.link(lambda over: self._forget(news.agent, over))

    def _forget(self, agent: str, over: object) -> None:
        if self._latest.get(agent) is over:
            del self._latest[agent]

    def _in_turn(self, news: AgentNews, before: gevent.Greenlet[..., None] | None) -> None:
        if before is not None:
            before.join()
        self._tell(news)

    def _tell(self, news: AgentNews) -> None:
        data: dict[str, Any] = {"queue": news.queue, "leg": news.leg}
        if news.cause:
            data["cause"] = news.cause
        if news.what == "offered":
            context = self._awaited(news, RECORD_DEADLINE, LOOK_EVERY)
            data["context"] = None if context is None else context.model_dump(mode="json")
            if context is None:
                gevent.spawn(self._tell_late, news)
        self._rooms.desks.tell(news.agent, f"call_{news.what}", data)

    def _tell_late(self, news: AgentNews) -> None:
        context = self._awaited(news, LATE_DEADLINE, LATE_EVERY)
        if context is not None:
            data = {"queue": news.queue, "leg": news.leg, "context": context.model_dump(mode="json")}
            self._rooms.desks.tell(news.agent, "call_context", data)

    def _awaited(self, news: AgentNews, deadline: float, every: float) -> AgentContext | None:
        """`None`: it was not there in time, or the database is lost."""
        ends = self._rooms.seconds() + deadline
        while True:
            try:
                context = self._rooms.beside.do(lambda: context_for(self._rooms, news, f"api:{news.agent}"))
            except DataError as lost:
                log.error("context_not_told", agent=news.agent, reason=str(lost))
                return None
            if context is not None or self._rooms.seconds() > ends:
                return context
            gevent.sleep(every)


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
