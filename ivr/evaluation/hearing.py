"""Items, heard as on a call: the line spoils them, end-pointing cuts them out, the engine and the slot judge.

Figures: *exact* is the share whose value came out, sure or to be confirmed. *Wrong and sure* is the share
that would go on with a wrong value and nobody asked. *Accepted* is the share of what is no answer that was
taken for one. Word errors are the edit distance between what was said and the first reading, by words said;
*sentences* is the share of first readings without one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

import gevent.pool
import numpy as np

from dialogs.results import Alternative, Heard, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.spoken import say_digits
from dialogs.universals import universal_phrases, wanted_instead
from ivr.evaluation.material import Item
from ivr.evaluation.spoiling import CONDITIONS
from speech.endpointing import Endpointer, SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted, TooLong
from speech.errors import SpeechError
from speech.recognizer import Hypothesis, Recognizer, Utterance
from speech.sound import FRAME_BYTES, SAMPLE_RATE, Samples, to_pcm

Outcome = Literal["right_sure", "right_check", "wrong_sure", "wrong_check", "rejected", "unheard", "failed"]

NOW = datetime(2026, 11, 23, 10, 0)
"""When the callers call."""
BEFORE, AFTER = 0.4, 2.0
"""Seconds of line before and after the words."""
ANSWER_WITHIN = 120.0
"""Seconds for one utterance: this measures what is heard, `wait` how long it took."""
LANGUAGES = ("es", "ca", "en")


@dataclass(frozen=True)
class Result:
    """What became of one item on one line."""

    item: Item
    condition: str
    outcome: Outcome
    said: str
    """The first reading."""
    value: str
    confidence: float
    wait: float
    """Seconds from the end of the words to the answer, as the engine took them here."""
    errors: int
    words: int


@dataclass
class Cell:
    """One row of the table: a set, a language, a line."""

    set: str
    language: str
    condition: str
    human: bool
    items: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    words: int = 0
    whole: int = 0
    """Sentences of which every word was read as it was said."""
    waits: list[float] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Counts one result."""
        self.items += 1
        self.outcomes[result.outcome] += 1
        self.errors += result.errors
        self.words += result.words
        self.whole += bool(result.words) and not result.errors
        self.waits.append(result.wait)

    @property
    def exact(self) -> float:
        """Share of right values."""
        return (self.outcomes["right_sure"] + self.outcomes["right_check"]) / self.items

    @property
    def wrong_sure(self) -> float:
        return self.outcomes["wrong_sure"] / self.items

    @property
    def accepted(self) -> float:
        """Share taken for an answer, whether it is asked back or not."""
        return (self.outcomes["wrong_sure"] + self.outcomes["wrong_check"]) / self.items

    @property
    def sentences(self) -> float:
        """Share of sentences that were read word for word."""
        return self.whole / self.items

    @property
    def word_errors(self) -> float:
        return self.errors / self.words if self.words else 0.0

    def report(self) -> dict[str, Any]:
        """For JSON."""
        waits = sorted(self.waits)
        return {
            "set": self.set,
            "language": self.language,
            "line": self.condition,
            "callers": "human" if self.human else "synthetic",
            "items": self.items,
            "exact": round(self.exact, 4),
            "wrong_sure": round(self.wrong_sure, 4),
            "accepted": round(self.accepted, 4),
            "sentences": round(self.sentences, 4),
            "word_errors": round(self.word_errors, 4),
            "outcomes": dict(self.outcomes),
            "wait_p50": round(waits[len(waits) // 2], 3),
            "wait_p95": round(waits[min(len(waits) - 1, int(len(waits) * 0.95))], 3),
        }


def spoilt(item: Item, condition: str, others: Sequence[Samples]) -> bytes:
    """The item's line: quiet, words, quiet, and what the line does to it; always the same."""
    seed = int.from_bytes(sha256(f"{item.name}/{condition}".encode()).digest()[:4], "big")
    chance = np.random.default_rng(seed)
    words = item.sound()
    hum = chance.normal(size=round((BEFORE + AFTER) * SAMPLE_RATE) + len(words)) * 3e-4
    start = round(BEFORE * SAMPLE_RATE)
    hum[start : start + len(words)] += words
    return to_pcm(CONDITIONS[condition](hum, chance, others))


def measure(
    recognizer: Recognizer,
    items: Sequence[Item],
    conditions: Sequence[str],
    *,
    parallel: int = 2,
    others: Callable[[str], Sequence[Samples]] = lambda _language: (),
    advance: Callable[[], None] = lambda: None,
) -> list[Result]:
    """Every item on every line, `parallel` at a time. `others`: others' speech by language, for babble."""

    def hear(work: tuple[Item, str]) -> Result:
        item, condition = work
        result = _heard(recognizer, item, condition, spoilt(item, condition, others(item.language)))
        advance()
        return result

    pool = gevent.pool.Pool(parallel)
    return list(pool.imap(hear, [(item, condition) for condition in conditions for item in items]))


def table(results: Iterable[Result]) -> list[Cell]:
    """The results by set, language, callers and line; lines of the same set stand together."""
    return _cells((result, result.condition) for result in results)


def paces(results: Iterable[Result]) -> list[Cell]:
    """The results of synthetic callers by set, language and how fast they speak, all lines together."""
    return _cells(
        (result, f"pace {result.item.pace:g}") for result in results if result.item.pace is not None
    )


def _cells(results: Iterable[tuple[Result, str]]) -> list[Cell]:
    """Grouped by set, language, callers and what is told beside each result."""
    groups: dict[tuple[str, str, bool], dict[str, Cell]] = {}
    for result, condition in results:
        item = result.item
        group = groups.setdefault((item.set, item.language, item.human), {})
        if condition not in group:
            group[condition] = Cell(item.set, item.language, condition, item.human)
        group[condition].add(result)
    return [cell for group in groups.values() for cell in group.values()]


def mistakes(results: Iterable[Result], most: int = 200) -> list[dict[str, Any]]:
    """What went wrong, the dangerous first: for whoever wants to mend it."""
    order = ("wrong_sure", "wrong_check", "rejected", "unheard", "failed")
    found: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        if not result.outcome.startswith("right") and not (
            result.outcome == "rejected" and not result.item.value
        ):
            found[result.outcome].append(result)
    listed = [result for outcome in order for result in found[outcome]]
    return [
        {
            **{key: value for key, value in asdict(result).items() if key in _SHOWN},
            "text": result.item.text,
            "wanted": result.item.value,
            "speaker": result.item.speaker,
        }
        for result in listed[:most]
    ]


_SHOWN = ("condition", "outcome", "said", "value", "confidence")


def _heard(recognizer: Recognizer, item: Item, condition: str, line: bytes) -> Result:
    try:
        heard = recognised(recognizer, item, line)
    except SpeechError as fault:
        return _result(item, condition, "failed", str(fault))
    if heard is None:
        # Silence where nothing was to be heard is as it should be.
        return _result(item, condition, "rejected" if not item.value else "unheard")
    given = Heard(tuple(Alternative(reading.text, reading.confidence) for reading in heard.readings))
    answer = judged(item, given)
    said = heard.readings[0].text if heard.readings else ""
    wait = heard.wait_seconds
    if isinstance(answer, NoMatch) or answer.band == "unsure":
        return _result(item, condition, "rejected", said, wait=wait)
    right = "right" if answer.value == item.value else "wrong"
    outcome: Outcome = f"{right}_{'sure' if answer.band == 'sure' else 'check'}"  # type: ignore[assignment] # one of four
    return _result(item, condition, outcome, said, answer.value, answer.confidence, wait)


def _result(
    item: Item,
    condition: str,
    outcome: Outcome,
    said: str = "",
    value: str = "",
    confidence: float = 0.0,
    wait: float = 0.0,
) -> Result:
    wanted, got = in_words(item.text, item.language), in_words(said, item.language)
    errors = edits(wanted, got) if item.value else 0
    return Result(
        item, condition, outcome, said, value, confidence, wait, errors, len(wanted) if item.value else 0
    )


def recognised(recognizer: Recognizer, item: Item, line: bytes) -> Hypothesis | None:
    """The first utterance on the line, as a question would hear it; None: no speech was heard."""
    kind, language = item.kind, item.language
    expected = () if kind.free_speech else (*kind.phrases(language), *universal_phrases(language, LANGUAGES))
    phrases = dict.fromkeys(phrase.lower() for phrase in expected)
    endpointer = Endpointer(
        final_silence=kind.final_silence, initial_timeout=None, longest=kind.longest_utterance
    )
    utterance: Utterance | None = None
    try:
        for place in range(0, len(line) // FRAME_BYTES * FRAME_BYTES, FRAME_BYTES):
            frame = line[place : place + FRAME_BYTES]
            if utterance is not None:
                utterance.feed(frame)
            for event in endpointer.push(frame):
                match event:
                    case SpeechStarted(audio=beginning):
                        words = kind.words(language)
                        utterance = recognizer.open(language=language, phrases=tuple(phrases), words=words)
                        utterance.feed(beginning)
                    case SpeechPaused() if utterance is not None:
                        utterance.pause()
                    case SpeechResumed() if utterance is not None:
                        utterance.resume()
                    case SpeechEnded() | TooLong() if utterance is not None:
                        return utterance.finish(ANSWER_WITHIN)
        return utterance.finish(ANSWER_WITHIN) if utterance is not None else None
    finally:
        if utterance is not None:
            utterance.cancel()


def judged(item: Item, given: Heard) -> Match | NoMatch:
    """As a question judges (`dialogs.nodes.question`)."""
    own = item.kind.judge(given, Asking(item.language, NOW))
    return wanted_instead(own, given, item.language, LANGUAGES, one_key=False) or own


def in_words(text: str, language: str) -> list[str]:
    """Lower-case words without signs; digits that stand as such are said one by one."""
    plain = re.sub(r"[^\w\s'’·-]", " ", text.lower())
    words: list[str] = []
    for word in plain.replace("-", " ").split():
        words += say_digits(word, language).replace(",", "").split() if word.isdecimal() else [word]
    return words


def edits(wanted: Sequence[str], got: Sequence[str]) -> int:
    """Words to insert, remove or replace (Levenshtein)."""
    row = list(range(len(got) + 1))
    for i, one in enumerate(wanted, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
    return row[-1]
