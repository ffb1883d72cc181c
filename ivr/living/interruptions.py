"""Speech that begins while a prompt plays: the caller's answer, a nod, or the prompt's own echo.

Rules:
1. The prompt stops at once, for whoever it is (a decision about words would come half a second too late).
   What was no interruption lets it go on from where it stopped.
2. A nod ("ajá", "vale", "d'acord") goes on only where it is no answer to the question; "ajá" is none while it
   is asked. So does a cough: sound of less than a third of a second in which nothing was understood.
3. A line that brings our prompt back does not interrupt: from its first echo on, speech into prompts counts
   no more in this call. Keys always do.
"""

from __future__ import annotations

import re
import unicodedata
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path

from dialogs.results import Heard, Match, NoMatch
from speech.echo import ECHO, echo_likeness
from speech.sound import SAMPLE_RATE

_NODS: Mapping[str, str] = {
    "es": "aja|ah|mm|mmm|mhm|hum|vale|ya|si|bien|muy bien|esta bien|claro|claro que si|ok|okey|de acuerdo"
    "|entiendo|entendido|comprendo|ya veo|perfecto|exacto|correcto|eso es|bueno|listo|dale",
    "ca": "aha|ah|mm|mmm|mhm|hum|val|vale|ja|si|be|molt be|esta be|clar|es clar|esclar|clar que si|ok|d'acord"
    "|entesos|entenc|ho entenc|ja veig|perfecte|exacte|correcte|aixo mateix|bueno",
    "en": "aha|ah|mm|mmm|mhm|uh huh|okay|ok|yeah|yep|yup|yes|right|that's right|sure|of course|i see"
    "|all right|alright|fine|good|great|perfect|got it|gotcha|i understand|understood",
}
NODS: Mapping[str, frozenset[str]] = {
    language: frozenset(nods.split("|")) for language, nods in _NODS.items()
}
"""What people say to whoever is speaking, to show that they listen; without marks."""
HUMS = frozenset(["aja", "ajam", "aha", "ah", "mm", "mmm", "mhm", "hum", "uh", "huh"])
"""Those that are no words: an answer if a question waits for one, and none while it is being asked."""
_HUM = re.compile(r"h?m+(?:h?m+)*")
"""However somebody writes what is hummed: "hmm", "mm-hmm", "mmhm"."""
_LONGEST_NOD = max(nod.count(" ") + 1 for nods in NODS.values() for nod in nods)
LONGEST_COUGH = 0.32
"""Seconds of speech in which a word needs more."""
BACK = 0.6
"""Seconds that a prompt goes back before where it stopped, so that no word is lost."""
_KEPT = 2 * SAMPLE_RATE
"""Bytes of the beginning that are kept: a second tells an echo."""
_BEFORE = 1.2
"""Seconds of prompt before the sound: the longest delay of an echo."""


class Interruption:
    """Sound from the caller's side that began while a prompt played."""

    def __init__(self, prompt_seconds: float) -> None:
        """`prompt_seconds`: how long the prompt had played by then."""
        self.prompt_seconds = prompt_seconds
        self._sound = bytearray()

    def take(self, samples: bytes) -> None:
        """More of it."""
        if len(self._sound) < _KEPT:
            self._sound += samples

    @property
    def goes_on_at(self) -> float:
        """Seconds of the prompt from which it goes on."""
        return max(0.0, self.prompt_seconds - BACK)

    def is_echo(self, files: Sequence[Path]) -> bool:
        """Whether it is the prompt, coming back. `files`: those of which the prompt is made, 8 kHz."""
        seconds = len(self._sound) / 2 / SAMPLE_RATE
        played = samples_of(files, self.prompt_seconds - _BEFORE, self.prompt_seconds + seconds)
        return echo_likeness(bytes(self._sound), played) >= ECHO


def is_nod(text: str, language: str) -> bool:
    """Whether somebody only shows that they listen, once or several times: "ajá", "sí, sí"."""
    nods, words = NODS.get(language), _plain(text).split()
    if nods is None or not words:
        return False
    while words:
        longest = range(min(_LONGEST_NOD, len(words)), 0, -1)
        count = next((n for n in longest if " ".join(words[:n]) in nods or (n == 1 and _hum(words[0]))), 0)
        if not count:
            return False
        words = words[count:]
    return True


def is_hum(text: str) -> bool:
    """Whether it is a nod that says neither yes nor no by itself: "ajá", "mhm"."""
    words = _plain(text).split()
    return bool(words) and all(_hum(word) for word in words)


def _hum(word: str) -> bool:
    return word in HUMS or _HUM.fullmatch(word) is not None


def is_no_answer(answer: Match | NoMatch, given: Heard, seconds: float, language: str) -> bool:
    """Whether what was said into a prompt, for so many seconds, is a nod or a cough."""
    said = given.alternatives[0].text if given.alternatives else ""
    if isinstance(answer, Match):
        return answer.band != "sure" and is_hum(said)
    return is_nod(said, language) if said else seconds < LONGEST_COUGH


def samples_of(files: Sequence[Path], start: float, end: float) -> bytes:
    """The samples of a prompt from second `start` to `end`, read from its 8 kHz files and from nowhere else.

    Files that cannot be read are left out.
    """
    first, last = max(0, round(start * SAMPLE_RATE)), round(end * SAMPLE_RATE)
    parts, begins = [], 0
    for file in files:
        try:
            with wave.open(str(file), "rb") as sound:
                count = sound.getnframes()
                here, until = max(0, first - begins), min(count, last - begins)
                if here < until:
                    sound.setpos(here)
                    parts.append(sound.readframes(until - here))
        except (OSError, EOFError, wave.Error):
            continue
        begins += count
    return b"".join(parts)


def _plain(text: str) -> str:
    """Lower case, without marks and signs."""
    apart = unicodedata.normalize("NFD", text.lower())
    bare = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^\w' ]", " ", bare.replace("’", "'")).split())
