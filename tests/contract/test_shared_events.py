"""Events by one shared connection: as by each leg's own socket, and no call hangs when it breaks."""

from __future__ import annotations

import random
from collections.abc import Iterator

import gevent
import pytest

from esl.switch import HungUp
from esl.switchboard import Switchboard
from tests.contract.place import (
    STAFFED,
    UNSTAFFED,
    Application,
    Caller,
    Place,
    Session,
    connected,
    hears,
    in_a_row,
    pause,
    together,
    wav,
)
from tests.freeswitch.harness import wait_until
from tests.freeswitch.sound import noise
from tests.freeswitch.sound import place as position


@pytest.fixture
def board(place: Place) -> Iterator[Switchboard]:
    """The event connection to the switch under test, up."""
    address, password = place.events
    board = Switchboard(address, password)
    board.start()
    assert board.wait_connected(5)
    yield board
    board.close()


@pytest.fixture
def sharing(place: Place, board: Switchboard) -> Iterator[Application]:
    """Our server, whose calls hear by `board`."""
    ours = Application(place.port, event_sources=[board])
    yield ours
    ours.close()


def cut(board: Switchboard) -> None:
    """The connection breaks, as the network does it."""
    assert board._connection is not None
    board._connection.lose("cut by the test")


def sharing_call(place: Place, board: Switchboard, application: Application) -> tuple[Caller, Session]:
    caller, session = connected(place, application)
    wait_until(lambda: board.legs == 1, 2, "the leg shares the connection")
    return caller, session


def test_a_whole_call(place: Place, board: Switchboard, sharing: Application) -> None:
    """The end of a prompt, keys in their order, a stopped prompt, and the caller's hang-up."""
    caller, session = sharing_call(place, board, sharing)
    prompt = wav(place.folder / "shared.wav", noise(0.3))
    assert session.finished(session.call.play([prompt])).response == "FILE PLAYED"
    caller.press("42")
    assert session.keys(2) == "42"
    long = session.call.play([wav(place.folder / "long.wav", noise(20.0))])
    hears(caller)
    session.call.stop_playing()
    session.finished(long, 2)
    caller.hang_up()
    assert session.hung_up() == HungUp("NORMAL_CLEARING", by_caller=True)
    wait_until(lambda: board.legs == 0, 2, "the leg has left")


def test_our_own_hang_up(place: Place, board: Switchboard, sharing: Application) -> None:
    """Nothing but the switch's notice is needed: who hung up and why is known."""
    caller, session = sharing_call(place, board, sharing)
    session.call.hang_up("USER_BUSY")
    assert session.hung_up() == HungUp("USER_BUSY", by_caller=False)
    assert caller.over.wait(2)


def test_a_prompt_is_heard_to_its_end_over_the_break(
    place: Place, board: Switchboard, sharing: Application
) -> None:
    """The sentence is not cut, its end is told, and so is what comes after."""
    caller, session = sharing_call(place, board, sharing)
    sentence = noise(2.0)
    playing = session.call.play([wav(place.folder / "sentence.wav", sentence)])
    hears(caller)
    cut(board)
    assert session.finished(playing).response == "FILE PLAYED"
    assert position(sentence, in_a_row(caller))[1] > 0.97
    caller.press("7")
    assert session.keys(1) == "7"
    caller.hang_up()
    assert session.hung_up() == HungUp("NORMAL_CLEARING", by_caller=True)


def test_a_break_at_any_instant_of_a_prompt(place: Place, board: Switchboard, sharing: Application) -> None:
    """Before it begins, while it plays, as it ends: `Finished` comes once, always."""
    order = random.Random(7)
    prompt = wav(place.folder / "brief.wav", noise(0.1))
    for _ in range(10):
        assert board.wait_connected(5)
        caller, session = sharing_call(place, board, sharing)
        gevent.spawn_later(order.uniform(0, 0.25), cut, board)
        identities = [session.call.play([prompt])]
        session.finished(identities[-1], 4)
        identities.append(session.call.play([prompt]))
        session.finished(identities[-1], 4)
        pause(0.1)
        caller.hang_up()
        session.hung_up()
        finished = [event.command_id for _, event in session.events if hasattr(event, "command_id")]
        assert finished == identities
        session.let_go()


@pytest.mark.parametrize("after", [0.0, 0.5])
def test_a_break_while_the_caller_waits(
    place: Place, board: Switchboard, sharing: Application, after: float
) -> None:
    """The queue lets the caller go, and says why."""
    _, session = sharing_call(place, board, sharing)
    waiting = session.call.enqueue(UNSTAFFED)
    gevent.spawn_later(after, cut, board)
    ended = session.finished(waiting)
    assert ended.variables["cc_cancel_reason"] == "NO_AGENT_TIMEOUT"


def test_a_break_while_people_talk(place: Place, board: Switchboard, sharing: Application) -> None:
    """The conversation goes on, and its end is heard of."""
    with place.agent(talks_for=1.5) as answered:
        caller, session = sharing_call(place, board, sharing)
        session.call.set_variable("hangup_after_bridge", "true")
        waiting = session.call.enqueue(STAFFED)
        assert answered.wait(10)
        session.finished(waiting)
        cut(board)
        pause(0.5)
        assert not caller.over.is_set()
        session.hung_up()
        assert caller.over.wait(2)


def test_a_break_as_callers_hang_up(place: Place, board: Switchboard, sharing: Application) -> None:
    """The hang-up is told on each leg's own socket, whatever becomes of the shared connection."""
    pairs = [connected(place, sharing) for _ in range(5)]
    together(lambda: cut(board), *(caller.hang_up for caller, _ in pairs))
    for _, session in pairs:
        assert session.hung_up(4).by_caller


def test_another_servers_calls_are_not_heard(place: Place, board: Switchboard) -> None:
    """Two servers share a switch; each connection brings its own legs' events only."""
    address, password = place.events
    theirs = Switchboard(address, password)
    theirs.start()
    assert theirs.wait_connected(5)
    heard: list[str] = []
    assert board._connection is not None
    board._connection.events_to = lambda event: heard.append(event.name)
    application = Application(place.port, event_sources=[theirs])
    try:
        caller, session = connected(place, application)
        session.finished(session.call.play([wav(place.folder / "theirs.wav", noise(0.1))]))
        caller.hang_up()
        session.hung_up()
    finally:
        application.close()
        theirs.close()
    assert heard == []
