"""Vosk models as the template process finds them: each is loaded and tried by itself.

Rules:
1. A model that cannot be loaded, or is of another language, takes no other language with it.
2. A damaged graph loads, and kills the process that first decodes with it (seen: half of `HCLr.fst` is a
   segmentation fault). So each model is tried in a process of its own, before a caller tries it.
"""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from speech.sound import SAMPLE_RATE

TRIAL = 20.0
"""Seconds that a trial may take: on a busy machine it is one."""
_KNOWN_TO_ALL = {
    "es": ("gracias", "cinco", "sí"),
    "ca": ("gràcies", "cinc", "sí"),
    "en": ("thanks", "five", "yes"),
    "ko": ("네", "아니요"),
}
"""Words that every model of a language has, all of them: "sí" is Catalan, too."""


def load(folders: Mapping[str, str], tell: Callable[[str], None]) -> tuple[dict[str, Any], dict[str, str]]:
    """The models that can be used, by language, and why each of the others cannot. `tell` hears progress."""
    import vosk  # noqa: PLC0415 - heavy

    vosk.SetLogLevel(-1)
    models: dict[str, Any] = {}
    unfit: dict[str, str] = {}
    for language, folder in folders.items():
        tell(f"loading Vosk for {language}")
        try:
            model = vosk.Model(folder)
            check_language(model, language, folder)
        except Exception as fault:  # noqa: BLE001 - the library raises what it likes
            unfit[language] = str(fault)
            continue
        if reason := _tried(partial(_decode, model, language)):
            unfit[language] = f"{folder} is damaged ({reason})"
        else:
            models[language] = model
    return models, unfit


def check_language(model: Any, language: str, folder: str) -> None:
    """A model of another language hears something in every sound, and never what is said.

    Raises ValueError.
    """
    unknown = [word for word in _KNOWN_TO_ALL.get(language, ()) if model.vosk_model_find_word(word) < 0]
    if unknown:
        raise ValueError(f"{folder} does not know {', '.join(unknown)}: it is no model for {language!r}")


def _decode(model: Any, language: str) -> None:
    """What the first caller would have done: with a grammar, and without."""
    import vosk  # noqa: PLC0415 - heavy

    grammar = json.dumps(_KNOWN_TO_ALL.get(language, ()), ensure_ascii=False)
    for with_grammar in (True, False):
        more = (grammar,) if with_grammar and language in _KNOWN_TO_ALL else ()
        recognizer = vosk.KaldiRecognizer(model, float(SAMPLE_RATE), *more)
        recognizer.AcceptWaveform(os.urandom(SAMPLE_RATE))
        recognizer.FinalResult()


def _tried(work: Callable[[], None]) -> str:
    """Why `work` fails in a child process; empty if it does not."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work()
        except Exception as fault:  # noqa: BLE001 - the library raises what it likes
            os.write(writing, (str(fault) or type(fault).__name__).encode()[:500])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        in_time = bool(select.select([said], [], [], TRIAL)[0])
        if not in_time:
            os.kill(child, signal.SIGKILL)
        reason = said.read().decode(errors="replace")
    _pid, status = os.waitpid(child, 0)
    if not in_time:
        return f"its decoder does nothing for {TRIAL:g} s"
    if os.WIFSIGNALED(status):
        return f"its decoder ends with signal {os.WTERMSIG(status)}"
    return reason
