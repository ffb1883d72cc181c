"""What speaks for the likeliest phrase of many utterances, for `ivr eval calibrate`: a program, exec'ed.

It reads one line of JSON for each utterance (a raw sound file, the language, the expected phrases) and
writes one line for each: the phrase and its evidence, or null. A program of its own, because Whisper and
espeak-ng stay out of the process that asks.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path

from speech.espeak_phones import EspeakPhones
from speech.whisper_decoding import Ear
from speech.whisper_readings import Utterance


def main() -> None:
    """Arguments: the model's folder, decodes at once. Utterances come by standard input."""
    parallel = int(sys.argv[2])
    ear, phonetics = Ear(Path(sys.argv[1]), parallel=parallel), EspeakPhones()

    def facts(line: str) -> str:
        asked = json.loads(line)
        utterance = Utterance(ear, asked["language"], asked["phrases"], phonetics=phonetics)
        found = utterance.likeliest(Path(asked["sound"]).read_bytes())
        return json.dumps([found[0], list(astuple(found[1]))] if found else None, ensure_ascii=False)

    with ThreadPoolExecutor(parallel) as threads:
        for answer in threads.map(facts, sys.stdin):
            print(answer, flush=True)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
