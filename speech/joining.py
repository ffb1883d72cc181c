"""Sentences with values, joined from a studio's recordings: fixed parts, and words of numbers and dates.

The words of values lie in `<language>/values/<word>.wav` of the studio's folder; a file may hold several
words that follow one another ("cuarenta-y-dos.wav") and is then preferred. Signs make pauses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from speech.sound import SAMPLE_RATE

VALUES = "values"
"""The folder of the words, below that of their language."""
LONGEST_RUN = 6
"""Words in one file."""
_JOIN, _COMMA, _STOP = 0.03, 0.16, 0.32
"""Seconds between two recordings: within a phrase, at a comma, at the end of a sentence. Each recording
brings 0.01 to 0.04 s of its own on either side."""
_TOKEN = re.compile(r"[^\W_]+(?:['’·][^\W_]+)*|[.,;:!?…]")


@dataclass(frozen=True)
class Join:
    """A recording and the pause behind it, in seconds."""

    file: Path
    pause: float = _JOIN


def value_file(words: str) -> str:
    """The file name of a word or a run of words, without ending: "vint-i-dós" → "vint-i-dos".

    An ñ stays a letter of its own: "eñe" → "enye", for "ene" is another one.
    """
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFC", words.lower()).replace("ñ", "ny"))
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return "-".join(re.sub(r"['’·]", "", token) for token in _TOKEN.findall(kept) if token[0].isalnum())


def words_in(text: str) -> Iterator[tuple[str, str]]:
    """The words of a text, each with its file's name: "veintidós" and "veintidos"."""
    for token in _TOKEN.findall(text):
        if token[0].isalnum():
            yield token, value_file(token)


def pause_after(text: str) -> float:
    """Seconds of silence that the signs at the end of a text ask for."""
    last = text.rstrip("»”)\"' ")[-1:]
    return _STOP if last in ".!?…" and last else _COMMA if last in ",;:" and last else _JOIN


def in_recordings(text: str, find: Callable[[str], Path | None]) -> list[Join] | None:
    """The recordings that say `text`, longest runs first; `find` gives the file of a run of words.

    None if a word was not recorded.
    """
    joins: list[Join] = []
    for run in _phrases(text):
        words, place = run.words, 0
        while place < len(words):
            for count in range(min(LONGEST_RUN, len(words) - place), 0, -1):
                file = find("-".join(words[place : place + count]))
                if file is not None:
                    place += count
                    joins.append(Join(file, run.pause if place == len(words) else _JOIN))
                    break
            else:
                return None
    return joins


@dataclass(frozen=True)
class _Phrase:
    words: tuple[str, ...]
    pause: float


def _phrases(text: str) -> Iterator[_Phrase]:
    """What stands between signs."""
    words: list[str] = []
    for token in _TOKEN.findall(text):
        if token[0].isalnum():
            words.append(value_file(token))
        elif words:
            yield _Phrase(tuple(words), pause_after(token))
            words = []
    if words:
        yield _Phrase(tuple(words), _JOIN)


def silence(seconds: float) -> bytes:
    """8 kHz samples of nothing."""
    return bytes(2 * round(seconds * SAMPLE_RATE))
