"""Measures what the caller's voice and the engines are worth: `python -m tests.speech.figures [VOICE:PACE]…`.

Not a test: it takes minutes and prints a table. Numbers are drawn with a fixed seed; each has a Luhn
check digit, as customer numbers of the demo have. Real time, end-pointed, as on a call.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import random  # noqa: E402 - after the patching
import statistics  # noqa: E402
import sys  # noqa: E402

import gevent  # noqa: E402
from num2words import num2words  # noqa: E402
from stdnum import luhn  # noqa: E402

from dialogs.results import Alternative, Heard, Match  # noqa: E402
from dialogs.slots.asking import Asking  # noqa: E402
from dialogs.slots.digits import Digits  # noqa: E402
from speech.models import ModelStore  # noqa: E402
from speech.pyttsx3 import CALLER_VOICES, Pyttsx3, Voice  # noqa: E402
from speech.recognizer import Hypothesis  # noqa: E402
from speech.whisper import Whisper  # noqa: E402
from tests.speech.conftest import silence  # noqa: E402
from tests.speech.said import DIGITS, MENU, on_a_call  # noqa: E402

COUNT = 10
SAID = ("saldo", "quiero saber mi saldo", "una persona", "sí", "no", "no gracias", "adiós")


def _numbers() -> list[str]:
    chance = random.Random(11)
    firsts = ["".join(chance.choice("0123456789") for _ in range(4)) for _ in range(COUNT)]
    return [first + luhn.calc_check_digit(first) for first in firsts]


def _one_by_one(number: str) -> str:
    return ", ".join(DIGITS[int(digit)] for digit in number)


def _in_pairs(number: str) -> str:
    parts = [number[place : place + 2] for place in range(0, len(number), 2)]
    words = [
        DIGITS[int(part)]
        if len(part) == 1 or (part[0] == "0" and part != "00")
        else num2words(int(part), lang="es")
        for part in parts
    ]
    words = [f"cero {w}" if len(p) == 2 and p[0] == "0" else w for p, w in zip(parts, words, strict=True)]
    return ", ".join(words)


def _judged(slot: Digits, heard: Hypothesis) -> str:
    answer = slot.judge(Heard(tuple(Alternative(r.text, r.confidence) for r in heard.readings)), Asking("es"))
    return f"{answer.value}/{answer.band}" if isinstance(answer, Match) else ""


def _measure(whisper: Whisper, voice: Voice) -> None:
    caller = Pyttsx3(voices={"es": voice}, timeout=30)
    slot = Digits(length=5, check_digit="luhn")
    waits: list[float] = []

    def call(text: str, phrases: tuple[str, ...]) -> Hypothesis:
        sound = silence(0.4) + caller.speak(text, language="es") + silence(1.5)
        heard = on_a_call(whisper, sound, "es", phrases)
        waits.append(heard.wait_seconds)
        return heard

    print(f"{voice.name} at {voice.words_per_minute} words a minute")
    for name, spoken in (("one by one", _one_by_one), ("in pairs", _in_pairs)):
        found = [(number, _judged(slot, call(spoken(number), ()))) for number in _numbers()]
        right = sum(answer.startswith(number) for number, answer in found)
        sure = sum(answer == f"{number}/sure" for number, answer in found)
        wrong = sum(bool(answer) and not answer.startswith(number) for number, answer in found)
        print(f"  {name}: {right} of {COUNT} right, {sure} surely; {wrong} wrong")
    for text in SAID:
        heard = call(text, MENU["es"])
        best = heard.readings[0] if heard.readings else None
        print(f"  {text}: {best.text if best else '-'} {best.confidence if best else 0:.2f}")
    ordered = sorted(waits)
    late = ordered[int(len(ordered) * 0.95)]
    print(f"  wait after the final silence: median {statistics.median(waits):.3f} s, p95 {late:.3f} s")
    caller.close()


def main() -> None:
    """Measures the voices named, or the caller's of the demo."""
    voices = [
        Voice(name, words_per_minute=int(pace))
        for name, _colon, pace in (argument.rpartition(":") for argument in sys.argv[1:])
    ] or [CALLER_VOICES["es"]]
    whisper = Whisper(ModelStore().ensure("whisper-base").folder)
    whisper.wait_ready(60)
    for voice in voices:
        _measure(whisper, voice)
    whisper.close()
    gevent.get_hub().destroy()


if __name__ == "__main__":
    main()
