"""Live audio over a websocket from badly behaved peers: each costs its own call, and no other."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from ipaddress import ip_network

import gevent
import pytest
from gevent.event import Event as Flag
from hypothesis import given, settings
from hypothesis import strategies as st

from esl import audio_socket
from esl.audio_socket import AudioSocket
from esl.switch import FRAME_BYTES, Audio, ListeningLost
from tests.esl.audio_leg import Leg, audio, frames, listen
from tests.esl.streaming import DEADLINE, StreamingModule

__all__ = ["audio", "listen"]


@pytest.mark.parametrize("path", ["/", "/guess", "/" + "A" * 32, "/%2e%2e/x", "/" + "y" * 9000])
def test_a_wrong_token_gets_nothing(audio: AudioSocket, path: str) -> None:
    """And the leg whose token it is not goes on waiting for its own switch."""
    leg = Leg(audio)
    with pytest.raises(ConnectionRefusedError):
        StreamingModule(audio.url + path)
    leg.streams().audio(frames(0, 1))
    assert leg.next() == Audio(frames(0, 1), 0.0)


def test_strangers_are_turned_away_at_the_door(listen: Callable[..., AudioSocket]) -> None:
    """An address that is not listed cannot even show a token."""
    audio = listen(allowed=[ip_network("10.0.0.0/8")])
    leg = Leg(audio)
    with pytest.raises(ConnectionRefusedError):
        leg.streams()
    assert leg.heard.empty()


def test_a_switch_that_vanishes_mid_call(audio: AudioSocket) -> None:
    """The cable, not a goodbye."""
    leg = Leg(audio)
    module = leg.streams()
    module.audio(frames(0, 1))
    module.vanish()
    assert leg.next() == Audio(frames(0, 1), 0.0)
    assert "without a word" in leg.lost()


@pytest.mark.parametrize("alive", [False, True])
def test_a_half_open_peer_is_given_up(listen: Callable[..., AudioSocket], alive: bool) -> None:
    """No audio is no audio, even if heart beats and texts go on: silence would be zeros."""
    leg = Leg(listen(stall_after=0.15))
    module = leg.streams()
    module.audio(frames(0, 1))
    began = time.monotonic()

    def beat() -> None:
        while True:
            module.ping()
            module.text("{}")
            gevent.sleep(0.02)  # the pace of the module, whose time this is about

    beating = gevent.spawn(beat) if alive else None
    told = leg.lost()
    assert "no audio for 0.1 s" in told or "no audio for 0.2 s" in told  # as it is rounded
    assert 0.1 < time.monotonic() - began < 8
    if beating is not None:
        beating.kill()


def test_audio_that_goes_on_outlives_the_patience(listen: Callable[..., AudioSocket]) -> None:
    """The patience is for each piece of audio, not for the call."""
    leg = Leg(listen(stall_after=0.5))
    module = leg.streams()
    until = time.monotonic() + 0.7
    count = 0
    while time.monotonic() < until:
        module.audio(frames(count, 1))
        assert leg.next() == Audio(frames(count, 1), count * 0.02)
        count += 1
        gevent.sleep(0.05)  # the pace of the module, whose time this is about


@pytest.mark.parametrize("part", [b"", b"GET / HT", b"GET /x HTTP/1.1\r\nHost: a\r\n"])
def test_a_handshake_that_never_ends_is_given_up(listen: Callable[..., AudioSocket], part: bytes) -> None:
    """Slow or silent, it holds nothing for long."""
    audio = listen(handshake_within=0.05)
    with socket.create_connection(audio.address, timeout=DEADLINE) as stranger:
        stranger.sendall(part)
        assert stranger.recv(1000) == b""


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 600,
        b"POST /x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /x HTTP/1.1\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"GET /x HTTP/1.1\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"\r\n" * 100,
        b"\xff" * 5000,
    ],
)
def test_what_is_no_handshake_is_refused(listen: Callable[..., AudioSocket], request_: bytes) -> None:
    """TLS, another method, endless headers, noise: an answer or none, and the connection is closed."""
    audio = listen(handshake_within=0.2)
    with socket.create_connection(audio.address, timeout=DEADLINE) as stranger:
        stranger.sendall(request_)
        answer = b""
        try:
            while data := stranger.recv(4096):
                answer += data
        except ConnectionResetError:
            pass
    assert b"101" not in answer.partition(b"\r\n")[0]


def test_the_right_token_without_a_websocket_is_a_loss(audio: AudioSocket) -> None:
    """A proxy that strips the upgrade: said at once, not after three seconds."""
    leg = Leg(audio)
    with socket.create_connection(audio.address, timeout=DEADLINE) as stranger:
        stranger.sendall(f"GET /{leg.tap.token} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert stranger.recv(4096).split()[1] in (b"400", b"426")
    assert "handshake" in leg.lost()


@pytest.mark.parametrize(
    ("data", "code", "why"),
    [
        (b"\x82\xff\x00\x00\x00\x01\x00\x00\x00\x00", 1009, "exceeds limit"),  # announces 4 GiB
        (b"\x82\xfe\x90\x00", 1009, "exceeds limit"),  # 36 KiB
        (b"\x82\x7e\x01\x40" + b"\0" * 320, 1002, "mask"),  # not masked
        (b"\xf2\x80\0\0\0\0", 1002, "reserved"),
        (b"\x80\x80\0\0\0\0", 1002, "continuation"),
    ],
)
def test_what_is_no_websocket_ends_the_listening(
    audio: AudioSocket, data: bytes, code: int, why: str
) -> None:
    """Each with the protocol's own code; memory is bounded by the largest message."""
    leg = Leg(audio)
    module = leg.streams()
    module.raw(data)
    assert module.closed_by_server() == code
    assert why in leg.lost()


def test_a_message_in_endless_parts_is_too_big_as_a_whole(audio: AudioSocket) -> None:
    """The bound is on the message, not on its parts."""
    leg = Leg(audio)
    module = leg.streams()
    module.audio(frames(0, 50), fin=False)
    module.more(frames(0, 50), fin=False)
    module.more(frames(0, 50), fin=False)
    assert module.closed_by_server() == 1009
    assert "exceeds limit" in leg.lost()


@pytest.mark.parametrize("kind", ["text", "ping", "audio", "empty"])
def test_a_flood_costs_its_own_call_only(
    audio: AudioSocket, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Text, pings, audio, or nothing, without end: that leg's listening is over, another's is punctual."""
    monkeypatch.setattr(audio_socket, "_BURST", 40_000.0)
    flooded, other = Leg(audio, "leg-1"), Leg(audio, "leg-2")
    module, quiet = flooded.streams(), other.streams()
    worst, over = 0.0, Flag()

    def flood() -> None:
        content = {"text": b"x" * 300, "ping": b"", "audio": frames(0, 1), "empty": b""}[kind]
        send = {"text": module.protocol.send_text, "ping": module.protocol.send_ping}.get(
            kind, module.protocol.send_binary
        )
        try:
            for _ in range(20_000):
                send(content)
                module.raw(b"".join(module.protocol.data_to_send()))
        except OSError:
            over.set()

    flooding = gevent.spawn(flood)
    while isinstance(lost := next(iter([flooded.heard.get(timeout=DEADLINE)]), None), Audio):
        began = time.monotonic()
        quiet.audio(frames(7, 1))
        assert isinstance(other.next(), Audio)
        worst = max(worst, time.monotonic() - began)
    assert isinstance(lost, ListeningLost)
    assert "much more" in lost.reason
    quiet.audio(frames(8, 1))
    assert other.next() is not None
    assert worst < 0.5
    flooding.kill()


def test_a_burst_after_a_stalled_network_is_no_flood(audio: AudioSocket) -> None:
    """Ten seconds at once are what piled up; they arrive whole."""
    leg = Leg(audio)
    module = leg.streams()
    said = frames(0, 500)
    gevent.spawn(
        lambda: [module.audio(said[at : at + FRAME_BYTES]) for at in range(0, len(said), FRAME_BYTES)]
    )
    heard = b""
    while len(heard) < len(said):
        event = leg.next()
        assert isinstance(event, Audio)
        heard += event.samples
    assert heard == said


def test_waiting_handshakes_are_bounded(audio: AudioSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens connections without end is closed at the door; legs with audio are not disturbed."""
    monkeypatch.setattr(audio_socket, "MOST_HANDSHAKES", 3)
    leg = Leg(audio)
    module = leg.streams()
    idle = [socket.create_connection(audio.address, timeout=DEADLINE) for _ in range(4)]
    assert idle[-1].recv(10) == b""
    module.audio(frames(0, 1))
    assert leg.next() == Audio(frames(0, 1), 0.0)
    for each in idle:
        each.close()


def test_a_listener_that_fails_harms_nobody_else(audio: AudioSocket) -> None:
    """One leg's fault must not make the others deaf."""

    def fail(_what: Audio | ListeningLost) -> None:
        raise ZeroDivisionError("a bug")

    broken, other = Leg(audio, "leg-0"), Leg(audio)
    broken.tap.stop()
    broken.tap = audio.tap("leg-0", fail)
    module, sound = broken.streams(), other.streams()
    module.audio(frames(0, 1))
    assert module.closed_by_server() == 1000
    sound.audio(frames(0, 1))
    assert other.next() == Audio(frames(0, 1), 0.0)


class Wire:
    """A socket whose peer has sent everything already, in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def recv(self, most: int) -> bytes:
        return self._pieces.pop(0)[:most] if self._pieces else b""

    def sendall(self, data: bytes) -> None:
        assert data

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def shutdown(self, how: int) -> None:
        assert how is not None


FRAMES = st.builds(
    lambda opcode, fin, masked, data: (
        bytes([opcode | (0x80 if fin else 0)])
        + bytes([(0x80 if masked else 0) | min(len(data), 125)])
        + (b"\0\0\0\0" if masked else b"")
        + data[:125]
    ),
    st.sampled_from([0, 1, 2, 8, 9, 10, 3, 0x42]),
    st.booleans(),
    st.sampled_from([True, True, True, False]),
    st.binary(max_size=140),
)


@given(st.lists(st.one_of(FRAMES, st.binary(max_size=30)), max_size=20), st.integers(1, 50))
@settings(max_examples=80, deadline=None)
def test_no_bytes_whatever_break_the_reader(sent: list[bytes], size: int) -> None:
    """After a good handshake anything may come, cut anywhere: audio, an end, or a fault that is told."""
    connection = audio_socket._Connection(Wire([]))
    handshake = (
        b"GET /x HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    data = b"".join(sent)
    connection._sock = Wire([handshake, *(data[at : at + size] for at in range(0, len(data), size))])
    connection.respond(connection.request(), welcome=True)
    try:
        heard = b"".join(connection.audio(5.0))
    except (audio_socket._Misbehaved, OSError) as told:
        heard = b""
        assert str(told)
    connection.say_goodbye()
    assert len(heard) <= len(data)
