"""The worker process of `speech.piper`: text in, 8 kHz samples out, one text at a time."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from speech.frames import Header
from speech.sound import SAMPLE_RATE, Samples, finished_prompt, resample, to_pcm
from speech.stretches import stretches
from speech.worker_link import ParentLink, stdin_socket
from speech.worker_pyttsx3 import spoken_text

BETWEEN_SENTENCES = 0.25
"""Seconds; Piper gives a sentence at a time, without the pause behind it."""
LONGEST_STRETCH = 400
"""Signs; what is longer is said in stretches, so that a text without full stops takes no more memory than a
sentence. (Half a minute of sound.)"""


def load_voice(file: Path) -> Any:
    """Piper's voice on one thread: calls need the other cores. Raises OSError, ValueError, RuntimeError."""
    import onnxruntime  # noqa: PLC0415 - heavy, and GPL code stays within this process
    from piper.config import PiperConfig  # noqa: PLC0415
    from piper.voice import PiperVoice  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    config = json.loads(file.with_name(f"{file.name}.json").read_text(encoding="utf-8"))
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    return PiperVoice(session=session, config=PiperConfig.from_dict(config))


def render(voice: Any, request: Header) -> Samples:
    """The sound of one text, trimmed and levelled."""
    from piper.config import SynthesisConfig  # noqa: PLC0415

    text = spoken_text(str(request["text"]))
    if not any(sign.isalnum() for sign in text):
        return np.zeros(0)
    length = float(voice.config.length_scale) / float(request["pace"])
    pause = np.zeros(round(BETWEEN_SENTENCES * SAMPLE_RATE))
    parts: list[Samples] = []
    for stretch in stretches(text, LONGEST_STRETCH):
        for chunk in voice.synthesize(stretch, SynthesisConfig(length_scale=length)):
            samples = np.asarray(chunk.audio_float_array, dtype=np.float64)
            parts += [resample(samples, chunk.sample_rate, SAMPLE_RATE), pause]
    return finished_prompt(np.concatenate(parts)) if parts else np.zeros(0)


def main() -> None:
    """Serves until the parent has gone."""
    settings = json.loads(sys.argv[1])
    link = ParentLink(stdin_socket())
    voices: dict[str, Any] = {}
    try:
        for language, file in settings["voices"].items():
            link.progress(f"loading Piper's voice for {language}")
            voices[language] = load_voice(Path(file))
    except Exception as fault:  # noqa: BLE001 - whatever it is, the server shall hear it
        said = (str(fault).strip().splitlines() or [repr(fault)])[0]
        link.send({"op": "fatal", "text": f"Piper's voice cannot be loaded: {said[:200]}"})
        return
    link.ready(languages=sorted(voices))
    while (frame := link.receive()) is not None:
        request = frame[0]
        try:
            pcm = to_pcm(render(voices[str(request["language"])], request))
        except Exception as fault:  # noqa: BLE001 - whatever a text provokes fails that text only
            link.send(
                {"op": "failed", "id": request.get("id", 0), "text": f"{type(fault).__name__}: {fault}"}
            )
        else:
            link.send({"op": "sound", "id": request.get("id", 0)}, pcm)


if __name__ == "__main__":
    main()
