"""A place whose callers are heard over a websocket: switch, module, audio socket, outbound server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from esl.audio_socket import AudioSocket
from esl.outbound import OutboundServer
from esl.switch import Call
from tests.contract.on_embedded import EmbeddedPlace
from tests.embedded import audio_stream


@contextmanager
def streaming_place(
    folder: Path, on_call: Callable[[Call], None], *, module: bool = True
) -> Iterator[tuple[EmbeddedPlace, AudioSocket]]:
    """`on_call` lives each call; without `module` the switch knows no `uuid_audio_stream`."""
    place = EmbeddedPlace(folder)
    audio = AudioSocket(("127.0.0.1", 0))
    audio.start()
    server = OutboundServer(("127.0.0.1", place.port), on_call, live_audio=audio)
    server.start()
    try:
        with place.switch:
            if module:
                with audio_stream.loaded():
                    yield place, audio
            else:
                yield place, audio
            place.hang_up_all()
            server.close(2.0)
    finally:
        server.close(0.0)
        audio.close()
