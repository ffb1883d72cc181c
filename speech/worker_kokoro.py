"""The worker process of `speech.kokoro`: text in, 8 kHz samples out, one text at a time.

Phones come from espeak-ng (GPL: in this process only), written as the model was trained: Misaki's letters for
affricates, and in English for diphthongs, too.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speech.espeak_library import TIED, EspeakLibrary
from speech.sound import SAMPLE_RATE, Samples, finished_prompt, resample, to_pcm
from speech.worker_link import ParentLink, stdin_socket

RATE = 24000
"""Hz of the model."""
LANGUAGES: Mapping[str, str] = {"es": "es", "en": "en-us"}
_AFFRICATES: Mapping[str, str] = {"d^z": "ʣ", "d^ʒ": "ʤ", "t^s": "ʦ", "t^ʃ": "ʧ", "ɫ": "l", "g": "ɡ"}
_DIPHTHONGS: Mapping[str, str] = {
    "a^ɪ": "I",
    "a^ʊ": "W",
    "e^ɪ": "A",
    "o^ʊ": "O",
    "ə^ʊ": "Q",
    "ɔ^ɪ": "Y",
    "ɝ": "ɜɹ",
}


def in_letters(said: str, *, english: bool) -> str:
    """IPA of espeak-ng's, tied by ^, in the model's letters."""
    phones = re.sub(r"\([a-z-]+\)", "", said)  # marks of a change of language
    for written, letter in {**_AFFRICATES, **(_DIPHTHONGS if english else {})}.items():
        phones = phones.replace(written, letter)
    return phones.replace("^", "").replace("-", "") + "."


class Phones:
    """The phones of a text, by espeak-ng. One for a process."""

    def __init__(self) -> None:
        """Raises OSError, ImportError where espeak-ng is not there."""
        self._library = EspeakLibrary()

    def of(self, text: str, language: str) -> str:
        """In the model's letters."""
        said = self._library.ipa(text, LANGUAGES[language], separator="^", mode=TIED)
        return in_letters(said, english=language == "en")


class Speaker:
    """The loaded model."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError, ValueError, RuntimeError."""
        import onnxruntime  # noqa: PLC0415 - heavy, for the worker only

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        file = str(folder / "kokoro.onnx")
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        self._letters: dict[str, int] = json.loads((folder / "vocab.json").read_text("utf-8"))["vocab"]
        with np.load(Path(__file__).with_name("kokoro_voices.npz"), allow_pickle=False) as kept:
            self._voices = {name: kept[name].astype(np.float32) for name in kept.files}
        self._phones = Phones()

    def render(self, request: Mapping[str, Any]) -> Samples:
        """The sound of one text, trimmed and levelled."""
        phones = self._phones.of(str(request["text"]), str(request["language"]))
        return self.said(phones, self._voices[str(request["voice"])], float(request["pace"]))

    def said(self, phones: str, voice: NDArray[np.float32], pace: float) -> Samples:
        """The sound of phones in the model's letters. `voice`: 256 numbers for each length in letters."""
        letters = [self._letters[phone] for phone in phones if phone in self._letters]
        letters = letters[: len(voice)]
        fed = {
            "tokens": np.array([[0, *letters, 0]], dtype=np.int64),
            "style": voice[max(0, len(letters) - 1)][None, :],
            "speed": np.array([pace], dtype=np.float32),
        }
        sound = np.asarray(self._session.run(None, fed)[0], dtype=np.float64).ravel()
        return finished_prompt(resample(sound, RATE, SAMPLE_RATE))


def main() -> None:
    """Serves until the parent has gone."""
    settings = json.loads(sys.argv[1])
    link = ParentLink(stdin_socket())
    link.progress("loading Kokoro")
    try:
        speaker = Speaker(Path(settings["model"]))
    except Exception as fault:  # noqa: BLE001 - whatever it is, the caller shall hear it
        said = (str(fault).strip().splitlines() or [repr(fault)])[0]
        link.send({"op": "fatal", "text": f"Kokoro cannot be loaded: {said[:200]}"})
        return
    link.ready(languages=sorted(LANGUAGES))
    while (frame := link.receive()) is not None:
        request = frame[0]
        number = request.get("id", 0)
        try:
            pcm = to_pcm(speaker.render(request))
        except Exception as fault:  # noqa: BLE001 - whatever a text provokes fails that text only
            link.send({"op": "failed", "id": number, "text": f"{type(fault).__name__}: {fault}"})
        else:
            link.send({"op": "sound", "id": number}, pcm)


if __name__ == "__main__":
    main()
