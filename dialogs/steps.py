"""The steps of a flow file, read one by one: what each is, and what is wrong with it.

A step that cannot be read leaves a stand-in, so that its name and its words are not told as missing
elsewhere.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dialogs.errors import Problem
from dialogs.figures import allowed, truths
from dialogs.misread import explain, told_once, truth_for_a_number
from dialogs.nodes import NODES
from dialogs.nodes.ask import Ask, misplaced_answers, unknown_kind
from dialogs.nodes.step import Step
from dialogs.nodes.unread import unread_step
from dialogs.slots import KINDS
from dialogs.slots.kind import SlotKind
from dialogs.source import MOST_PROBLEMS, Source, nearest


class ReadSteps(NamedTuple):
    """The steps by name, where they stand, and what could not be read."""

    steps: dict[str, Step]
    ways: dict[str, tuple[str | int, ...]]
    unread: Mapping[str, str]
    unread_words: frozenset[str]
    problems: list[Problem]
    doubles: int


def read_steps(source: Source, listed: Any) -> ReadSteps:
    """Reads what stands at `steps`."""
    steps: dict[str, Step] = {}
    ways: dict[str, tuple[str | int, ...]] = {}
    problems: list[Problem] = []
    unread: dict[str, str] = {}
    words: set[str] = set()
    doubles = 0
    entries, strays = _joined(source, listed if isinstance(listed, list) else [])
    problems += strays
    for at, keys in entries:
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
    return ReadSteps(steps, ways, unread, frozenset(words), problems, doubles)


def _joined(source: Source, listed: list[Any]) -> tuple[list[tuple[int, Any]], list[Problem]]:
    """The steps with their places; where a dash stands before a key of a step, the step is put together."""
    entries: list[tuple[int, Any]] = []
    problems: list[Problem] = []
    for at, keys in enumerate(listed):
        before = entries[-1][1] if entries else None
        if isinstance(before, dict) and isinstance(keys, dict) and _belongs_to(before, keys):
            entries[-1] = entries[-1][0], {**before, **keys}
            message = "a dash begins a step, and this belongs to the step before it: remove the dash"
            problems.append(source.problem(("steps", at), message))
        else:
            entries.append((at, keys))
    return entries, problems


def _belongs_to(before: Mapping[str, Any], keys: Mapping[str, Any]) -> bool:
    """Whether keys without a type can only be the rest of the step before them."""
    types = [key for key in before if key in NODES]
    if len(types) != 1 or not set(keys) - {"id", "then"} or set(keys) & {*before, "id", *NODES}:
        return False
    node = NODES[types[0]]
    known = {*_known_keys(node, before), *(_OPTIONS if node is Ask else ())}
    return set(keys) <= known


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
    problems = [_explained(source, way, keys, node, error) for error in _told(wrong)]
    unknown = unknown_kind(keys) if node is Ask else None
    if unknown:
        return None, [*problems, source.problem((*way, "type"), unknown)]
    models: list[type[BaseModel]] = [node, *_kind_of(keys)] if node is Ask else [node]
    for model in models:
        problems += [truth_for_a_number(source, way, at, model) for at in truths(model, keys)]
    try:
        step = node.model_validate(prepared)
    except ValidationError as fault:
        beside = [error for error in fault.errors() if error["loc"] != ("kind",)]
        out_of_place = misplaced_answers(keys) if node is Ask else None
        if out_of_place:
            problems.append(source.problem((*way, "answers"), out_of_place))
            beside = [error for error in beside if error["loc"][:1] != ("answers",)]
        told = _told(beside)[: MOST_PROBLEMS + 1]
        problems += [_explained(source, way, keys, node, error) for error in told]
        return None, problems
    problems += _empty(source, way, keys)
    return (None if problems else step), problems


_OPTIONS = frozenset(name for kind in KINDS.values() for name in kind.model_fields)
"""Keys that belong to some kind of answer."""


def _told(errors: Iterable[ErrorDetails]) -> list[ErrorDetails]:
    """Each mistake once. Where nobody knows the kind of an answer, its options are not unknown keys."""
    found = told_once(errors)
    kindless = {
        error["loc"][:-1]
        for error in found
        if error["loc"][-1] == "type" or error.get("ctx", {}).get("meant") == "type"
    }
    return [
        error
        for error in found
        if not (
            error["type"] == "extra_forbidden"
            and error["loc"][-1] in _OPTIONS
            and error["loc"][:-1] in kindless
        )
    ]


def _explained(
    source: Source, way: tuple[str | int, ...], keys: Mapping[str, Any], node: type[Step], error: ErrorDetails
) -> Problem:
    known = _known_keys(node, keys)
    meanings = {field.alias or key: field.description or "" for key, field in node.model_fields.items()}
    at = _ask_at(error, keys) if node is not Ask else keys
    models: list[type[BaseModel]] = [node] if at is None else [*_kind_of(at), Ask]
    model = next((one for one in models if allowed(one, error["loc"])), node)
    if at is not None and node is not Ask:
        known = _known_keys(Ask, at)
    return explain(source, way, error, known, meanings, model=model)


def _ask_at(error: ErrorDetails, keys: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The question of a form that the error is in."""
    match error["loc"]:
        case ("slots", int(at), *_) if isinstance(keys["slots"][at], dict):
            return dict(keys["slots"][at])
    return None


def _kind_of(keys: Mapping[str, Any]) -> list[type[SlotKind]]:
    kind = KINDS.get(str(keys.get("type")))
    return [] if kind is None else [kind]


def _empty(source: Source, way: tuple[str | int, ...], keys: Mapping[str, Any]) -> list[Problem]:
    """Keys without a value: for the model they are not there, and whoever wrote them meant something."""
    return [
        source.problem((*way, key), f"`{key}` is empty: write its value, or remove the key")
        for key, value in keys.items()
        if value is None
    ]


def _known_keys(node: type[Step], keys: Mapping[str, Any]) -> list[str]:
    known = [field.alias or name for name, field in node.model_fields.items() if name != "kind"]
    kinds = _kind_of(keys) if node is Ask else []
    return [*known, *(name for kind in kinds for name in kind.model_fields)]


_OTHERS_SAY = {
    "say": "text play speak message_text decir tts",
    "ask": "question input collect gather pregunta",
    "menu": "options opciones choices buttons",
    "branch": "if when switch condition decision si cuando",
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
