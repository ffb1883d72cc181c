"""How calls end: at any moment, by either side; `HungUp` is last, and it tells who and why."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

import gevent
import pytest
from gevent.queue import Empty

from esl.errors import CallEnded
from esl.switch import Audio, HungUp
from tests.contract.place import (
    STAFFED,
    Application,
    Caller,
    Place,
    Session,
    connected,
    gone,
    hears,
    pause,
    wav,
)
from tests.freeswitch.sound import tone


def nothing_follows(session: Session) -> None:
    """The inbox stays empty, and every command says that the call is over."""
    with pytest.raises(Empty):
        session.call.inbox.get(timeout=0.7)
    call = session.call
    commands: list[Callable[[], object]] = [
        call.answer,
        call.stop_playing,
        call.start_listening,
        call.hang_up,
        lambda: call.set_variable("a", "b"),
        lambda: call.enqueue(STAFFED),
    ]
    for command in commands:
        with pytest.raises(CallEnded):
            command()
    call.release()


def test_before_the_answer(place: Place, application: Application) -> None:
    """Somebody who changed their mind while it rang: not a call that was served."""
    caller = place.caller()
    caller.call()
    session = application.next_call()
    pause(0.1)
    caller.hang_up()
    assert session.hung_up() == HungUp("ORIGINATOR_CANCEL", by_caller=True)
    nothing_follows(session)


@pytest.mark.parametrize("during", ["nothing", "prompt", "listening", "recording", "queue", "queued prompts"])
def test_by_the_caller(place: Place, application: Application, during: str) -> None:
    """Whatever was going on."""
    caller, session = connected(place, application)
    long = wav(place.folder / "long.wav", tone(440, 20))
    if during == "listening":
        session.call.start_listening()
        session.until(lambda event: isinstance(event, Audio))
    if during == "recording":
        session.call.start_recording(place.folder / "ended.wav")
    if during in ("prompt", "queued prompts"):
        session.call.play([long])
        hears(caller)
    if during == "queued prompts":
        session.call.play([long])
    if during == "queue":
        session.call.enqueue(STAFFED)
        hears(caller)
    caller.hang_up()
    assert session.hung_up() == HungUp("NORMAL_CLEARING", by_caller=True)
    assert isinstance(session.events[-1][1], HungUp)
    nothing_follows(session)


@pytest.mark.parametrize("during", ["nothing", "prompt", "listening", "queue"])
def test_by_us(place: Place, application: Application, during: str) -> None:
    """The caller hears it at once, and it was not the caller."""
    caller, session = connected(place, application)
    if during == "listening":
        session.call.start_listening()
    if during == "prompt":
        session.call.play([wav(place.folder / "long.wav", tone(440, 20))])
        hears(caller)
    if during == "queue":
        session.call.enqueue(STAFFED)
        hears(caller)
    session.call.hang_up()
    assert session.hung_up() == HungUp("NORMAL_CLEARING", by_caller=False)
    assert caller.over.wait(1)
    nothing_follows(session)


@pytest.mark.parametrize("cause", ["CALL_REJECTED", "USER_BUSY", "NORMAL_TEMPORARY_FAILURE"])
@pytest.mark.parametrize("answered", [True, False])
def test_by_us_with_a_cause(place: Place, application: Application, cause: str, answered: bool) -> None:
    """The cause is the one that we gave, before the answer and after."""
    caller = place.caller()
    caller.call()
    session = application.next_call()
    if answered:
        session.call.answer()
        assert caller.answered.wait(3)
    session.call.hang_up(cause)
    assert session.hung_up() == HungUp(cause, by_caller=False)
    assert caller.over.wait(2)


def test_at_any_instant(place: Place, application: Application) -> None:
    """Hang-ups at random instants of the first 0.8 s, some of them while we send commands: one `HungUp`,
    at the end, by the caller; and the switch forgets the leg."""
    order = random.Random(3)
    file = wav(place.folder / "short.wav", tone(440, 0.1))
    verdicts = []

    def live(session: Session) -> None:
        call = session.call
        with suppress(CallEnded):
            call.answer()
            call.start_listening()
            while True:
                session.finished(call.play([file]))
                call.set_variable("turn", "1")

    for _ in range(20):
        caller: Caller = place.caller()
        caller.call()
        session = application.next_call()
        living = gevent.spawn(live, session)
        pause(order.uniform(0, 0.8))
        caller.hang_up()
        living.get(timeout=3)
        ended = [event for _, event in session.events if isinstance(event, HungUp)]
        verdicts.append((ended or [session.hung_up()])[0])
        session.let_go()
    assert {verdict.by_caller for verdict in verdicts} == {True}
    assert {verdict.cause for verdict in verdicts} <= {"NORMAL_CLEARING", "ORIGINATOR_CANCEL"}
    gone(place)
