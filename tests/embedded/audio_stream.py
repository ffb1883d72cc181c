"""mod_audio_stream for the embedded switch: what the module would do, over a real websocket.

It stands in for a module that cannot be had here; what it imitates is the module's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import gevent
from gevent.queue import Queue

from esl.embedded.api import API
from esl.embedded.switch import EmbeddedSwitch
from esl.switch import FRAME_BYTES
from tests.esl.streaming import StreamingModule

NAME = "audio_stream"


class Stream:
    """One leg's caller on the way to a websocket. Sits among the leg's recordings, as a media bug would."""

    failed = finished = False
    frames = samples = written = 0

    def __init__(self, url: str) -> None:
        self._frames: Queue[bytes | None] = Queue()
        self.module: StreamingModule | None = None
        self.taken = bytearray()
        """What the switch heard of the caller, to be compared with what arrived."""
        self._sender = gevent.spawn(self._send, url)

    def take(self, heard: bytes, spoken: bytes) -> None:
        assert len(heard) == FRAME_BYTES
        self.frames += 1
        self.taken += heard
        self._frames.put(heard)

    def _send(self, url: str) -> None:
        with suppress(OSError):
            self.module = StreamingModule(url)
            while (frame := self._frames.get()) is not None:
                self.module.audio(frame)
            self.module.close()

    def stop(self) -> None:
        self._frames.put(None)


def _api(switch: EmbeddedSwitch, argument: str) -> str:
    words = argument.split(" ")
    session = switch.sessions.get(words[0])
    if session is None:
        return "-ERR Operation Failed\n"
    running = session.media.recordings
    match words[1:]:
        case ["start", url, "mono", "8k"] if NAME not in running:
            running[NAME] = Stream(url)  # type: ignore[assignment] - has what media ask of a recording
        case ["stop"] if NAME in running:
            running.pop(NAME).stop()
        case _:
            return "-ERR Operation Failed\n"
    return "+OK Success\n"


@contextmanager
def loaded() -> Iterator[None]:
    """The module is loaded into every embedded switch of this process."""
    API["uuid_audio_stream"] = _api
    try:
        yield
    finally:
        del API["uuid_audio_stream"]
