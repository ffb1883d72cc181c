"""What a leg does while the connection of its events is away, and what had ended by then."""

from __future__ import annotations

from collections.abc import Callable

import gevent
import pytest

from esl.errors import CallEnded
from esl.switch import Digit, Finished, HungUp
from esl.wire import Command
from tests.esl.event_port import CORE, PROMPT, Scene, next_event, open_scene
from tests.esl.peer import DEADLINE, LINGER_NOTICE, Peer, api_response, reply

__all__ = ["open_scene"]


def playing(answer: str) -> Callable[[Peer, Command], bool]:
    """A switch that ends fences at once and says `answer` when it is asked whether a file is playing."""

    def script(peer: Peer, command: Command) -> bool:
        if "uuid_fileman" in command.line:
            peer.send(api_response(answer))
            return True
        if command.headers.get("execute-app-name") == "set":
            peer.answer(command)
            end_fence(peer)
            return True
        return False

    return script


def end_fence(peer: Peer) -> None:
    """The switch tells the end of the newest fence on the leg's own socket."""
    identity = peer.ids["set"]
    peer.send_event(
        "CHANNEL_EXECUTE_COMPLETE", "playback", **{"Application": "set", "Application-UUID": identity}
    )


def test_a_prompt_goes_on_when_the_connection_is_lost(open_scene: Callable[..., Scene]) -> None:
    """It plays, so nothing is made up: its end is told to the leg's own socket."""
    scene = open_scene().connected()
    peer, call = scene.call(script=playing("+OK\n"))
    identity = call.play([PROMPT])
    peer.wait_for("execute playback")
    scene.events.drop()
    peer.wait_for("uuid_fileman")
    peer.send_event("CHANNEL_EXECUTE_COMPLETE", "playback")
    ended = next_event(call)
    assert isinstance(ended, Finished)
    assert (ended.command_id, ended.response) == (identity, "FILE PLAYED")


def test_a_prompt_that_ended_in_the_gap_is_found_out(open_scene: Callable[..., Scene]) -> None:
    """The switch plays nothing any more; the session must not wait for an event that has been sent."""
    scene = open_scene().connected()
    peer, call = scene.call(script=playing("-ERR No file handle!\n"))
    identity = call.play([PROMPT])
    peer.wait_for("execute playback")
    scene.events.drop()
    assert next_event(call) == Finished(identity, "playback", "_none_", {})
    order = [line for line in peer.lines if "setvar" not in line][3:]
    assert [line.split(" ")[0] for line in order] == ["filter", "event", "execute", "api"]
    peer.send_event("CHANNEL_EXECUTE_COMPLETE", "playback")  # told after all: ignored
    peer.send_event("DTMF", **{"DTMF-Digit": "9"})
    assert next_event(call) == Digit("9")


def test_two_prompts_at_once_are_stopped(open_scene: Callable[..., Scene]) -> None:
    """The switch's word that a file plays could mean either; both end, and nobody waits for ever."""
    scene = open_scene().connected()
    peer, call = scene.call(script=playing("+OK\n"))
    identities = {call.play([PROMPT]), call.play([PROMPT])}
    peer.wait_for("execute playback")
    scene.events.drop()
    ended = [next_event(call), next_event(call)]
    assert {each.command_id for each in ended if isinstance(each, Finished)} == identities
    assert any("uuid_break" in line for line in peer.lines)


@pytest.mark.parametrize(
    "verdict", [{"cc_cause": "answered"}, {"cc_cause": "cancel", "cc_cancel_reason": "TIMEOUT"}, {}]
)
def test_a_queue_that_ended_in_the_gap_left_its_verdict(
    open_scene: Callable[..., Scene], verdict: dict[str, str]
) -> None:
    """What an earlier queue left was removed before; so what is there is this one's, and nothing means that
    the caller still waits."""

    def script(peer: Peer, command: Command) -> bool:
        if "uuid_getvar" in command.line:
            peer.send(api_response(verdict.get(command.line.split(" ")[-1], "_undef_")))
            return True
        return False

    scene = open_scene().connected()
    peer, call = scene.call("callcenter-exit-key", script=script, channel={"Core-UUID": CORE})
    identity = call.enqueue("billing@default")
    peer.wait_for("execute callcenter")
    assert any(line.endswith("cc_cause=;cc_cancel_reason=;cc_exit_key=") for line in peer.lines)
    scene.events.drop()
    peer.wait_for("uuid_getvar .* cc_exit_key")
    if verdict:
        assert next_event(call) == Finished(identity, "callcenter", "_none_", verdict)
    else:
        peer.send_event("CHANNEL_EXECUTE_COMPLETE", "callcenter")
        ended = next_event(call)
        assert isinstance(ended, Finished)
        assert ended.variables["cc_cause"]


def test_a_fence_that_ended_in_the_gap(open_scene: Callable[..., Scene]) -> None:
    """A prompt that was being stopped is over."""
    scene = open_scene().connected()
    peer, call = scene.call()
    identity = call.play([PROMPT])
    call.stop_playing()
    first = peer.ids["set"]
    scene.events.drop()
    with gevent.Timeout(DEADLINE):
        while peer.ids["set"] == first:
            gevent.sleep(0)
    end_fence(peer)
    assert next_event(call) == Finished(identity, "playback", "_none_", {})


def test_a_hang_up_needs_no_event(open_scene: Callable[..., Scene]) -> None:
    """The notice on the leg's own socket is enough; only who it was can get lost."""
    scene = open_scene().connected()
    peer, call = scene.call()
    peer.send(LINGER_NOTICE)
    assert next_event(call) == HungUp("NORMAL_UNSPECIFIED", by_caller=True)
    with pytest.raises(CallEnded):
        call.play([PROMPT])


def test_a_leg_whose_events_cannot_be_had_is_given_up(open_scene: Callable[..., Scene]) -> None:
    """Then its dialplan goes on: never dead air."""

    def refuse(peer: Peer, command: Command) -> bool:
        if command.word == "event":
            peer.send(reply("-ERR no keywords supplied"))
            return True
        return False

    scene = open_scene().connected()
    peer, call = scene.call(script=refuse)
    call.play([PROMPT])
    scene.events.drop()
    assert next_event(call) == HungUp("CONNECTION_LOST", by_caller=False)
    assert peer.closed.wait(DEADLINE)
