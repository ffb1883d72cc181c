"""Sound for tests: 16-bit little-endian mono at 8 kHz, and how to find it again in what was heard."""

from __future__ import annotations

import numpy as np

RATE = 8000


def tone(hertz: float, seconds: float, *, level: float = 0.4) -> bytes:
    """A sine."""
    at = np.arange(int(RATE * seconds)) / RATE
    return (np.sin(2 * np.pi * hertz * at) * level * 32767).astype("<i2").tobytes()


def noise(seconds: float, *, seed: int = 1, level: float = 0.2) -> bytes:
    """White noise, the same for the same seed: it correlates with nothing but itself."""
    values = np.random.default_rng(seed).standard_normal(int(RATE * seconds))
    return (np.clip(values * level, -1, 1) * 32767).astype("<i2").tobytes()


def place(needle: bytes, haystack: bytes) -> tuple[int, float]:
    """Where `needle` fits best in `haystack` (samples), and how well (1 = the same but for loudness)."""
    short = np.frombuffer(needle, "<i2").astype(float)
    long = np.frombuffer(haystack, "<i2").astype(float)
    if len(long) < len(short):
        return 0, 0.0
    size = 1 << (len(long) + len(short)).bit_length()
    product = np.fft.irfft(np.fft.rfft(long, size) * np.conj(np.fft.rfft(short, size)), size)
    at = int(np.argmax(product[: len(long) - len(short) + 1]))
    part = long[at : at + len(short)]
    loudness = float(np.linalg.norm(part) * np.linalg.norm(short))
    return at, float(product[at]) / loudness if loudness else 0.0


def strength(samples: bytes, hertz: float) -> float:
    """How much of the sound is this tone: 0 to 1 (Goertzel by projection, a frame of 20 ms each).

    By frames, because one that a busy machine loses shifts the phase of all that come after it.
    """
    frame = RATE // 50
    values = np.frombuffer(samples, "<i2").astype(float)
    frames = values[: len(values) // frame * frame].reshape(-1, frame)
    total = float(np.sum(frames**2))
    if not total:
        return 0.0
    turn = np.exp(-2j * np.pi * hertz * np.arange(frame) / RATE)
    return float(2 * np.sum(np.abs(frames @ turn) ** 2) / (frame * total))
