"""The worker process of `speech.pyttsx3`: text in, 8 kHz samples out, one sentence at a time.

pyttsx3 finds espeak-ng by its soname, so the library of `espeakng-loader` is loaded before it: no
system package is needed. It is initialised once, used from one thread, and never asked for a second
text before the first has been saved, because it has a single slot for what to save.

espeak-ng works on a thread of its own, and pyttsx3 does not wait for it: `runAndWait` comes back
before the file is there, and a new pace counts only from the text after next. So we wait
for its own word that the text has ended, and (`espeak_Synchronize`) after each setting and text.

Voices that breathe (`f2`) are made with chance: it begins anew with each text, so that the same texts in the
same order give the same sound, and an evaluation can be heard again. (One worker in twenty begins in another
state of espeak-ng's own thread, whatever the voice, and says all its texts a little otherwise: of forty
workers 38 gave one sound, two others one each.)
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import threading
import unicodedata
import wave
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from speech.frames import Header
from speech.sound import SAMPLE_RATE, Samples, finished_prompt, resample, to_pcm
from speech.worker_link import ParentLink, stdin_socket

_ATTEMPTS = 3
_SEED = 1
_LONGEST_WAIT = 30.0
"""Seconds for one text; it takes milliseconds."""


class _Engine(Protocol):
    def setProperty(self, name: str, value: Any) -> None: ...  # noqa: N802 - pyttsx3's name
    def save_to_file(self, text: str, filename: str) -> None: ...
    def runAndWait(self) -> None: ...  # noqa: N802 - pyttsx3's name
    def connect(self, topic: str, cb: Any) -> Any: ...


def load_engine() -> tuple[_Engine, Callable[[], object], Callable[[], None]]:
    """pyttsx3 on the espeak-ng that came as a package, the call that waits for espeak-ng's thread, and the
    one that lets its chance begin anew.

    Raises OSError, RuntimeError.
    """
    import espeakng_loader  # noqa: PLC0415 - before pyttsx3, which looks for the library at import

    os.environ["ESPEAK_DATA_PATH"] = str(espeakng_loader.get_data_path())
    library = ctypes.CDLL(str(espeakng_loader.get_library_path()), mode=ctypes.RTLD_GLOBAL)
    import pyttsx3  # noqa: PLC0415

    engine: _Engine = pyttsx3.init("espeak")

    def begin_anew() -> None:
        library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))

    return engine, library.espeak_Synchronize, begin_anew


def spoken_text(text: str) -> str:
    """What may reach the synthesiser: printable characters, and no phoneme brackets.

    espeak-ng reads `[[…]]` as phonemes, so a text could otherwise say what it does not show.
    """
    flat = "".join(" " if unicodedata.category(c).startswith("C") else c for c in text)
    return " ".join(flat.replace("[[", " ").replace("]]", " ").split())


class Narrator:
    """pyttsx3, made to say one text at a time with the settings asked for."""

    def __init__(
        self,
        engine: _Engine,
        synchronize: Callable[[], object],
        begin_anew: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._synchronize = synchronize
        self._begin_anew = begin_anew
        # pyttsx3 wants a path. One into memory: whatever ends this process, nothing of it stays on a disk.
        self._memory = os.memfd_create("sentence.wav")
        self._file = f"/proc/self/fd/{self._memory}"
        self._settings: tuple[object, ...] = ()
        self._faults: list[str] = []
        self._finished = threading.Event()
        engine.connect("finished-utterance", lambda **_facts: self._finished.set())
        # pyttsx3 raises nothing itself: it calls by these names.
        engine.connect("error", lambda name=None, exception=None: self._faults.append(str(exception)))  # noqa: ARG005
        self._said("a")  # pyttsx3 keeps settings back until its first text has been said

    def render(self, request: Header) -> Samples:
        """The sound of one text, trimmed and levelled. Raises OSError, EOFError, RuntimeError."""
        text = spoken_text(str(request["text"]))
        if not any(c.isalnum() for c in text):
            return np.zeros(0)
        voice, pitch = str(request["voice"]), round(float(request["pitch"]))
        rate = round(float(request["words_per_minute"]))
        # Under load espeak-ng gives no sound now and then (once in 400 texts of three busy workers).
        for _attempt in range(_ATTEMPTS):
            finished = self._rendered(text, voice, rate, pitch)
            if len(finished):
                return finished
            self._settings = ()
        raise RuntimeError("espeak-ng gave no sound")

    def _rendered(self, text: str, voice: str, rate: int, pitch: int) -> Samples:
        if self._settings != (voice, rate, pitch):
            self._settings = ()
            self._faults.clear()
            for name, value in (("voice", voice), ("rate", rate), ("pitch", pitch)):
                self._engine.setProperty(name, value)
                self._synchronize()
                if self._faults and name == "voice":
                    raise RuntimeError(
                        f"espeak-ng has no voice {voice!r}; take roa/es, gmw/en-US+f2 or the like"
                    )
            self._complain()
            self._settings = (voice, rate, pitch)
        return finished_prompt(self._said(text))

    def _complain(self) -> None:
        if self._faults:
            raise RuntimeError(self._faults[0])

    def _said(self, text: str) -> Samples:
        os.ftruncate(self._memory, 0)
        self._faults.clear()
        self._finished.clear()
        self._begin_anew()
        self._engine.save_to_file(text, self._file)
        self._engine.runAndWait()
        if not self._finished.wait(_LONGEST_WAIT):
            raise RuntimeError(f"espeak-ng did not finish a text within {_LONGEST_WAIT:g} s")
        self._synchronize()
        self._complain()
        with wave.open(self._file, "rb") as file:
            rate, raw = file.getframerate(), file.readframes(file.getnframes())
        return resample(np.frombuffer(raw, "<i2").astype(np.float64) / 32768.0, rate, SAMPLE_RATE)


def main() -> None:
    """Serves until the parent has gone."""
    settings = json.loads(sys.argv[1])
    del settings
    link = ParentLink(stdin_socket())
    link.progress("loading espeak-ng")
    try:
        engine, synchronize, begin_anew = load_engine()
    except (ImportError, OSError, RuntimeError) as fault:
        link.send({"op": "fatal", "text": f"espeak-ng cannot be loaded: {fault}"})
        return
    narrator = Narrator(engine, synchronize, begin_anew)
    link.ready()
    while (frame := link.receive()) is not None:
        request = frame[0]
        try:
            pcm = to_pcm(narrator.render(request))
        except Exception as fault:  # noqa: BLE001 - whatever a text provokes fails that text only
            link.send({"op": "failed", "id": request.get("id", 0), "text": str(fault)})
        else:
            link.send({"op": "sound", "id": request.get("id", 0)}, pcm)


if __name__ == "__main__":
    main()
