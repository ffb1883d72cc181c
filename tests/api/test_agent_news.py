"""What an agent's screen is told of a caller comes in order, and the context comes, if late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import gevent
import pytest

from data.ids import new_id
from data.records import Turn
from ivr.api import agent_news
from ivr.api.agent_news import AgentDesks
from ivr.queueing.context_desk import Screen
from ivr.queueing.context_feed import AgentNews, What
from tests.api.conftest import Service, Serving
from tests.data.conftest import begun

LEG = "8786c659-67fd-4c18-a63b-11dfdd6d0731"


def handed_over(service: Service) -> None:
    """The call's record is written, up to the hand-over."""
    call = begun(call_id=new_id(), switch_uuid=LEG)
    service.store.calls.begin(call)
    handover = Turn(
        n=1, at_ms=0, who="system", flow="main", step="person", language="es", text="billing", kind="handover"
    )
    service.store.calls.add_turn(call.call_id, handover)


def told(screen: Screen, count: int) -> list[tuple[str, Any]]:
    events = []
    with gevent.Timeout(30, AssertionError(f"only {events} was told")):
        while len(events) < count:
            event = screen.inbox.get()
            assert event is not None
            events.append((event.kind, event.data))
    return events


def news(what: What) -> AgentNews:
    return AgentNews(what, "1001", "billing", LEG)


@pytest.fixture
def service(serving: Serving) -> Service:
    return serving()


def until_asked(monkeypatch: pytest.MonkeyPatch, times: int, then: Callable[[], None]) -> None:
    """Has `then` happen once the context was looked for that often in vain."""
    left, looked = [times], agent_news.context_for

    def look(*asked: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            then()
        return looked(*asked)

    monkeypatch.setattr(agent_news, "context_for", look)


def test_an_answer_is_not_told_before_its_offer(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The offer waits for its context, and what follows waits for the offer."""
    until_asked(monkeypatch, 3, lambda: handed_over(service))
    screen, desks = service.rooms.desks.open("1001"), AgentDesks(service.rooms)
    for what in ("offered", "answered", "ended"):
        desks.tell(news(what))
    events = told(screen, 3)
    assert [kind for kind, _ in events] == ["call_offered", "call_answered", "call_ended"]
    assert UUID(events[0][1]["context"]["call_id"])


def test_a_context_that_is_late_comes_by_itself(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The offer is not held up by a database that is slow; once only, and on record."""
    monkeypatch.setattr(agent_news, "LATE_EVERY", 0.01)
    screen, desks = service.rooms.desks.open("1001"), AgentDesks(service.rooms)
    until_asked(monkeypatch, 2, lambda: service.wait(agent_news.RECORD_DEADLINE + 1))
    desks.tell(news("offered"))
    desks.tell(news("answered"))
    events = told(screen, 2)
    assert [(kind, data.get("context")) for kind, data in events] == [
        ("call_offered", None),
        ("call_answered", None),
    ]
    handed_over(service)
    ((kind, late),) = told(screen, 1)
    assert (kind, late["leg"], late["context"]["leg"]) == ("call_context", LEG, LEG)
    assert [one.who for one in service.store.audit.latest(5) if one.action == "read"] == ["api:1001"]
