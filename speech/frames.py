"""What goes over the socket between the server and a worker process: bytes to frames, no I/O.

A frame is two big-endian 32-bit lengths, a JSON header and a body of raw bytes. Both ends are ours,
so a frame that breaks these limits is a fault, never negotiated.
"""

from __future__ import annotations

import json
import struct
from typing import Any

Header = dict[str, Any]
Frame = tuple[Header, bytes]

LONGEST_HEADER = 1 << 20
LONGEST_BODY = 64 << 20
_LENGTHS = struct.Struct(">II")


class FrameFault(ValueError):
    """The other end does not keep to the framing: end the connection."""


def encode(header: Header, body: bytes = b"") -> bytes:
    """One frame. Raises `FrameFault` if it is longer than the other end would accept."""
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) > LONGEST_HEADER or len(body) > LONGEST_BODY:
        raise FrameFault(f"frame too long: {len(text)} + {len(body)} bytes")
    return _LENGTHS.pack(len(text), len(body)) + text + body


class Decoder:
    """Takes bytes as they arrive, cut anywhere, and gives whole frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def push(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes. Raises `FrameFault`."""
        self._buffer += data
        frames: list[Frame] = []
        while len(self._buffer) >= _LENGTHS.size:
            head, body = _LENGTHS.unpack_from(self._buffer)
            if head > LONGEST_HEADER or body > LONGEST_BODY:
                raise FrameFault(f"frame too long: {head} + {body} bytes")
            end = _LENGTHS.size + head + body
            if len(self._buffer) < end:
                break
            start = _LENGTHS.size
            try:
                header = json.loads(self._buffer[start : start + head])
            except ValueError:
                raise FrameFault("frame header is not JSON") from None
            if not isinstance(header, dict):
                raise FrameFault("frame header is not an object")
            frames.append((header, bytes(self._buffer[start + head : end])))
            del self._buffer[:end]
        return frames
