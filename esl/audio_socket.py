"""The callers' live audio over a websocket, from a switch on another machine (mod_audio_stream's shape).

The leg orders `uuid_audio_stream UUID start URL mono 8k`; the switch then connects to the URL and sends the
caller's sound as binary messages (raw 16-bit little-endian mono at 8 kHz, 20 ms each). Text messages are
metadata and mean nothing to us. (From the module's public documentation and source; the true module is
untested here.)

Rules:
1. Who connects shows a token that only the switch was told: 192 random bits in the URL, good for one leg
   and once. And only listed addresses get as far as that.
2. One greenlet per connection, which yields after each read: a flood costs its own call, not another's.
   What comes faster than `_BURST` and `_PER_SECOND` allow, or in larger messages, ends the listening.
3. Every wait has a deadline: until the handshake, until the switch has come, until there is more audio.
4. Listening that fails says so once (`ListeningLost`) and never harms the call.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import gevent
import structlog
from gevent import socket
from gevent.server import StreamServer
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from esl import commands, sockets
from esl.later import run_later
from esl.live_audio import BYTES_PER_SECOND
from esl.sockets import LOOPBACK, Network
from esl.switch import FRAME_BYTES, Audio, ListeningLost
from esl.wire import Command

log = structlog.get_logger("esl.audio_socket")

# The library's own log would tell the path, which is the token.
_SILENT = logging.getLogger("esl.audio_socket.websocket")
_SILENT.disabled = True

Deliver = Callable[[Audio | ListeningLost], None]

LARGEST_MESSAGE = 32_768
"""Bytes: two seconds of audio; the module sends 20 ms, unless told otherwise."""
MOST_HANDSHAKES = 100
"""Connections that have not shown a token yet; beyond, new ones are closed."""

_READ = 4096  # bytes per read: what a greenlet may take before the others get their turn
_BURST = 400_000.0  # bytes at once: what has piled up behind a stalled network
_PER_SECOND = 4.0 * BYTES_PER_SECOND
_MESSAGE_COSTS = 64.0  # bytes that a message counts beyond its content, so that empty ones are bounded too


class SocketTap:
    """One leg's audio on its way. `stop` ends it; nothing is delivered afterwards."""

    def __init__(self, audio: AudioSocket, uuid: str, deliver: Deliver) -> None:
        self.token = secrets.token_urlsafe(24)
        self.begin: tuple[Command, ...] = (
            commands.set_variables(uuid, _STREAMED),
            commands.stream_audio(uuid, f"{audio.url}/{self.token}"),
        )
        self.end: Command = commands.stop_streaming(uuid)
        self.stopped = False
        self._reader: gevent.Greenlet[..., Any] | None = None
        self._audio = audio
        self._deliver = deliver
        self._rest = b""
        self._position = 0
        self._late = run_later(audio.appear_within, self._never_came)

    def stop(self) -> None:
        """Safe to call twice, from any greenlet. The token is void from now on."""
        self.stopped = True
        self._audio.forget(self)
        for greenlet in (self._late, self._reader):
            if greenlet is not None and greenlet is not gevent.getcurrent():
                greenlet.kill(block=False)

    def again(self) -> None:
        """Nothing to be asked again: the switch connects within `appear_within`, or that is told."""

    def came(self) -> None:
        """The switch has connected, and this greenlet reads what it sends."""
        current = gevent.getcurrent()
        assert isinstance(current, gevent.Greenlet)
        self._reader = current
        self._late.kill(block=False)

    def take(self, samples: bytes) -> None:
        """Delivers whole frames; what is left over waits for its other part."""
        samples = self._rest + samples
        whole = len(samples) // FRAME_BYTES * FRAME_BYTES
        self._rest = samples[whole:]
        if whole:
            started = self._position / BYTES_PER_SECOND
            self._position += whole
            self._give(Audio(samples[:whole], started))

    def lose(self, reason: str) -> None:
        """Tells that listening has failed, once."""
        if not self.stopped:
            log.warning("live_audio_lost", reason=reason)
            self.stop()
            self._give(ListeningLost(reason))

    def _never_came(self) -> None:
        self.lose(f"the switch did not connect to {self._audio.url} within {self._audio.appear_within:g} s")

    def _give(self, what: Audio | ListeningLost) -> None:
        try:
            self._deliver(what)
        except Exception:
            log.exception("live_audio_delivery_failed")
            self.stop()


class AudioSocket:
    """Listens on `address` for the switches' connections.

    `url` is where a switch finds us (`ws://10.0.0.5:8041`, or `wss://…` of a proxy that speaks TLS; a path
    may follow); default: the address itself. `allowed` are the switches' networks. `appear_within`: seconds
    from the order until the switch must have connected; `stall_after`: seconds without audio until
    listening counts as lost; `farewell`: seconds between the switch's goodbye and that, because a caller
    who hangs up takes the audio along a moment before we hear of it. Raises `UnsafeTextError` for a URL
    that cannot be told to the switch.
    """

    def __init__(
        self,
        address: tuple[str, int],
        *,
        url: str | None = None,
        allowed: Sequence[Network] = LOOPBACK,
        appear_within: float = 3.0,
        stall_after: float = 10.0,
        handshake_within: float = 5.0,
        farewell: float = 1.0,
    ) -> None:
        self.address = address
        self.appear_within = appear_within
        self.stall_after = stall_after
        self.farewell = farewell
        self._url = url
        self._allowed = tuple(allowed)
        self._handshake_within = handshake_within
        self._server: StreamServer | None = None
        self._awaited: dict[str, SocketTap] = {}
        self._taps: set[SocketTap] = set()
        self._handshakes = 0
        commands.stream_audio("0", f"{self.url}/0")

    @property
    def url(self) -> str:
        """Where the switch finds us, without the token."""
        host, port = self.address
        return (self._url or f"ws://{host}:{port}").rstrip("/")

    @property
    def following(self) -> int:
        """How many taps are alive."""
        return len(self._taps)

    def start(self) -> None:
        """Begins to accept. Raises `AddressTakenError` or `AddressUnusableError`, each with its remedy."""
        server = StreamServer(self.address, self._arrive, backlog=128)
        self.address = sockets.start(server, self.address)
        self._server = server
        log.info("audio_listening", host=self.address[0], port=self.address[1])

    def tap(self, uuid: str, deliver: Deliver) -> SocketTap:
        """Expects this leg's audio from now on; its `begin` orders it. `deliver` must not wait.

        Raises `UnsafeTextError` for an odd uuid.
        """
        tap = SocketTap(self, uuid, deliver)
        self._awaited[tap.token] = tap
        self._taps.add(tap)
        return tap

    def forget(self, tap: SocketTap) -> None:
        """Its token opens nothing any more."""
        self._awaited.pop(tap.token, None)
        self._taps.discard(tap)

    def close(self) -> None:
        """Stops listening, and all taps."""
        if self._server is not None:
            self._server.stop(timeout=0)
        for tap in list(self._taps):
            tap.stop()

    # --- one connection -------------------------------------------------------------------------------

    def _arrive(self, sock: Any, peer: tuple[Any, ...]) -> None:
        """The whole life of one connection, in a greenlet of its own."""
        with sock:
            if not sockets.is_allowed(str(peer[0]), self._allowed):
                log.warning(
                    "audio_refused", peer=peer[0], remedy="add the switch's address to the allowed ones"
                )
                return
            if self._handshakes >= MOST_HANDSHAKES:
                log.warning("audio_full", peer=peer[0], handshakes=self._handshakes)
                return
            sockets.tune(sock)
            connection = _Connection(sock)
            tap: SocketTap | None = None
            try:
                tap = self._admit(connection, peer)
                if tap is not None:
                    self._follow(tap, connection)
            except gevent.GreenletExit:
                pass  # nobody listens any more
            except (OSError, _Misbehaved) as lost:
                if tap is not None:
                    tap.lose(f"the connection with the switch broke: {lost}")
            except Exception:
                log.exception("audio_connection_failed", peer=peer[0])
                if tap is not None:
                    tap.lose("a fault of ours")
            finally:
                connection.say_goodbye()

    def _admit(self, connection: _Connection, peer: tuple[Any, ...]) -> SocketTap | None:
        """The handshake: whose audio it is; None for whoever has no business here."""
        tap: SocketTap | None = None
        self._handshakes += 1
        try:
            with gevent.Timeout(self._handshake_within, TimeoutError("no handshake in time")):
                request = connection.request()
            tap = self._awaited.pop(request.path.rpartition("/")[2], None)
            if tap is not None:
                tap.came()
            connection.respond(request, welcome=tap is not None)
        except (OSError, _Misbehaved) as failed:
            log.warning("audio_handshake_failed", peer=peer[0], reason=str(failed))
            if tap is not None:
                tap.lose(f"the handshake with the switch failed: {failed}")
            return None
        finally:
            self._handshakes -= 1
        if tap is None:
            log.warning("audio_token_refused", peer=peer[0])
        return tap

    def _follow(self, tap: SocketTap, connection: _Connection) -> None:
        for samples in connection.audio(self.stall_after):
            tap.take(samples)
            if tap.stopped:
                return
        gevent.sleep(self.farewell)
        tap.lose(f"the switch ended it ({connection.closed_with})")


_STREAMED = {
    # The module leaves compression and heart beat to chance where these are not set.
    "STREAM_MESSAGE_DEFLATE": "true",  # true is off
    "STREAM_HEART_BEAT": "15",
    "STREAM_BUFFER_SIZE": "20",
    "STREAM_SUPPRESS_LOG": "true",
}


class _Misbehaved(Exception):
    """The peer speaks no websocket, or too much of it."""


class _Connection:
    """A peer's side of the protocol: bytes in, messages out, replies sent."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._protocol = ServerProtocol(max_size=LARGEST_MESSAGE, logger=_SILENT)
        self._in_audio = False
        self._budget, self._counted_at = _BURST, time.monotonic()

    @property
    def closed_with(self) -> str:
        """The peer's own words on why it left."""
        close = self._protocol.close_rcvd
        return str(close) if close is not None else "without a word"

    def request(self) -> Request:
        """The handshake's request. Raises `_Misbehaved`, `OSError`."""
        while self._read():
            match self._protocol.events_received():
                case [Request() as request]:
                    return request
                case [_, *_]:
                    raise _Misbehaved("frames before the handshake")
            if self._protocol.handshake_exc is not None:
                raise _Misbehaved(str(self._protocol.handshake_exc))
        raise _Misbehaved("gone before the handshake")

    def respond(self, request: Request, *, welcome: bool) -> None:
        """Goes over to websocket, or says that nothing is there."""
        protocol = self._protocol
        response = protocol.accept(request) if welcome else protocol.reject(404, "There is nothing here.\n")
        protocol.send_response(response)
        self._flush()
        if welcome and protocol.state is not State.OPEN:
            raise _Misbehaved(str(protocol.handshake_exc))

    def audio(self, patience: float) -> Iterator[bytes]:
        """The samples as they come, until the peer says goodbye or is gone.

        `patience`: seconds to wait for more of them. Raises `_Misbehaved`, `OSError`.
        """
        until = time.monotonic() + patience
        while True:
            self._sock.settimeout(max(0.001, until - time.monotonic()))
            try:
                there = self._read()
            except TimeoutError:
                there = True
            if time.monotonic() >= until:
                raise TimeoutError(f"no audio for {patience:.1f} s")
            if not there:
                return
            for event in self._protocol.events_received():
                assert isinstance(event, Frame)
                self._count(len(event.data) + _MESSAGE_COSTS)
                if samples := self._samples(event):
                    until = time.monotonic() + patience
                    yield samples
            if self._protocol.parser_exc is not None:
                raise _Misbehaved(str(self._protocol.parser_exc))
            gevent.sleep(0)

    def _samples(self, frame: Frame) -> bytes:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._in_audio = frame.opcode is Opcode.BINARY
        elif frame.opcode is not Opcode.CONT:
            return b""
        return bytes(frame.data) if self._in_audio else b""

    def _count(self, cost: float) -> None:
        now = time.monotonic()
        self._budget = min(_BURST, self._budget + (now - self._counted_at) * _PER_SECOND) - cost
        self._counted_at = now
        if self._budget < 0:
            raise _Misbehaved("much more than a call's audio")

    def _read(self) -> bool:
        """Takes what has come, and sends what the protocol answers. False: the peer is gone."""
        data = self._sock.recv(_READ)
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        self._flush()
        return bool(data) and self._protocol.close_rcvd is None

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._sock.sendall(data)
            else:
                with suppress(OSError):  # the peer was faster
                    self._sock.shutdown(socket.SHUT_WR)

    def say_goodbye(self) -> None:
        """Closes properly, if the peer takes it at once."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(1000)
            self._sock.settimeout(0.5)
            with suppress(OSError):
                self._flush()
