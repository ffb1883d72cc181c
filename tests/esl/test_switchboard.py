"""The connection that legs share for their events: subscribing, lost, and back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import structlog

from esl.switch import Digit, Finished, HungUp
from esl.switchboard import LONGEST_PAUSE, MARK, REFUSED_PAUSE, SHORTEST_PAUSE, Switchboard
from tests.esl.event_port import PROMPT, UUID, EventPort, Scene, next_event, open_scene
from tests.esl.peer import DEADLINE

__all__ = ["open_scene"]


def mark_of(board: Switchboard) -> str:
    return board.mark[MARK]


# --- while it is there ----------------------------------------------------------------------------


def test_it_subscribes_narrowly_and_filters_first(open_scene: Callable[..., Scene]) -> None:
    """Only what legs need, only of legs with its mark: other legs cost the switch a comparison."""
    scene = open_scene().connected()
    assert scene.events.commands == [
        "auth right",
        "api global_getvar core_uuid",
        f"filter variable_{MARK} {mark_of(scene.board)}",
        "filter Event-Name DTMF",  # a key is told without variables
        "event plain CHANNEL_EXECUTE_COMPLETE DTMF CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_HANGUP_COMPLETE",
    ]


def test_a_call_whose_events_come_by_it(open_scene: Callable[..., Scene]) -> None:
    """The leg carries the mark before anything happens on it, asks for nothing on its own socket, and hears
    its prompt's end, its keys and its hang-up."""
    scene = open_scene().connected()
    peer, call = scene.call()
    peer.wait_for("uuid_setvar_multi")
    assert peer.lines[2:] == [
        f"api uuid_setvar_multi {UUID} playback_terminators=none;{MARK}={mark_of(scene.board)}"
    ]
    assert scene.board.legs == 1
    identity = call.play([PROMPT])
    peer.wait_for("execute playback")
    scene.events.tell(peer, "DTMF", **{"DTMF-Digit": "7"})
    scene.events.tell(peer, "CHANNEL_EXECUTE_COMPLETE", "playback")
    assert next_event(call) == Digit("7")
    ended = next_event(call)
    assert isinstance(ended, Finished)
    assert ended.command_id == identity
    scene.events.tell(peer, "CHANNEL_HANGUP_COMPLETE")
    assert isinstance(next_event(call), HungUp)
    assert scene.board.legs == 0


def test_anothers_events_are_nobodys(open_scene: Callable[..., Scene]) -> None:
    """A leg that is gone, or never was ours."""
    scene = open_scene().connected()
    peer, call = scene.call()
    scene.events.tell(peer, "DTMF", **{"Unique-ID": "somebody-else", "DTMF-Digit": "1"})
    scene.events.tell(peer, "DTMF", **{"DTMF-Digit": "2"})
    assert next_event(call) == Digit("2")


@pytest.mark.parametrize("why", ["another switch", "not connected"])
def test_a_leg_that_it_does_not_carry_hears_for_itself(open_scene: Callable[..., Scene], why: str) -> None:
    """Several switches may bring calls to one server; and a call never waits for the event connection."""
    scene = open_scene()
    if why == "another switch":
        scene.events.core = "another"
        scene.connected()
    peer, call = scene.call()
    peer.wait_for(f"filter Unique-ID {UUID}")
    peer.wait_for("uuid_setvar_multi")  # two greenlets may not send at once
    peer.send_event("DTMF", **{"DTMF-Digit": "3"})
    assert next_event(call) == Digit("3")
    assert scene.board.legs == 0


# --- coming back --------------------------------------------------------------------------------------


def test_it_comes_back_and_says_so(open_scene: Callable[..., Scene]) -> None:
    """Lost and back are one line each; new legs share it again, and it subscribes anew."""
    scene = open_scene()
    with structlog.testing.capture_logs() as logs:
        scene.connected()
        _, first = scene.call()
        scene.events.drop()
        assert scene.events.subscribed.wait(DEADLINE)
        assert scene.board.wait_connected(DEADLINE)
        _, second = scene.call(channel={"Unique-ID": "second"})
    assert scene.board.legs == 1
    told = [line for line in logs if line["event"].startswith("event_connection")]
    assert [line["event"] for line in told] == [
        "event_connection_up",
        "event_connection_lost",
        "event_connection_back",
    ]
    assert told[1]["legs"] == 1
    assert (first.uuid, second.uuid) == (UUID, "second")


def test_pauses_grow_to_less_than_a_second(open_scene: Callable[..., Scene]) -> None:
    """So it is back within 2 s of the switch's return; and it complains once."""
    scene = open_scene()
    address = scene.events.address
    scene.events.close()
    with structlog.testing.capture_logs() as logs:
        scene.board.start()
        pauses = [scene.pauses.go() for _ in range(6)]

        def return_() -> None:
            scene.events = EventPort(port=address[1])

        pauses.append(scene.pauses.go(return_))
        assert scene.board.wait_connected(DEADLINE)
    assert pauses == [SHORTEST_PAUSE * 2**n for n in range(4)] + [LONGEST_PAUSE] * 3
    complaints = [line for line in logs if line["event"] == "no_event_connection"]
    assert len(complaints) == 1
    assert "switch.event_host" in complaints[0]["remedy"]


def test_chance_shortens_pauses(open_scene: Callable[..., Scene]) -> None:
    """Many servers that lost one switch do not come back in step; none waits longer for it."""
    scene = open_scene()
    scene.events.close()
    board = Switchboard(scene.events.address, "right", pause=scene.pauses, chance=lambda: 0.5)
    board.start()
    assert scene.pauses.go() == pytest.approx(SHORTEST_PAUSE * 0.75)
    board.close()


def test_a_refused_login_is_tried_seldom(open_scene: Callable[..., Scene]) -> None:
    """The password is wrong: the operator is told which setting, and the switch is left alone."""
    scene = open_scene()
    scene.events.password = "another"
    with structlog.testing.capture_logs() as logs:
        scene.board.start()
        assert scene.pauses.go() == REFUSED_PAUSE
        assert scene.pauses.go() == REFUSED_PAUSE
    complaints = [line for line in logs if line["event"] == "no_event_connection"]
    assert len(complaints) == 1
    assert "switch.event_password" in complaints[0]["remedy"]


def test_a_connection_that_falls_silent_is_lost(
    open_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A switch behind a firewall that forgot the connection: no end of file ever comes."""
    monkeypatch.setattr("esl.switchboard.REPLY_DEADLINE", 0.05)
    scene = open_scene(ping=0.01).connected()
    peer, _ = scene.call()
    scene.events.deaf = True
    peer.wait_for("filter Unique-ID")
    assert not scene.board.legs


def test_it_can_be_closed_at_any_time(open_scene: Callable[..., Scene]) -> None:
    """Before it ever connected, while legs are there, and twice; legs then hear for themselves."""
    scene = open_scene()
    scene.board.close()
    scene.connected()
    peer, _ = scene.call()
    scene.board.close()
    scene.board.close()
    peer.wait_for("filter Unique-ID")
    assert not scene.board.connected


def test_one_that_only_watches_asks_for_nothing(open_scene: Callable[..., Scene]) -> None:
    """Each leg hears for itself, and still it is noticed when the switch goes and comes."""
    scene = open_scene(carries=False)
    scene.board.start()
    assert scene.board.wait_connected(DEADLINE)
    assert scene.events.commands == ["auth right", "api global_getvar core_uuid"]
    peer, _ = scene.call()
    peer.wait_for(f"filter Unique-ID {UUID}")
