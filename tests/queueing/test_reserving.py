"""An agent for somebody who is called back: who will be ready, for whom, and what if they are not."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import gevent
import pytest

from data.ids import new_id
from esl.call_centre import AVAILABLE, ON_BREAK, AgentRow
from ivr.queueing import reserving
from ivr.queueing.callbacks import Order
from ivr.queueing.reserving import Virtual
from ivr.queueing.turns import given_in

NOW = 1_000.0


def agent(*, status: str = AVAILABLE, state: str = "Waiting", ended: int = 0, ready: int = 0) -> AgentRow:
    return AgentRow(
        name="1001@ivr",
        contact="user/1001",
        status=status,
        state=state,
        max_no_answer=0,
        wrap_up=20,
        calls_answered=1,
        talk_time=60,
        last_bridge_end=ended,
        ready_time=ready,
    )


@pytest.mark.parametrize(
    ("row", "seconds"),
    [
        (agent(), 0.0),
        (agent(ended=995), 15.0),
        (agent(ended=980), 0.0),
        (agent(ended=995, state="Reserved"), 15.0),  # as the embedded switch has a wrap-up
        (agent(state="Reserved"), None),
        (agent(state="Receiving", ended=995), None),
        (agent(state="In a queue call", ended=995), None),
        (agent(ended=995, status=ON_BREAK), None),
        (agent(ended=995, ready=1010), None),  # they have declined: who knows whether they take the next
    ],
)
def test_when_an_agent_will_be_ready(row: AgentRow, seconds: float | None) -> None:
    """Known of those who wait or wrap up, and of nobody else."""
    assert row.ready_in(NOW) == seconds


@pytest.mark.parametrize(
    ("ahead", "ready", "seconds"),
    [(0, [9.0, 3.0], 3.0), (1, [9.0, 3.0], 9.0), (2, [9.0, 3.0], math.inf), (0, [], math.inf)],
)
def test_who_is_given_whom(ahead: int, ready: list[float], seconds: float) -> None:
    """The first in line gets whoever is ready first."""
    assert given_in(ahead, ready) == seconds


def virtual(killed: list[str], *, joins: bool = True) -> Virtual:
    now = datetime.now(UTC)
    order = Order(
        attempt_id=new_id(),
        number="+34600111222",
        queue="billing",
        language="es",
        since=now,
        score=60,
        agent_first=True,
        ring=20,
        story={},
        asked_at=now,
    )
    return Virtual(order, "leg", killed.append, lambda _agent, _customer: joins)


def test_the_agent_answers_a_moment_after_the_customer() -> None:
    """They were rung in the agent's wrap-up, and are put through as soon as that agent is there."""
    held = virtual([])
    gevent.spawn(held.answered_by, "agent-leg")
    assert held.put_through("customer-leg")
    assert held.joined


def test_an_agent_who_does_not_come_frees_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """They have gone on a break after their wrap-up: the customer waits in the queue, alone."""
    monkeypatch.setattr(reserving, "IN_A_MOMENT", 0.01)
    killed: list[str] = []
    held = virtual(killed)
    assert not held.put_through("customer-leg")
    assert killed == ["leg"]
