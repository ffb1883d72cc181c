"""Samples: reading, writing, resampling, levelling, and telling a voice from noise.

Rules:
1. Outside an engine a sound is 16-bit little-endian mono at 8 kHz (`Pcm`, plain bytes).
2. Inside it is a float64 array with full scale 1.0.
3. Pure: no gevent, no process, so that parent and workers share it.
"""

from __future__ import annotations

import math
import os
import tempfile
import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speech.errors import SoundUnreadable

SAMPLE_RATE = 8000
"""Hz."""
FRAME_SECONDS = 0.02
FRAME_SAMPLES = 160
FRAME_BYTES = 320

Samples = NDArray[np.float64]


def to_samples(pcm: bytes) -> Samples:
    """16-bit little-endian to floats in -1..1. A dangling odd byte is left out."""
    return np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2").astype(np.float64) / 32768.0


def to_pcm(samples: Samples) -> bytes:
    """Floats to 16-bit little-endian; what exceeds full scale is clipped."""
    return np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2").tobytes()


def seconds_of(pcm: bytes, rate: int = SAMPLE_RATE) -> float:
    """Duration of 16-bit mono samples."""
    return len(pcm) / 2 / rate


# --- resampling ---------------------------------------------------------------------------------

_ZERO_CROSSINGS = 24
_KAISER_BETA = 8.0
_PASS_BAND = 0.92
"""Part of the lower Nyquist frequency that is kept: 3.68 kHz of the telephone's 4 kHz."""


@lru_cache(maxsize=16)
def _kernels(up: int, down: int) -> tuple[NDArray[np.int64], Samples]:
    """One windowed-sinc kernel per output phase (rows), and the input offsets that it covers."""
    shrink = min(1.0, up / down)
    cutoff = 0.5 * shrink * _PASS_BAND
    half = math.ceil(_ZERO_CROSSINGS / shrink)
    offsets = np.arange(-half + 1, half + 1)
    t = offsets[None, :] - np.arange(up)[:, None] / up
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (t / half) ** 2, 0, 1))) / np.i0(_KAISER_BETA)
    kernels = 2 * cutoff * np.sinc(2 * cutoff * t) * window
    return offsets, kernels / kernels.sum(axis=1, keepdims=True)


def resample(samples: Samples, from_rate: int, to_rate: int) -> Samples:
    """Band-limited polyphase resampling with a Kaiser-windowed sinc (beta 8, about 80 dB).

    `audioop.ratecv` only interpolates between neighbours, so what lies above 4 kHz folds back into
    the telephone band as a hiss on every s; measured, it leaves a 6 kHz tone at -9 dB where this
    leaves less than -70 dB (tests/speech/test_sound.py).
    """
    if from_rate == to_rate or not len(samples):
        return samples
    common = math.gcd(from_rate, to_rate)
    up, down = to_rate // common, from_rate // common
    offsets, kernels = _kernels(up, down)
    count = math.ceil(len(samples) * up / down)
    padded = np.pad(samples, (len(offsets), len(offsets) + down))
    out = np.empty(count)
    for start in range(0, count, 8192):  # in slices: a minute of speech must not need gigabytes
        place = np.arange(start, min(start + 8192, count)) * down
        taken = padded[(place // up)[:, None] + offsets[None, :] + len(offsets)]
        out[start : start + len(place)] = np.einsum("ij,ij->i", taken, kernels[place % up])
    return out


# --- files --------------------------------------------------------------------------------------


def read_wav(path: Path) -> bytes:
    """A PCM WAV of any rate, 8 to 32 bits and any number of channels, as 8 kHz mono.

    Raises `SoundUnreadable`.
    """
    try:
        with wave.open(str(path), "rb") as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            raw = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as fault:
        raise SoundUnreadable(f"{path}: not a PCM WAV file that can be read ({fault})") from None
    if not 1000 <= rate <= 384_000:
        raise SoundUnreadable(f"{path}: a sample rate of {rate} Hz is not a sound's")
    samples = _decoded(raw, width).reshape(-1, channels).mean(axis=1) if raw else np.zeros(0)
    return to_pcm(resample(samples, rate, SAMPLE_RATE))


def _decoded(raw: bytes, width: int) -> Samples:
    raw = raw[: len(raw) - len(raw) % width]
    if width == 1:
        return (np.frombuffer(raw, np.uint8).astype(np.float64) - 128) / 128
    if width == 3:
        parts = np.frombuffer(raw, np.uint8).reshape(-1, 3).astype(np.int32)
        wide = (parts[:, 0] << 8) | (parts[:, 1] << 16) | (parts[:, 2] << 24)
        return wide.astype(np.float64) / 2**31
    samples: Samples = np.frombuffer(raw, f"<i{width}").astype(np.float64) / 2 ** (8 * width - 1)
    return samples


def write_wav(path: Path, pcm: bytes) -> None:
    """Writes 8 kHz 16-bit mono, whole or not at all (a temporary file beside it, then a rename)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as raw, wave.open(raw, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(pcm)
        part.chmod(0o644)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def is_whole(path: Path) -> bool:
    """Whether a file of `write_wav` is there and as long as its head says: a power failure leaves names
    without sound, or with half of it."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
            return (
                len(head) == 8 and int.from_bytes(head[4:], "little") + 8 == os.fstat(file.fileno()).st_size
            )
    except OSError:
        return False


# --- level --------------------------------------------------------------------------------------

SPEECH_LEVEL_DBFS = -19.0
"""RMS of the speech; telephone speech sits between -24 and -18 dBFS."""
PEAK_LIMIT = 0.89
"""-1 dBFS: what a codec may overshoot."""
_SILENT = 10 ** (-66 / 20)
"""Peaks below this are a recording of nothing."""
_QUIET_PART = 10 ** (-36 / 20)
"""Of the highest peak: what is quieter is the room, not the speaker."""


def frames_of(pcm: bytes) -> list[bytes]:
    """Its whole frames of 20 ms."""
    return [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)]


def frame_levels(samples: Samples) -> Samples:
    """RMS of each whole 20 ms frame, full scale 1.0."""
    whole = len(samples) // FRAME_SAMPLES * FRAME_SAMPLES
    levels: Samples = np.sqrt((samples[:whole].reshape(-1, FRAME_SAMPLES) ** 2).mean(axis=1))
    return levels


def finished_prompt(samples: Samples, *, margin: float = 0.04, level: float = SPEECH_LEVEL_DBFS) -> Samples:
    """Trims the silence at both ends to `margin` seconds, levels, and fades 5 ms in and out.

    The level is the RMS of the frames that hold speech, brought to `level` dBFS; peaks that
    would then exceed `PEAK_LIMIT` are held down by a limiter. Silence stays silence.
    """
    highest = float(np.abs(samples).max(initial=0.0))
    if highest < _SILENT:
        return samples[:0]
    loud = np.flatnonzero(np.abs(samples) > highest * _QUIET_PART)
    edge = round(margin * SAMPLE_RATE)
    kept = samples[max(0, loud[0] - edge) : loud[-1] + edge].copy()
    kept = limited(kept * (10 ** (level / 20) / speech_level(kept)))
    fade = min(len(kept) // 2, round(0.005 * SAMPLE_RATE))
    if fade:
        ramp = np.linspace(0.0, 1.0, fade)
        kept[:fade] *= ramp
        kept[-fade:] *= ramp[::-1]
    return kept


def speech_level(samples: Samples) -> float:
    """RMS of the frames that hold speech, full scale 1.0; 0 for silence. (In the manner of ITU-T P.56: what
    is 36 dB below the peak does not count.)"""
    highest = float(np.abs(samples).max(initial=0.0))
    levels = frame_levels(samples)
    active = levels[levels > highest * _QUIET_PART]
    return math.sqrt(float((active**2).mean())) if len(active) else highest


def limited(samples: Samples) -> Samples:
    """Holds peaks at `PEAK_LIMIT`: the gain sinks 4 ms before a peak and rises 4 ms after it.

    espeak's vowels have peaks 20 dB above their mean, so a plain gain would leave prompts 5 dB below
    telephone level, and clipping would rasp.
    """
    reach = round(0.004 * SAMPLE_RATE)
    around = np.pad(np.abs(samples), 2 * reach)
    highest = np.lib.stride_tricks.sliding_window_view(around, 2 * reach + 1).max(axis=1)
    gain = np.minimum(1.0, PEAK_LIMIT / np.maximum(highest, 1e-9))
    weights = np.hanning(2 * reach + 3)[1:-1]
    smooth: Samples = np.convolve(gain, weights / weights.sum(), mode="valid")
    return samples * smooth


# --- voice or noise ------------------------------------------------------------------------------

_WINDOW = 320
"""40 ms: at least two periods of the deepest voice."""
_LAGS = slice(20, 134)
"""Periods of 400 Hz down to 60 Hz, in samples."""
_VOICED = 0.5
_HOP = 80
"""Samples: 10 ms."""
SHORTEST_VOWEL = 0.08
"""Seconds."""
_TONE = 0.9
LEAST_VOICE = 0.06
"""Seconds of voice without which nothing was said."""
SHORT_VOWEL, LEAST_IN_SHORT_VOWELS = 0.05, 0.15
"""Seconds of each, and of all together, that are as good."""


def voiced_seconds(pcm: bytes, *, shortest: float = SHORTEST_VOWEL) -> float:
    """Seconds that sound like a voice: periodic between 60 and 400 Hz for `shortest`, and not a pure tone.

    The rule that keeps noise from being understood: a decoder that may only say `yes` or `no` says
    one of them to a passing lorry. Normalised autocorrelation of 40 ms windows every 10 ms (with 20 ms
    the same word had a vowel or none, as its frames fell); white,
    pink and line noise rarely exceed 0.5 and never for more than 60 ms, vowels lie above 0.7 for 200 ms.
    A window whose energy sits in very few spectral lines is a tone (keys in the audio, ring-back), not a
    voice. Whispered speech has no voice by this measure.
    """
    return _in_runs(_voiced_runs(pcm), shortest)


def _in_runs(runs: NDArray[np.intp], shortest: float) -> float:
    return float(runs[runs >= round(shortest * SAMPLE_RATE / _HOP)].sum()) * _HOP / SAMPLE_RATE


def _voiced_runs(pcm: bytes) -> NDArray[np.intp]:
    """How many windows in a row are voiced, one number a stretch."""
    samples = to_samples(pcm)
    if len(samples) < _WINDOW:
        return np.zeros(0, np.intp)
    windows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]
    windows = windows - windows.mean(axis=1, keepdims=True)
    energy = (windows**2).sum(axis=1)
    loud = energy > max(float(np.percentile(energy, 95)) * 0.01, _WINDOW * 10 ** (-55 / 10))
    if not loud.any():
        return np.zeros(0, np.intp)
    spectrum = np.abs(np.fft.rfft(windows, 2 * _WINDOW, axis=1)) ** 2
    correlation = np.fft.irfft(spectrum, axis=1)
    lags = np.arange(_WINDOW)
    normal = correlation[:, :_WINDOW] / np.maximum(correlation[:, :1], 1e-12)
    periodic = (normal * (_WINDOW / np.maximum(_WINDOW - lags, 1)))[:, _LAGS].max(axis=1)
    voiced = loud & (periodic > _VOICED) & ~_tonal(windows)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], voiced.astype(np.int8), [0]))))
    runs: NDArray[np.intp] = edges[1::2] - edges[::2]
    return runs


def has_voice(pcm: bytes) -> bool:
    """Whether somebody speaks: one vowel, or several short ones.

    A rough or creaky voice is periodic in pieces only: "no, gracias" of one of our speakers has no stretch of
    80 ms, and 170 ms in five shorter ones. White, pink and line noise of 4 s has at most 70 ms in such.
    """
    runs = _voiced_runs(pcm)
    return (
        _in_runs(runs, SHORTEST_VOWEL) >= LEAST_VOICE or _in_runs(runs, SHORT_VOWEL) >= LEAST_IN_SHORT_VOWELS
    )


def _tonal(windows: Samples) -> NDArray[np.bool_]:
    """Whether nearly all energy lies in at most two spectral lines above 300 Hz (bins of 25 Hz)."""
    shaped = np.abs(np.fft.rfft(windows * np.hanning(_WINDOW), axis=1)) ** 2
    total = np.maximum(shaped.sum(axis=1), 1e-12)
    left = shaped.copy()
    left[:, : round(300 / 25)] = 0
    taken = np.zeros(len(windows))
    rows = np.arange(len(windows))
    for _line in range(2):
        top = left.argmax(axis=1)
        for offset in (-2, -1, 0, 1, 2):
            place = np.clip(top + offset, 0, left.shape[1] - 1)
            taken += left[rows, place]
            left[rows, place] = 0
    result: NDArray[np.bool_] = taken / total > _TONE
    return result
