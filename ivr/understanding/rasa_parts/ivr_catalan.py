"""Catalan as the sentence encoder can read it: word by word into something near Spanish.

The encoder (`ivr_sentence_encoder`) knows Spanish, not Catalan. No translation for people: the order stays,
"vaig demanar" becomes "voy pedir". A word is looked up in `catalan.tsv`; else its ending is made Spanish
("factur-ació" → "-ación"), and what is left is mostly written alike.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

WORDS = Path(__file__).with_name("catalan.tsv")
LEAST_STEM = 3
"""Letters that have to be left before an ending."""
_BEFORE = {"d": "de", "l": "el", "m": "me", "n": "", "s": "se", "t": "te"}
_BEHIND = {"m": "me", "n": "", "l": "lo", "ls": "los", "ns": "nos", "t": "te", "s": "se"}
_ENDINGS = (
    ("cions", "ciones"),
    ("cio", "ción"),
    ("sio", "sión"),
    ("tats", "dades"),
    ("tat", "dad"),
    ("ment", "mente"),
    ("atge", "aje"),
    ("ades", "adas"),
    ("ides", "idas"),
    ("ats", "ados"),
    ("its", "idos"),
    ("at", "ado"),
    ("it", "ido"),
    ("ut", "ido"),
    ("aria", "aría"),
    ("eix", "ece"),
    ("eixo", "ezco"),
    ("eixen", "ecen"),
    ("ava", "aba"),
    ("aven", "aban"),
    ("ant", "ando"),
    ("arien", "arían"),
    ("areu", "aréis"),
    ("ireu", "iréis"),
    ("eu", "áis"),
    ("em", "amos"),
    ("uda", "ida"),
    ("uts", "idos"),
    ("udes", "idas"),
    ("es", "as"),
)
_WORD = re.compile(r"\w+")
_ELIDED_BEFORE = re.compile(r"\b([dlmnst])'(?=\w)")
_ELIDED_BEHIND = re.compile(r"'(ls|ns|m|n|l|t|s)\b")
_PRONOUN_BEHIND = re.compile(r"-(me|te|se|lo|la|los|les|li|ho|hi|nos|us|en|ne)\b")


def as_spanish(text: str) -> str:
    """The words of a Catalan text as near to Spanish as can be had word by word."""
    said = _plain(text).replace("·", "").replace("’", "'").replace("si us plau", "por favor")
    said = _ELIDED_BEFORE.sub(lambda found: f"{_BEFORE[found[1]]} ", said)
    said = _ELIDED_BEHIND.sub(lambda found: f" {_BEHIND[found[1]]}", said)
    return " ".join(_word(word) for word in _WORD.findall(_PRONOUN_BEHIND.sub(r" \1", said)))


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")


@cache
def _words() -> dict[str, str]:
    lines = (line for line in WORDS.read_text("utf-8").splitlines() if line and line[0] != "#")
    return dict(line.split("\t") for line in lines)


def _word(word: str) -> str:
    known = _words().get(word)
    if known is not None:
        return known
    written = word.replace("ny", "ñ").replace("ss", "s")
    for ending, spanish in _ENDINGS:
        if written.endswith(ending) and len(written) >= len(ending) + LEAST_STEM:
            return written.removesuffix(ending) + spanish
    return written
