"""Live audio over a websocket: the module's side over real loopback sockets, well and badly behaved."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_network

import gevent
import pytest
import structlog
from gevent.event import Event as Flag
from gevent.queue import Empty, Queue
from hypothesis import given, settings
from hypothesis import strategies as st

from esl import audio_socket
from esl.audio_socket import AudioSocket, SocketTap
from esl.errors import AddressTakenError, UnsafeTextError
from esl.switch import FRAME_BYTES, Audio, ListeningLost
from tests.esl.streaming import DEADLINE, StreamingModule


class Leg:
    """One leg that listens, and the switch's side of it."""

    def __init__(self, audio: AudioSocket, uuid: str = "leg-1") -> None:
        self.heard: Queue[Audio | ListeningLost] = Queue()
        self.tap: SocketTap = audio.tap(uuid, self.heard.put)

    @property
    def url(self) -> str:
        """As the switch reads it in the order."""
        found = re.fullmatch(r"api uuid_audio_stream \S+ start (\S+) mono 8k", self.tap.begin[1].line)
        assert found is not None
        return found[1]

    def streams(self) -> StreamingModule:
        return StreamingModule(self.url)

    def next(self) -> Audio | ListeningLost:
        return self.heard.get(timeout=DEADLINE)

    def lost(self) -> str:
        """Why listening was lost, which is also the last thing that is told."""
        while isinstance(event := self.next(), Audio):
            pass
        with pytest.raises(Empty):
            self.heard.get(block=False)
        return event.reason


@pytest.fixture
def listen() -> Iterator[Callable[..., AudioSocket]]:
    """Opens audio sockets, and closes them."""
    opened: list[AudioSocket] = []

    def open_one(**options: object) -> AudioSocket:
        opened.append(AudioSocket(("127.0.0.1", 0), **options))  # type: ignore[arg-type] - a test's own
        opened[-1].start()
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()
        assert each.following == 0


@pytest.fixture
def audio(listen: Callable[..., AudioSocket]) -> AudioSocket:
    return listen(farewell=0.01)


def frames(first: int, count: int) -> bytes:
    return b"".join(bytes([number % 256]) * FRAME_BYTES for number in range(first, first + count))


def test_the_order_names_url_token_and_format(audio: AudioSocket) -> None:
    """mod_audio_stream's words: leg, URL, caller only, 8 kHz; compression off, 20 ms, a heart beat."""
    leg = Leg(audio)
    variables, start = leg.tap.begin
    assert variables.line == (
        "api uuid_setvar_multi leg-1 STREAM_MESSAGE_DEFLATE=true;STREAM_HEART_BEAT=15;"
        "STREAM_BUFFER_SIZE=20;STREAM_SUPPRESS_LOG=true"
    )
    assert re.fullmatch(
        rf"api uuid_audio_stream leg-1 start ws://127\.0\.0\.1:{audio.address[1]}/[\w-]{{32}} mono 8k",
        start.line,
    )
    assert leg.tap.end.line == "api uuid_audio_stream leg-1 stop"


def test_frames_come_whole_with_their_place(audio: AudioSocket) -> None:
    """Whatever the messages' lengths: whole frames, positions in seconds, nothing lost at a seam."""
    leg = Leg(audio)
    module = leg.streams()
    module.text('{"leg": "leg-1"}')  # metadata comes first
    module.audio(frames(0, 1))
    assert leg.next() == Audio(frames(0, 1), 0.0)
    module.audio(frames(1, 2)[:500])
    assert leg.next() == Audio(frames(1, 1), 0.02)
    module.audio(frames(1, 2)[500:], fin=False)
    assert leg.next() == Audio(frames(2, 1), 0.04)
    module.more(frames(3, 1), fin=True)
    assert leg.next() == Audio(frames(3, 1), 0.06)


def test_every_cut_of_the_bytes_gives_the_same_audio(audio: AudioSocket) -> None:
    """A frame's header or its mask may be cut anywhere by the network."""
    leg = Leg(audio)
    module = leg.streams()
    module.protocol.send_binary(frames(0, 1))
    module.protocol.send_ping(b"x")
    module.protocol.send_binary(frames(1, 1))
    for byte in b"".join(module.protocol.data_to_send()):
        module.raw(bytes([byte]))
    heard = b""
    while len(heard) < 2 * FRAME_BYTES:
        event = leg.next()
        assert isinstance(event, Audio)
        heard += event.samples
    assert heard == frames(0, 2)


def test_pings_are_answered(audio: AudioSocket) -> None:
    """The module's heart beat, and what stands between it and us."""
    module = Leg(audio).streams()
    module.ping(b"are you there")
    assert module.wait_pong() == b"are you there"


def test_stopping_closes_and_delivers_nothing_more(audio: AudioSocket) -> None:
    """Twice is once; the peer gets a proper goodbye."""
    leg = Leg(audio)
    module = leg.streams()
    module.audio(frames(0, 1))
    leg.next()
    leg.tap.stop()
    leg.tap.stop()
    module.audio(frames(1, 1))
    assert module.closed_by_server() == 1000
    assert leg.heard.empty()
    assert audio.following == 0


# --- who may come ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/guess", "/" + "A" * 32, "/%2e%2e/x", "/" + "y" * 9000])
def test_a_wrong_token_gets_nothing(audio: AudioSocket, path: str) -> None:
    """And the leg whose token it is not goes on waiting for its own switch."""
    leg = Leg(audio)
    with pytest.raises(ConnectionRefusedError):
        StreamingModule(audio.url + path)
    leg.streams().audio(frames(0, 1))
    assert leg.next() == Audio(frames(0, 1), 0.0)


def test_a_token_opens_once(audio: AudioSocket) -> None:
    """Who has read it from a log comes too late, and disturbs nobody."""
    leg = Leg(audio)
    module = leg.streams()
    with pytest.raises(ConnectionRefusedError):
        leg.streams()
    module.audio(frames(0, 1))
    assert leg.next() == Audio(frames(0, 1), 0.0)


def test_a_token_dies_with_its_leg(audio: AudioSocket) -> None:
    """A switch that connects after the hang-up is refused."""
    leg = Leg(audio)
    leg.tap.stop()
    with pytest.raises(ConnectionRefusedError):
        leg.streams()


def test_tokens_are_not_told_in_logs(audio: AudioSocket, caplog: pytest.LogCaptureFixture) -> None:
    """Neither by us nor by the library."""
    caplog.set_level(0)
    leg = Leg(audio)
    with structlog.testing.capture_logs() as logs:
        module = leg.streams()
        module.vanish()
        assert leg.lost()
    assert leg.tap.token not in repr(logs) + caplog.text


def test_strangers_are_turned_away_at_the_door(listen: Callable[..., AudioSocket]) -> None:
    """An address that is not listed cannot even show a token."""
    audio = listen(allowed=[ip_network("10.0.0.0/8")])
    leg = Leg(audio)
    with pytest.raises(ConnectionRefusedError):
        leg.streams()
    assert leg.heard.empty()


# --- bad manners ------------------------------------------------------------------------------------


def test_a_switch_that_never_comes_is_told_once(listen: Callable[..., AudioSocket]) -> None:
    """No module, a wrong URL, a firewall: keys remain."""
    leg = Leg(listen(appear_within=0.02))
    assert "did not connect" in leg.lost()


def test_a_switch_that_vanishes_mid_call(audio: AudioSocket) -> None:
    """The cable, not a goodbye."""
    leg = Leg(audio)
    module = leg.streams()
    module.audio(frames(0, 1))
    module.vanish()
    assert leg.next() == Audio(frames(0, 1), 0.0)
    assert "without a word" in leg.lost()


def test_a_goodbye_mid_call_is_told_with_its_code(audio: AudioSocket) -> None:
    """The module was unloaded, or somebody ordered `stop`."""
    leg = Leg(audio)
    leg.streams().close(1001)
    assert "1001" in leg.lost()


def test_a_goodbye_right_before_the_hang_up_is_no_loss(listen: Callable[..., AudioSocket]) -> None:
    """The caller hangs up, and the audio ends a moment before the event: not worth a warning."""
    audio = listen(farewell=5.0)
    leg = Leg(audio)
    module = leg.streams()
    module.audio(frames(0, 1))
    leg.next()
    module.close()
    gevent.idle()
    leg.tap.stop()
    assert leg.heard.empty()


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
    assert "no audio for 0.1 s" in leg.lost() or "no audio for 0.2 s" in leg.lost()
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
        assert b" 426 " in stranger.recv(4096) or b" 400 " in stranger.recv(4096)
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


# --- addresses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("uuid", ["", "../x", "a b", "a\nb"])
def test_an_odd_uuid_never_gets_into_a_command(audio: AudioSocket, uuid: str) -> None:
    """The uuid comes from the peer."""
    with pytest.raises(UnsafeTextError):
        audio.tap(uuid, lambda _what: None)
    assert audio.following == 0


@pytest.mark.parametrize(
    "url",
    ["http://a", "ws://", "ws://a b", "ws://a/$x", "ws://[::1]:80", "ws://a:x", "ws://a\n", "ws://a/?q"],
)
def test_a_url_that_the_module_does_not_read_is_refused_at_the_start(url: str) -> None:
    """And not when the first caller speaks."""
    with pytest.raises(UnsafeTextError):
        AudioSocket(("127.0.0.1", 0), url=url)


def test_the_url_of_a_proxy_is_told_instead_of_the_address() -> None:
    """Behind TLS, or where the server listens on all addresses."""
    audio = AudioSocket(("0.0.0.0", 8041), url="wss://ivr.example.net/audio/")
    tap = audio.tap("leg-1", lambda _what: None)
    assert f" wss://ivr.example.net/audio/{tap.token} " in tap.begin[1].line
    audio.close()


def test_a_taken_port_is_told_with_its_remedy(audio: AudioSocket) -> None:
    """As for the outbound socket."""
    with pytest.raises(AddressTakenError, match="configure another port"):
        AudioSocket(audio.address).start()


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
