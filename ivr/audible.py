"""Was it audible? What a caller heard is recognised again, and the amount in it compared.

The demo and the tests use it: a call has reached its goal only if the amount in the database is the
amount that can be understood from the sound at the caller's ear.
"""

from __future__ import annotations

import re

from text_to_num import alpha2digit

from speech.recognizer import Recognizer

RECOGNITION_DEADLINE = 30.0
"""Seconds; this is no caller's turn."""


def recognise_again(recognizer: Recognizer, samples: bytes, language: str) -> str:
    """The words in a stretch of 8 kHz sound, as free speech. Raises `SpeechError`."""
    utterance = recognizer.open(language=language)
    try:
        utterance.feed(samples)
        readings = utterance.finish(RECOGNITION_DEADLINE).readings
    finally:
        utterance.cancel()
    return readings[0].text if readings else ""


def says_amount(text: str, cents: int, language: str) -> bool:
    """Whether recognised words hold the amount: "142 30", "142 euros con 30", "ciento cuarenta y dos ...".

    The digits of the amount have to stand there in order and together, with nothing but words and
    separators between euros and cents, and no further digit before or after.
    """
    spoken = alpha2digit(text, language) if language in {"es", "en"} else text
    euros, rest = divmod(cents, 100)
    thousands = r"[.,\s]?".join(_groups(euros))
    money = r"(?:[^\d]{0,12})"
    pattern = rf"(?<!\d){thousands}" + (rf"{money}{rest:02d}(?!\d)" if rest else r"(?!\d)")
    short = rf"(?<!\d){thousands}{money}{rest}(?!\d)"
    return bool(re.search(pattern, spoken) or (rest and re.search(short, spoken)))


def _groups(number: int) -> list[str]:
    """1142 → ["1", "142"]: the thousands' separator may or may not be there."""
    return f"{number:,}".split(",")
