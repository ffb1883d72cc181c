"""Noises that answer nothing, for `tests.speech.keyword_clips`.

They are made otherwise than those of `ivr.evaluation.nothing`; only the ringing tone of
425 Hz, which telephones have, is in both.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from speech.sound import SAMPLE_RATE, Samples

Noise = Callable[[int, random.Random, Generator], Samples]
"""A number of samples, and chance twice → the sound."""

TONES: Sequence[Sequence[float]] = (
    *((425,), (350, 440), (480, 620), (941, 1336), (852, 1209), (1000,), (1400,), (2100,)),
)
"""Of telephones, in hertz: ringing, dialling, busy, keys, beeps, fax."""


def noise(draw: random.Random, chance: Generator) -> Samples:
    """Up to three seconds of one of them, which sets in and ends within 25 ms."""
    length = round(draw.uniform(0.15, 3) * SAMPLE_RATE)
    sound = draw.choice((rush, gusts, wail, strings, knocks, tone))(length, draw, chance)
    sound = sound / max(1e-6, float(np.abs(sound).max()))
    edge = np.linspace(0, 1, min(length // 2, 200))
    sound[: len(edge)] *= edge
    sound[-len(edge) :] *= edge[::-1]
    return sound


def rush(length: int, draw: random.Random, chance: Generator) -> Samples:
    """Air, water, a machine: a band of noise."""
    hertz = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    band = np.exp(-(((hertz - draw.uniform(200, 2800)) / draw.uniform(100, 1500)) ** 2))
    sound: Samples = np.fft.irfft(np.fft.rfft(chance.normal(size=length)) * band, length)
    return sound


def gusts(length: int, draw: random.Random, chance: Generator) -> Samples:
    """White noise that swells and ebbs."""
    time = np.arange(length) / SAMPLE_RATE
    sound: Samples = chance.normal(size=length) * np.abs(np.sin(np.pi * time * draw.uniform(0.3, 4)))
    return sound


def wail(length: int, draw: random.Random, chance: Generator) -> Samples:
    """A pitch that glides, with overtones: a siren, a dog, a hummed tune."""
    glide = np.interp(np.arange(length), np.linspace(0, length, 5), chance.uniform(-0.7, 0.7, 5))
    phase = 2 * np.pi * np.cumsum(draw.uniform(90, 900) * 2**glide) / SAMPLE_RATE
    fall = draw.uniform(0.5, 1.5)
    overtones = [np.sin(n * phase) / n**fall for n in range(1, draw.randint(3, 10))]
    sound: Samples = np.sum(overtones, axis=0)
    return sound


def strings(length: int, draw: random.Random, chance: Generator) -> Samples:
    """Plucked here and there."""
    sound = np.zeros(length)
    for _note in range(draw.randint(2, 10)):
        begin = draw.randrange(length)
        time = np.arange(min(length - begin, draw.randint(400, 4000))) / SAMPLE_RATE
        phase = 2 * np.pi * 55 * 2 ** (draw.randint(6, 44) / 12) * time
        note = np.sum([np.sin(n * phase) / n for n in range(1, 6)], axis=0)
        sound[begin : begin + len(time)] += note * np.exp(-time * draw.uniform(2, 12))
    return sound


def knocks(length: int, draw: random.Random, chance: Generator) -> Samples:
    """Short ones and scraping ones."""
    sound = np.zeros(length)
    for _knock in range(draw.randint(1, 6)):
        begin = draw.randrange(length)
        time = np.arange(min(length - begin, draw.randint(80, 2000)))
        sound[begin : begin + len(time)] += chance.normal(size=len(time)) * np.exp(
            -time / draw.uniform(20, 500)
        )
    return sound


def tone(length: int, draw: random.Random, chance: Generator) -> Samples:
    """Of a telephone, held or beating."""
    time = np.arange(length) / SAMPLE_RATE
    sound: Samples = np.sum([np.sin(2 * np.pi * hertz * time) for hertz in draw.choice(TONES)], axis=0)
    return sound * (np.sin(2 * np.pi * draw.uniform(1, 5) * time) > 0) if draw.random() < 0.5 else sound
