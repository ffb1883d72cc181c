"""Microphone and loudspeaker of this machine, for calls at the designer's desk.

PortAudio calls back in a thread of its own, which knows nothing of gevent: all that it touches here are
two bounded queues whose ends can be used from any thread, and a time.

A device that cannot do 8 kHz runs at the rate that it likes, and its sound is converted: one frame later,
because a filter needs what comes behind.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType, TracebackType
from typing import Any, Protocol, Self

import gevent

from esl.switch import FRAME_BYTES, FRAME_SECONDS, SAMPLE_RATE
from ivr.errors import CannotPlay
from speech.sound import resample, to_pcm, to_samples

SILENCE = bytes(FRAME_BYTES)
MOST_WAITING = 25
"""Frames that may wait in either direction: half a second. More is dropped, the oldest first."""
COMFORTABLE = 5
"""Frames that may wait for the loudspeaker without being heard as a delay; more are cut out of the pauses."""
LOST_AFTER = 2.0
"""Seconds without a sign of life after which a device is gone: unplugged, or taken by another program."""
_OTHERWISE = "or take files instead: --in caller.wav --out call.wav"


class Device(Protocol):
    """Something that hears and speaks, in frames of 20 ms (16-bit mono, 8 kHz)."""

    def read(self) -> bytes | None:
        """The next frame of the microphone; `None`: none yet. Raises `CannotPlay` if it is gone."""

    def play(self, frame: bytes) -> None:
        """Gives a frame to the loudspeaker. Never waits."""


class SoundDevice:
    """The default devices, from `with` to its end.

    Raises `CannotPlay`: at once if there are none, and from `read` when they are gone.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds."""
        self._library = _sounddevice()
        self._clock = clock
        self.rate = _rate(self._library)
        """Hz at which the device runs."""
        self._heard: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._to_say: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._from_device = Converted(self.rate, SAMPLE_RATE)
        self._to_device = Converted(SAMPLE_RATE, self.rate)
        self._stream: Any = None
        self._alive = self._clock()

    def read(self) -> bytes | None:
        try:
            return self._heard.popleft()
        except IndexError:
            if self._clock() - self._alive > LOST_AFTER:
                raise CannotPlay(
                    "The sound device has gone in the middle of the call",
                    f"Connect it again, let no other program take it, and call anew, {_OTHERWISE}",
                ) from None
            return None

    def play(self, frame: bytes) -> None:
        # Each gap in what came makes the rest late for good: the pauses pay it back.
        while len(self._to_say) > COMFORTABLE and self._to_say[0] == SILENCE:
            self._to_say.popleft()
        self._to_say.append(frame)

    def _exchange(self, heard: Any, to_say: Any, _frames: int, _time: Any, _status: Any) -> None:
        """PortAudio's callback."""
        self._alive = self._clock()
        self._heard.append(self._from_device(bytes(heard)))
        try:
            frame = self._to_say.popleft()
        except IndexError:
            frame = SILENCE
        to_say[:] = self._to_device(frame)

    def __enter__(self) -> Self:
        try:
            self._stream = self._library.RawStream(
                samplerate=self.rate,
                blocksize=round(self.rate * FRAME_SECONDS),
                channels=1,
                dtype="int16",
                callback=self._exchange,
            )
            self._stream.start()
        except self._library.PortAudioError as refused:
            raise _unusable(refused) from refused
        self._alive = self._clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            # What is gone may never answer: the call's end must not wait for it.
            with suppress(gevent.Timeout), gevent.Timeout(LOST_AFTER):
                gevent.get_hub().threadpool.apply(_close, (self._stream,))


def _close(stream: Any) -> None:
    stream.abort()
    stream.close()


class Converted:
    """Frames of 20 ms of one rate as frames of another. Between two rates it is one frame late."""

    def __init__(self, from_rate: int, to_rate: int) -> None:
        self._rates = from_rate, to_rate
        self._frame = round(to_rate * FRAME_SECONDS)
        self._kept = bytes(2 * 2 * round(from_rate * FRAME_SECONDS))
        """The two frames before."""

    def __call__(self, frame: bytes) -> bytes:
        from_rate, to_rate = self._rates
        if from_rate == to_rate:
            return frame
        around = self._kept + frame
        self._kept = around[len(frame) :]
        # The filter reaches 3 ms to both sides, which the frames around the middle one have.
        return to_pcm(resample(to_samples(around), from_rate, to_rate)[self._frame : 2 * self._frame])


def _rate(library: ModuleType) -> int:
    """8 kHz, or what the devices like and frames of 20 ms can be cut from. Raises `CannotPlay`."""
    try:
        liked = [
            round(library.query_devices(kind=kind)["default_samplerate"]) for kind in ("input", "output")
        ]
    except (library.PortAudioError, ValueError) as missing:
        raise _unusable("there is no microphone, or no loudspeaker") from missing
    refused: Exception | None = None
    for rate in dict.fromkeys((SAMPLE_RATE, *liked, 48000, 44100, 16000)):
        if rate % 50:
            continue
        try:
            for check in (library.check_input_settings, library.check_output_settings):
                check(samplerate=rate, channels=1, dtype="int16")
        except library.PortAudioError as fault:
            refused = refused or fault
        else:
            return int(rate)
    raise _unusable(refused)


def _unusable(why: object) -> CannotPlay:
    text = " ".join(str(why).split())
    return CannotPlay(
        f"The sound device cannot be used ({text})",
        f"Connect a microphone and a loudspeaker, best a headset, {_OTHERWISE}",
    )


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
