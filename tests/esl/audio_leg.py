"""A leg whose live audio comes over a websocket, and the socket that listens for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from gevent.queue import Empty, Queue

from esl.audio_socket import AudioSocket, SocketTap
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
