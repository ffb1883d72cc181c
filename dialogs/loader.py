"""Reads flow files into a `FlowSet`, with all their mistakes at once.

Reading goes file → YAML with places (`source`) → schema of each node (`nodes`) → the rules of the language
(`check`). Nothing is executed, and a set with any mistake is not given out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dialogs.asides import Asides
from dialogs.catalogue import Catalogue
from dialogs.check import check_set, sensitive_names, value_types
from dialogs.check_languages import misplaced
from dialogs.check_words import Extent
from dialogs.errors import FlowsInvalid, Problem
from dialogs.figures import truths
from dialogs.flow import Consent, Flow, FlowSet, Name, Purpose, Retries
from dialogs.linked import Linked
from dialogs.misread import explain, told_once, truth_for_a_number
from dialogs.prompts import Words
from dialogs.segments.checking import Around, check_segments, check_shortcuts
from dialogs.segments.reading import FILE as SEGMENTS
from dialogs.segments.reading import find_segments, read_rules, sound_parts
from dialogs.source import Source, capped, named_below, nearest, read
from dialogs.steps import read_steps
from dialogs.wording import LANGUAGES, languages_with_wording

ENDING = ".flow.yaml"
MOST_STEPS = 2000


class FlowHead(BaseModel):
    """The keys of a flow file."""

    model_config = ConfigDict(extra="forbid")
    flow: Name = Field(description="The flow's name, which is also the file's")
    summary: str = Field("", description="What it does, in a sentence")
    languages: list[str] = Field(min_length=1, description="The languages that every prompt is written in")
    person: Name = Field(description="The step, or the queue, that a caller reaches who wants a person")
    retries: Retries = Field(
        default_factory=Retries, description="How often questions are asked again; two of each"
    )
    recording_notice: Words | None = Field(
        None, description="What callers hear before a call that begins here is recorded"
    )
    recording_consent: Consent | None = Field(
        None, description="`ask`: the notice is a question, and only a yes starts the recording"
    )
    purpose: Purpose | None = Field(
        None, description="What it calls people for: in a `collection` no debt is told before a `verify`"
    )
    asides: Asides | None = Field(
        None, description="What callers may want in the middle of a question, and how they come back to it"
    )
    objection: Name | None = Field(
        None,
        description="The step for whoever is called and wants no more calls, from any question and sentence",
    )
    steps: list[Any] = Field(min_length=1, max_length=MOST_STEPS)


def flow_files(paths: Iterable[Path]) -> list[Path]:
    """The flow files that the paths name: files as they are, folders with all that is in them, sorted."""
    files: dict[Path, None] = {}
    for path in paths:
        found = named_below(path, ENDING) if path.is_dir() else [path] if path.name != SEGMENTS else []
        files.update(dict.fromkeys(found))
    return list(files)


def load_flows(
    paths: Iterable[Path], catalogue: Catalogue, *, extra_languages: Sequence[str] = ()
) -> FlowSet:
    """Loads and checks flows. Raises `FlowsInvalid` with every problem of every file."""
    flows, problems = read_flows(paths, catalogue, extra_languages=extra_languages)
    if problems:
        raise FlowsInvalid(problems)
    return flows


def read_flows(
    paths: Iterable[Path],
    catalogue: Catalogue,
    *,
    extra_languages: Sequence[str] = (),
    part_of: Linked | None = None,
) -> tuple[FlowSet, list[Problem]]:
    """The flows that can be read at all, and every problem: for `ivr check` and editors.

    `part_of`: what else lies there and is not read. The segments, which speak of all flows, are not checked.
    """
    paths = list(paths)
    files = flow_files(paths)
    sources: list[Source] = []
    problems: list[Problem] = []
    version = hashlib.sha256()
    lost = False
    for file in files:
        try:
            source = read(file)
        except FlowsInvalid as fault:
            problems += fault.problems
            lost = True
            continue
        sources.append(source)
        version.update(repr(source.content).encode())
    segments, unread = find_segments(paths if part_of is None else part_of.named)
    problems += unread
    if segments is not None:
        version.update(repr(segments.content).encode())
    if not files:
        problems.append(Problem("", 1, 1, f"there is no flow file (`*{ENDING}`): name a file or a folder"))
    flows, wrong = assemble(
        sources,
        catalogue,
        extra_languages=extra_languages,
        complete=not lost,
        segments=segments,
        segments_lost=segments is None and bool(unread),
        part_of=part_of,
    )
    return (
        replace(flows, version=version.hexdigest()[:16]),
        sorted({*problems, *wrong}),
    )


def assemble(
    sources: Iterable[Source],
    catalogue: Catalogue,
    *,
    extra_languages: Sequence[str] = (),
    complete: bool = True,
    segments: Source | None = None,
    segments_lost: bool = False,
    part_of: Linked | None = None,
) -> tuple[FlowSet, list[Problem]]:
    """From read sources to a set and its problems. `complete`: there is no file beside these;
    `segments_lost`: there are segments, which could not be read, so that nobody knows what they name;
    `part_of`: as for `read_flows`."""
    readable = _Readable()
    for source in sources:
        readable.add(source, (*LANGUAGES, *extra_languages))
    flows, problems = readable.flows, readable.problems
    complete = complete and readable.complete
    rules, misshapen = read_rules(segments)
    problems += misshapen
    types, sensitive = value_types(flows, catalogue), sensitive_names(flows)
    there = frozenset[str]() if part_of is None else part_of.names - flows.keys()
    found = FlowSet(flows, types, sensitive, catalogue=catalogue, segments=rules, beside=there)
    extent = Extent(complete, complete and readable.sound, complete and readable.whole)
    wrong = check_set(found, catalogue, extent=extent)
    # Whoever misspells a language has written the texts in the one that is meant.
    problems += [one for one in wrong if one.file not in readable.misnamed or _SPEAKS_NOT not in one.message]
    # What is sound is checked, too: one run tells all the mistakes.
    parts = sound_parts(segments) if misshapen and segments is not None else (rules, frozenset[int | str]())
    if parts is None:
        return found, problems
    problems += check_shortcuts(parts[0], flows) if not segments_lost else ()
    if segments is not None and part_of is None:
        around = Around(flows, catalogue, extent.whole)
        problems += check_segments(parts[0], segments, around, unread=parts[1])
    return found, problems


@dataclass
class _Readable:
    """The flows of some sources by their names, and how far they could be read."""

    flows: dict[str, Flow] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    misnamed: set[str] = field(default_factory=set)
    """Files that name a language which there is not."""
    complete: bool = True
    """Of each file there is a flow."""
    sound: bool = True
    """Every flow's own keys are as they should be."""
    whole: bool = True
    """Every step is, too."""

    def add(self, source: Source, languages: Sequence[str]) -> None:
        """One more; of two flows of one name the second is left out, and told."""
        flow, head, steps = _flow(source, languages)
        self.misnamed |= {one.file for one in head if one.message.startswith(_UNKNOWN_LANGUAGE)}
        self.problems += [*head, *steps]
        self.complete = self.complete and flow is not None
        self.sound = self.sound and not head
        self.whole = self.whole and not (head or steps)
        if flow is None:
            return
        if flow.name in self.flows:
            told = f"`{flow.name}` is also the name of {self.flows[flow.name].source.file}: rename one"
            self.problems.append(source.problem(("flow",), told))
        else:
            self.flows[flow.name] = flow


def _flow(source: Source, languages: Sequence[str]) -> tuple[Flow | None, list[Problem], list[Problem]]:
    """The flow, if there is enough of one; the problems of its head, and of its steps."""
    content = source.content
    if not isinstance(content, dict):
        return None, [source.problem((), "this is no flow: begin with `flow: name`")], []
    try:
        head = FlowHead.model_validate(content)
    except ValidationError as fault:
        known = list(FlowHead.model_fields)
        told = told_once(fault.errors())
        wrong = capped((explain(source, (), error, known, model=FlowHead) for error in told), source)
        return None, wrong, capped(read_steps(source, content.get("steps")).problems, source)
    steps = read_steps(source, head.steps)
    problems = [truth_for_a_number(source, (), at, FlowHead) for at in truths(FlowHead, content)]
    problems += [*_languages(source, head.languages, languages), *_notice(source, head)]
    expected = Path(source.file).name.removesuffix(ENDING)
    if Path(source.file).name.endswith(ENDING) and expected != head.flow:
        problems.append(
            source.problem(
                ("flow",), f"the flow is called `{head.flow}` and its file `{expected}`: rename one"
            )
        )
    flow = Flow(
        head.flow,
        head.summary,
        tuple(dict.fromkeys(_code(one) for one in head.languages if _code(one) in languages)) or ("es",),
        head.person,
        head.retries,
        steps.steps,
        steps.ways,
        source,
        steps.unread,
        steps.unread_words,
        steps.doubles,
        head.recording_notice,
        head.recording_consent or "tell",
        head.purpose,
        head.asides,
        head.objection,
    )
    return (flow if flow.steps else None), problems, capped(steps.problems, source)


_UNKNOWN_LANGUAGE = "unknown language"
_SPEAKS_NOT = "the flow does not speak"
_NAMES: Mapping[str, str] = {
    "es": "español espanol castellano spanish espanyol castellà esp es-es spa",
    "ca": "catalán catalan català catala valenciano valencià cat ca-es",
    "en": "inglés ingles anglès angles english ing eng en-gb en-us",
}
"""What languages are called where a code of two letters is meant."""


def _code(language: str) -> str:
    """The code of a language that is called by its name; else what is written."""
    named = language.lower()
    return next((code for code, names in _NAMES.items() if named in (code, *names.split())), language)


def _languages(source: Source, declared: Sequence[str], known: Sequence[str]) -> Iterator[Problem]:
    ready = languages_with_wording()
    for at, language in enumerate(declared):
        if language not in known or language not in ready:
            remedy = f"write `{_code(language)}`" if _code(language) in known else nearest(language, known)
            yield source.problem(("languages", at), f"{_UNKNOWN_LANGUAGE} `{language}`: {remedy}")
        elif language in declared[:at]:
            yield source.problem(("languages", at), f"`{language}` stands twice: remove one")


def _notice(source: Source, head: FlowHead) -> Iterator[Problem]:
    words, way = head.recording_notice, ("recording_notice",)
    if words is None:
        if head.recording_consent is not None:
            yield source.problem(
                ("recording_consent",), "there is nothing to agree to: add `recording_notice: {…}`"
            )
        return
    spoken = dict.fromkeys(map(_code, head.languages))
    for language in spoken:
        if language not in words:
            yield source.problem(way, f'no text in `{language}`: add `{language}: "…"`')
    for language, message in misplaced(words):
        yield source.problem((*way, language), message)
    for language, text in words.items():
        if language not in spoken:
            remedy = nearest(language, spoken)
            yield source.problem(
                (*way, language), f"the flow does not speak `{language}`: {remedy}, or add it above"
            )
        if not text.fixed:
            yield source.problem(
                (*way, language), f"the notice is the same for everybody: take out `{{{text.names[0]}}}`"
            )
