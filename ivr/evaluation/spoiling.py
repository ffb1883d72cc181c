"""Telephone lines as they are: codecs, noise, lost packets. Everything is drawn from a seed, so runs compare.

All sounds are 8 kHz floats of full scale 1.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.random import Generator

from speech.sound import FRAME_SAMPLES, SAMPLE_RATE, Samples, speech_level

Spoil = Callable[[Samples, Generator, Sequence[Samples]], Samples]
"""A sound, chance, and other people's speech (for babble) → the sound as it arrives."""

BABBLERS = 6
"""Voices that speak at once; with fewer, single words stand out."""
_MU, _A = 255.0, 87.6


def mu_law(samples: Samples) -> Samples:
    """There and back through PCMU (ITU-T G.711, 8 bits)."""
    clipped = np.clip(samples, -1, 1)
    small = np.sign(clipped) * np.log1p(_MU * np.abs(clipped)) / np.log1p(_MU)
    coded = np.rint(small * 127) / 127
    back: Samples = np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(_MU)) / _MU
    return back


def a_law(samples: Samples) -> Samples:
    """There and back through PCMA (ITU-T G.711, 8 bits)."""
    size = np.abs(np.clip(samples, -1, 1))
    whole = 1 + np.log(_A)
    small = np.where(size < 1 / _A, _A * size / whole, (1 + np.log(np.maximum(_A * size, 1))) / whole)
    coded = np.rint(small * 127) / 127
    back = np.where(coded < 1 / whole, coded * whole / _A, np.exp(coded * whole - 1) / _A)
    signed: Samples = np.sign(samples) * back
    return signed


def narrow(samples: Samples) -> Samples:
    """A coder of low rate, such as G.729: 300 to 3,400 Hz, and noise that follows the speech at -18 dB.

    No G.729: that one models a voice, and this only has its band and about its noise.
    """
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    shape = 1 / np.sqrt(1 + (300 / np.maximum(hertz, 1)) ** 8) / np.sqrt(1 + (hertz / 3400) ** 20)
    limited = np.fft.irfft(spectrum * shape, len(samples))
    hiss = np.random.default_rng(729).normal(size=len(samples))
    around = np.sqrt(np.convolve(limited**2, np.ones(80) / 80, mode="same"))
    noisy: Samples = limited + hiss * around * 10 ** (-18 / 20)
    return noisy


def lossy(share: float) -> Spoil:
    """Packets of 20 ms lost at random; the first lost one is filled with the one before, as phones do."""

    def spoil(samples: Samples, chance: Generator, _others: Sequence[Samples]) -> Samples:
        frames = np.pad(samples, (0, -len(samples) % FRAME_SAMPLES)).reshape(-1, FRAME_SAMPLES).copy()
        lost = chance.random(len(frames)) < share
        for at in np.flatnonzero(lost):
            frames[at] = frames[at - 1] * 0.7 if at and not lost[at - 1] else 0.0
        return frames.reshape(-1)[: len(samples)]

    return spoil


def babble(decibels: float) -> Spoil:
    """Other people speak, so many dB below."""

    def spoil(samples: Samples, chance: Generator, others: Sequence[Samples]) -> Samples:
        noise = np.zeros(len(samples))
        for at in chance.choice(len(others), min(BABBLERS, len(others)), replace=False):
            noise += np.resize(np.roll(others[at], int(chance.integers(len(others[at])))), len(samples))
        return _mixed(samples, noise, decibels)

    return spoil


def street(decibels: float) -> Spoil:
    """Traffic: noise that falls with 6 dB an octave, and swells as cars go by."""

    def spoil(samples: Samples, chance: Generator, _others: Sequence[Samples]) -> Samples:
        spectrum = np.fft.rfft(chance.normal(size=len(samples)))
        hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
        noise = np.fft.irfft(spectrum / np.maximum(hertz, 100), len(samples))
        phase = chance.random() * 2 * np.pi
        time = np.arange(len(samples)) / SAMPLE_RATE
        return _mixed(samples, noise * (1 + 0.5 * np.sin(2 * np.pi * time / 2.3 + phase)), decibels)

    return spoil


def _mixed(samples: Samples, noise: Samples, decibels: float) -> Samples:
    """Both, the noise so many dB below the speech."""
    rms = float(np.sqrt((noise**2).mean())) or 1.0
    wanted = (speech_level(samples) or 0.1) * 10 ** (-decibels / 20)
    mixed: Samples = np.clip(samples + noise * wanted / rms, -1, 1)
    return mixed


def _plain(change: Callable[[Samples], Samples]) -> Spoil:
    return lambda samples, _chance, _others: change(samples)


CONDITIONS: Mapping[str, Spoil] = {
    "clean": _plain(lambda samples: samples),
    "pcmu": _plain(mu_law),
    "pcma": _plain(a_law),
    "g729-like": _plain(narrow),
    **{f"babble-{decibels}": babble(decibels) for decibels in (20, 10, 5)},
    **{f"street-{decibels}": street(decibels) for decibels in (20, 10, 5)},
    **{f"loss-{percent}": lossy(percent / 100) for percent in (1, 3, 5)},
}
"""By name; noise in dB below the speech, loss in per cent."""
