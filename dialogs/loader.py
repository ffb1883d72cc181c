"""Reads flow files into a `FlowSet`, with all their mistakes at once.

Reading goes file → YAML with places (`source`) → schema of each node (`nodes`) → the rules of the language
(`check`). Nothing is executed, and a set with any mistake is not given out.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from dialogs.catalogue import Catalogue
from dialogs.check import check_set, sensitive_names, value_types
from dialogs.check_languages import misplaced
from dialogs.check_words import Extent
from dialogs.errors import FlowsInvalid, Problem
from dialogs.flow import Consent, Flow, FlowSet, Name, Retries
from dialogs.misread import explain
from dialogs.nodes import NODES
from dialogs.nodes.ask import Ask, unknown_kind
from dialogs.nodes.step import Step
from dialogs.nodes.unread import unread_step
from dialogs.prompts import Words
from dialogs.segments.checking import Around, check_segments, check_shortcuts
from dialogs.segments.reading import FILE as SEGMENTS
from dialogs.segments.reading import find_segments, read_rules, sound_parts
from dialogs.slots import KINDS
from dialogs.source import Source, nearest, read
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
    steps: list[Any] = Field(min_length=1, max_length=MOST_STEPS)


def flow_files(paths: Iterable[Path]) -> list[Path]:
    """The flow files that the paths name: files as they are, folders with all that is in them, sorted."""
    files: dict[Path, None] = {}
    for path in paths:
        found = sorted(path.rglob(f"*{ENDING}")) if path.is_dir() else [path] if path.name != SEGMENTS else []
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
    paths: Iterable[Path], catalogue: Catalogue, *, extra_languages: Sequence[str] = ()
) -> tuple[FlowSet, list[Problem]]:
    """The flows that can be read at all, and every problem: for `ivr check` and editors."""
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
    segments, unread = find_segments(paths)
    problems += unread
    if segments is not None:
        version.update(repr(segments.content).encode())
    if not files:
        problems.append(Problem("", 1, 1, f"there is no flow file (`*{ENDING}`): name a file or a folder"))
    flows, wrong = assemble(
        sources, catalogue, extra_languages=extra_languages, complete=not lost, segments=segments
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
) -> tuple[FlowSet, list[Problem]]:
    """From read sources to a set and its problems. `complete`: there is no file beside these."""
    flows: dict[str, Flow] = {}
    problems: list[Problem] = []
    heads = True
    whole = True
    for source in sources:
        flow, head, steps = _flow(source, (*LANGUAGES, *extra_languages))
        problems += [*head, *steps]
        complete = complete and flow is not None
        heads = heads and not head
        whole = whole and not (head or steps)
        if flow is None:
            continue
        if flow.name in flows:
            other = flows[flow.name].source.file
            problems.append(
                source.problem(("flow",), f"`{flow.name}` is also the name of {other}: rename one")
            )
            continue
        flows[flow.name] = flow
    rules, misshapen = read_rules(segments)
    problems += misshapen
    types, sensitive = value_types(flows, catalogue), sensitive_names(flows)
    found = FlowSet(flows, types, sensitive, catalogue=catalogue, segments=rules)
    extent = Extent(complete, complete and heads, complete and whole)
    problems += check_set(found, catalogue, extent=extent)
    read = (rules, frozenset[int | str]())
    if misshapen and segments is not None:
        # What is sound is checked, too: one run tells all the mistakes.
        parts = sound_parts(segments)
        if parts is None:
            return found, problems
        read = parts
    problems += check_shortcuts(read[0], flows)
    if segments is not None:
        around = Around(flows, catalogue, extent.whole)
        problems += check_segments(read[0], segments, around, unread=read[1])
    return found, problems


def _flow(source: Source, languages: Sequence[str]) -> tuple[Flow | None, list[Problem], list[Problem]]:
    """The flow, if there is enough of one; the problems of its head, and of its steps."""
    content = source.content
    if not isinstance(content, dict):
        return None, [source.problem((), "this is no flow: begin with `flow: name`")], []
    try:
        head = FlowHead.model_validate(content)
    except ValidationError as fault:
        wrong = [explain(source, (), error, list(FlowHead.model_fields)) for error in fault.errors()]
        return None, wrong, _steps(source, content.get("steps")).problems
    read_steps = _steps(source, head.steps)
    problems = [*_languages(source, head.languages, languages), *_notice(source, head)]
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
        tuple(dict.fromkeys(one for one in head.languages if one in languages)) or ("es",),
        head.person,
        head.retries,
        read_steps.steps,
        read_steps.ways,
        source,
        read_steps.unread,
        read_steps.unread_words,
        read_steps.doubles,
        head.recording_notice,
        head.recording_consent or "tell",
    )
    return (flow if flow.steps else None), problems, read_steps.problems


def _languages(source: Source, declared: Sequence[str], known: Sequence[str]) -> Iterator[Problem]:
    ready = languages_with_wording()
    for at, language in enumerate(declared):
        if language not in known or language not in ready:
            yield source.problem(
                ("languages", at), f"unknown language `{language}`: {nearest(language, known)}"
            )
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
    for language in dict.fromkeys(head.languages):
        if language not in words:
            yield source.problem(way, f'no text in `{language}`: add `{language}: "…"`')
    for language, message in misplaced(words):
        yield source.problem((*way, language), message)
    for language, text in words.items():
        if language not in head.languages:
            remedy = nearest(language, head.languages)
            yield source.problem(
                (*way, language), f"the flow does not speak `{language}`: {remedy}, or add it above"
            )
        if not text.fixed:
            yield source.problem(
                (*way, language), f"the notice is the same for everybody: take out `{{{text.names[0]}}}`"
            )


class _Steps(NamedTuple):
    steps: dict[str, Step]
    ways: dict[str, tuple[str | int, ...]]
    unread: Mapping[str, str]
    unread_words: frozenset[str]
    problems: list[Problem]
    doubles: int


def _steps(source: Source, listed: Any) -> _Steps:
    steps: dict[str, Step] = {}
    ways: dict[str, tuple[str | int, ...]] = {}
    problems: list[Problem] = []
    unread: dict[str, str] = {}
    words: set[str] = set()
    doubles = 0
    for at, keys in enumerate(listed if isinstance(listed, list) else []):
        way = ("steps", at)
        step, wrong = _one_step(source, way, keys)
        problems += wrong
        if step is None:
            lost = any("is missing: add" in problem.message for problem in wrong)
            unknown = unread_step(names=_names_in(keys, at), words=_words_in(keys), lost=lost)
            steps[f"@{at + 1}"], ways[f"@{at + 1}"] = unknown, way
            unread.update(dict.fromkeys(unknown.names, f"@{at + 1}"))
            words |= unknown.words
            continue
        name = step.id or step.own_name(at + 1)
        if name in steps:
            doubles += 1
            line = source.place(ways[name]).line
            problems.append(
                source.problem(
                    way, f"two steps are called `{name}` (the other in line {line}): give one an `id`"
                )
            )
            unknown = unread_step(names=set(), words=_words_in(keys), lost=False)
            steps[f"@{at + 1}"], ways[f"@{at + 1}"] = unknown, way
            words |= unknown.words
            continue
        steps[name], ways[name] = step, way
    return _Steps(steps, ways, unread, frozenset(words), problems, doubles)


def _names_in(keys: Any, at: int) -> set[str]:
    """What a step that could not be read may be called, so that its name is not reported as missing."""
    if not isinstance(keys, dict):
        return _words_in(keys)
    names: set[str] = set()
    for key, value in keys.items():
        node = key if key in NODES else next(iter(difflib.get_close_matches(key.lower(), NODES, n=1)), "")
        if node:
            names.add(f"{node}_{at + 1}")
        if isinstance(value, str) and (key == "id" or node):
            names |= {value, value.lower(), f"{node}_{value}", re.sub(r"[^a-z0-9]+", "_", value.lower())}
    return names


def _words_in(value: Any) -> set[str]:
    """Every word in the keys and texts of a step, as a name would be written."""
    if isinstance(value, dict):
        return _words_in([*value, *value.values()])
    if isinstance(value, list):
        return set().union(*map(_words_in, value))
    text = str(value).lower()
    return {*re.findall(r"[a-z][a-z0-9_]*", text), re.sub(r"[^a-z0-9]+", "_", text)}


def _one_step(source: Source, way: tuple[str | int, ...], keys: Any) -> tuple[Step | None, list[Problem]]:
    if not isinstance(keys, dict):
        return None, [source.problem(way, "a step is a list of keys: write `- say: …`, `- ask: …`")]
    types = [key for key in keys if key in NODES]
    # `say` is a node of its own, and also what a queue says first.
    if len(types) > 1:
        types = [
            key
            for key in types
            if not any(key in NODES[other].model_fields for other in types if other != key)
        ]
    if len(types) != 1:
        return None, [_no_type(source, way, keys, types)]
    node = NODES[types[0]]
    prepared, wrong = node.prepare(keys)
    known = _known_keys(node, keys)
    problems = [explain(source, way, error, _known_at(error, keys, known)) for error in wrong]
    unknown = unknown_kind(keys) if node is Ask else None
    if unknown:
        return None, [*problems, source.problem((*way, "type"), unknown)]
    meanings = {field.alias or key: field.description or "" for key, field in node.model_fields.items()}
    try:
        step = node.model_validate(prepared)
    except ValidationError as fault:
        problems += [
            explain(source, way, error, known, meanings)
            for error in fault.errors()
            if error["loc"] != ("kind",)
        ]
        return None, problems
    problems += _empty(source, way, keys)
    return (None if problems else step), problems


def _empty(source: Source, way: tuple[str | int, ...], keys: Mapping[str, Any]) -> list[Problem]:
    """Keys without a value: for the model they are not there, and whoever wrote them meant something."""
    return [
        source.problem((*way, key), f"`{key}` is empty: write its value, or remove the key")
        for key, value in keys.items()
        if value is None
    ]


def _known_at(error: ErrorDetails, keys: Mapping[str, Any], known: list[str]) -> list[str]:
    """The keys that are known where the error is: in a form's slot, those of an `ask`."""
    match error["loc"]:
        case ("slots", int(at), *_) if isinstance(keys["slots"][at], dict):
            return _known_keys(Ask, keys["slots"][at])
    return known


def _known_keys(node: type[Step], keys: Mapping[str, Any]) -> list[str]:
    known = [field.alias or name for name, field in node.model_fields.items() if name != "kind"]
    kind = KINDS.get(str(keys.get("type"))) if node is Ask else None
    return [*known, *(kind.model_fields if kind else ())]


_OTHERS_SAY = {
    "say": "text play speak message_text decir tts",
    "ask": "question input collect gather pregunta",
    "menu": "options opciones choices buttons",
    "branch": "if switch condition decision",
    "lookup": "api request query fetch http",
    "hangup": "end hang_up stop exit colgar",
    "transfer": "transfer_to forward",
    "queue": "agent person human",
}
"""What other tools, and other languages, call a step."""
_GO_ON = frozenset({"goto", "go_to", "go", "next", "jump", "ir_a"})
"""What other tools have a step for."""


def _no_type(
    source: Source, way: tuple[str | int, ...], keys: Mapping[str, Any], types: list[str]
) -> Problem:
    if types:
        return source.problem(
            way, f"a step has one type, this one has {' and '.join(f'`{t}`' for t in types)}: split it"
        )
    first = next(iter(keys), "")
    for key in keys:
        if any(key in _known_keys(node, keys) for node in NODES.values()):
            continue  # right for some step, so no misspelt type
        other = next((node for node, others in _OTHERS_SAY.items() if key.lower() in others.split()), "")
        hint = f"did you mean `{other}`?" if other else nearest(key, NODES)
        if hint.startswith("did you mean"):
            return source.problem((*way, key), f"unknown step `{key}`: {hint}")
    what = next((key for key in keys if key not in ("id", "then", "prompt")), first)
    other = next((node for node, others in _OTHERS_SAY.items() if what in others.split()), "")
    if other:
        return source.problem((*way, what), f"unknown step `{what}`: did you mean `{other}`?")
    if set(keys) <= {"id", "then", *_GO_ON}:
        return source.problem(
            (*way, what), "a step cannot only lead on: remove it, and write `then: …` in the step before it"
        )
    return source.problem((*way, what), f"the step has no type (`{what}` is none): {nearest('', NODES)}")
