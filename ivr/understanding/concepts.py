"""Words that mean nearly the same to the trade: what is learnt of "abonar" holds for "liquidar" too.

`dialogs/nlu/concepts/es.yml` has one concept a line:
```yaml
pay: pag*, abon*, liquid*, ingres*, hacer un pago
```
`abon*` is every word that begins so, several words are a phrase. Words are compared by their sound, so that
what a recogniser misspells is found. Forty examples an intent name only some of the words that callers use;
a concept lends what was learnt of one word to its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dialogs.errors import FlowsInvalid, Problem
from dialogs.slots.words import plain, sound
from dialogs.source import read
from ivr.understanding.examples import CONCEPTS
from ivr.understanding.words import words_of_speech

LEAST_STEM = 2
"""Letters before the `*`; fewer would be half the language."""
MOST_STEM = 12
MOST_KNOWN = 20_000
"""Words whose concepts are kept at hand, however many strange ones are said."""
LEAST_FOLDED = 4
"""Letters of a word that is compared by its sound."""


def _heard(word: str, language: str) -> str:
    """By its sound, if it is long enough: in Catalan "va" would sound like "bé"."""
    return sound(word, language) if len(word) >= LEAST_FOLDED else word


def _begins(words: Sequence[str], at: int, phrase: Sequence[str]) -> bool:
    """Whether the phrase stands there; the last of it may be the beginning of a word (`vaig contract*`)."""
    end = at + len(phrase) - 1
    if end >= len(words):
        return False
    # The last word first: the first one is known to be right, and nearly all fail here.
    last, said = phrase[-1], words[end]
    if said != last and not (last[-1] == "*" and said.startswith(last[:-1])):
        return False
    return all(words[at + place] == phrase[place] for place in range(1, len(phrase) - 1))


@dataclass(frozen=True)
class Concepts:
    """Those of one language, ready to be found in a sentence."""

    language: str
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the sound of a whole word."""
    stems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the sound of a beginning."""
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = field(default_factory=dict)
    """By the first of their plain words; the last ends in `*` if it is the beginning of a word."""
    lines: tuple[tuple[str, str], ...] = ()
    """As they were read, so that a model can keep them."""
    problems: tuple[Problem, ...] = ()
    _known: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def within(self, words: Sequence[str]) -> Iterator[str]:
        """The concepts of a sentence in their order; `words` are plain."""
        for at, word in enumerate(words):
            for phrase, name in self.phrases.get(word, ()):
                if _begins(words, at, phrase):
                    yield name
            yield from self._of_word(word)

    def _of_word(self, word: str) -> tuple[str, ...]:
        """Those of a word by itself. The words that people say are few, and looked up once."""
        found = self._known.get(word)
        if found is None:
            heard = _heard(word, self.language)
            sizes = range(LEAST_STEM, min(len(heard), MOST_STEM) + 1)
            of_stems = (name for size in sizes for name in self.stems.get(heard[:size], ()))
            found = (*self.words.get(heard, ()), *of_stems)
            if len(self._known) < MOST_KNOWN:
                self._known[word] = found
        return found


def concepts_of(language: str, lines: Sequence[tuple[str, str]]) -> Concepts:
    """From (name, its words with commas between)."""
    words: dict[str, list[str]] = {}
    stems: dict[str, list[str]] = {}
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, listed in lines:
        for entry in (part.strip() for part in listed.split(",")):
            is_stem, said = entry.endswith("*"), tuple(words_of_speech(entry.rstrip("*"), language))
            if len(said) == 1:
                table = stems if is_stem else words
                table.setdefault(_heard(said[0], language), []).append(name)
            elif said:
                phrase = (*said[:-1], said[-1] + "*") if is_stem else said
                phrases.setdefault(said[0], []).append((phrase, name))
    return Concepts(
        language,
        {word: tuple(dict.fromkeys(names)) for word, names in words.items()},
        {stem: tuple(dict.fromkeys(names)) for stem, names in stems.items()},
        {first: tuple(found) for first, found in phrases.items()},
        tuple(lines),
    )


def read_concepts(folder: Path, language: str) -> Concepts:
    """Those in `folder`/concepts/`language`.yml; none if there is no file. Mistakes are in `problems`."""
    file = folder / CONCEPTS / f"{language}.yml"
    if not file.is_file():
        return Concepts(language)
    try:
        source = read(file, str(file.relative_to(folder)))
    except FlowsInvalid as invalid:
        return Concepts(language, problems=tuple(invalid.problems))
    content = source.content if isinstance(source.content, dict) else {}
    problems = [] if content else [source.problem((), "no concepts: write `pay: pag*, abon*`, one a line")]
    lines: list[tuple[str, str]] = []
    for name, listed in content.items():
        if not isinstance(listed, str):
            problems.append(source.problem((name,), "write its words with commas between: `pag*, abon*`"))
            continue
        for entry in (part.strip() for part in listed.split(",")):
            if len(plain(entry.rstrip("*"))) < LEAST_STEM and entry.endswith("*"):
                wrong = f"`{entry}` begins half the words there are: write more letters before the `*`"
                problems.append(source.problem((name,), wrong))
        lines.append((str(name), listed))
    return replace(concepts_of(language, lines), problems=tuple(problems))
