"""The recording of a call: who is on which side, what is masked, and that it is whole."""

from __future__ import annotations

import time
import wave
from pathlib import Path

import numpy as np

from esl.switch import FRAME_BYTES
from tests.contract.place import (
    ALMOST_ALL,
    Application,
    Place,
    arrived,
    connected,
    gone,
    loudness,
    pause,
    wav,
)
from tests.freeswitch.harness import wait_until
from tests.freeswitch.sound import noise, strength, tone
from tests.freeswitch.sound import place as position


def read(file: Path) -> tuple[bytes, bytes]:
    """Left and right. The header must be right about the length: the switch has closed it."""
    with wave.open(str(file), "rb") as stream:
        assert (stream.getnchannels(), stream.getsampwidth(), stream.getframerate()) == (2, 2, 8000)
        frames = stream.readframes(stream.getnframes())
    assert len(frames) == stream.getnframes() * 4
    assert 0 <= file.stat().st_size - len(frames) < 200
    both = np.frombuffer(frames, "<i2").reshape(-1, 2)
    return both[:, 0].tobytes(), both[:, 1].tobytes()


def is_whole(file: Path) -> bool:
    try:
        read(file)
    except (OSError, EOFError, wave.Error, AssertionError):
        return False
    return True


def spans(samples: bytes, *, over: float = 300.0) -> list[tuple[float, float]]:
    """Where there is sound, in seconds; gaps of up to 60 ms do not count."""
    found: list[tuple[float, float]] = []
    for at in range(0, len(samples) - FRAME_BYTES + 1, FRAME_BYTES):
        if loudness(samples[at : at + FRAME_BYTES]) > over:
            start = at / 16000
            if found and start - found[-1][1] < 0.06:
                found[-1] = (found[-1][0], start + 0.02)
            else:
                found.append((start, start + 0.02))
    return found


def test_the_caller_is_left_and_the_system_right(place: Place, application: Application) -> None:
    """Both whole, at the right time, with live audio on beside it; the file is complete after hang-up."""
    file = place.folder / "both.wav"
    said, spoken = noise(1.0, seed=1), noise(1.0, seed=2)
    caller, session = connected(place, application)
    session.call.start_listening()
    session.hear(FRAME_BYTES * 5)
    began = time.monotonic()
    session.call.start_recording(file)
    pause(0.3)
    playing = session.call.play([wav(place.folder / "spoken.wav", spoken)])
    pause(0.5)
    said_at = time.monotonic() - began
    assert caller.say(said).wait(5)
    session.finished(playing)
    pause(0.3)
    length = time.monotonic() - began
    caller.hang_up()
    session.hung_up()
    session.let_go()
    gone(place)
    wait_until(lambda: is_whole(file), 3, "a complete recording")
    left, right = read(file)
    assert arrived(said, left) > ALMOST_ALL
    assert abs(position(said[:3200], left)[0] / 8000 - said_at) < 0.15
    assert arrived(spoken, right) > ALMOST_ALL
    assert abs(position(spoken[:3200], right)[0] / 8000 - 0.3) < 0.15
    assert arrived(said, right) == arrived(spoken, left) == 0
    assert abs(len(left) / 16000 - length) < 0.25
    assert arrived(said, bytes(session.audio)) > ALMOST_ALL


def test_what_is_masked_is_silence_and_keeps_its_time(place: Place, application: Application) -> None:
    """On both sides; the live audio goes on hearing, so a sensitive answer is recognised, not recorded."""
    file = place.folder / "masked.wav"
    caller, session = connected(place, application)
    session.call.start_listening()
    session.hear(FRAME_BYTES * 5)
    session.call.start_recording(file)
    session.call.play([wav(place.folder / "talk.wav", tone(440, 4.0))])
    caller.say(tone(1000, 4.0))
    session.listen(1.0)
    session.call.mask_recording()
    masked, heard = time.monotonic(), len(session.audio)
    session.listen(0.8)
    assert strength(bytes(session.audio[heard + 3200 : heard + 9600]), 1000) > ALMOST_ALL
    session.call.unmask_recording()
    silent = time.monotonic() - masked
    session.listen(0.7)
    session.call.stop_recording()
    wait_until(lambda: is_whole(file), 3, "a complete recording")
    sides = read(file)
    for side, hertz in zip(sides, (1000, 440), strict=True):
        found = spans(side)
        assert len(found) == 2
        (_, off), (on, end) = found
        assert abs(on - off - silent) < 0.1
        assert 0.8 < off < 1.25
        assert abs(end - on - 0.7) < 0.2
        assert strength(side[int(off * 8000) * 2 - 6400 : int(off * 8000) * 2], hertz) > ALMOST_ALL
        assert side[int(off * 8000) * 2 + 640 : int(on * 8000) * 2 - 640].strip(b"\0") == b""
    caller.hang_up()
    session.hung_up()


def test_a_recording_goes_on_when_we_are_gone(place: Place, application: Application) -> None:
    """Up to the end of the call, also in the queue: what the caller says there belongs to it."""
    file = place.folder / "released.wav"
    said = noise(1.0)
    caller, session = connected(place, application)
    session.call.start_recording(file)
    pause(0.2)
    session.let_go()
    pause(0.3)
    assert caller.say(said).wait(5)
    pause(0.5)  # FreeSWITCH drops the last quarter of a second of a recording that ends in a queue
    caller.hang_up()
    gone(place)  # a half-written file may look whole
    wait_until(lambda: is_whole(file), 3, "a complete recording")
    assert arrived(said, read(file)[0]) > ALMOST_ALL


def test_the_caller_alone_beside_the_call(place: Place, application: Application) -> None:
    """A message: the caller's voice in a file of its own (mono), while call and live audio go on; the file
    is whole as soon as it was ended, and the call's own recording is stereo as ever."""
    call_file, voice_file = place.folder / "call.wav", place.folder / "message.wav"
    said = noise(1.0, seed=3)
    caller, session = connected(place, application)
    session.call.start_recording(call_file)
    session.call.start_listening()
    session.hear(FRAME_BYTES * 5)
    session.call.start_voice_recording(voice_file)
    session.call.play([wav(place.folder / "music.wav", tone(440, 2.0))])
    pause(0.2)
    assert caller.say(said).wait(5)
    pause(0.3)
    session.call.stop_voice_recording()

    def mono() -> bytes:
        with wave.open(str(voice_file), "rb") as stream:
            assert (stream.getnchannels(), stream.getsampwidth(), stream.getframerate()) == (1, 2, 8000)
            return stream.readframes(stream.getnframes())

    wait_until(lambda: arrived(said, mono()) > ALMOST_ALL, 3, "the message in its file")
    assert strength(mono(), 440) < 0.1
    caller.hang_up()
    session.hung_up()
    session.let_go()
    gone(place)
    wait_until(lambda: is_whole(call_file), 3, "a complete recording")
    left, right = read(call_file)
    assert arrived(said, left) > ALMOST_ALL
    assert strength(right, 440) > 0.1
