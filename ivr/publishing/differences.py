"""What has changed between two versions of the flows, for people: by flow and step, not by line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from dialogs.flow import Flow, FlowSet
from dialogs.loader import ENDING

_HEAD = ("summary", "languages", "person", "retries")


def differences(
    old: FlowSet | None, new: FlowSet, old_files: Mapping[str, bytes], new_files: Mapping[str, bytes]
) -> list[str]:
    """One line for each flow that is new, gone or changed, each of its steps, and each other file."""
    before = old.flows if old is not None else {}
    lines: list[str] = []
    told: set[str] = set()
    for name in sorted({*before, *new.flows}):
        found = list(_flows(name, before.get(name), new.flows.get(name)))
        told |= {name} if found else set()
        lines += found
    return [*lines, *_files(old_files, new_files, told)]


def _flows(name: str, old: Flow | None, new: Flow | None) -> Iterator[str]:
    if new is None:
        yield f"- flow {name}"
    elif old is None:
        yield f"+ flow {name}: {len(new.steps)} steps"
    elif changed := list(_flow(old, new)):
        yield f"~ flow {name}"
        yield from (f"    {line}" for line in changed)


def _flow(old: Flow, new: Flow) -> Iterator[str]:
    head_before, head_after = _head(old), _head(new)
    yield from (f"~ {key}" for key in _HEAD if head_before.get(key) != head_after.get(key))
    for name in [*new.steps, *(name for name in old.steps if name not in new.steps)]:
        if name not in old.steps:
            yield f"+ {name} ({new.steps[name].type_name})"
        elif name not in new.steps:
            yield f"- {name}"
        elif changed := _keys(_written(old, name), _written(new, name)):
            yield f"~ {name}: {', '.join(changed)}"
    common_before = [name for name in old.steps if name in new.steps]
    common_after = [name for name in new.steps if name in old.steps]
    if common_before != common_after:
        yield "~ the order of the steps"


def _head(flow: Flow) -> Mapping[str, Any]:
    content: Mapping[str, Any] = flow.source.content
    return content


def _written(flow: Flow, step: str) -> Mapping[str, Any]:
    """The step as it stands in the file."""
    found: Any = flow.source.content
    for part in flow.ways[step]:
        found = found[part]
    keys: Mapping[str, Any] = found
    return keys


def _keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [key for key in dict.fromkeys((*new, *old)) if old.get(key) != new.get(key)]


def _files(old: Mapping[str, bytes], new: Mapping[str, bytes], told: Collection[str]) -> Iterator[str]:
    """Files whose change no flow has told of: tests, the catalogue, notes, comments in flows."""
    for path in sorted({*old, *new}):
        name = PurePosixPath(path).name
        if old.get(path) == new.get(path) or (name.endswith(ENDING) and name.removesuffix(ENDING) in told):
            continue
        sign = "+" if path not in old else "-" if path not in new else "~"
        yield f"{sign} file {path}" + (" (comments or layout)" if name.endswith(ENDING) else "")
