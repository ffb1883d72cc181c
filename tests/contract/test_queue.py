"""Callers in a queue: served by an agent, or not; and who ended it."""

from __future__ import annotations

import time

import pytest

from esl.switch import HungUp
from tests.contract.place import (
    BRIEF,
    BRIEF_SECONDS,
    STAFFED,
    UNSTAFFED,
    UNSTAFFED_SECONDS,
    Application,
    Caller,
    Place,
    Session,
    hears,
    in_a_row,
    in_fallback,
    members,
    pause,
    wav,
)
from tests.freeswitch.harness import wait_until
from tests.freeswitch.sound import noise
from tests.freeswitch.sound import place as position


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


def test_nobody_answers_in_time(place: Place, application: Application) -> None:
    """The caller is ours again, and hears so."""
    caller, session, queueing = queued(place, application, BRIEF)
    began = time.monotonic()
    ended = session.finished(queueing, BRIEF_SECONDS + 3)
    assert BRIEF_SECONDS - 0.5 < time.monotonic() - began < BRIEF_SECONDS + 3
    assert (ended.application, ended.variables["cc_cause"]) == ("callcenter", "cancel")
    assert ended.variables["cc_cancel_reason"] == "TIMEOUT"
    still_ours(place, caller, session)


def test_nobody_is_there(place: Place, application: Application) -> None:
    """Without an agent logged in there is no use in waiting."""
    caller, session, queueing = queued(place, application, UNSTAFFED)
    ended = session.finished(queueing, UNSTAFFED_SECONDS + 8)
    assert ended.variables["cc_cause"] == "cancel"
    assert ended.variables["cc_cancel_reason"] == "NO_AGENT_TIMEOUT"
    still_ours(place, caller, session)


@pytest.mark.parametrize("keys", ["#", "12#"])
def test_a_key_leads_out(place: Place, application: Application, keys: str) -> None:
    """Those of `cc_exit_keys`, and no others."""
    caller = place.caller()
    caller.call()
    session = application.next_call()
    session.call.answer()
    session.call.set_variable("cc_exit_keys", "#")
    queueing = session.call.enqueue(STAFFED)
    hears(caller)
    caller.press(keys)
    ended = session.finished(queueing, 3)
    assert ended.variables["cc_cause"] == "cancel"
    assert ended.variables["cc_cancel_reason"] == "EXIT_WITH_KEY"
    assert ended.variables["cc_exit_key"] == "#"
    still_ours(place, caller, session)


def test_an_unknown_queue_ends_at_once(place: Place, application: Application) -> None:
    """A mistake in a flow must not leave a caller in silence."""
    caller, session, queueing = queued(place, application, "nowhere@ivr")
    ended = session.finished(queueing, 2)
    assert "cc_cause" not in ended.variables
    still_ours(place, caller, session)


def test_a_caller_who_gives_up_waiting(place: Place, application: Application) -> None:
    """The queue forgets them at once."""
    caller, session, _ = queued(place, application, STAFFED)
    wait_until(lambda: session.call.uuid in members(place, STAFFED), 3, "a member")
    hears(caller)
    caller.hang_up()
    assert session.hung_up(3) == HungUp("NORMAL_CLEARING", by_caller=True)
    wait_until(lambda: not members(place, STAFFED), 3, "an empty queue")


def test_we_end_a_conversation(place: Place, application: Application) -> None:
    """A supervisor's hang-up, a limit: both go, and it was not the caller."""
    with place.agent(talks_for=20) as answered:
        caller, session, queueing = queued(place, application, STAFFED)
        assert answered.wait(10)
        session.finished(queueing, 1.0)
        session.listen(0.5)
        session.call.hang_up()
        assert session.hung_up(3) == HungUp("NORMAL_CLEARING", by_caller=False)
        assert caller.over.wait(1)


def test_a_conversation_outlives_our_server(place: Place, application: Application) -> None:
    """Let go in the middle of it: the two talk on, and the end is the end."""
    with place.agent(talks_for=1.5) as answered:
        caller, session, queueing = queued(place, application, STAFFED)
        assert answered.wait(10)
        session.finished(queueing, 1.0)
        session.let_go()
        pause(0.8)
        assert not caller.over.is_set()
        assert caller.over.wait(3)


def still_ours(place: Place, caller: Caller, session: Session) -> None:
    """The call goes on with us."""
    sound = noise(0.4)
    session.call.set_variable("hangup_after_bridge", "false")
    played = session.finished(session.call.play([wav(place.folder / "sorry.wav", sound)]))
    assert played.response == "FILE PLAYED"
    pause(0.3)
    assert position(sound, in_a_row(caller))[1] > 0.95
    assert members(place, STAFFED) == set()


def test_a_stop_is_no_way_out(place: Place, application: Application) -> None:
    """`stop_playing` stops the music, not the waiting."""
    caller, session, queueing = queued(place, application, STAFFED)
    hears(caller)
    session.call.stop_playing()
    with pytest.raises(TimeoutError):
        session.finished(queueing, 1.5)
    assert session.call.uuid in members(place, STAFFED)
