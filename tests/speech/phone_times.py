"""When each phone sounds: by espeak-ng's own word, or laid along a recording."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from speech.phone_frames import PAUSE, Sounding
from speech.phonetics import Phones, symbols
from speech.sound import FRAME_SECONDS, SAMPLE_RATE, Samples, resample

_PHONES, _IPA, _NO_EXIT, _SYNCHRONOUS, _UTF8 = 1, 2, 0x8000, 2, 1
_RATE, _PITCH = 1, 3
_PHONE = 7
_LEAD = 0.2
"""Seconds of silence that the encoder sees before a clip (`speech.whisper_decoding`)."""


@dataclass(frozen=True)
class Stretch:
    """A phone from `begin` to `end`, in seconds of the sound."""

    begin: float
    end: float
    phone: str


class _Name(ctypes.Union):
    _fields_: ClassVar[list[tuple[str, Any]]] = [("number", ctypes.c_int), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_: ClassVar[list[tuple[str, Any]]] = [
        *((name, ctypes.c_int) for name in ("type", "number", "text", "length", "milliseconds", "sample")),
        ("user", ctypes.c_void_p),
        ("name", _Name),
    ]


class TimedEspeak:
    """espeak-ng, which tells when each phone begins. One for a process."""

    def __init__(self) -> None:
        import espeakng_loader  # noqa: PLC0415 - brings the GPL library: in programs of their own only

        self._library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
        data = str(espeakng_loader.get_data_path()).encode()
        self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _NO_EXIT | _PHONES | _IPA)
        self._sound: list[NDArray[np.int16]] = []
        self._begins: list[tuple[float, str]] = []
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
        )
        self._told = kind(self._take)
        self._library.espeak_SetSynthCallback(self._told)

    def say(
        self, text: str, voice: str, *, words_per_minute: int, pitch: int
    ) -> tuple[Samples, list[Stretch]]:
        """8 kHz samples and their phones. Raises ValueError for a voice that is not there."""
        self._sound.clear()
        self._begins.clear()
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f"espeak-ng has no voice {voice}")
        self._library.espeak_SetParameter(_RATE, words_per_minute, 0)
        self._library.espeak_SetParameter(_PITCH, pitch, 0)
        said = text.encode()
        self._library.espeak_Synth(said, len(said) + 1, 0, 1, 0, _UTF8, None, None)
        whole = np.concatenate([np.zeros(1, np.int16), *self._sound]).astype(np.float64) / 32768
        return resample(whole, self._rate, SAMPLE_RATE), self._stretches()

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if count > 0:
            self._sound.append(np.ctypeslib.as_array(samples, (count,)).copy())
        at = 0
        while events[at].type:
            if events[at].type == _PHONE:
                name = bytes(events[at].name.string).split(b"\0")[0].decode(errors="ignore")
                self._begins.append((events[at].milliseconds / 1000, name))
            at += 1
        return 0

    def _stretches(self) -> list[Stretch]:
        found: list[Stretch] = []
        for (begin, name), (end, _next) in pairwise(self._begins):
            parts = symbols(name) or (PAUSE,)
            each = (end - begin) / len(parts)
            found += [Stretch(begin + each * at, begin + each * (at + 1), p) for at, p in enumerate(parts)]
        return [one for one in found if one.end > one.begin]


def along(heard: Sounding, pronounced: Sequence[Sequence[Phones]]) -> tuple[list[Stretch], float] | None:
    """The phones of a text laid along its sound, and how well they lie there; the best accent."""
    known = {symbol: at for at, symbol in enumerate(heard.symbols)}
    found = [
        _path(
            heard.logs, [[known[phone] for phone in word if phone in known] for word in words], known[PAUSE]
        )
        for words in pronounced
    ]
    best = max((one for one in found if one), key=lambda one: one[1], default=None)
    if best is None:
        return None
    middles = (np.arange(len(best[0])) + 0.5) * FRAME_SECONDS - _LEAD
    half = FRAME_SECONDS / 2
    laid = [Stretch(at - half, at + half, heard.symbols[p]) for at, p in zip(middles, best[0], strict=True)]
    return laid, best[1]


def _path(
    logs: NDArray[np.float32], words: Sequence[Sequence[int]], pause: int
) -> tuple[list[int], float] | None:
    """The phone of each frame on the best way (Viterbi), and its log likelihood less the best possible."""
    states = np.array([pause, *(state for word in words for state in (*word, pause))])
    if len(logs) < len(states):
        return None
    leap = np.where(states == pause, 0.0, -1e9)
    best = np.full(len(states), -1e9)
    best[:2] = logs[0][states[:2]]
    came = np.zeros((len(logs), len(states)), dtype=int)
    for frame in range(1, len(logs)):
        ways = np.full((3, len(states)), -1e9)
        ways[0], ways[1, 1:], ways[2, 2:] = best, best[:-1], best[:-2] + leap[1:-1]
        came[frame] = ways.argmax(axis=0)
        best = ways.max(axis=0) + logs[frame][states]
    at = len(states) - (1 if best[-1] > best[-2] else 2)
    score = float(best[at] - logs.max(axis=1).sum()) / len(logs)
    row = []
    for frame in range(len(logs) - 1, -1, -1):
        row.append(int(states[at]))
        at -= int(came[frame, at])
    return row[::-1], score
