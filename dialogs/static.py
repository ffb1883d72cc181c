"""The stretches of prompt that hold no value: what can be synthesised before anybody calls.

`ivr/server` warms the prompt cache with them, so that the first caller waits for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dialogs.effects import Spoken
from dialogs.expressions import Template, Value
from dialogs.flow import FlowSet
from dialogs.notice import STEP as NOTICE
from dialogs.prompts import render, sentences
from dialogs.slots.reasons import REASONS
from dialogs.spoken import Said
from dialogs.wording import WORDING


def static_prompts(flows: FlowSet) -> Iterator[Spoken]:
    """Every stretch without a value, in every language, in the order of the pages; built-in ones last."""
    for flow in flows.flows.values():
        for language, template in (flow.recording_notice or {}).items():
            yield from _fixed_parts(template, language, f"{flow.name}/{NOTICE}")
        for name, step in flow.steps.items():
            for _way, words in step.prompts():
                for language, template in words.items():
                    yield from _fixed_parts(template, language, f"{flow.name}/{name}")
    for place, words in _segments(flows):
        for language, template in words.items():
            yield from _fixed_parts(template, language, place)
    for name, texts in (*WORDING.items(), *REASONS.items()):
        for language, text in texts.items():
            if "{" not in text:
                yield Spoken(text, language, f"built_in/{name}/{language}")


def _segments(flows: FlowSet) -> Iterator[tuple[str, Mapping[str, Template]]]:
    for segment in flows.segments.segments:
        yield f"segments/{segment.name}", segment.greeting
    for shortcut in flows.segments.shortcuts.values():
        yield f"segments/shortcut_{shortcut.name}", shortcut.ask


def _fixed_parts(template: Template, language: str, recording: str) -> Iterator[Spoken]:
    if not any(all(isinstance(part, str) for part in sentence) for sentence in sentences(template)):
        return
    prompt = render(template, language=language, recording=recording, pace=1.0, say=_unknown)
    yield from (spoken for spoken in prompt if not spoken.varies)


def _unknown(_value: Value) -> Said:
    """A value that is not known yet; its stretch is left out."""
    return "", ""
