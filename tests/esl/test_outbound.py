"""Calls over real loopback sockets, against a peer that replays what a real switch sent."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path

import gevent
import pytest
import structlog
from gevent.event import AsyncResult
from gevent.event import Event as Flag

from esl.errors import (
    AddressTakenError,
    AddressUnusableError,
    CallEnded,
    CommandRefusedError,
    UnsafeTextError,
)
from esl.leg import INBOX_LIMIT
from esl.live_audio import LiveAudio
from esl.outbound import OutboundServer
from esl.switch import Call, CallEvent, Digit, Finished, HungUp, ListeningLost
from esl.wire import Command, Event, Headers
from tests.esl.peer import DEADLINE, LINGER_NOTICE, Peer, api_response, events_of, reply

MID_PLAYBACK = "outbound-socket-caller-hangs-up-mid-playback"
RECORDED = "outbound-socket-record-and-break"
UUID = "9a482215-2765-4375-a654-27783872c933"
PROMPT = Path("/var/prompts/hola.wav")

Life = Callable[[Call], None]


class House:
    """A server whose calls do what the test says, and whose peers are closed at the end."""

    def __init__(self, life: Life, **options: object) -> None:
        self.errors: list[BaseException] = []
        self.arrived: AsyncResult[Call] = AsyncResult()
        self.done = Flag()
        self._life = life
        self._peers: list[Peer] = []
        self.server = OutboundServer(("127.0.0.1", 0), self._live, **options)  # type: ignore[arg-type] # options pass through
        self.server.start()

    def _live(self, call: Call) -> None:
        self.arrived.set(call)
        try:
            self._life(call)
        except BaseException as fault:
            self.errors.append(fault)
            raise
        finally:
            self.done.set()

    def call(self, trace: str = "outbound-socket-digits", **options: object) -> Peer:
        peer = Peer(self.server.address, trace, **options)  # type: ignore[arg-type] # options pass through
        self._peers.append(peer)
        return peer

    def wait(self) -> None:
        assert self.done.wait(DEADLINE), "the call did not end"
        if self.errors:
            raise self.errors[0]

    def shut(self) -> None:
        for peer in self._peers:
            peer.close()
        self.server.close(deadline=DEADLINE)
        assert self.server.active_calls == 0


@pytest.fixture
def open_house() -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def build(life: Life, **options: object) -> House:
        houses.append(House(life, **options))
        return houses[-1]

    yield build
    for house in houses:
        house.shut()


def next_event(call: Call) -> CallEvent:
    return call.inbox.get(timeout=DEADLINE)


def until_hung_up(call: Call) -> list[CallEvent]:
    """Everything up to `HungUp`, and nothing after it."""
    events = [next_event(call)]
    while not isinstance(events[-1], HungUp):
        events.append(next_event(call))
    with pytest.raises(gevent.queue.Empty):
        call.inbox.get(block=False)
    return events


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


# --- how a call ends -------------------------------------------------------------------------------


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


# --- the door --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\n\n",
        b"\x00\xff" * 5000 + b"\n\n",
        b"A" * 300_000,
        b"Content-Length: 99999999\n\n",
        b"Content-Type: command/reply\nReply-Text: +OK\n\n" * 50,
        b"Content-Type: text/disconnect-notice\n\n",
        b"Event-Name: CHANNEL_DATA\nUnique-ID: a/../../b\nContent-Type: command/reply\nControl: full\n"
        b"Socket-Mode: async\n\nContent-Type: command/reply\nReply-Text: +OK\n\n",
        b"",
    ],
)
def test_a_hostile_peer_is_shown_the_door_and_holds_nobody_up(
    open_house: Callable[..., House], nonsense: bytes
) -> None:
    """Garbage, oversize, a forged reply, or silence: closed within the deadline, while a real call that
    arrives meanwhile lives as ever."""
    house = open_house(lambda call: call.answer(), connect_deadline=0.2)
    with socket.create_connection(house.server.address, timeout=DEADLINE) as hostile:
        hostile.sendall(nonsense)
        peer = house.call()
        peer.wait_for("uuid_answer")
        house.wait()
        try:
            while hostile.recv(65536):
                pass
        except ConnectionError:
            pass
    assert house.arrived.get().uuid == UUID


def test_a_dripping_peer_meets_the_deadline(open_house: Callable[..., House]) -> None:
    """A byte now and then does not buy time: the deadline is for the whole reply."""
    house = open_house(lambda call: None, connect_deadline=0.2)
    late = gevent.Timeout(DEADLINE, AssertionError("still connected"))
    with socket.create_connection(house.server.address, timeout=0.01) as hostile, late:
        while True:
            try:
                hostile.sendall(b"x")
                if hostile.recv(100) == b"" or hostile.recv(100) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
    assert not house.arrived.ready()


def test_an_address_that_is_not_listed_gets_nothing(open_house: Callable[..., House]) -> None:
    """Not a byte, and a line in the log with its address and the remedy; a listed one is served beside it."""
    house = open_house(until_hung_up, allowed=[ip_network("127.0.0.1/32")])
    stranger = ("127.0.0.2", 0)
    with structlog.testing.capture_logs() as logged:
        with socket.create_connection(house.server.address, DEADLINE, source_address=stranger) as refused:
            assert refused.recv(100) == b""
        with socket.create_connection(house.server.address, DEADLINE, source_address=stranger) as again:
            assert again.recv(100) == b""  # and no second line within the minute
        house.call().wait_for("app_disable_expand_variables")
    refusals = [entry for entry in logged if entry["log_level"] == "warning"]
    assert refusals == [
        {
            "event": "outbound_refused",
            "log_level": "warning",
            "peer": "127.0.0.2",
            "remedy": "add the switch's address to the allowed ones",
        }
    ]


def test_connections_that_say_nothing_do_not_fill_the_log(
    open_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port scan is one line, and a minute later one more with the count; a call that is lost under way is a
    line of its own."""
    now = [1000.0]
    monkeypatch.setattr("esl.outbound.time.monotonic", lambda: now[0])
    house = open_house(until_hung_up)

    def knock(times: int) -> None:
        strangers = [socket.create_connection(house.server.address, DEADLINE) for _ in range(times)]
        for stranger in strangers:
            assert stranger.recv(7) == b"connect"
            stranger.shutdown(socket.SHUT_WR)
            while stranger.recv(100):  # until we close it, too: it has been told or counted
                pass
            stranger.close()

    with structlog.testing.capture_logs() as logged:
        knock(30)
        now[0] += 61
        knock(1)
    told = [entry for entry in logged if entry["log_level"] == "warning"]
    assert [entry["event"] for entry in told] == ["outbound_connection_said_nothing"] * 2
    assert (told[0]["peer"], told[0].get("count_since"), told[1]["count_since"]) == ("127.0.0.1", None, 30)


def test_a_channel_without_full_control_is_refused_with_the_remedy(open_house: Callable[..., House]) -> None:
    """`socket HOST:PORT async` without `full` refuses `api`: say so instead of failing later."""
    house = open_house(lambda call: None)
    with structlog.testing.capture_logs() as logged:
        peer = house.call(channel={"Control": "single-channel"})
        assert peer.closed.wait(DEADLINE)
    assert "async full" in logged[-1]["reason"]
    assert not house.arrived.ready()


def test_beyond_the_most_calls_the_switch_is_sent_on(open_house: Callable[..., House]) -> None:
    """A closed connection makes the switch try its next server or action; a free place is taken again."""
    house = open_house(until_hung_up, max_calls=1)
    first = house.call()
    house.arrived.get(timeout=DEADLINE)
    assert house.server.active_calls == 1
    second = house.call()
    assert second.closed.wait(DEADLINE)
    assert second.commands == []
    first.close()
    house.wait()
    house.done.clear()
    house.call().wait_for("app_disable_expand_variables")


def test_a_taken_port_is_one_line_with_the_remedy() -> None:
    """No stack trace for what an operator can put right."""
    first = OutboundServer(("127.0.0.1", 0), lambda call: None)
    first.start()
    try:
        with pytest.raises(AddressTakenError, match=r"is taken: .* configure another port") as taken:
            OutboundServer(first.address, lambda call: None).start()
        assert taken.value.code == "esl.address_taken"
        with pytest.raises(AddressUnusableError, match="address of this machine"):
            OutboundServer(("192.0.2.1", 0), lambda call: None).start()
    finally:
        first.close(deadline=0)


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


def test_closing_lets_calls_end_and_then_lets_them_go(open_house: Callable[..., House]) -> None:
    """No new calls, a deadline for those under way, then `HungUp` for the rest."""
    seen: list[CallEvent] = []
    house = open_house(lambda call: seen.extend(until_hung_up(call)))
    house.call()
    house.arrived.get(timeout=DEADLINE)
    house.server.stop_accepting()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(house.server.address, timeout=DEADLINE)
    assert house.server.active_calls == 1
    assert house.server.close(deadline=0.01) == 1
    assert seen == [HungUp("CONNECTION_LOST", by_caller=False)]
    assert house.server.active_calls == 0


def test_what_the_dialplan_has_set_is_not_set_again(open_house: Callable[..., House]) -> None:
    """The switch reads commands byte by byte."""
    house = open_house(lambda call: call.answer())
    prepared = {"variable_app_disable_expand_variables": "true", "variable_playback_terminators": "none"}
    peer = house.call(channel=prepared)
    house.wait()
    assert not [line for line in peer.lines if "uuid_setvar_multi" in line]


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


def test_a_bound_port_refuses_until_it_is_started() -> None:
    """While the models load nobody waits at our door: the switch goes to its next server or action at once,
    and a second server learns at once that the port is taken."""
    server = OutboundServer(("127.0.0.1", 0), lambda call: call.answer())
    server.bind()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address, timeout=DEADLINE)
    server.start()
    with pytest.raises(AddressTakenError):
        OutboundServer(server.address, lambda call: call.answer()).bind()
    socket.create_connection(server.address, timeout=DEADLINE).close()
    server.close(deadline=DEADLINE)


def test_a_bound_port_that_is_never_started_is_free_again() -> None:
    """The server may fail between the two."""
    first = OutboundServer(("127.0.0.1", 0), lambda call: call.answer())
    first.bind()
    first.stop_accepting()
    second = OutboundServer(first.address, lambda call: call.answer())
    second.start()
    second.close(deadline=DEADLINE)
