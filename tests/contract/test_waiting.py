"""What happens to a caller who waits in a queue: they are spoken to, let out, and seen in the tables."""

from __future__ import annotations

import pytest

from esl.leg import WAY_OUT
from esl.switch import Digit
from tests.contract.place import STAFFED, Application, Caller, Place, Session, hears, in_a_row, pause, wav
from tests.contract.test_queue import still_ours
from tests.freeswitch.harness import wait_until
from tests.freeswitch.sound import noise
from tests.freeswitch.sound import place as position


@pytest.fixture
def waiting(place: Place, application: Application) -> tuple[Caller, Session, str]:
    """A caller in a queue where nobody is free, with the key 1 and our own way out."""
    caller = place.caller()
    caller.call()
    session = application.next_call()
    session.call.answer()
    session.call.set_variable("cc_exit_keys", f"1{WAY_OUT}")
    queueing = session.call.enqueue(STAFFED)
    hears(caller)
    return caller, session, queueing


def test_they_are_spoken_to(place: Place, waiting: tuple[Caller, Session, str]) -> None:
    """An announcement is heard in place of the music, and the wait goes on."""
    caller, session, queueing = waiting
    sound = noise(0.5)
    told = session.call.play([wav(place.folder / "told.wav", sound)])
    assert session.finished(told).response == "FILE PLAYED"
    pause(0.3)
    assert position(sound, in_a_row(caller))[1] > 0.95
    with pytest.raises(TimeoutError):
        session.finished(queueing, 0.6)
    session.call.leave_queue()
    session.finished(queueing, 3)


@pytest.mark.parametrize("speaking", [False, True])
def test_they_are_let_out(place: Place, waiting: tuple[Caller, Session, str], speaking: bool) -> None:
    """At once, in the music as in an announcement, and no key of it is left over."""
    caller, session, queueing = waiting
    if speaking:
        told = session.call.play([wav(place.folder / "long.wav", noise(4.0))])
        pause(0.3)
        session.call.stop_playing()
        session.finished(told, 2)
    session.call.leave_queue()
    ended = session.finished(queueing, 3)
    assert ended.variables["cc_cancel_reason"] == "EXIT_WITH_KEY"
    assert ended.variables["cc_exit_key"] == WAY_OUT
    session.call.set_variable("cc_exit_keys", "")
    still_ours(place, caller, session)
    session.listen(0.3)
    assert session.keys_so_far == WAY_OUT


def test_a_key_while_we_speak_is_told_to_us(place: Place, waiting: tuple[Caller, Session, str]) -> None:
    """The queue does not hear it; we do, and may let them out."""
    caller, session, queueing = waiting
    told = session.call.play([wav(place.folder / "long.wav", noise(3.0))])
    pause(0.3)
    caller.press("1")
    session.until(lambda event: event == Digit("1"), 3)
    session.call.stop_playing()
    session.finished(told, 2)
    session.call.leave_queue()
    assert session.finished(queueing, 5).variables["cc_cancel_reason"] == "EXIT_WITH_KEY"


def test_they_are_seen_by_their_own_connection(place: Place, waiting: tuple[Caller, Session, str]) -> None:
    """Who waits with which score, and who serves: asked over the call's own socket."""
    _, session, queueing = waiting
    centre = session.call.call_centre()
    wait_until(lambda: any(one.waits for one in centre.members(STAFFED)), 3, "a member")
    (member,) = [one for one in centre.members(STAFFED) if one.waits]
    assert member.session == session.call.uuid and member.waits and 0 <= member.score < 10
    (agent,) = centre.people(STAFFED)
    assert (agent.name, agent.logged_in, agent.free) == ("1001@ivr", False, False)
    assert centre.members("nowhere@ivr") == []
    session.call.leave_queue()
    session.finished(queueing, 3)
