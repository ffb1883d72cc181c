"""Whoever comes with the uuid of a call that is being served is turned away, and the call does not notice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from esl.switch import Digit
from esl.switchboard import Switchboard
from tests.contract.place import Application, Place, Session, connected, gone, wav
from tests.esl.peer import Peer
from tests.freeswitch.harness import wait_until
from tests.freeswitch.sound import tone


@pytest.fixture(params=["own", "shared"])
def serving(place: Place, request: pytest.FixtureRequest) -> Iterator[Application]:
    """Our server, whose calls hear by their own sockets, or by the connection that they share."""
    if request.param == "own":
        ours = Application(place.port)
        yield ours
        ours.close()
        return
    address, password = place.events
    board = Switchboard(address, password)
    board.start()
    assert board.wait_connected(5)
    ours = Application(place.port, event_sources=[board])
    yield ours
    ours.close()
    board.close()


def goes_on(place: Place, session: Session) -> None:
    """The call plays, hears of the end, and takes a key."""
    assert plays(place, session)


def plays(place: Place, session: Session) -> bool:
    playing = session.call.play([wav(place.folder / "twice.wav", tone(440, 0.3))])
    return session.finished(playing).response == "FILE PLAYED"


def test_strangers_with_the_uuid_of_a_call_are_turned_away(place: Place, serving: Application) -> None:
    """Sockets that answer `connect` as the switch would, with that uuid and this switch's own: closed, with
    one warning for all of them; prompts, keys and the hang-up still reach the call."""
    caller, session = connected(place, serving)
    core = place.api("global_getvar core_uuid").strip()
    claimed = {"Unique-ID": session.call.uuid, "Core-UUID": core}
    with structlog.testing.capture_logs() as logged:
        strangers = [Peer(("127.0.0.1", place.port), channel=claimed) for _ in range(5)]
        for stranger in strangers:
            assert stranger.closed.wait(10)
            assert {command.word for command in stranger.commands} <= {"connect", "linger"}
    warnings = [entry for entry in logged if entry["log_level"] in ("warning", "error")]
    assert [entry["event"] for entry in warnings] == ["outbound_leg_twice"]
    assert "remedy" in warnings[0]
    assert serving.server.active_calls == serving.server.admitted == 1
    goes_on(place, session)
    caller.press("7")
    session.until(lambda event: event == Digit("7"))
    caller.hang_up()
    assert session.hung_up().by_caller
    session.let_go()
    gone(place)


@pytest.mark.freeswitch
def test_a_dialplan_that_runs_socket_twice_changes_nothing(place: Place, application: Application) -> None:
    """The same channel, from within itself: FreeSWITCH is turned away, and goes on with what we told it."""
    if place.name != "freeswitch":
        pytest.skip("the embedded switch runs `socket` from its dialplan alone")
    caller, session = connected(place, application)
    again = f"'socket::127.0.0.1:{place.port} async full'"
    with structlog.testing.capture_logs() as logged:
        assert place.api(f"uuid_broadcast {session.call.uuid} {again} aleg").startswith("+OK")
        wait_until(lambda: bool(logged), 10, "somebody turned away")
    assert [entry["event"] for entry in logged] == ["outbound_leg_twice"]
    # The end of what ran beside our commands breaks off what is played in that very instant.
    wait_until(lambda: plays(place, session), 10, "the application beside ours over")
    goes_on(place, session)
    caller.hang_up()
    assert session.hung_up().by_caller
    session.let_go()
    gone(place)
