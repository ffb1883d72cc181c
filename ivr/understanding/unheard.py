"""What callers said that nobody understood: kept without what tells who they are, grouped, and labelled.

Rules:
1. Nothing is kept but the words and their language: no call, no number, no time.
2. Before it is written, it is masked (`masking`): a word that no example has is not written before several
   different sentences had it. What a designer is shown is looked through once more, by the examples as they
   are then and by all that was kept.
3. The file is bounded: what is beyond `LARGEST` is not kept. Writing fails quietly: no call suffers from it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from dialogs.slots.words import plain
from ivr.in_thread import in_thread
from ivr.understanding.concepts import Concepts
from ivr.understanding.examples import Examples
from ivr.understanding.features import features_of
from ivr.understanding.masking import MASK, Knows, Spread, masked

log = structlog.get_logger(__name__)

FILE = "not_understood.jsonl"
LARGEST = 2_000_000
"""Bytes; some twenty thousand sentences."""
ENOUGH_SAY = 3
"""Sentences that have to have a word which no example has, before anybody is shown it."""
ALIKE = 0.45
"""Cosine of two sentences from which they are of one group."""


class Unheard:
    """The file of one server."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._spread: dict[str, Spread] = {}

    def keep(self, text: str, language: str, knows: Knows) -> None:
        """Adds a sentence, masked. `knows`: whether an example has a plain word."""
        spread = self._spread.setdefault(language, Spread())
        spread.note(text)
        safe = masked(text, language, lambda word: knows(word) or spread.enough(word))
        line = json.dumps({"language": language, "text": safe}, ensure_ascii=False) + "\n"
        try:
            in_thread(lambda: self._add(line))
        except OSError as fault:
            log.warning("not_kept_what_was_not_understood", reason=type(fault).__name__)

    def _add(self, line: str) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as opened:
            if opened.tell() + len(line) <= LARGEST:
                opened.write(line)


def read_unheard(file: Path, language: str) -> list[str]:
    """The sentences of that language that were kept; damaged lines are passed over."""
    found: list[str] = []
    for line in file.read_text("utf-8", errors="replace").splitlines() if file.is_file() else ():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and told.get("language") == language and isinstance(told.get("text"), str):
            found.append(told["text"])
    return found


@dataclass(frozen=True)
class Group:
    """Sentences that are alike, the commonest first."""

    sentences: tuple[str, ...]
    count: int
    """How often they were said, repetitions included."""


def groups_of(said: Sequence[str], examples: Examples, concepts: Concepts) -> list[Group]:
    """Those that no example has yet, alike ones together; the largest group first."""
    known = {word for example in examples.sentences for word in example.words}
    have = {example.words for example in examples.sentences}
    spread = Counter(word for text in set(said) for word in set(plain(text).split()))
    counted: Counter[str] = Counter()
    for text in said:
        shown = " ".join(word if _may_be_shown(plain(word), known, spread) else MASK for word in text.split())
        words = tuple(plain(shown).split())
        if words and words not in have:
            counted[shown] += 1
    leaders: list[tuple[Counter[str], list[str]]] = []
    for text, _ in counted.most_common():
        seen = _seen(text, concepts)
        alike = [(_cosine(seen, leader), members) for leader, members in leaders]
        near, members = max(alike, key=lambda one: one[0], default=(0.0, []))
        if near >= ALIKE:
            members.append(text)
        else:
            leaders.append((seen, [text]))
    groups = [Group(tuple(one), sum(counted[text] for text in one)) for _, one in leaders]
    return sorted(groups, key=lambda group: (-group.count, group.sentences))


def _may_be_shown(word: str, known: set[str], spread: Counter[str]) -> bool:
    return not word or word in known or spread[word] >= ENOUGH_SAY


def _seen(text: str, concepts: Concepts) -> Counter[str]:
    found = features_of(text, concepts)
    return Counter({f"{family} {one}": 1 for family in ("stem", "sound", "about") for one in found[family]})


def _cosine(one: Counter[str], other: Counter[str]) -> float:
    shared = len(one.keys() & other.keys())
    return float(shared / (len(one) * len(other)) ** 0.5) if shared else 0.0
