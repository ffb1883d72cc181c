"""Writes a call down as a test, in the format of `rehearsal`: what the caller did, and what they heard.

Rules:
1. What is written is played before it is kept: a test that does not pass, or a file that could not be
   read any more, is refused and nothing is changed.
2. A test goes behind those that a file has already; the rest of the file, comments too, stays as it is.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from dialogs.differences import DEEDS, done
from dialogs.errors import DialogError, FlowsInvalid
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.play import play
from dialogs.rehearsal import ENDING, scripts_of
from dialogs.source import LARGEST_FILE, Place, Source, parse
from dialogs.stand_in import Data, Staff, StandIn


class NotWritten(DialogError):
    """The test could not be written; the message says why and what to do."""

    code = "not_written"


@dataclass
class WrittenCall:
    """A call as it was had, turn by turn."""

    flow: str
    facts: Facts
    agents: Staff
    data: Data
    steps: list[Mapping[str, Any]] = field(default_factory=list)
    """As in a test file."""
    outside: Mapping[str, Any] = field(default_factory=dict)
    """As in a test file."""
    recorded: bool | None = None
    """Whether calls are recorded; `None`: it makes no difference."""
    notes: list[str] = field(default_factory=list)
    """Comments above the test."""

    def did(self, action: str, what: str | bool) -> None:
        """The caller did this: `say`, `key`, `silence`, `hang_up`."""
        self.steps.append({action: what})

    def happened(self, call: StandIn) -> None:
        """What came of it, as far as the caller and the company can tell."""
        if call.meant:
            self.outside = {
                **self.outside,
                "understand": {said: meant.model_dump() for said, meant in call.meant.items()},
            }
        conversation, turn = call.conversation, call.turn
        position = conversation.position
        expect: dict[str, Any] = {}
        if turn.said:
            expect["said"] = turn.said[0] if len(turn.said) == 1 else list(turn.said)
        if turn.lookups:
            expect["lookup"] = ", ".join(name for name, _ in turn.lookups)
        if turn.queues:
            expect["queue"] = ", ".join(turn.queues)
        for deed in DEEDS:
            what = done(turn, deed)
            if what:
                expect[deed] = what
        if conversation.outcome and (turn.queues or conversation.finished):
            expect["outcome"] = conversation.outcome
        if position.flow != self.flow:
            expect["flow"] = position.flow
        if conversation.finished:
            expect["hangup"] = True
        else:
            expect["step"] = position.step
            if call.waiting is not None and not call.waiting.voice:
                expect["keypad_only"] = True
        if conversation.faults:
            expect["faults"] = len(conversation.faults)
        self.steps.append({"expect": expect})

    def entry(self, name: str) -> dict[str, Any]:
        """The test, as a mapping in the order of the page."""
        entry: dict[str, Any] = {"test": name, "flow": self.flow, "language": self.facts.language}
        now = self.facts.now
        if now is not None:
            entry["now"] = now.strftime("%Y-%m-%dT%H:%M")
            if isinstance(now.tzinfo, ZoneInfo):
                entry["zone"] = str(now.tzinfo)
        if self.facts.region != Facts.region:
            entry["region"] = self.facts.region
        entry["agents"] = self.agents if isinstance(self.agents, str) else list(self.agents)
        caller = {name: value for name, value in self.facts.caller.items() if value not in ("", None)}
        if caller:
            entry["caller"] = caller
        history = {name: value for name, value in (self.facts.history or {}).items() if value is not None}
        if history:
            entry["history"] = history
        if self.data:
            entry["data"] = {lookup: dict(answers) for lookup, answers in self.data.items()}
        if self.recorded is not None:
            entry["recorded"] = self.recorded
        if self.outside:
            entry["outside"] = dict(self.outside)
        entry["steps"] = [dict(step) for step in self.steps]
        return entry


def add_test(file: Path, name: str, call: WrittenCall, flows: FlowSet) -> None:
    """Adds the call to a test file, or begins one. Raises `NotWritten`."""
    if not file.name.endswith(ENDING):
        raise NotWritten(f"a test file is called `….{ENDING.lstrip('.')}`: add the ending")
    try:
        before = file.read_bytes().decode("utf-8-sig") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as fault:
        raise NotWritten(f"{file} cannot be read: name another file") from fault
    text = test_text(name, call, flows, before=before, file=str(file))
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise NotWritten(f"{file} cannot be written ({fault.strerror}): name another file") from fault


def test_text(name: str, call: WrittenCall, flows: FlowSet, *, before: str = "", file: str = "") -> str:
    """The text of a test file with the call behind the tests of `before`. Raises `NotWritten`."""
    text = _added(before, file, call, name)
    _insist_on_passing(text, file or "the new test", name, flows)
    return text


test_text.__test__ = False  # type: ignore[attr-defined]  # pytest must not take it for a test


def _added(before: str, file: str, call: WrittenCall, name: str) -> str:
    entry, notes = call.entry(name), call.notes
    if not before.strip():
        return "tests:\n" + _listed(entry, 2, notes)
    try:
        source = parse(before, file)
    except FlowsInvalid as fault:
        raise NotWritten(f"{fault.problems[0]}: correct it, or name another file") from fault
    content = source.content
    if not isinstance(content, dict) or not isinstance(content.get("tests"), list) or not content["tests"]:
        raise NotWritten(f"{file} has no list of `tests:` to add to: name another file")
    if list(content)[-1] != "tests":
        raise NotWritten(
            f"`tests:` is not the last thing in {file}: move it to the end, or name another file"
        )
    if any(isinstance(test, dict) and test.get("test") == entry["test"] for test in content["tests"]):
        raise NotWritten(f"{file} has a test “{entry['test']}” already: give this one another name")
    entry = _on_its_own(entry, call, content)
    return f"{before.rstrip()}\n\n" + _listed(entry, _indent(source, before), notes)


def _on_its_own(entry: Mapping[str, Any], call: WrittenCall, top: Mapping[str, Any]) -> dict[str, Any]:
    """The test as it was had: what stands at the top of the file, and was not so in the call, does not
    hold for it."""
    said = dict(entry)
    steps = said.pop("steps")
    if "outside" in top:
        said.setdefault("outside", {})
    if "region" in top:
        said.setdefault("region", call.facts.region)
    if "recorded" in top:
        said.setdefault("recorded", call.facts.recorded)
    if isinstance(top.get("history"), dict):
        said["history"] = {**dict.fromkeys(top["history"]), **said.get("history", {})}
    if isinstance(top.get("caller"), dict):
        blank = {str(name): "" if name in ("number", "name", "segment") else None for name in top["caller"]}
        said["caller"] = {**blank, **said.get("caller", {})}
    return {**said, "steps": steps}


def _indent(source: Source, text: str) -> int:
    """Columns before the dash of the list's items."""
    place: Place = source.place(("tests", 0))
    line = text.splitlines()[place.line - 1]
    return len(line) - len(line.lstrip())


def _listed(entry: Mapping[str, Any], indent: int, notes: Sequence[str]) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = LARGEST_FILE
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment] # declared as None
    yaml.representer.ignore_aliases = lambda *_: True  # the flow language has none
    written = io.StringIO()
    yaml.dump(dict(entry), written)
    lines = written.getvalue().splitlines()
    head = " " * indent
    comments = [f"{head}# {' '.join(note.split())}" for note in notes]
    return "\n".join([*comments, f"{head}- {lines[0]}", *(f"{head}  {line}" for line in lines[1:])]) + "\n"


def _insist_on_passing(text: str, file: str, name: str, flows: FlowSet) -> None:
    try:
        scripts = scripts_of(parse(text, file), flows)
    except FlowsInvalid as fault:
        raise NotWritten(str(fault.problems[0])) from fault
    mine: Sequence[Any] = [script for script in scripts if script.name == name]
    for script in mine:
        played = play(flows, script)
        if not played.passed:
            first = played.differences[0]
            raise NotWritten(
                f"the test would not pass ({first.what}: wanted {first.wanted}, was {first.was}); "
                "name another file"
            )
