"""Callers in a queue: served by an agent, or not; and who ended it."""

from __future__ import annotations

import pytest

from esl.switch import HungUp
from tests.contract.place import STAFFED, Application, Caller, Place, Session, in_fallback, pause


def queued(place: Place, application: Application, queue: str) -> tuple[Caller, Session, str]:
    """A caller whom we answered and handed over, as the session does."""
    caller = place.caller()
    caller.call()
    session = application.next_call()
    session.call.answer()
    session.call.set_variable("hangup_after_bridge", "true")
    return caller, session, session.call.enqueue(queue)


def test_when_the_agent_hangs_up_the_call_is_over(place: Place, application: Application) -> None:
    """The application ends when the agent answers, not when the conversation does; the caller who has been
    served is then not sent to the fallback queue."""
    with place.agent(talks_for=1.5) as answered:
        caller, session, queueing = queued(place, application, STAFFED)
        assert answered.wait(10)
        ended = session.finished(queueing, 1.0)
        assert ended.variables["cc_cause"] == "answered"
        with pytest.raises(TimeoutError):
            session.hung_up(0.8)  # the conversation goes on
        assert not caller.over.is_set()
        assert session.hung_up(3) == HungUp("NORMAL_CLEARING", by_caller=False)
        assert caller.over.wait(1)


@pytest.mark.parametrize("said", ["false", ""])
def test_without_hangup_after_bridge_the_dialplan_goes_on(
    place: Place, application: Application, said: str
) -> None:
    """What the session has to prevent: after the conversation, the fallback queue."""
    with place.agent(talks_for=0.8) as answered:
        caller, session, _ = queued(place, application, STAFFED)
        session.call.set_variable("hangup_after_bridge", said)
        assert answered.wait(10)
        pause(0.5)
    session.let_go()
    in_fallback(place, session.call.uuid)
    assert not caller.over.is_set()


def test_a_caller_who_hangs_up_on_the_agent_has_done_so(place: Place, application: Application) -> None:
    """The call record says who ended the conversation."""
    with place.agent(talks_for=20) as answered:
        caller, session, queueing = queued(place, application, STAFFED)
        assert answered.wait(10)
        session.finished(queueing, 1.0)
        session.listen(0.7)
        caller.hang_up()
        assert session.hung_up(3) == HungUp("NORMAL_CLEARING", by_caller=True)
