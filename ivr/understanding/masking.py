"""What tells who somebody is, taken out of a sentence before it is kept.

Rules:
1. A word is kept if it is known not to be a name: because the examples have it, or because enough different
   sentences had it (`Spread`). A recogniser writes names small and without a sign; that a name is rare is
   all that is sure of it.
2. Digits, number words and addresses of mail go always; so do the words behind "my name is" and "street",
   and the commonest names, known or not.
3. What is left can still be a name: one that an example has in another sense ("Rosa", "Mark"), or that many
   callers say. Whoever may not keep even that keeps nothing (`understanding.collect: false`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from dialogs.slots.words import plain
from ivr.understanding.features import NUMBER, number_words

LONGEST = 300
"""Letters of a sentence that are kept."""
MASK = "…"
MOST_NAMES = 4
"""Words behind "my name is" that are taken for the name."""
ENOUGH = 5
"""Different sentences that have to have a word which no example has, before it is kept: who is not understood
is asked three times at most, so that nobody makes their own name known."""
MOST_WORDS = 50_000
"""Words that are counted; of more, none that is new is ever kept."""

Knows = Callable[[str], bool]
"""Whether a plain word is known to be no name."""

OFTEN_NONE = frozenset({"un", "una", "uno", "u", "one", "y", "i", "and", "oh"})
"""Words of numbers that are mostly none."""

_ADDRESS = re.compile(r"\S+@\S+|\b\S+ (?:arroba|at) \S+ (?:punto|punt|dot) \S+", re.IGNORECASE)
_NAMED: Mapping[str, str] = {
    "es": r"me llamo|mi nombre es|mi apellido es|apellidos?|a nombre de|de parte de|señor(?:a|ita)?|don|doña|"
    r"calle|avenida|plaza|paseo|carretera|barrio|colonia|urbanización|vivo en",
    "ca": r"em dic|me dic|el meu nom és|el meu cognom és|cognoms?|a nom de|de part de|senyor(?:a|eta)?|"
    r"carrer|avinguda|plaça|passeig|carretera|barri|urbanització|visc a",
    "en": r"my name is|my name's|my surname is|surname|i'm called|on behalf of|mister|mrs|miss|ms|mr|"
    r"live at|live in|live on",
}
_BEFORE: Mapping[str, str] = {"en": r"street|road|avenue|lane|drive|close|crescent|square"}
"""What stands behind the name of a street."""
_COMMON = frozenset(
    name
    for line in Path(__file__).with_name("names.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for name in line.split()
)


class Spread:
    """In how many different sentences a word was said, of those that no example has; in memory only, and
    forgotten with the process: a list of names is nothing that may lie about."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._seen: set[int] = set()

    def note(self, text: str) -> None:
        """A sentence was said."""
        words = frozenset(plain(text).split())
        if hash(words) in self._seen or len(self._seen) >= MOST_WORDS:
            return
        self._seen.add(hash(words))
        self._count.update(word for word in words if word in self._count or len(self._count) < MOST_WORDS)

    def enough(self, word: str) -> bool:
        """Whether so many said it that it is nobody's name."""
        return self._count[word] >= ENOUGH


def masked(text: str, language: str, knows: Knows) -> str:
    """The text without what tells who somebody is."""
    text = _ADDRESS.sub(MASK, text[:LONGEST])
    hidden = _introduced(text, language)
    numbers, kept = number_words(language), list[str]()
    for found in re.finditer(r"\S+", text):
        word, bare = found.group(), plain(found.group())
        # "Una" and "y" are no numbers, but behind another number they belong to it.
        behind = bool(kept) and kept[-1] == NUMBER
        if any(sign.isdigit() for sign in word) or (bare in numbers and (behind or bare not in OFTEN_NONE)):
            kept += [] if behind else [NUMBER]
        elif not bare or (found.start() not in hidden and bare not in _COMMON and knows(bare)):
            kept.append(word)
        else:
            kept.append(MASK)
    return " ".join(kept)


def _introduced(text: str, language: str) -> frozenset[int]:
    """Where the words begin that stand behind what a name is introduced by, or before a "street"."""
    return frozenset(
        begin + name.start() for begin, words in _names(text, language) for name in re.finditer(r"\S+", words)
    )


def _names(text: str, language: str) -> Iterator[tuple[int, str]]:
    introduced, before = _NAMED.get(language), _BEFORE.get(language)
    if introduced:
        for found in re.finditer(rf"\b(?:{introduced})\s+", text, re.IGNORECASE):
            yield found.end(), " ".join(text[found.end() :].split(" ")[:MOST_NAMES])
    if before:
        for found in re.finditer(rf"((?:\S+\s+){{1,2}})(?:{before})\b", text, re.IGNORECASE):
            yield found.start(), found.group(1)
