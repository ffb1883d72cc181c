"""Microphone and loudspeaker of this machine, for calls at the designer's desk.

PortAudio calls back in a thread of its own, which knows nothing of gevent: all that it touches here are
two bounded queues whose ends can be used from any thread.
"""

from __future__ import annotations

from collections import deque
from types import ModuleType, TracebackType
from typing import Any, Protocol, Self

from esl.switch import FRAME_BYTES, SAMPLE_RATE
from ivr.errors import CannotPlay

SILENCE = bytes(FRAME_BYTES)
MOST_WAITING = 25
"""Frames that may wait in either direction: half a second. More is dropped, the oldest first."""
_OTHERWISE = "or take files instead: --in caller.wav --out call.wav"


class Device(Protocol):
    """Something that hears and speaks, in frames of 20 ms (16-bit mono, 8 kHz)."""

    def read(self) -> bytes | None:
        """The next frame from the microphone; `None` if there is none yet."""

    def play(self, frame: bytes) -> None:
        """Gives a frame to the loudspeaker. Never waits."""


class SoundDevice:
    """The default devices, from `with` to its end. Raises `CannotPlay` if there are none."""

    def __init__(self) -> None:
        self._library = _sounddevice()
        self._heard: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._to_say: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._stream: Any = None

    def read(self) -> bytes | None:
        try:
            return self._heard.popleft()
        except IndexError:
            return None

    def play(self, frame: bytes) -> None:
        self._to_say.append(frame)

    def _exchange(self, heard: Any, to_say: Any, _frames: int, _time: Any, _status: Any) -> None:
        """PortAudio's callback."""
        self._heard.append(bytes(heard))
        try:
            to_say[:] = self._to_say.popleft()
        except IndexError:
            to_say[:] = SILENCE

    def __enter__(self) -> Self:
        try:
            self._stream = self._library.RawStream(
                samplerate=SAMPLE_RATE,
                blocksize=FRAME_BYTES // 2,
                channels=1,
                dtype="int16",
                callback=self._exchange,
            )
            self._stream.start()
        except self._library.PortAudioError as refused:
            raise CannotPlay(
                f"The sound device cannot be used ({refused})",
                f"Connect a microphone and a loudspeaker, best a headset, {_OTHERWISE}",
            ) from refused
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()


def _sounddevice() -> ModuleType:
    """The optional package. Raises `CannotPlay` with what is missing."""
    try:
        import sounddevice  # noqa: PLC0415 - optional, and only needed for this
    except ImportError as missing:
        raise CannotPlay(
            "The package sounddevice is not installed",
            f'Install it (.venv/bin/pip install "sounddevice>=0.5"), {_OTHERWISE}',
        ) from missing
    except OSError as missing:
        raise CannotPlay(
            "The library PortAudio is not on this machine",
            f"Install it (apt install libportaudio2), {_OTHERWISE}",
        ) from missing
    found: ModuleType = sounddevice
    return found
