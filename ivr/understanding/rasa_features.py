"""The concepts as Rasa reads them: one regular expression each, for its `RegexFeaturizer`.

So Rasa learns from the same words that mean nearly the same as the built-in engine does.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from ivr.understanding.concepts import Concepts

_ACCENTED = {"a": "aáà", "e": "eéè", "i": "iíï", "o": "oóò", "u": "uúü", "c": "cç", "n": "nñ"}


def pattern_of(listed: str) -> str:
    """One expression for the words of a concept; with or without accents, as a recogniser writes them."""
    parts = []
    for entry in (part.strip() for part in listed.split(",")):
        if entry:
            parts.append(_loosely(entry.rstrip("*")) + (r"\w*" if entry.endswith("*") else ""))
    return rf"\b(?:{'|'.join(parts)})\b"


def _loosely(entry: str) -> str:
    found = ""
    for letter in unicodedata.normalize("NFC", entry):
        bare = unicodedata.normalize("NFD", letter)[0]
        found += f"[{_ACCENTED[bare]}]" if bare in _ACCENTED else re.escape(letter)
    return found


def write_features(concepts: Concepts, file: Path) -> None:
    """Writes them in Rasa's format."""
    blocks = [
        f"- regex: {name}\n  examples: |\n    - {pattern_of(listed)}\n" for name, listed in concepts.lines
    ]
    file.write_text('version: "3.1"\nnlu:\n' + "".join(blocks), "utf-8")
