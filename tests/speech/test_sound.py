"""Samples: resampling without aliases, telephone level, and what counts as a voice."""

from __future__ import annotations

import math
import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.recordings.encoding import Format, encode
from ivr.recordings.sound import segment
from speech.errors import SoundUnreadable
from speech.pyttsx3 import Pyttsx3
from speech.sound import (
    SPEECH_LEVEL_DBFS,
    finished_prompt,
    frame_levels,
    has_voice,
    read_wav,
    resample,
    to_pcm,
    to_samples,
    voiced_seconds,
    write_wav,
)
from speech.studio import read_sound
from tests.speech.conftest import noise, tones


def _decibels(samples: np.ndarray) -> float:
    return 20 * math.log10(max(1e-9, float(np.sqrt((samples**2).mean()))))


def _sine(hertz: float, rate: int, seconds: float = 0.5) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


@pytest.mark.parametrize("hertz", [300, 1000, 2500, 3400])
def test_the_telephone_band_passes(hertz: int) -> None:
    """Speech keeps its level and its pitch from 22,050 Hz to 8,000 Hz."""
    out = resample(_sine(hertz, 22050), 22050, 8000)[200:-200]
    assert abs(_decibels(out) - _decibels(_sine(hertz, 8000))) < 0.3
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    assert abs(spectrum.argmax() * 8000 / len(out) - hertz) < 4


@pytest.mark.parametrize("hertz", [4400, 5000, 6000, 7900, 10000])
def test_nothing_above_the_band_folds_back(hertz: int) -> None:
    """An s at 6 kHz must not become a whistle at 2 kHz: at least 60 dB are gone."""
    out = resample(_sine(hertz, 22050), 22050, 8000)[200:-200]
    assert _decibels(out) < -60


def test_doubling_the_rate_invents_nothing() -> None:
    """8 kHz to Whisper's 16 kHz: the band stays, above it there is nothing."""
    out = resample(_sine(1000, 8000), 8000, 16000)
    assert len(out) == 8000
    spectrum = np.abs(np.fft.rfft(out[400:-400] * np.hanning(len(out) - 800))) ** 2
    above = round(4200 * (len(out) - 800) / 16000)
    assert spectrum[above:].sum() / spectrum.sum() < 1e-6


def test_an_empty_sound_stays_empty() -> None:
    """No samples in, none out, at any rate."""
    assert len(resample(np.zeros(0), 22050, 8000)) == 0
    assert len(finished_prompt(np.zeros(0))) == 0
    assert len(finished_prompt(np.zeros(8000))) == 0
    assert voiced_seconds(b"") == 0.0


def test_prompts_come_out_at_one_level(speaker: Pyttsx3) -> None:
    """A whispered and a shouted recording are equally loud on the telephone, and never clip."""
    speech = to_samples(speaker.speak("Su saldo pendiente es de cien euros", language="es"))
    for gain in (0.02, 0.3, 3.0):
        done = finished_prompt(np.clip(speech * gain, -1, 1))
        levels = frame_levels(done)
        assert abs(_decibels(levels[levels > 0.01]) - SPEECH_LEVEL_DBFS) < 1.5
        assert np.abs(done).max() <= 0.9


def test_silence_around_speech_is_cut(speaker: Pyttsx3) -> None:
    """Prompts follow one another without a gap: at most 60 ms of silence stay at either end."""
    speech = to_samples(speaker.speak("hola", language="es"))
    done = finished_prompt(np.concatenate([np.zeros(8000), speech, np.zeros(16000)]))
    loud = np.flatnonzero(np.abs(done) > 0.02)
    assert loud[0] < 480 and len(done) - loud[-1] < 800


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """A prompt file holds the very samples, and is a WAV that anyone reads."""
    pcm = noise(0.1, 500)
    write_wav(tmp_path / "deep" / "a.wav", pcm)
    assert read_wav(tmp_path / "deep" / "a.wav") == pcm
    with wave.open(str(tmp_path / "deep" / "a.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.wav"]


@pytest.mark.parametrize(
    ("width", "channels", "rate"), [(1, 1, 8000), (2, 2, 44100), (3, 1, 48000), (4, 2, 16000)]
)
def test_other_kinds_of_wav_are_read(tmp_path: Path, width: int, channels: int, rate: int) -> None:
    """Studios send 24 bits in stereo at 48 kHz: the tone in it comes out as it went in."""
    tone = _sine(1000, rate) * 0.5
    scale = 2 ** (8 * width - 1) - 1
    whole = np.repeat((tone * scale).astype(np.int64), channels)
    if width == 1:
        raw = (whole + 128).astype(np.uint8).tobytes()
    else:
        raw = b"".join(int(v).to_bytes(width, "little", signed=True) for v in whole)
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(raw)
    samples = to_samples(read_wav(tmp_path / "x.wav"))
    assert abs(len(samples) - 4000) <= 1
    assert abs(_decibels(samples[200:-200]) - _decibels(_sine(1000, 8000) * 0.5)) < 0.3


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"not a sound at all", b"RIFF\xff\xff\xff\xffWAVEfmt " + bytes(40)]
)
def test_what_is_no_sound_is_refused(tmp_path: Path, content: bytes) -> None:
    """A broken file gives one clear error, never a stack of library faults."""
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(SoundUnreadable, match=r"x\.wav"):
        read_wav(tmp_path / "x.wav")


@pytest.mark.parametrize("kind", ["white", "pink"])
@pytest.mark.parametrize("rms", [50, 800, 6000])
def test_noise_is_no_voice(kind: str, rms: float) -> None:
    """Noise at any level holds less voice than the least of answers."""
    assert not any(has_voice(noise(3.0, rms, kind=kind, seed=seed)) for seed in range(8))


def test_tones_are_no_voice() -> None:
    """Keys heard in the audio and a dialling tone must not be understood as words."""
    assert not has_voice(tones(770, 1336, seconds=1.0))
    assert not has_voice(tones(425, seconds=1.0))


@pytest.mark.parametrize(
    ("text", "language"), [("sí", "es"), ("no", "es"), ("sí", "ca"), ("yes", "en"), ("네", "ko")]
)
def test_the_shortest_answers_are_voice(speaker: Pyttsx3, text: str, language: str) -> None:
    """The rule that refuses noise lets a single syllable through."""
    assert voiced_seconds(speaker.speak(text, language=language)) >= 0.1


def test_a_rough_voice_is_one(caller: Pyttsx3) -> None:
    """It is periodic in short pieces only: "no, gracias" of this speaker was taken for noise."""
    sound = caller.speak("no, gracias", language="es")
    assert voiced_seconds(sound) < 0.06
    assert has_voice(sound)


def test_loud_samples_are_clipped_not_wrapped() -> None:
    """Beyond full scale a sample stays at the limit: a wrap would be a bang in the ear."""
    assert np.frombuffer(to_pcm(np.array([2.0, -2.0])), "<i2").tolist() == [32767, -32768]


@pytest.mark.parametrize("form", ["mp3", "opus", "wav"])
def test_what_a_studio_sends_needs_no_program(tmp_path: Path, form: Format) -> None:
    """MP3 and Opus, stereo, are read without ffmpeg on the machine: as long, as loud, the same tone."""
    tone = np.frombuffer(tones(500, seconds=1.0), "<i2")
    file = tmp_path / f"take.{form}"
    encode(segment(np.repeat(tone, 2).tobytes(), 8000, 2), file, form, {})
    samples = to_samples(read_sound(file))
    assert len(samples) == pytest.approx(8000, abs=700)
    assert int(np.abs(np.fft.rfft(samples[:8000], 8000)).argmax()) == pytest.approx(500, abs=2)
    assert np.std(samples[2000:6000]) == pytest.approx(np.std(to_samples(tone.tobytes())), rel=0.1)
