"""What flows say that is known before anybody calls: stretches without a value, and what a studio can record.

`ivr/server` warms the prompt cache with the former, so that the first caller waits for nothing. Names of
recordings are those that calls ask for (tests/dialogs/test_static.py plays calls and compares).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dialogs.asides import STEP as ASIDES
from dialogs.effects import Spoken
from dialogs.expressions import Template, Value, parse_template
from dialogs.flow import Flow, FlowSet
from dialogs.nodes.form import Form
from dialogs.nodes.row_wording import part_of
from dialogs.nodes.step import Step, Way
from dialogs.notice import STEP as NOTICE
from dialogs.prompts import render
from dialogs.slots.reasons import REASONS
from dialogs.spoken_numbers import Said
from dialogs.wording import WORDING

BUILT_IN = "built_in"
"""Stands where a flow's name stands, for the engine's own sentences."""

_WITH_A_VALUE = frozenset({"did_you_say", "shall_we_call", "call_you_at", "call_you_then"})
"""Built-in sentences that are said around one value."""


@dataclass(frozen=True)
class StudioLine:
    """Something that a studio can record once: a stretch without values, or the words between them."""

    recording: str
    text: str
    language: str
    place: str
    """The flow's name, or `BUILT_IN`."""
    step: str
    part: str
    """What it is at that step: `prompt`, `no_match 2`, `help` …"""
    sentence: str = ""
    """The whole sentence with its values in braces, where this is a part of one."""


def static_prompts(flows: FlowSet) -> Iterator[Spoken]:
    """Every stretch without a value, in every language, in the order of the pages; built-in ones last."""
    for one in _said(flows):
        for spoken in one.prompt():
            if not spoken.varies:
                yield spoken


def studio_lines(flows: FlowSet) -> Iterator[StudioLine]:
    """What a studio can record, in the same order; each recording once."""
    told: set[tuple[str, str]] = set()
    for one in _said(flows):
        for line in one.lines():
            if (line.recording, line.language) not in told:
                told.add((line.recording, line.language))
                yield line


@dataclass(frozen=True)
class _Said:
    """A template where it stands. `recording` is None where it is said only within other words."""

    template: Template
    language: str
    recording: str | None
    place: str
    step: str
    part: str

    def prompt(self) -> tuple[Spoken, ...]:
        name = self.recording or ""
        prompt = render(self.template, language=self.language, recording=name, pace=1.0, say=_named)
        return prompt if name else tuple(replace(spoken, recording=None) for spoken in prompt)

    def lines(self) -> Iterator[StudioLine]:
        if self.recording is None:
            return
        for spoken in self.prompt():
            if spoken.recording:
                yield self._line(spoken.recording, spoken.text)
            for piece in spoken.pieces:
                if piece.recording:
                    yield self._line(piece.recording, piece.text, sentence=spoken.text)

    def _line(self, recording: str, text: str, sentence: str = "") -> StudioLine:
        return StudioLine(recording, text, self.language, self.place, self.step, self.part, sentence)


def _said(flows: FlowSet) -> Iterator[_Said]:
    for flow in flows.flows.values():
        yield from _each(flow.recording_notice or {}, f"{flow.name}/{NOTICE}", flow.name, NOTICE, "notice")
        if flow.asides is not None:
            yield from _each(flow.asides.back, f"{flow.name}/{ASIDES}", flow.name, ASIDES, "back")
        for name, step in flow.steps.items():
            for way, words in step.prompts():
                yield from _each(words, _recording(flow, name, step, way), flow.name, name, _part(way))
    for segment in flows.segments.segments:
        place = f"segments/{segment.name}"
        yield from _each(segment.greeting, place, "segments", segment.name, "greeting")
    for shortcut in flows.segments.shortcuts.values():
        place = f"segments/shortcut_{shortcut.name}"
        yield from _each(shortcut.ask, place, "segments", shortcut.name, "shortcut")
    for name, texts in (*WORDING.items(), *REASONS.items()):
        # Those with two places are joined from titles, and `{answer}` alone may be an intent's title.
        whole = {language: parse_template(text) for language, text in texts.items()}
        named = name if name in _WITH_A_VALUE or all(one.fixed for one in whole.values()) else None
        yield from _each(whole, named and f"{BUILT_IN}/{name}", BUILT_IN, name, "")


def _each(
    words: Mapping[str, Template], recording: str | None, place: str, step: str, part: str
) -> Iterator[_Said]:
    for language, template in words.items():
        yield _Said(template, language, recording, place, step, part)


def _recording(flow: Flow, name: str, step: Step, way: Way) -> str | None:
    """The name under which calls look for the recording of the words at `way`, without the language."""
    within = ""
    if way[0] == "slots" and isinstance(step, Form):
        within, way = step.slots[int(way[1])].ask, way[2:]
    match way:
        case ("prompt",) | ("say",):
            part = ""
        case ("no_input" | "no_match" as kind, int(at)):
            part = f"{kind}_{at + 1}"
        case ("help", int(at)):
            part = "help" if at == 0 else f"help_{at + 1}"
        case ("again" | "waiting" as part, "say"):
            pass
        case ("greet",):
            part = ""
        case ("row", int(at), int(place)):
            part = part_of(at, place)
        case ("choices" | "others", str(choice), "offer"):
            part = f"offer_{choice}"
        case (str(part),):
            pass
        case _:
            return None  # an intent's title and the like: said within a built-in sentence
    return "/".join(filter(None, (flow.name, name, within, part)))


def _part(way: Way) -> str:
    """What it is, for people: `no_match 2`."""
    return " ".join(str(part + 1) if isinstance(part, int) else part for part in way)


def _named(value: Value) -> Said:
    """The value's name stands for what is not known yet."""
    return f"{{{value.name}}}", f"{{{value.name}}}"
