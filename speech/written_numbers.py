"""Numbers as Whisper writes them: partly in words, partly in figures, and often in several of them.

Found by `ivr eval speech` with a studio speaker: of fourteen Spanish amounts three were understood before.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress

from num2words import num2words

from speech.whisper_decoding import plain

JOINERS = frozenset({"y", "i", "and"})
"""Words that join numbers are never said alone between two pauses."""
_FIGURES_AND = re.compile(r"\b([0-9]*[1-9]0) [yi] ([1-9])\b")
_THOUSANDS = re.compile(r"\b([1-9][0-9]{0,2}) ([0-9]{3})\b(?! [0-9])")


def with_figures_joined(text: str, language: str, words: Collection[str] = ()) -> str:
    """A number as it was said, where Whisper wrote parts of it in figures.

    "200 50 3" is 253 where a quantity is asked for, "340 y 5" is 345 (it was said as "trescientos cuarenta y
    cinco"), "6 745" is 6745, and figures behind a number word (one of `words`) become words: "mil
    ochocientos 61" is "mil ochocientos sesenta y uno".
    """
    for place, word in enumerate(_UNITS.get(language, ()), 1):
        text = re.sub(rf"\b([0-9]*[1-9]0 [yi]) {word}\b", rf"\1 {place}", text)
    text = _FIGURES_AND.sub(lambda found: str(int(found[1]) + int(found[2])), text)
    if _HUNDREDS & set(words):
        text = _summed(text)
    text = _THOUSANDS.sub(r"\1\2", text)
    said = text.split()
    for place in range(1, len(said)):
        before, figures = said[place - 1], said[place]
        if figures.isdecimal() and len(figures) <= 3 and before in words and before not in JOINERS:
            # num2words raises these for a language and for a size that it does not know. The figures stay,
            # then: they were understood as a number, and only how it would be written out is unknown.
            with suppress(NotImplementedError, OverflowError):
                said[place] = plain(num2words(int(figures), lang=language))
    return " ".join(said)


_HUNDREDS = frozenset({"hundred", "ciento", "cent"})
"""Expected where a quantity is asked for: a row of digits has no hundreds."""
_FITTING = re.compile(r"\b([1-9][0-9]*?)(0+) ([1-9][0-9]*)\b")


def _summed(text: str) -> str:
    """Figures that fit into the zeros before them are one number: "200 50 3" is 253."""
    while True:
        for found in _FITTING.finditer(text):
            if len(found[3]) <= len(found[2]):
                whole = str(int(found[1] + found[2]) + int(found[3]))
                text = text[: found.start()] + whole + text[found.end() :]
                break
        else:
            return text


_UNITS = {
    "es": ("uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "ca": ("u", "dos", "tres", "quatre", "cinc", "sis", "set", "vuit", "nou"),
}
