"""How many callers one Vosk worker, which is one core, listens to at a time, and what a further worker costs.

Each caller says yes and no again and again in real time, in Korean, the language whose model a package
registry carries; as on a call, the engine is told of the pause and of the end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import gevent

from ivr.bench import Figures, figures
from ivr.errors import MeasurementImpossible
from ivr.load.freeswitch import cpu_seconds
from speech.errors import ModelUnavailable, SpeechError
from speech.models import ModelStore
from speech.pyttsx3 import SYSTEM_VOICES, Pyttsx3
from speech.sound import FRAME_BYTES, FRAME_SECONDS
from speech.vosk import Vosk

WORDS = ("네", "아니요")
MODEL = "vosk-ko"
PAUSE = 0.3
"""Seconds of silence after which the engine is told that the caller has ended."""
PAUSE_TOLD = 0.24
_READY = 60.0
_ANSWER_WITHIN = 10.0


@dataclass(frozen=True)
class Streams:
    """What came of it. `wait`: from the end of the utterance to its words."""

    wait: Figures
    streams: int
    right: int
    core: float
    """Share of a core that the worker took, on average."""
    model_megabytes: float
    """What a process with the model has in memory: shared by all workers."""
    worker_megabytes: float
    """What the worker that has done this has for itself, and no other shares."""

    @property
    def possible(self) -> float:
        """Streams that would fill a core."""
        return self.streams / self.core if self.core else 0.0


def measure(streams: int, utterances: int) -> Streams:
    """`streams` callers at once, each with so many utterances. Raises `MeasurementImpossible`."""
    try:
        folder = ModelStore().ensure(MODEL).folder
    except ModelUnavailable as nowhere:
        raise MeasurementImpossible(f"streams: {nowhere}", f"See `ivr models pull {MODEL}`") from None
    speaker = Pyttsx3(voices=SYSTEM_VOICES)
    engine = Vosk({"ko": folder}, workers=1)
    try:
        engine.wait_ready(_READY)
        sounds = {text: speaker.speak(text, language="ko") for text in WORDS}
        return _measured(engine, sounds, streams, utterances)
    except SpeechError as fault:
        raise MeasurementImpossible(f"streams: {fault}", "See `ivr doctor`") from None
    finally:
        engine.close()
        speaker.close()


def _measured(engine: Vosk, sounds: dict[str, bytes], streams: int, utterances: int) -> Streams:
    (worker,) = engine.worker_pids()
    _say(engine, *next(iter(sounds.items())))  # the first decode allocates
    began, used = time.monotonic(), cpu_seconds(worker)
    # They begin apart, as callers do.
    callers = [
        gevent.spawn_later(2.0 * at / streams, _caller, engine, sounds, utterances) for at in range(streams)
    ]
    gevent.joinall(callers, raise_error=True)
    lasted = time.monotonic() - began
    heard = [answer for caller in callers for answer in caller.get()]
    return Streams(
        figures("result", "vosk", [wait for wait, _right in heard]),
        streams,
        sum(right for _wait, right in heard),
        (cpu_seconds(worker) - used) / lasted,
        _megabytes(worker, "Rss"),
        _megabytes(worker, "Private_Dirty"),
    )


def _caller(engine: Vosk, sounds: dict[str, bytes], utterances: int) -> list[tuple[float, bool]]:
    return [_say(engine, text, sound) for _at in range(utterances) for text, sound in list(sounds.items())]


def _say(engine: Vosk, text: str, sound: bytes) -> tuple[float, bool]:
    """Says it in real time; seconds until the words came, and whether they were right."""
    lead = bytes(round(0.26 / FRAME_SECONDS) * FRAME_BYTES)
    line = lead + sound[: len(sound) // FRAME_BYTES * FRAME_BYTES]
    utterance = engine.open(language="ko", phrases=WORDS)
    began = time.monotonic()
    for at, frame in enumerate(_frames(line + bytes(round(PAUSE / FRAME_SECONDS) * FRAME_BYTES))):
        # By the clock: frames that are late one by one would make every caller speak more slowly.
        gevent.sleep(max(0.0, began + (at + 1) * FRAME_SECONDS - time.monotonic()))
        utterance.feed(frame)
        if at == (len(line) // FRAME_BYTES) + round(PAUSE_TOLD / FRAME_SECONDS):
            utterance.pause()
    heard = utterance.finish(_ANSWER_WITHIN)
    return heard.wait_seconds, bool(heard.readings) and heard.readings[0].text == text


def _frames(sound: bytes) -> list[bytes]:
    return [sound[at : at + FRAME_BYTES] for at in range(0, len(sound), FRAME_BYTES)]


def _megabytes(pid: int, what: str) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    return 0.0
