"""Live audio over a websocket: the module's side over real loopback sockets, well behaved."""

from __future__ import annotations

import re
from collections.abc import Callable

import gevent
import pytest
import structlog

from esl.audio_socket import AudioSocket
from esl.errors import AddressTakenError, UnsafeTextError
from esl.switch import FRAME_BYTES, Audio
from tests.esl.audio_leg import Leg, audio, frames, listen

__all__ = ["audio", "listen"]


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


# --- goodbyes, and a switch that never comes ---------------------------------------------------------


def test_a_switch_that_never_comes_is_told_once(listen: Callable[..., AudioSocket]) -> None:
    """No module, a wrong URL, a firewall: keys remain."""
    leg = Leg(listen(appear_within=0.02))
    assert "did not connect" in leg.lost()


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
