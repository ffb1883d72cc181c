"""What the studio is asked to record: every fixed sentence, part of a sentence and word of a value, once.

Texts that occur in several places are one row: a recording for one name is brought in for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dialogs.flow import FlowSet
from dialogs.spoken_regions import HOME
from dialogs.static import StudioLine, studio_lines
from dialogs.value_words import formats_in, texts_of_values
from speech.joining import VALUES, words_in
from speech.recorded import Recorded, same_words
from speech.studio_files import studio_file

Kind = Literal["sentence", "part", "word"]
State = Literal["missing", "recorded", "changed"]
_SECONDS_PER_SIGN = 0.065
"""Spanish and Catalan at 155 words a minute; for planning the studio's hours."""


@dataclass
class Wanted:
    """One row of the studio's list."""

    names: list[str]
    """Where the recording goes: paths below the studio's folder, without ending. The first is its name."""
    language: str
    text: str
    kind: Kind
    places: list[str]
    remarks: list[str] = field(default_factory=list)
    state: State = "missing"

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def seconds(self) -> float:
        """About how long it will be."""
        return round(max(0.3, len(self.text) * _SECONDS_PER_SIGN), 1)


def wanted(
    flows: FlowSet,
    studio: Path,
    *,
    languages: Sequence[str],
    currency: str,
    words: bool = True,
    region: str = HOME,
) -> list[Wanted]:
    """The rows in the order of the flows' pages, words of values last, as `region` says them. Raises
    `SoundUnreadable` for a broken index of recordings."""
    rows = _joined(_lines(flows, languages))
    if words:
        rows += _joined(_words(flows, languages, currency, region))
    index = Recorded(studio.resolve())
    for row in rows:
        row.state = _state(row, studio.resolve(), index)
    return rows


def _lines(flows: FlowSet, languages: Sequence[str]) -> Iterator[Wanted]:
    for line in studio_lines(flows):
        if line.language in languages:
            place = " / ".join(filter(None, (line.place.replace("_", " "), line.step, line.part)))
            yield Wanted(
                names=[_name(line.recording, line.language)],
                language=line.language,
                text=line.text,
                kind="part" if line.sentence else "sentence",
                places=[place],
                remarks=[_remark(line)] if line.sentence else [],
            )


def _name(recording: str, language: str) -> str:
    """Where the file lies. A name that a designer gave is the same in every language."""
    last = recording.rpartition("/")[2]
    own = last == language or last.startswith(f"{language}-")
    return recording if own else f"{language}/{recording}"


def _remark(line: StudioLine) -> str:
    sentence = line.sentence.strip()
    ends = sentence.rstrip("»”)\"' ").endswith(line.text.strip())
    how = "ends the sentence" if ends else "the sentence goes on: do not let the voice fall"
    return f"Part of: {sentence} ({how})"


def _words(flows: FlowSet, languages: Sequence[str], currency: str, region: str) -> Iterator[Wanted]:
    for language in languages:
        for form in formats_in(flows):
            for text in texts_of_values(form, language, currency, region=region):
                for word, file in words_in(text):
                    yield Wanted(
                        names=[f"{language}/{VALUES}/{file}"],
                        language=language,
                        text=word.lower() if len(word) > 1 else word,
                        kind="word",
                        places=[f"values / {form}"],
                        remarks=["A word of a number, amount or date: even voice, as in the middle of one"],
                    )


def _joined(rows: Iterable[Wanted]) -> list[Wanted]:
    """One row for each text, or for words that share a file."""
    found: dict[tuple[str, str], Wanted] = {}
    for row in rows:
        key = (row.language, row.name if row.kind == "word" else row.text)
        kept = found.setdefault(key, row)
        if kept is not row:
            kept.names += [name for name in row.names if name not in kept.names]
            kept.places += [place for place in row.places if place not in kept.places]
            kept.remarks += [remark for remark in row.remarks if remark not in kept.remarks]
            kept.kind = "sentence" if "sentence" in (kept.kind, row.kind) else kept.kind
    return list(found.values())


def _state(row: Wanted, studio: Path, index: Recorded) -> State:
    """`changed`: recorded with another text somewhere; `missing` wins over it."""
    states: set[State] = set()
    for name in row.names:
        file = studio_file(studio, name, row.language)
        if file is None:
            return "missing"
        entry = index.entry(file)
        differs = entry is not None and row.kind != "word" and not same_words(entry.text, row.text)
        states.add("changed" if differs else "recorded")
    return "changed" if "changed" in states else "recorded"
