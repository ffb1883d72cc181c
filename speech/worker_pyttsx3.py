"""The worker process of `speech.pyttsx3`: text in, 8 kHz samples out, one sentence at a time.

pyttsx3 finds espeak-ng by its soname, so the library of `espeakng-loader` is loaded before it: no
system package is needed. It is initialised once, used from one thread, and never asked for a second
text before the first has been saved, because it has a single slot for what to save.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import tempfile
import unicodedata
import wave
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from speech.frames import Header
from speech.sound import SAMPLE_RATE, Samples, finished_prompt, resample, to_pcm
from speech.worker_link import ParentLink, stdin_socket


class _Engine(Protocol):
    def setProperty(self, name: str, value: Any) -> None: ...  # noqa: N802 - pyttsx3's name
    def save_to_file(self, text: str, filename: str) -> None: ...
    def runAndWait(self) -> None: ...  # noqa: N802 - pyttsx3's name
    def connect(self, topic: str, cb: Any) -> Any: ...


def load_engine() -> _Engine:
    """pyttsx3 on the espeak-ng that came as a package. Raises OSError, RuntimeError."""
    import espeakng_loader  # noqa: PLC0415 - before pyttsx3, which looks for the library at import

    os.environ["ESPEAK_DATA_PATH"] = str(espeakng_loader.get_data_path())
    ctypes.CDLL(str(espeakng_loader.get_library_path()), mode=ctypes.RTLD_GLOBAL)
    import pyttsx3  # noqa: PLC0415

    engine: _Engine = pyttsx3.init("espeak")
    return engine


def spoken_text(text: str) -> str:
    """What may reach the synthesiser: printable characters, and no phoneme brackets.

    espeak-ng reads `[[…]]` as phonemes, so a text could otherwise say what it does not show.
    """
    flat = "".join(" " if unicodedata.category(c).startswith("C") else c for c in text)
    return " ".join(flat.replace("[[", " ").replace("]]", " ").split())


def render(engine: _Engine, request: Header, folder: Path, faults: list[str]) -> Samples:
    """The sound of one text, trimmed and levelled. Raises OSError, EOFError, RuntimeError.

    `faults` is what pyttsx3 reports on its `error` topic: it raises nothing itself.
    """
    text = spoken_text(str(request["text"]))
    if not any(c.isalnum() for c in text):
        return np.zeros(0)
    target = folder / "sentence.wav"
    faults.clear()
    engine.setProperty("voice", str(request["voice"]))
    engine.setProperty("rate", round(float(request["words_per_minute"])))
    engine.setProperty("pitch", round(float(request["pitch"])))
    for _attempt in range(3):  # now and then espeak-ng answers the first text of a voice with nothing
        target.unlink(missing_ok=True)
        engine.save_to_file(text, str(target))
        engine.runAndWait()
        if faults:
            raise RuntimeError(faults[0])
        with wave.open(str(target), "rb") as file:
            rate, raw = file.getframerate(), file.readframes(file.getnframes())
        samples = np.frombuffer(raw, "<i2").astype(np.float64) / 32768.0
        finished = finished_prompt(resample(samples, rate, SAMPLE_RATE))
        if len(finished):
            return finished
    raise RuntimeError("espeak-ng gave no sound")


def main() -> None:
    """Serves until the parent has gone."""
    settings = json.loads(sys.argv[1])
    del settings
    link = ParentLink(stdin_socket())
    link.progress("loading espeak-ng")
    try:
        engine = load_engine()
    except (ImportError, OSError, RuntimeError) as fault:
        link.send({"op": "fatal", "text": f"espeak-ng cannot be loaded: {fault}"})
        return
    faults: list[str] = []
    engine.connect("error", lambda name=None, exception=None: faults.append(str(exception)))  # noqa: ARG005 - pyttsx3 calls by these names
    with tempfile.TemporaryDirectory(prefix="ivr-say-") as folder:
        link.ready()
        while (frame := link.receive()) is not None:
            request = frame[0]
            try:
                pcm = to_pcm(render(engine, request, Path(folder), faults))
            except Exception as fault:  # noqa: BLE001 - whatever a text provokes fails that text only
                link.send({"op": "failed", "id": request.get("id", 0), "text": str(fault)})
            else:
                link.send({"op": "sound", "id": request.get("id", 0)}, pcm)


if __name__ == "__main__":
    main()
