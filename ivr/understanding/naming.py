"""Things that callers name, found in a sentence: products, by what the examples mark and their synonyms.

What the flows' own kinds of answers can read (numbers, dates, amounts) is not looked for here: they read it
from the sentence itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dialogs.slots.words import plain
from ivr.understanding.examples import Examples
from ivr.understanding.port import Entity

PARSED = frozenset({"order_id", "ticket_id", "amount", "date", "phone", "dni", "time", "digits"})
"""What the flows' kinds of answers read better than a list of names does."""
MOST_WORDS = 5
"""Of a name."""
_WORD = re.compile(r"[^\W_]+(?:['’·][^\W_]+)*")


class Names:
    """A list of names to be found."""

    def __init__(self, lines: Sequence[tuple[str, str, str]] = ()) -> None:
        """`lines`: entity, what callers say, the value that this stands for."""
        self.lines = tuple(lines)
        self._said: Mapping[str, tuple[str, str]] = {
            plain(said): (entity, value) for entity, said, value in lines
        }

    def within(self, text: str) -> Iterator[Entity]:
        """The names in the text, the longest at each place."""
        words = [(found.start(), found.end()) for found in _WORD.finditer(text)]
        at = 0
        while at < len(words):
            for size in range(min(MOST_WORDS, len(words) - at), 0, -1):
                begin, end = words[at][0], words[at + size - 1][1]
                named = self._said.get(plain(text[begin:end]))
                if named:
                    yield Entity(named[0], named[1], begin, end)
                    at += size - 1
                    break
            at += 1


def names_of(examples: Examples) -> Names:
    """From the marked words of the examples, and the synonyms of their values."""
    lines: dict[str, tuple[str, str, str]] = {}
    values: dict[str, str] = {}
    for example in examples.sentences:
        for marked in example.marked:
            if marked.name not in PARSED:
                said = example.text[marked.begin : marked.end]
                value = examples.synonyms.get(plain(marked.value), marked.value)
                lines[plain(said)] = (marked.name, said, value)
                values[plain(value)] = marked.name
    for said, value in examples.synonyms.items():
        if plain(value) in values:
            lines.setdefault(plain(said), (values[plain(value)], said, value))
    return Names(sorted(lines.values()))
