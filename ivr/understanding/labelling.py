"""The file between "not understood" and the examples: the designer writes an intent to each group.

```yaml
es:
- intent:                 # one of the examples' intents, `out_of_scope`, a new one; empty: not decided yet
  likeliest: order_status
  said: 12
  examples: |
    - por dónde anda lo que compré
```
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dialogs.errors import Problem
from dialogs.slots.words import words_of
from dialogs.source import Source, read
from ivr.understanding.examples import NAME, Examples
from ivr.understanding.features import NUMBER
from ivr.understanding.masking import MASK
from ivr.understanding.unheard import Group

LEARNT = "learnt.yml"
"""The examples' file, in the folder of their language, of what was labelled."""
HEAD = (
    "# What callers said that was not understood. Write an intent behind `intent:` (one that there is,\n"
    "# a new one, or out_of_scope), correct the sentences, take out what is none.\n"
    "# Then: ivr nlu label THIS_FILE\n"
)


def written(groups: Mapping[str, Sequence[tuple[Group, str]]]) -> str:
    """The file: language → groups, each with the likeliest intent."""
    text = HEAD
    for language, found in groups.items():
        text += f"{language}:\n" if found else f"{language}: []\n"
        for group, likeliest in found:
            text += f"- intent:\n  likeliest: {likeliest}\n  said: {group.count}\n  examples: |\n"
            text += "".join(f"    - {sentence}\n" for sentence in group.sentences)
    return text


@dataclass
class Labelled:
    """What a labelled file brings: by language, intent → sentences."""

    new: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    undecided: int = 0
    """Groups without an intent."""
    known: list[Problem] = field(default_factory=list)
    """Sentences that stand in the examples already, under the same intent: nothing is taken twice."""
    problems: list[Problem] = field(default_factory=list)
    """What keeps the file from being taken."""


def labelled(file: Path, examples: Mapping[str, Examples]) -> Labelled:
    """Reads a labelled file against the examples that there are. Raises `FlowsInvalid`: it is no YAML."""
    source = read(file, file.name)
    found = Labelled()
    content = source.content if isinstance(source.content, dict) else {}
    if not content:
        found.problems.append(source.problem((), "nothing is in it: write it with ivr nlu learn"))
    for language, groups in content.items():
        if language not in examples or not isinstance(groups, list):
            found.problems.append(source.problem((language,), "no language that has examples: remove it"))
            continue
        reader = _Reader(source, str(language), examples[language], found)
        for at, group in enumerate(groups):
            reader.group(at, group)
    return found


class _Reader:
    """The groups of one language."""

    def __init__(self, source: Source, language: str, examples: Examples, found: Labelled) -> None:
        self._source, self._language, self._found = source, language, found
        self._have = {one.words: one for one in examples.sentences}
        self._taken: dict[tuple[str, ...], str] = {}

    def group(self, at: int, group: object) -> None:
        way = (self._language, at)
        intent = group.get("intent") if isinstance(group, dict) else None
        if intent is None or not isinstance(group, dict):
            self._found.undecided += 1
            return
        if not isinstance(intent, str) or not NAME.fullmatch(intent):
            what = "an intent's name is small letters, digits and _: rename it"
            self._found.problems.append(self._source.problem((*way, "intent"), what))
            return
        first = self._source.place((*way, "examples")).line
        for line, text in enumerate(str(group.get("examples", "")).splitlines(), first + 1):
            self._sentence(intent, line, text.removeprefix("- ").strip())

    def _sentence(self, intent: str, line: int, text: str) -> None:
        words, old = words_of(text), self._have.get(words_of(text))
        wrong = ""
        if not words:
            return
        if MASK in text or NUMBER in text:
            wrong = f"`{text}` has something masked in it: write any word there, or take it out"
        elif old is not None and old.intent != intent:
            wrong = f"`{text}` is `{intent}` here and `{old.intent}` at {old.file}:{old.line}: decide for one"
        elif self._taken.get(words, intent) != intent:
            wrong = f"`{text}` is `{intent}` here and `{self._taken[words]}` above: decide for one"
        if wrong:
            self._found.problems.append(Problem(self._source.file, line, 1, wrong))
        elif old is not None or words in self._taken:
            there = Problem(self._source.file, line, 1, f"`{text}` is there already: left out")
            self._found.known.append(there)
        else:
            self._taken[words] = intent
            self._found.new.setdefault(self._language, {}).setdefault(intent, []).append(text)


def take_in(folder: Path, language: str, new: Mapping[str, Sequence[str]]) -> Path:
    """Adds the sentences to the language's file of what was learnt; whole or not at all. Raises `OSError`."""
    file = folder / language / LEARNT
    text = file.read_text("utf-8") if file.is_file() else 'version: "3.1"\n# Learnt from callers.\nnlu:\n'
    text = text.rstrip("\n") + "\n"
    for intent, sentences in new.items():
        text += f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {one}\n" for one in sentences)
    beside = file.with_name(f".{LEARNT}.new")
    beside.write_text(text, "utf-8")
    beside.replace(file)
    return file
