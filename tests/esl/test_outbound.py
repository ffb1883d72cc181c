"""Calls over real loopback sockets, against a peer that replays what a real switch sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from esl.errors import (
    CallEnded,
    CommandRefusedError,
    UnsafeTextError,
)
from esl.live_audio import LiveAudio
from esl.switch import Call, CallEvent, Digit, Finished, HungUp, ListeningLost
from esl.wire import Command
from tests.esl.outbound_house import MID_PLAYBACK, PROMPT, UUID, House, next_event, open_house, until_hung_up
from tests.esl.peer import DEADLINE, Peer, api_response, events_of, reply

__all__ = ["open_house"]


# --- a call, start to end -----------------------------------------------------------------------


def test_a_call_from_arrival_to_hang_up(open_house: Callable[..., House]) -> None:
    """Arrival, set-up, answer, prompt, key, the caller hangs up: each with the command that the switch
    expects and the event that the session expects."""
    seen: list[CallEvent] = []

    def life(call: Call) -> None:
        assert (call.uuid, call.caller_number, call.caller_name, call.destination) == (
            "e0addce1-b877-4ce2-ba9f-1cd9c949b88f",
            "34600111222",
            "Ana Pérez",
            "9100",
        )
        assert call.variables["sip_from_host"] == "127.0.0.1"
        call.answer()
        assert call.play([PROMPT]) == "c1"
        seen.extend(until_hung_up(call))
        with pytest.raises(CallEnded):
            call.play([PROMPT])

    house = open_house(life)
    peer = house.call(MID_PLAYBACK)
    peer.wait_for("uuid_answer")
    peer.wait_for("execute playback /var/prompts/hola.wav")
    peer.send_event("CHANNEL_HANGUP")
    house.wait()
    assert seen == [HungUp("NORMAL_CLEARING", by_caller=True)]
    assert peer.lines[:5] == [
        "connect",
        "linger 5",
        "filter Unique-ID e0addce1-b877-4ce2-ba9f-1cd9c949b88f",
        "event plain CHANNEL_EXECUTE_COMPLETE DTMF CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_HANGUP_COMPLETE",
        "api uuid_setvar_multi e0addce1-b877-4ce2-ba9f-1cd9c949b88f "
        "app_disable_expand_variables=true;playback_terminators=none",
    ]


def test_keys_and_the_end_of_a_prompt_arrive_in_order(open_house: Callable[..., House]) -> None:
    """One inbox, in the order in which it happened; the channel's variables come with the completion."""
    seen: list[CallEvent] = []

    def life(call: Call) -> None:
        call.play([PROMPT, Path("/var/prompts/adios.wav")])
        seen.extend(next_event(call) for _ in range(3))

    house = open_house(life)
    peer = house.call(MID_PLAYBACK)
    peer.wait_for("execute playback file_string:///var/prompts/hola.wav!/var/prompts/adios.wav")
    peer.events += events_of("outbound-socket-digits")
    peer.send_event("DTMF", **{"Unique-ID": peer.channel["Unique-ID"], "DTMF-Digit": "#"})
    peer.send_event("CHANNEL_EXECUTE_COMPLETE", "playback", **{"Application-UUID": "someone-elses"})
    peer.send_event("CHANNEL_EXECUTE_COMPLETE", "playback", **{"Application-Response": "FILE PLAYED"})
    peer.send_event("DTMF", **{"Unique-ID": "another-leg", "DTMF-Digit": "9"})
    peer.send_event("DTMF", **{"Unique-ID": peer.channel["Unique-ID"], "DTMF-Digit": "4"})
    house.wait()
    keys_and_end = [event for event in seen if not isinstance(event, Finished)]
    assert keys_and_end == [Digit("#"), Digit("4")]
    assert isinstance(seen[1], Finished)
    assert (seen[1].command_id, seen[1].application, seen[1].response) == ("c1", "playback", "FILE PLAYED")
    assert seen[1].variables["sip_from_user"] == "34600111222"


def test_live_audio_and_recording_use_the_measured_commands(
    open_house: Callable[..., House], tmp_path: Path
) -> None:
    """The variables count at the start of each recording, so they go out right before it; and the
    caller's voice is never recorded in stereo to the tap, whatever was recorded before."""
    audio = LiveAudio(folder=tmp_path)

    def life(call: Call) -> None:
        call.start_recording(Path("/var/recordings/one two.wav"))
        call.start_listening()
        call.mask_recording()
        call.unmask_recording()
        call.stop_recording()
        call.mask_recording()
        call.stop_listening()
        call.set_variable("nota", "a;b'c\\d ")
        call.enqueue("support@default")
        call.transfer("9200")

    house = open_house(life, live_audio=audio)
    peer = house.call()
    house.wait()
    assert peer.closed.wait(DEADLINE)
    tap = f"{tmp_path}/{UUID}.r8"
    wav = "'/var/recordings/one two.wav'"
    assert peer.lines[5:-1] == [
        f"api uuid_setvar_multi {UUID} enable_file_write_buffering=;RECORD_READ_ONLY=;RECORD_STEREO=true;"
        "RECORD_USE_THREAD=false;ivr_recording=/var/recordings/one two.wav",
        f"api uuid_record {UUID} start {wav}",
        f"api uuid_setvar_multi {UUID} enable_file_write_buffering=false;RECORD_READ_ONLY=true;"
        "RECORD_PRE_BUFFER_FRAMES=0;playback_terminators=none;RECORD_STEREO=;RECORD_USE_THREAD=false;"
        f"ivr_tap={tap}",
        f"api uuid_record {UUID} start {tap}",
        f"api uuid_record {UUID} mask {wav}",
        f"api uuid_record {UUID} unmask {wav}",
        f"api uuid_record {UUID} stop {wav}",
        f"api uuid_record {UUID} stop {tap}",
        f"api uuid_setvar_multi {UUID} nota='a\\;b\\'c\\\\d '",
        f"api uuid_setvar_multi {UUID} socket_resume=",
        "execute callcenter support@default",
        f"api uuid_setvar_multi {UUID} app_disable_expand_variables=;socket_resume=",
        "execute transfer 9200",
    ]
    assert peer.lines[-1] == "exit"


def test_a_stopped_prompt_that_had_not_begun_still_finishes(open_house: Callable[..., House]) -> None:
    """`uuid_break all` drops what is queued without an event. A command queued behind it tells when: as
    soon as that has ended, so has the prompt."""
    seen: list[CallEvent] = []

    def life(call: Call) -> None:
        call.play([PROMPT])
        call.stop_playing()
        seen.append(next_event(call))

    house = open_house(life)
    peer = house.call(MID_PLAYBACK)
    peer.wait_for(f"api uuid_break {peer.channel['Unique-ID']} all")
    fence = peer.wait_for("execute set playback_terminators=none").headers["Event-UUID"]
    peer.send_event("CHANNEL_EXECUTE_COMPLETE", "playback", **{"Application-UUID": fence})
    house.wait()
    assert seen == [Finished("c1", "playback", "_none_", {})]


def test_a_stopped_prompt_finishes_once(open_house: Callable[..., House]) -> None:
    """Its own completion comes first, as a rule; what the fence says later is no news."""
    seen: list[CallEvent] = []

    def life(call: Call) -> None:
        call.play([PROMPT])
        call.stop_playing()
        seen.extend(until_hung_up(call))

    house = open_house(life)
    peer = house.call(MID_PLAYBACK)
    fence = peer.wait_for("execute set").headers["Event-UUID"]
    peer.send_event("CHANNEL_EXECUTE_COMPLETE", "playback")
    peer.send_event("CHANNEL_EXECUTE_COMPLETE", "playback", **{"Application-UUID": fence})
    peer.send_event("CHANNEL_HANGUP")
    house.wait()
    assert [type(event) for event in seen] == [Finished, HungUp]


def test_a_stopped_prompt_finishes_even_if_the_switch_says_nothing(open_house: Callable[..., House]) -> None:
    """The last resort: a deadline."""
    seen: list[CallEvent] = []

    def life(call: Call) -> None:
        call._stop_grace = 0.01  # type: ignore[attr-defined] # the leg's own, behind its port
        call.play([PROMPT])
        call.stop_playing()
        seen.append(next_event(call))

    house = open_house(life)
    house.call()
    house.wait()
    assert seen == [Finished("c1", "playback", "_none_", {})]


# --- what a caller can choose --------------------------------------------------------------------


def test_a_display_name_cannot_forge_a_variable(open_house: Callable[..., House]) -> None:
    """The header injection of FREESWITCH.md, end to end: one name in one line, and no forged variable."""
    calls: list[Call] = []
    house = open_house(calls.append)
    house.call(
        channel={
            "Caller-Caller-ID-Name": "Eve%0Avariable_vip: true%0D%0ACaller-Caller-ID-Number: 112",
            "Caller-Caller-ID-Number": "+34 600-111 222",
        }
    )
    house.wait()
    (call,) = calls
    assert "vip" not in call.variables
    assert call.caller_name == "Eve variable_vip: true Caller-Caller-ID-Number: 112"
    assert call.caller_number == "+34600111222"


@pytest.mark.parametrize(
    ("number", "plain"),
    [("anonymous", ""), ("", ""), ("112;rm -rf", ""), ("+3460+0", ""), ("600 11", "60011"), ("٣٤", "")],
)
def test_a_number_is_digits_or_nothing(open_house: Callable[..., House], number: str, plain: str) -> None:
    """Nothing else gets as far as a look-up or a dial."""
    calls: list[Call] = []
    house = open_house(calls.append)
    house.call(channel={"Caller-Caller-ID-Number": number})
    house.wait()
    assert calls[0].caller_number == plain


def test_a_withheld_number_stays_withheld(open_house: Callable[..., House]) -> None:
    """The network may pass the number on to the switch with the wish to hide it."""
    calls: list[Call] = []
    house = open_house(calls.append)
    house.call(channel={"Caller-Privacy-Hide-Number": "true", "Caller-Privacy-Hide-Name": "true"})
    house.wait()
    assert (calls[0].caller_number, calls[0].caller_name) == ("", "")


@pytest.mark.parametrize(
    "act",
    [
        lambda call: call.play([Path("/a!b.wav")]),
        lambda call: call.play([Path("relative.wav")]),
        lambda call: call.play([Path("/a/../b.wav")]),
        lambda call: call.play([]),
        lambda call: call.play([Path("/${system ls}.wav")]),
        lambda call: call.start_recording(Path("/a'b.wav")),
        lambda call: call.set_variable("a b", "c"),
        lambda call: call.set_variable("a", "b\nexit"),
        lambda call: call.enqueue("support@default +x"),
        lambda call: call.transfer("9200 XML public"),
        lambda call: call.hang_up("NORMAL CLEARING"),
    ],
)
def test_unsafe_text_is_refused_before_it_is_sent(
    open_house: Callable[..., House], act: Callable[[Call], object]
) -> None:
    """And the call goes on: the refusal is an error of the caller of the method, not of the leg."""

    def life(call: Call) -> None:
        with pytest.raises(UnsafeTextError):
            act(call)
        call.set_variable("still", "alive")

    house = open_house(life)
    peer = house.call()
    house.wait()
    assert peer.lines[5] == f"api uuid_setvar_multi {UUID} still=alive"


def test_a_refused_command_is_an_error_of_its_own(open_house: Callable[..., House]) -> None:
    """A recording that cannot be masked must not pass for masked; live audio that cannot start is told."""

    def full(peer: Peer, command: Command) -> bool:
        if "uuid_record" in command.line:
            peer.send(api_response("-ERR Cannot record session!\n"))
            return True
        return False

    def life(call: Call) -> None:
        call.start_listening()
        assert next_event(call) == ListeningLost("the switch refused: -ERR Cannot record session!")
        with pytest.raises(CommandRefusedError, match="Cannot record session"):
            call.start_recording(Path("/var/recordings/x.wav"))

    house = open_house(life)
    house.call(script=full)
    house.wait()


# --- the application's own faults, and the end of the server ----------------------------------------


def test_a_fault_in_the_application_is_logged_and_lets_the_caller_go_on(
    open_house: Callable[..., House],
) -> None:
    """With its traceback; the connection is closed, so the dialplan's fallback takes the caller."""

    def life(call: Call) -> None:
        raise ZeroDivisionError("a bug")

    house = open_house(life)
    with structlog.testing.capture_logs() as logged:
        peer = house.call()
        assert peer.closed.wait(DEADLINE)
    failed = [entry for entry in logged if entry["event"] == "call_failed"]
    assert len(failed) == 1
    assert failed[0]["exc_info"] is True
    assert failed[0]["leg"] == UUID
    assert peer.lines[-1] == "exit"


def test_what_the_dialplan_has_set_is_not_set_again(open_house: Callable[..., House]) -> None:
    """The switch reads commands byte by byte."""
    house = open_house(lambda call: call.answer())
    prepared = {"variable_app_disable_expand_variables": "true", "variable_playback_terminators": "none"}
    peer = house.call(channel=prepared)
    house.wait()
    assert not [line for line in peer.lines if "uuid_setvar_multi" in line]


def test_the_first_command_waits_for_the_set_up_too(open_house: Callable[..., House]) -> None:
    """The set-up costs the caller no round trip; should the switch refuse it, the first command finds out."""

    def refuse(peer: Peer, command: Command) -> bool:
        if command.word == "event":
            peer.send(reply("-ERR no keywords supplied"))
        return command.word == "event"

    seen: list[CallEvent] = []

    def life(call: Call) -> None:
        with pytest.raises(CallEnded):
            call.answer()
        seen.extend(until_hung_up(call))

    house = open_house(life)
    peer = house.call(script=refuse)
    house.wait()
    assert seen == [HungUp("CONNECTION_LOST", by_caller=False)]  # its dialplan goes on
    assert peer.closed.wait(DEADLINE)
