"""Calls at the designer's desk: a caller from a file, and the sound device."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from esl.embedded.caller import ScriptedCaller
from esl.embedded.errors import ScriptError
from esl.switch import FRAME_BYTES, SAMPLE_RATE
from ivr.cli.call_by_voice import _speech
from ivr.errors import CannotPlay
from ivr.moments import CallerAnswered, CallOver, Moment, SystemSpoke
from ivr.workshop.sound_device import COMFORTABLE, LOST_AFTER, MOST_WAITING, SILENCE, SoundDevice
from ivr.workshop.voice_call import MARGIN, MOST_TRIES, FileCaller, converse, pieces_of


def tone(seconds: float) -> bytes:
    place = np.arange(round(seconds * SAMPLE_RATE))
    return (8000 * np.sin(place * 2 * np.pi * 440 / SAMPLE_RATE)).astype("<i2").tobytes()


def quiet(seconds: float) -> bytes:
    return bytes(round(seconds * SAMPLE_RATE) * 2)


def test_a_recording_is_cut_at_its_pauses() -> None:
    """Breath between words does not part; a pause does; a little quiet stays around each piece."""
    samples = quiet(1) + tone(0.5) + quiet(0.3) + tone(0.4) + quiet(1.2) + tone(0.6) + quiet(1)
    first, second = pieces_of(samples)
    assert len(first) / 2 / SAMPLE_RATE == pytest.approx(1.2 + 2 * MARGIN, abs=0.06)
    assert len(second) / 2 / SAMPLE_RATE == pytest.approx(0.6 + 2 * MARGIN, abs=0.06)
    assert pieces_of(quiet(2)) == []


class PaperCaller:
    """Notes what the caller does; `hears` is whether the next questions can be heard."""

    def __init__(self, hears: bool | None = True) -> None:
        self.hears = hears
        self.did: list[object] = []

    def __enter__(self) -> PaperCaller:
        return self

    def __exit__(self, *_: object) -> None:
        self.did.append("gone")

    def wait_until_quiet(self, _quiet: float) -> bool:
        if self.hears is None:
            raise ScriptError("nothing was heard")
        return self.hears

    def speak(self, sound: bytes) -> None:
        self.did.append(sound)

    def key(self, keys: str) -> None:
        self.did.append(f"key {keys}")


def asks(step: str, kind: str = "menu") -> SystemSpoke:
    return SystemSpoke("1", step, "?", ("?",), "es", listening=True, kind=kind)


def answered(step: str, result: str) -> CallerAnswered:
    return CallerAnswered("1", step, result, "", "", "voice", 0.9, "sure", 0.1)


OVER = CallOver("1", "NORMAL_CLEARING", "system", "", 1.0, None)


def played(moments: list[Moment], hears: bool | None = True) -> list[object]:
    caller = PaperCaller(hears)
    mind = FileCaller(caller, [b"aa", b"bb"])  # type: ignore[arg-type]  # what it needs of a caller
    for moment in (*moments, OVER):
        mind.watch(moment)
    assert mind.play() is OVER
    return caller.did


def test_a_wav_of_newer_programs_is_read(tmp_path: Path) -> None:
    """WAVE_FORMAT_EXTENSIBLE, which sox and studios write, and Python's own reader does not know."""
    pieces = quiet(0.5) + tone(0.5) + quiet(0.5)
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    form = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 8000, 16000, 2, 16, 22, 16, 4) + guid
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(pieces))
    file = tmp_path / "caller.wav"
    file.write_bytes(b"RIFF" + struct.pack("<I", len(chunks) + len(pieces)) + chunks + pieces)
    assert _speech(file) == pieces


def test_each_question_gets_the_next_answer() -> None:
    """In the file's order; who has nothing left to say is silent."""
    course = [asks("a"), answered("a", "match"), asks("b"), answered("b", "match"), asks("c")]
    assert played(course) == [b"aa", b"bb", "gone"]


def test_what_is_not_understood_is_said_again_but_not_for_ever() -> None:
    """As people do, and then the next answer."""
    course: list[Moment] = []
    for _ in range(MOST_TRIES + 1):
        course += [asks("a"), answered("a", "no_match")]
    assert played(course) == [*[b"aa"] * MOST_TRIES, b"bb", "gone"]


def test_a_read_back_is_agreed_to_by_key() -> None:
    """ "Did you say …?" takes no answer out of the file; a yes-or-no question of the flow does."""
    course = [
        asks("a"),
        answered("a", "match"),
        asks("a", "yes_no"),
        answered("a", "match"),
        asks("b", "yes_no"),
        answered("b", "match"),
    ]
    assert played(course) == [b"aa", "key 1", b"bb", "gone"]


def test_who_cannot_hear_the_question_does_not_answer() -> None:
    """The call has ended, or the line is dead."""
    assert played([asks("a")], hears=False) == ["gone"]
    assert played([asks("a")], hears=None) == ["gone"]


def test_patience_ends() -> None:
    """A call in which nothing happens any more is ended by the caller."""
    caller = PaperCaller()
    told: list[str] = []
    assert FileCaller(caller, [b"aa"], told.append).play(patience=0.01) is None  # type: ignore[arg-type]  # as above
    assert caller.did == ["gone"]
    assert "nothing has happened" in told[0]


# --- the sound device ----------------------------------------------------------------------------------


class PaperPortAudio(ModuleType):
    """The package's port: a stream that calls back when the test says so."""

    class PortAudioError(Exception):
        """As the package has it."""

    def __init__(self, refuses: str = "", *, rate: int = 44100, only: bool = False) -> None:
        """`rate`: what the device likes; `only`: and nothing else."""
        super().__init__("sounddevice")
        self.refuses = refuses
        self.rate, self.only = rate, only
        self.closed = False
        self.asked: dict[str, Any] = {}

    def query_devices(self, *, kind: str) -> dict[str, float]:
        if self.refuses.startswith("no"):
            raise self.PortAudioError("Error querying device -1")
        assert kind in ("input", "output")
        return {"default_samplerate": float(self.rate)}

    def check_input_settings(self, *, samplerate: int, channels: int, dtype: str) -> None:
        assert (channels, dtype) == (1, "int16")
        if self.only and samplerate != self.rate:
            raise self.PortAudioError("Invalid sample rate [PaErrorCode -9997]")

    check_output_settings = check_input_settings

    def RawStream(self, **asked: Any) -> PaperPortAudio:  # noqa: N802 - the package's name
        if self.refuses:
            raise self.PortAudioError(self.refuses)
        self.asked = asked
        return self

    def start(self) -> None:
        """The test calls back."""

    def abort(self) -> None:
        """What was not played yet is not waited for."""

    def close(self) -> None:
        self.closed = True

    def exchange(self, heard: bytes) -> bytes:
        said = bytearray(len(heard))
        self.asked["callback"](heard, memoryview(said), len(heard) // 2, None, None)
        return bytes(said)


def test_sound_goes_both_ways_and_never_piles_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 kHz mono frames of 20 ms; silence where nothing is to be said; the oldest is dropped."""
    library = PaperPortAudio()
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    frame, other = b"\x01\x02" * (FRAME_BYTES // 2), b"\x03\x04" * (FRAME_BYTES // 2)
    with SoundDevice() as device:
        wanted = {"samplerate": 8000, "blocksize": 160, "channels": 1, "dtype": "int16"}
        assert {name: library.asked[name] for name in wanted} == wanted
        assert device.read() is None
        assert library.exchange(frame) == SILENCE
        device.play(other)
        assert library.exchange(frame) == other
        for _ in range(MOST_WAITING * 2):
            library.exchange(frame)
            device.play(frame)
        waiting = 0
        while device.read() is not None:
            waiting += 1
        assert waiting == MOST_WAITING
    assert library.closed


@pytest.mark.parametrize(
    ("library", "missing"),
    [
        (None, "pip install"),
        (PaperPortAudio("no default device"), "there is no microphone, or no loudspeaker"),
        (PaperPortAudio("Device busy"), "Device busy"),
        (PaperPortAudio(rate=11025, only=True), "Invalid sample rate"),
    ],
)
def test_what_is_missing_is_told(
    library: ModuleType | None, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package, or a device: one line with what to do, and the way without either."""
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    with pytest.raises(CannotPlay, match=missing) as told, SoundDevice():
        pass
    assert "--in caller.wav" in str(told.value)


@pytest.mark.parametrize("rate", [48000, 44100, 16000])
def test_a_device_of_another_rate_is_converted(rate: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many cards cannot do 8 kHz: a tone stays the tone that it was, without a seam between two frames."""
    library = PaperPortAudio(rate=rate, only=True)
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    place = np.arange(rate)
    sung = (8000 * np.sin(place * 2 * np.pi * 440 / rate)).astype("<i2").tobytes()
    frame = rate // 50 * 2
    heard, said = b"", b""
    with SoundDevice() as device:
        assert library.asked["samplerate"] == rate
        spoken = tone(1.0)
        for at in range(50):
            device.play(spoken[at * FRAME_BYTES : (at + 1) * FRAME_BYTES])
            said += library.exchange(sung[at * frame : (at + 1) * frame])
            heard += device.read() or b""
    assert (len(heard), len(said)) == (50 * FRAME_BYTES, 50 * frame)
    for samples, at in ((heard, SAMPLE_RATE), (said, rate)):
        kept = np.frombuffer(samples, "<i2").astype(float)[at // 10 :]
        when = np.arange(len(kept)) / at
        waves = np.stack([np.sin(2 * np.pi * 440 * when), np.cos(2 * np.pi * 440 * when)], axis=1)
        parts, *_ = np.linalg.lstsq(waves, kept, rcond=None)
        assert np.hypot(*parts) == pytest.approx(8000, rel=0.02)
        assert np.abs(kept - waves @ parts).max() < 80, "a click at every frame"


def test_a_delay_is_paid_back_in_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speech is never cut for it."""
    library = PaperPortAudio()
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    speech = b"\x01\x02" * (FRAME_BYTES // 2)
    with SoundDevice() as device:
        for frame in [SILENCE] * 12 + [speech] * 8:
            device.play(frame)
        played = [library.exchange(SILENCE) for _ in range(20)]
    assert played.count(speech) == 8
    assert played.index(speech) <= COMFORTABLE


def test_a_lost_device_ends_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was unplugged: one line, instead of a caller who is silent for ever."""
    library = PaperPortAudio()
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    now = 100.0
    with SoundDevice(lambda: now) as device:
        library.exchange(SILENCE)
        assert (device.read(), device.read()) == (SILENCE, None)
        now += LOST_AFTER + 0.1
        caller = ScriptedCaller(("127.0.0.1", 9), destination="9100")
        monkeypatch.setattr(caller, "join", lambda: None)
        with pytest.raises(CannotPlay, match="has gone"):
            converse(caller, device)
    assert library.closed
