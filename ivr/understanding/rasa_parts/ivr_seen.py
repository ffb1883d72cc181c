"""What Rasa sees of a sentence's words: families of features, each of its own length.

The built-in engine's families (`ivr.understanding.features`), as far as they need nothing but Python: this
runs in Rasa's environment. A word's stem is its beginning here.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise

FAMILIES: Mapping[str, float] = {
    "word": 0.8,
    "pair": 1.2,
    "piece": 0.9,
    "stem": 0.8,
    "beside": 1.6,
    "about": 0.15,
    "both": 0.6,
}
"""What a sentence is seen by, and how much each weighs. Chosen by leaving out authors."""
MOST_WORDS = 60
LONGEST_WORD = 30
"""Letters; more are cut off."""
STEM = 5
"""Letters of a word's beginning."""
PIECES = (3, 4, 5)
"""Letters of the pieces of a word."""
MOST_BESIDE = 14
"""Words of a sentence that are paired, each with each."""
_WORD = re.compile(r"\w+")


def families_of(
    text: str, concepts: Sequence[tuple[str, re.Pattern[str]]], same: Mapping[str, str]
) -> Mapping[str, Counter[str]]:
    """What each family finds in a sentence, and how often. `concepts`: name and expression of each. `same`:
    what other regions say → the words that it is read as."""
    said = _WORD.findall(_plain(text))[:MOST_WORDS]
    words = [part[:LONGEST_WORD] for word in said for part in same.get(word, word).split()]
    stems = [word[:STEM] for word in words]
    about = [name for name, pattern in concepts if pattern.search(text)]
    return {
        "word": Counter(words),
        "pair": Counter(_pairs(words)),
        "piece": Counter(_pieces(words)),
        "stem": Counter(stems),
        "beside": Counter(
            f"{one} {other}" for one, other in combinations(sorted(set(stems[:MOST_BESIDE])), 2)
        ),
        "about": Counter([*about, f"<{min(len(words), 6) // 2 * 2}>"]),
        "both": Counter(f"{one}+{other}" for one, other in combinations(sorted(about), 2)),
    }


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.lower().replace("’", "'").replace("·", ""))
    return "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")


def _pairs(words: Sequence[str]) -> Iterator[str]:
    edged = ["<", *words, ">"]
    for one, other in pairwise(edged):
        yield f"{one} {other}"
    for one, other in zip(edged, edged[2:], strict=False):
        yield f"{one} _ {other}"


def _pieces(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        padded = f" {word} "
        for size in PIECES:
            for at in range(len(padded) - size + 1):
                yield padded[at : at + size]


class Seen:
    """The features that examples have, and how much each says: rarer ones say more."""

    def __init__(
        self, concepts: Sequence[tuple[str, str]], same: Mapping[str, str], rarity: Mapping[str, float]
    ) -> None:
        """`concepts`, `same`: as `families_of` has them. `rarity`: of every feature, by its column."""
        self.concepts = list(concepts)
        self.same = same
        self.rarity = rarity
        self._patterns = _compiled(concepts)
        self._columns = {feature: column for column, feature in enumerate(rarity)}
        self._rarest = max(rarity.values(), default=1.0)

    @classmethod
    def learnt(
        cls, texts: Iterable[str], concepts: Sequence[tuple[str, str]], same: Mapping[str, str]
    ) -> Seen:
        """From the texts of the examples."""
        patterns = _compiled(concepts)
        held: Counter[str] = Counter()
        count = 0
        for text in texts:
            count += 1
            for family, found in families_of(text, patterns, same).items():
                held.update(f"{family}\t{feature}" for feature in found)
        # Two stems that stand in one example only teach nothing, and there are tens of thousands of them.
        kept = {name: times for name, times in held.items() if times > 1 or not name.startswith("beside\t")}
        rarity = {name: math.log((1 + count) / (1 + times)) + 1 for name, times in kept.items()}
        return cls(concepts, same, rarity)

    def weighed(self, text: str, scale: float = 1.0) -> dict[int, float]:
        """Column → value. Each family has the length of its weight, times `scale`.

        tf-idf, sublinear (Manning, Raghavan, Schütze: Introduction to Information Retrieval, 6.4). What no
        example has counts for the length: many strange words make the known ones weak.
        """
        values: dict[int, float] = {}
        for family, found in families_of(text, self._patterns, self.same).items():
            known: dict[int, float] = {}
            squares = 0.0
            for feature, times in found.items():
                name = f"{family}\t{feature}"
                value = (1 + math.log(times)) * self.rarity.get(name, self._rarest)
                squares += value * value
                if name in self._columns:
                    known[self._columns[name]] = value
            length = scale * FAMILIES[family] / math.sqrt(squares) if squares else 0.0
            values.update({column: value * length for column, value in known.items()})
        return values


def _compiled(concepts: Sequence[tuple[str, str]]) -> list[tuple[str, re.Pattern[str]]]:
    return [(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in concepts]
