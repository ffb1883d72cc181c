"""Sounds to test with: recognisable, and made without a file."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np


def tone(seconds: float, hz: float = 440.0, level: int = 8000, rate: int = 8000) -> bytes:
    at = np.arange(round(seconds * rate)) / rate
    return (np.sin(2 * np.pi * hz * at) * level).astype("<i2").tobytes()


def counting(frames: int, start: int = 1000) -> bytes:
    """Frames of 20 ms that each hold one number, so that every one can be told from the others."""
    return b"".join(np.full(160, start + place, "<i2").tobytes() for place in range(frames))


def write_wav(path: Path, samples: bytes, *, rate: int = 8000, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return path


def numbers(samples: bytes) -> list[int]:
    return np.frombuffer(samples, "<i2").tolist()


def read_stereo(path: Path) -> tuple[bytes, bytes]:
    """Left and right of a stereo WAV."""
    with wave.open(str(path), "rb") as file:
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return both[:, 0].tobytes(), both[:, 1].tobytes()
