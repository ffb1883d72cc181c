"""Training examples as designers write them: Rasa's `nlu.yml`, with the line of every sentence.

```yaml
version: "3.1"
nlu:
- intent: order_status
  examples: |
    - dónde está mi pedido [cuatro cinco siete uno](order_id)
    - no me llega [la tele]{"entity": "product", "value": "televisión"}
- synonym: televisión
  examples: |
    - la tele
```
The same files train every engine. What Rasa reads and this does not (look-up tables, regular expressions,
responses) is refused by name, so that nobody believes that it works.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from dialogs.errors import FlowsInvalid, Problem
from dialogs.slots.words import words_of
from dialogs.source import Source, nearest, read

FORMAT = "3.1"
"""Of Rasa's files of examples (Rasa 3.6)."""
OUT_OF_SCOPE = "out_of_scope"
"""The intent of what no flow answers; no caller is ever told that they meant it."""
HELD_BACK = "held_back"
"""The folder, beside those of the languages, of sentences that nothing trains on and nobody tunes with."""
DEVELOPMENT = "development"
"""The folder of sentences that nothing trains on, but that engines and examples are tuned with."""
APART = (DEVELOPMENT, HELD_BACK)
CONCEPTS = "concepts"
"""The folder of the words that mean nearly the same."""
LONGEST = 400
"""Letters of an example: nobody says more in one breath."""
_MARKED = re.compile(r"\[([^\]]+)\](?:\(([a-z_0-9]+)\)|(\{[^}]*\}))")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What an intent may be called."""


@dataclass(frozen=True)
class Marked:
    """What is marked in an example: letters `begin` to `end` of its text are the entity's value."""

    name: str
    value: str
    begin: int
    end: int


@dataclass(frozen=True)
class Example:
    """One sentence and what it means."""

    text: str
    intent: str
    file: str
    line: int
    marked: tuple[Marked, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """As they are compared."""
        return words_of(self.text)


@dataclass(frozen=True)
class Examples:
    """All of one language."""

    language: str
    sentences: tuple[Example, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """What people call it → its name."""
    problems: tuple[Problem, ...] = ()

    @property
    def intents(self) -> tuple[str, ...]:
        return tuple(sorted({example.intent for example in self.sentences}))


def read_examples(folder: Path, language: str) -> Examples:
    """The training examples of `folder`/`language`/*.yml. What is wrong in them is in `problems`."""
    return _read_all(language, sorted((folder / language).glob("*.yml")), folder)


def read_apart(folder: Path, language: str, which: str = HELD_BACK) -> Examples:
    """The sentences of that language that nothing trains on. `which`: `HELD_BACK` or `DEVELOPMENT`."""
    file = folder / which / f"{language}.yml"
    return _read_all(language, [file] if file.is_file() else [], folder)


def training_files(folder: Path, language: str) -> tuple[Path, ...]:
    """What the engines of that language are trained from; the concepts are the last."""
    concepts = folder / CONCEPTS / f"{language}.yml"
    return (*sorted((folder / language).glob("*.yml")), *([concepts] if concepts.is_file() else []))


def version_of(folder: Path, language: str) -> str:
    """What a model of the files as they are now is called: another one as soon as one changes.

    Raises `OSError`.
    """
    digest = sha256()
    for file in training_files(folder, language):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def languages_in(folder: Path) -> tuple[str, ...]:
    """Those that have training examples."""
    return tuple(sorted({file.parent.name for file in folder.glob("*/*.yml")} - {*APART, CONCEPTS}))


def _read_all(language: str, files: Sequence[Path], below: Path) -> Examples:
    sentences: list[Example] = []
    synonyms: dict[str, str] = {}
    problems: list[Problem] = []
    for file in files:
        shown = str(file.relative_to(below))
        try:
            source = read(file, shown)
        except FlowsInvalid as invalid:
            problems += invalid.problems
            continue
        reader = _File(source)
        reader.read()
        sentences += reader.sentences
        synonyms |= reader.synonyms
        problems += reader.problems
    return Examples(language, tuple(sentences), synonyms, tuple(problems))


class _File:
    """One file, read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.sentences: list[Example] = []
        self.synonyms: dict[str, str] = {}
        self.problems: list[Problem] = []

    def read(self) -> None:
        content = self._source.content
        blocks = content.get("nlu") if isinstance(content, dict) else None
        if not isinstance(blocks, list):
            self._wrong((), "no list of examples: begin with `nlu:` and `- intent: …`")
            return
        for key in content:
            if key not in ("version", "nlu"):
                self._wrong((key,), f"`{key}` is not read here: only `version` and `nlu` are")
        if str(content.get("version", FORMAT)) != FORMAT:
            self._wrong(("version",), f'Rasa\'s format {FORMAT} is read here: write `version: "{FORMAT}"`')
        for at, block in enumerate(blocks):
            self._block(at, block)

    def _wrong(self, way: tuple[str | int, ...], message: str) -> None:
        self.problems.append(self._source.problem(way, message))

    def _block(self, at: int, block: object) -> None:
        if not isinstance(block, dict):
            self._wrong(("nlu", at), "this is no block: write `- intent: …` with `examples: |` below")
            return
        kind = next((key for key in ("intent", "synonym") if key in block), "")
        unknown = [key for key in block if key not in ("intent", "synonym", "examples")]
        if unknown or not kind:
            odd = unknown[0] if unknown else "examples"
            hint = nearest(odd, ("intent", "synonym", "examples"))
            self._wrong(("nlu", at, odd), f"`{odd}` is not read here: {hint}")
            return
        name = block[kind]
        if not isinstance(name, str) or (kind == "intent" and not NAME.fullmatch(name)):
            self._wrong(("nlu", at, kind), "an intent's name is small letters, digits and _: rename it")
            return
        for line, text in self._lines(at, block.get("examples")):
            if kind == "synonym":
                self.synonyms[" ".join(words_of(text))] = name
            else:
                self._sentence(name, line, text)

    def _lines(self, at: int, examples: object) -> Iterator[tuple[int, str]]:
        way = ("nlu", at, "examples")
        if not isinstance(examples, str):
            self._wrong(way, "no examples: write `examples: |` and below it one `- …` a line")
            return
        first = self._source.place(way).line
        for line, text in enumerate(examples.splitlines(), first + 1):
            if not text.strip():
                continue
            if not text.startswith("- "):
                self._at(line, "an example begins with `- `: put it before the sentence")
            elif len(text) > LONGEST:
                self._at(line, f"more than {LONGEST} letters: nobody says that in one breath, split it")
            else:
                yield line, text[2:].strip()

    def _at(self, line: int, message: str) -> None:
        self.problems.append(Problem(self._source.file, line, 1, message))

    def _sentence(self, intent: str, line: int, written: str) -> None:
        text, marked, done = "", [], 0
        for found in _MARKED.finditer(written):
            text += written[done : found.start()]
            value, name = found.group(1), found.group(2)
            if not name:
                try:
                    told = json.loads(found.group(3))
                    name, value = str(told["entity"]), str(told.get("value", value))
                except (ValueError, KeyError, TypeError):
                    self._at(line, 'cannot read the entity: write [words]{"entity": "…", "value": "…"}')
                    return
            marked.append(Marked(name, value, len(text), len(text) + len(found.group(1))))
            text += found.group(1)
            done = found.end()
        text += written[done:]
        if any(sign in text for sign in "[]{}"):
            self._at(line, "a bracket without its partner: write [words](entity)")
        elif not words_of(text):
            self._at(line, "there is no word in it: remove the line")
        else:
            self.sentences.append(Example(text, intent, self._source.file, line, tuple(marked)))
