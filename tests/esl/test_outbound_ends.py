"""How calls end on a real loopback socket: who hung up, what is lost, refused or cut off in the middle."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import structlog
from gevent.event import Event as Flag

from esl.errors import (
    CallEnded,
)
from esl.leg import INBOX_LIMIT
from esl.switch import Call, CallEvent, Digit, HungUp
from esl.wire import Command, Event, Headers
from tests.esl.outbound_house import MID_PLAYBACK, PROMPT, UUID, House, next_event, open_house, until_hung_up
from tests.esl.peer import DEADLINE, LINGER_NOTICE, Peer, api_response

__all__ = ["open_house"]


@pytest.mark.parametrize(
    ("trace", "events", "expected"),
    [
        (MID_PLAYBACK, ["CHANNEL_HANGUP"], HungUp("NORMAL_CLEARING", by_caller=True)),
        (MID_PLAYBACK, ["CHANNEL_HANGUP_COMPLETE"], HungUp("NORMAL_CLEARING", by_caller=True)),
        (
            "outbound-socket-errors",
            ["CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE"],
            HungUp("DESTINATION_OUT_OF_ORDER", by_caller=False),
        ),
        ("outbound-socket-errors", ["CHANNEL_HANGUP"], HungUp("DESTINATION_OUT_OF_ORDER", by_caller=False)),
        ("outbound-socket-errors", [], HungUp("NORMAL_UNSPECIFIED", by_caller=True)),
        (
            "loopback",
            ["CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE"],
            HungUp("NORMAL_CLEARING", by_caller=True),
        ),
    ],
)
def test_who_hung_up(
    open_house: Callable[..., House], trace: str, events: list[str], expected: HungUp
) -> None:
    """From what the real switch said in each case; also if the last word, or every word but the notice
    that the channel is down, was missed."""
    seen: list[CallEvent] = []
    house = open_house(lambda call: seen.extend(until_hung_up(call)))
    peer = house.call(MID_PLAYBACK if trace == "loopback" else trace)
    if trace == "loopback":  # an endpoint that is not SIP says nothing about who it was
        peer.events = tuple(
            Event(Headers({k: v for k, v in event.headers.items() if not k.startswith("variable_sip_")}))
            for event in peer.events
        )
    peer.wait_for("app_disable_expand_variables")
    for name in events:
        peer.send_event(name)
    peer.send(LINGER_NOTICE)
    house.wait()
    assert seen == [expected]


def test_a_hang_up_of_ours_is_not_the_callers(open_house: Callable[..., House]) -> None:
    """`hang_up` kills the leg at once (a queued hangup would wait for the prompt), and says so."""
    seen: list[CallEvent] = []

    def life(call: Call) -> None:
        call.hang_up("USER_BUSY")
        seen.extend(until_hung_up(call))

    house = open_house(life)
    peer = house.call()
    peer.wait_for(f"api uuid_kill {UUID} USER_BUSY")
    peer.send_event("CHANNEL_HANGUP", **{"Hangup-Cause": "USER_BUSY"})
    house.wait()
    assert seen == [HungUp("USER_BUSY", by_caller=False)]


def test_a_caller_who_hangs_up_while_we_answer_ends_the_wait(open_house: Callable[..., House]) -> None:
    """The switch cannot answer what has hung up, and says so; who ended it is told by the hang-up."""

    def too_late(peer: Peer, command: Command) -> bool:
        if "uuid_answer" in command.line:
            peer.send_event("CHANNEL_HANGUP")
            peer.send(api_response("-ERROR\n"))
            return True
        return False

    def life(call: Call) -> None:
        with pytest.raises(CallEnded):
            call.answer()
        assert next_event(call) == HungUp("NORMAL_CLEARING", by_caller=True)

    house = open_house(life)
    house.call(MID_PLAYBACK, script=too_late)
    house.wait()


def test_the_end_of_the_connection_without_a_hang_up(open_house: Callable[..., House]) -> None:
    """The leg goes on in its dialplan; for us it is lost, at once, with everything that was waiting."""
    seen: list[CallEvent] = []

    def life(call: Call) -> None:
        call.play([PROMPT])
        seen.extend(until_hung_up(call))
        with pytest.raises(CallEnded):
            call.stop_playing()

    house = open_house(life)
    peer = house.call()
    peer.wait_for("execute playback")
    peer.close()
    house.wait()
    assert seen == [HungUp("CONNECTION_LOST", by_caller=False)]


def test_after_a_transfer_the_end_is_no_loss(open_house: Callable[..., House]) -> None:
    """The switch closes the socket because the leg left for another extension."""
    seen: list[CallEvent] = []

    def life(call: Call) -> None:
        call.transfer("9200")
        seen.extend(until_hung_up(call))

    house = open_house(life)
    peer = house.call()
    peer.wait_for("execute transfer")
    peer.close()
    house.wait()
    assert seen == [HungUp("BLIND_TRANSFER", by_caller=False)]


def test_a_malformed_stream_ends_the_call_after_what_was_whole(open_house: Callable[..., House]) -> None:
    """The key before the garbage counts; the garbage ends the call."""
    seen: list[CallEvent] = []
    house = open_house(lambda call: seen.extend(until_hung_up(call)))
    peer = house.call()
    peer.wait_for("app_disable_expand_variables")
    peer.send_event("DTMF")
    peer.send(b"no header at all\n\n")
    house.wait()
    assert seen == [Digit("4"), HungUp("CONNECTION_LOST", by_caller=False)]


def test_a_switch_that_does_not_answer_is_given_up(open_house: Callable[..., House]) -> None:
    """Every command has a deadline; the caller goes on in the dialplan instead of hearing nothing."""

    def deaf(peer: Peer, command: Command) -> bool:
        return command.word == "sendmsg"

    def life(call: Call) -> None:
        with pytest.raises(CallEnded):
            call.play([PROMPT])
        assert next_event(call) == HungUp("CONNECTION_LOST", by_caller=False)

    house = open_house(life, command_deadline=0.05)
    peer = house.call(script=deaf)
    house.wait()
    assert peer.closed.wait(DEADLINE)


def test_a_refused_answer_is_the_end(open_house: Callable[..., House]) -> None:
    """The switch hangs up what it cannot answer (no codec in common); its last event says why."""

    def refuse(peer: Peer, command: Command) -> bool:
        if "uuid_answer" in command.line:
            peer.send(api_response("-ERROR\n"))
            peer.send_event("CHANNEL_HANGUP", **{"Hangup-Cause": "INCOMPATIBLE_DESTINATION"})
            return True
        return False

    def life(call: Call) -> None:
        with pytest.raises(CallEnded):
            call.answer()
        ended = until_hung_up(call)[-1]
        assert isinstance(ended, HungUp)
        assert ended.cause == "INCOMPATIBLE_DESTINATION"

    house = open_house(life)
    house.call(script=refuse)
    house.wait()


def test_a_leg_that_the_switch_no_longer_knows_has_ended(open_house: Callable[..., House]) -> None:
    """The answer can overtake the event."""

    def gone(peer: Peer, command: Command) -> bool:
        if "uuid_break" in command.line:
            peer.send(api_response("-ERR No such channel!\n"))
            return True
        return False

    def life(call: Call) -> None:
        with pytest.raises(CallEnded):
            call.stop_playing()
        with pytest.raises(CallEnded):
            call.play([PROMPT])
        assert until_hung_up(call) == [HungUp("NORMAL_UNSPECIFIED", by_caller=True)]

    house = open_house(life)
    house.call(script=gone)
    house.wait()


@pytest.mark.parametrize(
    ("how", "cause", "by_caller"),
    [
        ("unknown", "NORMAL_UNSPECIFIED", True),
        ("told late", "NORMAL_CLEARING", True),
        ("told first", "NORMAL_CLEARING", True),
        ("closed", "CONNECTION_LOST", False),
    ],
)
def test_a_caller_who_is_gone_at_once_is_still_a_call(
    open_house: Callable[..., House], how: str, cause: str, by_caller: bool
) -> None:
    """The leg ends while it is being prepared, whichever way the switch tells: the application gets the
    call all the same, with its `HungUp`, so that there is a record of it."""
    seen: list[CallEvent] = []

    def gone(peer: Peer, command: Command) -> bool:
        if not command.line.startswith("api uuid_setvar_multi"):
            return False
        if how == "closed":
            peer.close()
            return True
        if how == "told first":
            peer.send_event("CHANNEL_HANGUP")
        peer.send(api_response("-ERR No such channel!\n"))
        if how == "told late":
            peer.send_event("CHANNEL_HANGUP")
        return True

    def life(call: Call) -> None:
        with pytest.raises(CallEnded):
            call.answer()
        with pytest.raises(CallEnded):
            call.hang_up()
        seen.extend(until_hung_up(call))

    house = open_house(life)
    house.call(MID_PLAYBACK, script=gone)
    house.wait()
    assert seen == [HungUp(cause, by_caller=by_caller)]


def whole_call(peer: Peer, command: Command) -> bool:
    """Answers, then sends at once what a real call would: completion, key, hang-up, notice."""
    peer.answer(command)
    if command.headers.get("execute-app-name") == "playback":
        for event in ("CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE"):
            peer.send_event(event)
        peer.send(LINGER_NOTICE)
    return True


def test_a_call_cut_anywhere_ends_with_one_hung_up(open_house: Callable[..., House]) -> None:
    """The connection breaks after any number of bytes: whatever had begun ends, once, and the next call
    is taken as if nothing had been."""
    ended: list[CallEvent] = []

    def life(call: Call) -> None:
        try:
            call.answer()
            call.play([PROMPT])
        except CallEnded:
            pass
        ended.append(until_hung_up(call)[-1])

    house = open_house(life)
    whole = house.call(MID_PLAYBACK, script=whole_call)
    house.wait()
    assert whole.closed.wait(DEADLINE)
    assert ended == [HungUp("NORMAL_CLEARING", by_caller=True)]
    begun = 0
    for cut in sorted({*range(1, whole.sent, 397), *range(whole.sent - 900, whole.sent, 31)}):
        ended.clear()
        house.done.clear()
        peer = house.call(MID_PLAYBACK, script=whole_call, cut=cut)
        assert peer.closed.wait(DEADLINE)
        assert house.server.drain(DEADLINE), f"cut at {cut}: the call never ended"
        assert len(ended) <= 1
        begun += len(ended)
        assert not house.errors
    assert begun > 20


def test_a_leg_that_is_let_go_of_ends_what_it_plays(open_house: Callable[..., House]) -> None:
    """With `socket_resume`, the switch would cut off a sentence at our goodbye. As long as we live with the
    leg it stays: should we die, the caller goes on at once."""
    house = open_house(lambda call: call.answer())
    peer = house.call(channel={"variable_socket_resume": "true"})
    house.wait()
    assert peer.closed.wait(DEADLINE)
    answered = peer.lines.index(f"api uuid_answer {UUID}")
    assert not [line for line in peer.lines[:answered] if "socket_resume" in line]
    assert peer.lines[answered + 1 :] == [f"api uuid_setvar_multi {UUID} socket_resume=", "exit"]


def test_an_application_that_reads_nothing_loses_the_call(open_house: Callable[..., House]) -> None:
    """A minute of sound that nobody took: the caller goes on in the dialplan, the memory does not grow."""
    stuck = Flag()
    house = open_house(lambda _: stuck.wait())
    peer = house.call()
    call = house.arrived.get(timeout=DEADLINE)
    peer.wait_for("uuid_setvar_multi")  # two greenlets may not send at once
    with structlog.testing.capture_logs() as logs:
        for _ in range(INBOX_LIMIT + 1):
            peer.send_event("DTMF")
        assert peer.closed.wait(DEADLINE)
    stuck.set()
    events = until_hung_up(call)
    assert len(events) == INBOX_LIMIT + 1
    assert events[-1] == HungUp("CONNECTION_LOST", by_caller=False)
    assert [line["event"] for line in logs].count("leg_given_up") == 1
