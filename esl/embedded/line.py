"""The line between a caller and the embedded switch: a small framed protocol on a TCP connection.

docs/embedded-switch.md describes it for those who write another end. Rules:
1. It opens with one JSON line each way: who calls, then the call's uuid or the reason for a refusal.
2. After that, both ways: one byte of kind, two of length (big endian), then that many bytes.
3. Writing never waits: sound that a slow end does not take is dropped, notices are kept.
4. A byte that does not belong there ends the line; the switch then ends the call.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable
from typing import Any, Protocol

import gevent
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from esl.embedded.errors import LineError, LineRefusedError
from esl.switch import FRAME_BYTES

AUDIO = b"A"
"""Both ways: position of the first sample (32 bits), then 20 ms of sound."""
KEY = b"K"
"""Both ways: a key, then how long it was held in samples (16 bits)."""
INFO_KEY = b"I"
"""To the switch: the same, sent by SIP INFO instead of in the sound's stream."""
HOLD = b"O"
"""To the switch: `sendonly` puts it on hold, `sendrecv` takes it back (the words of SDP)."""
RINGING = b"R"
"""From who is called, to the caller."""
ANSWERED = b"W"
"""From who is called, to the caller."""
EARLY = b"E"
"""To the switch, from who is called: sound comes before the answer (SIP's 183)."""
CALL = b"C"
"""To who waits to be called: `Invitation` as JSON. The first frame of a call."""
HANGUP = b"H"
"""Both ways: FreeSWITCH's hang-up cause. The last frame of a line."""

KEYS = frozenset("0123456789*#ABCD")
DEFAULT_KEY_SAMPLES = 800
"""100 ms."""
_HEAD = struct.Struct(">cH")
_POSITION = struct.Struct(">I")
_KINDS = frozenset({AUDIO, KEY, INFO_KEY, HOLD, RINGING, ANSWERED, EARLY, CALL, HANGUP})
_LONGEST_FRAME = 512
_LONGEST_INVITATION = 60_000
_LONGEST_HELLO = 256 * 1024
_MOST_UNSENT = 64 * 1024
"""Bytes: four seconds of sound that the other end did not take."""
_HELLO_SECONDS = 10.0


class Hello(BaseModel):
    """The caller's first line. What stands in it is data, whatever it looks like."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(default=1, ge=1, le=1)
    number: str = Field(default="", max_length=16_384)
    name: str = Field(default="", max_length=16_384)
    destination: str = Field(min_length=1, max_length=128)
    variables: dict[str, str] = Field(default_factory=dict, max_length=64)
    """Further variables of the leg, as a SIP trunk would bring them (`sip_h_X-...`)."""


class Waiting(BaseModel):
    """The first line of somebody who wants to be called."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(default=1, ge=1, le=1)
    takes: str = Field(min_length=1, max_length=128)
    """The number under which they can be called."""


class Invitation(BaseModel):
    """What a telephone shows when it rings."""

    model_config = ConfigDict(frozen=True)

    uuid: str
    number: str = ""
    name: str = ""
    destination: str = ""
    variables: dict[str, str] = Field(default_factory=dict)
    """The SIP headers that were asked for (`sip_h_X-...`)."""


class FarEnd(Protocol):
    """The other end of a leg: a line, or something that behaves like one. Nothing of it waits."""

    def send(self, kind: bytes, body: bytes = b"") -> None: ...

    def send_audio(self, position: int, sound: bytes) -> None: ...

    def close(self, spawn: Callable[..., Any] = ...) -> None: ...


class FrameReader:
    """Cuts the byte stream of a line into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Takes bytes, however they are cut; returns (kind, body) pairs. Raises `LineError`."""
        buffer = self._buffer
        buffer += data
        frames, start = [], 0
        while len(buffer) - start >= _HEAD.size:
            kind, length = _HEAD.unpack_from(buffer, start)
            if kind not in _KINDS or length > (_LONGEST_INVITATION if kind == CALL else _LONGEST_FRAME):
                raise LineError(f"not a frame of a line: kind {kind!r}, {length} bytes")
            end = start + _HEAD.size + length
            if len(buffer) < end:
                break
            frames.append((kind, bytes(buffer[start + _HEAD.size : end])))
            start = end
        del buffer[:start]
        return frames


def audio_frame(position: int, sound: bytes) -> bytes:
    """A frame of sound, ready to be sent. `position` counts samples since the line was joined."""
    return _HEAD.pack(AUDIO, _POSITION.size + len(sound)) + _POSITION.pack(position & 0xFFFFFFFF) + sound


def read_audio(body: bytes) -> tuple[int, bytes]:
    """Position and sound of an `AUDIO` frame. Raises `LineError`."""
    if len(body) != _POSITION.size + FRAME_BYTES:
        raise LineError(f"a frame of sound has {_POSITION.size + FRAME_BYTES} bytes, not {len(body)}")
    return _POSITION.unpack_from(body)[0], body[_POSITION.size :]


def read_key(body: bytes) -> tuple[str, int]:
    """Key and its length in samples of a `KEY` frame. Raises `LineError`."""
    key = body[:1].decode("latin-1").upper()
    if key not in KEYS or len(body) not in (1, 3):
        raise LineError(f"not a key: {body[:8]!r}")
    return key, int.from_bytes(body[1:], "big") if len(body) == 3 else DEFAULT_KEY_SAMPLES


def read_hold(body: bytes) -> str:
    """What a `HOLD` frame offers: the direction of the sound, as in SDP. Raises `LineError`."""
    if body not in (b"sendonly", b"inactive", b"sendrecv"):
        raise LineError(f"none of sendonly, inactive, sendrecv: {body[:8]!r}")
    return body.decode()


class Line:
    """One end of a line, after the opening. Both ends are made of this."""

    def __init__(
        self,
        connection: socket.socket,
        *,
        got: Callable[[bytes, bytes], None],
        lost: Callable[[str], None],
        rest: bytes = b"",
    ) -> None:
        """`got` is called with every frame; `lost` once, with the reason, when no more will come."""
        self._connection = connection
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A second socket object on the same connection: reading may wait, writing never does.
        self._writing = connection.dup()
        self._writing.setblocking(False)
        self._got = got
        self._lost = lost
        self._unsent = bytearray()
        self._closed = False
        self.dropped = 0
        """Frames of sound that the other end was too slow to take."""
        self._reader = gevent.spawn(self._read, rest)

    def hand_over(self, *, got: Callable[[bytes, bytes], None], lost: Callable[[str], None]) -> None:
        """From here on somebody else is given the frames, and told of the end."""
        self._got, self._lost = got, lost

    def send(self, kind: bytes, body: bytes = b"") -> None:
        """Sends a notice or a key. Never waits."""
        self._write(_HEAD.pack(kind, len(body)) + body)

    def send_audio(self, position: int, sound: bytes) -> None:
        """Sends 20 ms of sound. Never waits."""
        if len(self._unsent) > _MOST_UNSENT:
            self.dropped += 1
            self._write(b"")
        else:
            self._write(audio_frame(position, sound))

    def close(self, spawn: Callable[..., Any] = gevent.spawn) -> None:
        """Ends the line once everything has been sent, or after a second; `spawn` runs what waits for it."""
        if not self._closed:
            self._closed = True
            spawn(self._finish)

    def _write(self, data: bytes) -> None:
        if self._closed:
            return
        unsent = self._unsent
        if unsent:
            unsent += data
            data = bytes(unsent)
        try:
            sent = self._writing.send(data) if data else 0
        except BlockingIOError:
            sent = 0
        except OSError:  # the reader sees the same and says so
            unsent.clear()
            return
        if unsent:
            del unsent[:sent]
        elif sent < len(data):
            unsent += data[sent:]

    def _read(self, rest: bytes) -> None:
        reader = FrameReader()
        reason = "the line was closed"
        try:
            data = rest or self._connection.recv(16 * 1024)
            while data:
                for kind, body in reader.feed(data):
                    self._got(kind, body)
                data = self._connection.recv(16 * 1024)
        except LineError as fault:
            reason = str(fault)
        except OSError as fault:
            reason = f"the line broke ({fault.strerror or fault})"
        self._lost(reason)

    def _finish(self) -> None:
        try:
            if self._unsent:
                self._connection.settimeout(1.0)
                self._connection.sendall(bytes(self._unsent))
            self._connection.shutdown(socket.SHUT_WR)
            # Until the other end has closed too: what it still sends must not reset the connection
            # before our last frame is read.
            self._reader.join(timeout=1.0)
        except OSError:
            pass
        finally:
            self._reader.kill(block=False)
            self._writing.close()
            self._connection.close()


# --- the opening --------------------------------------------------------------------------------


def read_opening(connection: socket.socket) -> tuple[Any, bytes]:
    """The other end's JSON line, and what followed it. Raises `LineError`."""
    connection.settimeout(_HELLO_SECONDS)
    received = bytearray()
    try:
        while b"\n" not in received:
            data = connection.recv(16 * 1024)
            if not data or len(received) > _LONGEST_HELLO:
                raise LineError("the line ended, or went on too long, before its first line was whole")
            received += data
        text, _, rest = bytes(received).partition(b"\n")
        return json.loads(text), rest
    except OSError as fault:
        raise LineError(f"no first line came ({fault})") from None
    except ValueError as fault:
        raise LineError(f"the first line is not JSON ({fault})") from None
    finally:
        connection.settimeout(None)


def read_hello(connection: socket.socket) -> tuple[Hello | Waiting, bytes]:
    """Who joins: a caller, or somebody to be called; and what followed it. Raises `LineError`."""
    content, rest = read_opening(connection)
    try:
        if isinstance(content, dict) and "takes" in content:
            return Waiting.model_validate(content), rest
        return Hello.model_validate(content), rest
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        raise LineError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def send_opening(connection: socket.socket, content: dict[str, Any]) -> None:
    connection.sendall(json.dumps(content).encode() + b"\n")


def join(
    address: tuple[str, int], hello: Hello | Waiting, *, timeout: float = 5.0
) -> tuple[socket.socket, str, bytes]:
    """Calls the switch, or waits there to be called; returns the connection, the call's uuid (the number, for
    who waits) and bytes that already followed.

    Raises `LineRefusedError`, also if the switch does not speak; `timeout` is in seconds.
    """
    try:
        connection = socket.create_connection(address, timeout=timeout)
    except OSError as fault:
        raise LineRefusedError(
            f"no switch at {address[0]}:{address[1]} ({fault.strerror or fault}); start it first",
            cause="DESTINATION_OUT_OF_ORDER",
        ) from None
    try:
        send_opening(connection, hello.model_dump())
        answer, rest = read_opening(connection)
    except (LineError, OSError) as fault:
        connection.close()
        raise LineRefusedError(f"the switch did not take the call: {fault}") from None
    given = answer.get("uuid", answer.get("takes")) if isinstance(answer, dict) else None
    if not isinstance(given, str):
        connection.close()
        refusal = answer if isinstance(answer, dict) else {}
        raise LineRefusedError(
            f"the switch refused the call: {refusal.get('reason', 'no reason given')}",
            cause=str(refusal.get("cause", "CALL_REJECTED")),
        )
    return connection, given, rest
