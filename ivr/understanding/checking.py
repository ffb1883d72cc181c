"""What is wrong with training examples, each with file and line.

Rules:
1. The same words under one intent twice teach nothing; under two intents they teach the opposite.
2. A sentence that is held back, or of the development set, must not be one that was trained on: it shares at
   most `MOST_SHARED` of its words with any example of its intent. None is held back that is tuned with.
3. Few examples make a bad intent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dialogs.errors import Problem
from ivr.understanding.concepts import Concepts
from ivr.understanding.examples import OUT_OF_SCOPE, Example, Examples

ENOUGH = 20
"""Examples of an intent below which it is noted; forty make a good one."""
MOST_SHARED = 0.6
"""Share of a held-back sentence's words that an example of its intent may have too."""


def problems_of(examples: Examples, apart: Sequence[Examples], concepts: Concepts) -> list[Problem]:
    """All of one language, in the order of files and lines. `apart`: the sets that nothing trains on."""
    found = [*examples.problems, *concepts.problems]
    found += _twice(examples)
    found += _few(examples)
    for kept in apart:
        found += kept.problems
        found += _shared(examples, kept)
        found += _strange(examples, kept)
    found += _in_both(apart)
    return sorted(found, key=lambda problem: (problem.file, problem.line))


def _at(example: Example, message: str) -> Problem:
    return Problem(example.file, example.line, 1, message)


def _twice(examples: Examples) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], Example] = {}
    for example in examples.sentences:
        first = seen.setdefault(example.words, example)
        if first is example:
            continue
        where = f"{first.file}:{first.line}"
        if first.intent == example.intent:
            yield _at(example, f"`{example.text}` stands at {where} already: remove one")
        else:
            what = f"`{example.text}` is `{example.intent}` here and `{first.intent}` at {where}"
            yield _at(example, f"{what}: decide for one")


def _few(examples: Examples) -> Iterator[Problem]:
    counted = Counter(example.intent for example in examples.sentences)
    for example in examples.sentences:
        count = counted.pop(example.intent, ENOUGH)
        if count < ENOUGH:
            what = f"`{example.intent}` has {count} examples"
            yield _at(example, f"{what}: write {ENOUGH} or more, as different as callers are")


def _shared(examples: Examples, kept: Examples) -> Iterator[Problem]:
    """Told of the example, and without the sentence that is kept apart: who reads it would tune by it."""
    by_intent: dict[str, list[frozenset[str]]] = {}
    for one in kept.sentences:
        by_intent.setdefault(one.intent, []).append(frozenset(one.words))
    for example in examples.sentences:
        words = frozenset(example.words)
        share = max((len(held & words) / len(held) for held in by_intent.get(example.intent, ())), default=0)
        if share > MOST_SHARED:
            what = f"`{example.text}` has {share:.0%} of the words of a sentence in {kept.sentences[0].file}"
            yield _at(example, f"{what}: nothing that is trained on may be tested with, leave it out")


def _strange(examples: Examples, held_back: Examples) -> Iterator[Problem]:
    known = {*examples.intents, OUT_OF_SCOPE}
    told: set[str] = set()
    for held in held_back.sentences:
        if held.intent not in known and held.intent not in told:
            told.add(held.intent)
            yield _at(held, f"`{held.intent}` has no training examples: write some, or remove these")


def _in_both(apart: Sequence[Examples]) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], Example] = {}
    for kept in apart:
        for held in kept.sentences:
            first = seen.setdefault(held.words, held)
            if first.file != held.file:
                what = f"`{held.text}` stands at {first.file}:{first.line} too"
                yield _at(held, f"{what}: what is tuned with measures nothing, write it otherwise")
