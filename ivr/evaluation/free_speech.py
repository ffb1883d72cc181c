"""Whole sentences as a recogniser hears them on a telephone: spoken, coded (A-law, 8 kHz), cut out, written.

Everything as the question `understand` has it: end-pointing, no expected phrases, all readings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gevent.pool

from dialogs.slots import KINDS
from ivr.evaluation.hearing import edits, in_words, recognised, spoilt
from ivr.evaluation.material import Item
from ivr.evaluation.talkers import Say
from ivr.understanding.examples import Example
from speech.errors import SpeechError
from speech.recognizer import Recognizer

LINE = "pcma"
"""What the line does (`ivr.evaluation.spoiling`)."""


@dataclass(frozen=True)
class HeardSentence:
    """What became of one sentence."""

    example: Example
    readings: tuple[str, ...]
    """The likeliest first; none: nothing was heard, or the engine failed."""
    errors: int
    """Words of the first reading that are wrong."""
    words: int
    """Words that were said."""


def hear(
    recognizer: Recognizer,
    say: Say,
    sentences: Sequence[Example],
    language: str,
    *,
    parallel: int = 2,
    advance: Callable[[], None] = lambda: None,
) -> list[HeardSentence]:
    """Every sentence, `parallel` at a time. Raises `SpeechError`, `MeasurementImpossible` of who speaks."""

    def one(work: tuple[int, Example]) -> HeardSentence:
        number, example = work
        sound = say(example.text, number)
        item = Item(
            name=f"free/{language}/{example.text}",
            set="free_speech",
            language=language,
            text=example.text,
            value="",
            kind=KINDS["text"].model_validate({}),
            speaker="",
            human=False,
            sound=lambda: sound,
        )
        try:
            found = recognised(recognizer, item, spoilt(item, LINE, ()))
        except SpeechError:
            found = None
        readings = tuple(reading.text for reading in found.readings) if found else ()
        wanted = in_words(example.text, language)
        errors = edits(wanted, in_words(readings[0] if readings else "", language))
        advance()
        return HeardSentence(example, readings, errors, len(wanted))

    return list(gevent.pool.Pool(parallel).imap(one, enumerate(sentences)))


def word_errors(heard: Sequence[HeardSentence]) -> float:
    """Share of the words that are wrong in the first readings."""
    words = sum(one.words for one in heard)
    return sum(one.errors for one in heard) / words if words else 0.0
