"""Lines: who may join, what a caller's end may send, and the limits of the switch."""

from __future__ import annotations

import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esl.embedded.clock import Clock, ScaledClock
from esl.embedded.errors import LineError, LineRefusedError
from esl.embedded.line import (
    AUDIO,
    HANGUP,
    FrameReader,
    Hello,
    audio_frame,
    join,
    read_audio,
    read_key,
)
from tests.embedded.replay import Peer


@given(st.lists(st.binary(min_size=320, max_size=320), max_size=5), st.data())
def test_frames_however_they_are_cut(sounds: list[bytes], data: st.DataObject) -> None:
    """TCP may cut the stream anywhere: the frames are the same."""
    stream = b"".join(audio_frame(place * 160, sound) for place, sound in enumerate(sounds))
    reader, frames = FrameReader(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        frames += reader.feed(stream[:cut])
        stream = stream[cut:]
    assert [read_audio(body) for kind, body in frames if kind == AUDIO] == [
        (place * 160, sound) for place, sound in enumerate(sounds)
    ]


@pytest.mark.parametrize("rubbish", [b"GET / HTTP/1.1\r\n", b"A\xff\xff", b"\x00\x00\x00"])
def test_what_is_no_frame_is_refused(rubbish: bytes) -> None:
    """The stream is given up at the first byte that cannot be right."""
    with pytest.raises(LineError):
        FrameReader().feed(rubbish)


@pytest.mark.parametrize("body", [b"", b"x", b"12", b"1\x00", b"\xff"])
def test_what_is_no_key_is_refused(body: bytes) -> None:
    """Only the sixteen keys of a telephone are keys."""
    with pytest.raises(LineError):
        read_key(body)


@pytest.mark.parametrize(
    ("hello", "complaint"),
    [
        (b"rubbish\n", "not JSON"),
        (b"{}\n", "destination"),
        (b'{"destination": "9100", "more": 1}\n', "more"),
        (b'{"destination": "9100", "version": 2}\n', "version"),
        (b'{"destination": "' + b"9" * 200 + b'"}\n', "destination"),
        (b"[1]\n", "valid"),
    ],
)
def test_a_bad_first_line_is_told_what_is_wrong(
    make_switch, clock: Clock, hello: bytes, complaint: str
) -> None:
    """Whoever writes another end of the protocol gets one line that names the mistake."""
    switch = make_switch(["park"], clock=clock)
    with socket.create_connection(switch.line_address) as connection:
        connection.sendall(hello)
        answer = json.loads(connection.makefile().readline())
    assert complaint in answer["reason"]
    assert not switch.sessions


def test_rubbish_on_a_line_ends_that_call(make_switch, call, clock: Clock) -> None:
    """A broken end is hung up; the next call is taken."""
    switch = make_switch(["answer"], ["park"], clock=clock)
    connection, _, _ = join(switch.line_address, Hello(destination="9100"))
    connection.sendall(b"\xff" * 64)
    while connection.recv(4096):
        pass
    connection.close()
    assert call(switch).wait_for_answer()


@pytest.mark.parametrize("how", ["hangs up", "vanishes"])
def test_a_caller_who_is_gone_at_once_is_gone(make_switch, clock: Clock, how: str) -> None:
    """The line's end can come before the leg's first step. The leg then never lives: no application
    runs, nothing holds it, and its last events still tell of it."""
    switch = make_switch(["answer"], ["park"], clock=clock)
    client = Peer(socket.create_connection(switch.event_socket_address))
    client.wait_for("auth/request:")
    client.ask(f"auth {switch.config.password}")
    client.ask("event plain ALL")
    with socket.create_connection(switch.line_address) as connection:
        ending = HANGUP + b"\0\0" if how == "hangs up" else b""
        connection.sendall(b'{"destination": "9100"}\n' + ending)
        connection.shutdown(socket.SHUT_WR)
        client.wait_for("CHANNEL_HANGUP_COMPLETE")
    client.wait_for("CHANNEL_DESTROY")
    told = [message.kind for message in client.received]
    assert not [
        kind for kind in told if kind.startswith(("CHANNEL_EXECUTE", "CHANNEL_ANSWER", "CHANNEL_PARK"))
    ]
    assert sum(kind.startswith("CHANNEL_HANGUP:") or kind == "CHANNEL_HANGUP" for kind in told) == 1
    assert not switch.sessions


def test_a_caller_who_does_not_listen_stalls_nobody(make_switch, call, clock: Clock) -> None:
    """Sound for an end that does not read is dropped; the clock goes on for the others."""
    switch = make_switch(["answer"], ["playback", "tone_stream://%(9000,0,300);loops=9"], clock=clock)
    connection, uuid, _ = join(switch.line_address, Hello(destination="9100"))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    other = call(switch)
    other.wait_for_sound()
    other.silent(20.0)
    line = switch.sessions[uuid].media.line
    assert line is not None
    assert len(line._unsent) < 100_000
    assert other._last_loud > 15 * 8000
    connection.close()


def test_the_most_calls_at_once(make_switch, call, clock: Clock) -> None:
    """`max-sessions`: one call more is refused as congestion, and taken when another has ended."""
    switch = make_switch(["answer"], ["park"], clock=clock, most_calls=2)
    first, _ = call(switch), call(switch)
    with pytest.raises(LineRefusedError) as refused:
        call(switch)
    assert refused.value.cause == "SWITCH_CONGESTION"
    first.hang_up()
    first.silent(1.0)
    assert call(switch).wait_for_answer()


def test_the_most_calls_in_a_second(make_switch, call, clock: Clock) -> None:
    """`sessions-per-second`: a burst is cut off, and a second later calls are taken again."""
    slow = ScaledClock(1)
    switch = make_switch(["answer"], ["park"], clock=slow, calls_per_second=3)
    for _ in range(3):
        call(switch)
    with pytest.raises(LineRefusedError):
        call(switch)
    switch._recent.clear()  # a second later
    assert call(switch).wait_for_answer()


def test_nobody_there(clock: Clock) -> None:
    """A caller without a switch gets one line that says so."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()[:2]
    with pytest.raises(LineRefusedError, match="start it first"):
        join(address, Hello(destination="9100"))


def test_keys_and_variables_arrive(make_switch, call, clock: Clock) -> None:
    """What a trunk would bring (`sip_h_...`) is on the leg; keys wait until somebody takes them."""
    switch = make_switch(["answer"], ["sleep", "300"], ["park"], clock=clock)
    caller = call(switch, variables={"sip_h_X-Account": "A 1"})
    session = switch.sessions[caller.uuid]
    assert session.channel.get("sip_h_X-Account") == "A 1"
    caller.wait_for_answer()
    caller.key("12", gap=0.02)
    assert len(session.keys) == 2
    caller.silent(1.0)
    assert session.channel.digits_taken == ["1", "2"]
