"""The words of a step: what it says and sends, the values in it, its conditions, and its reprompts.

Whether a name is nothing's is certain only where all could be read: one mistake is never told as two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from dialogs.catalogue import REASON, Catalogue, ValueType
from dialogs.check_languages import misplaced
from dialogs.errors import Problem
from dialogs.expressions import Template
from dialogs.flow import Flow, FlowSet
from dialogs.nodes.lookup import Lookup
from dialogs.nodes.question import Question
from dialogs.nodes.step import Step
from dialogs.source import nearest
from dialogs.spoken import DEFAULT_FORMAT

_FITTING: Mapping[str, tuple[ValueType, ...]] = {
    "money": ("money",),
    "date": ("date",),
    "weekday": ("date",),
    "number": ("number", "digits"),
    "time": ("time",),
    "phone": ("phone", "digits", "text"),
    "digits": ("digits", "phone", "text", "number", "code"),
    "spell": ("text", "digits", "phone", "code"),
    "text": ("text", "number", "digits", "phone", "code"),
}


_NAME = r"([A-Za-z_]\w*(?:\.\w+)?(?::\w+)?)"
_FOREIGN = re.compile(
    rf"%{_NAME}%|<{_NAME}>|\[{_NAME}\]|\$\{{{_NAME}\}}|(?<!\{{)\{{\{{ ?{_NAME} ?\}}\}}(?!\}})"
)
"""How other tools write a value in a text."""


class Extent(NamedTuple):
    """How much could be read; each includes the one before it."""

    complete: bool
    """Every file gave a flow."""
    heads: bool
    """Their names and languages are right."""
    whole: bool
    """Every step could be read."""


class Known:
    """Which names are certain to be nothing's, so that one mistake is not told as two.

    What a step that could not be read may fill is not judged. A look-up's fields are in the catalogue,
    so that a misspelt one is certain even then.
    """

    def __init__(self, flows: FlowSet, catalogue: Catalogue, extent: Extent) -> None:
        self.types, self.complete = flows.types, extent.complete
        self.recordings = catalogue.recordings
        steps = [step for flow in flows.flows.values() for step in flow.steps.values()]
        looked_up = {step.lookup for step in steps if isinstance(step, Lookup)}
        self._all_looked_up = extent.whole and looked_up <= set(catalogue.lookups)
        self._fields = {
            field
            for name, schema in catalogue.lookups.items()
            for key in schema.fields
            for field in (f"{name}.{key}", f"{name}.{key}_currency")
        }
        self.unread = frozenset[str]().union(*(flow.unread_words for flow in flows.flows.values()))

    def lacks(self, name: str) -> bool:
        """Nothing can be called that."""
        if name in self.types:
            return False
        if "." in name:
            return self._all_looked_up or name not in self._fields
        return self.complete and name not in self.unread

    def message(self, name: str) -> str:
        names = set(self.types)
        if not self._all_looked_up:
            names |= {field for field in self._fields if not field.endswith("_currency")}
        return f"nothing is called `{name}`: {nearest(name, names)}"


def check_words(flow: Flow, name: str, step: Step, known: Known) -> Iterator[Problem]:
    for way, words in (*step.prompts(), *step.written()):
        for language in words:
            if language not in flow.languages:
                remedy = nearest(language, flow.languages)
                yield flow.problem(
                    name, (*way, language), f"the flow does not speak `{language}`: {remedy}, or add it above"
                )
        for language in flow.languages:
            if language not in words:
                yield flow.problem(name, way, f'no text in `{language}`: add `{language}: "…"`')
        for language, message in misplaced(words):
            yield flow.problem(name, (*way, language), message)
        for language, template in words.items():
            yield from _check_names(flow, name, (*way, language), template, known, spoken=True)
            yield from _check_notation(flow, name, (*way, language), template, known)
            yield from _check_recording(flow, name, (*way, language), template, known.recordings)
    for way, used, kind in step.wants():
        if known.lacks(used):
            yield flow.problem(name, way, known.message(used))
        elif known.types.get(used, kind) != kind:
            yield flow.problem(
                name, way, f"`{used}` is {known.types[used]}, this must be {kind}: name another"
            )
    for way, template in step.templates():
        word = template.source.strip()
        if way[0] == "by" and template.fixed and word in known.types:
            yield flow.problem(
                name, way, f'`{word}` is the word itself here: write "{{{word}}}" for its value'
            )
        yield from _check_names(flow, name, way, template, known, spoken=False)
        yield from _check_notation(flow, name, way, template, known)


def _check_notation(
    flow: Flow, step: str, way: tuple[str | int, ...], template: Template, known: Known
) -> Iterator[Problem]:
    """Values written as in other tools, whose signs a caller would hear."""
    if template.recording:
        return
    for found in dict.fromkeys(one.group() for one in _FOREIGN.finditer(template.source)):
        inside = found.strip("%<>[]${} ")
        if inside.partition(":")[0].lower() in known.types:
            message = f"`{found}` is taken as it stands, sign by sign: write `{{{inside.lower()}}}`"
            yield flow.problem(step, way, message)


def _check_recording(
    flow: Flow, step: str, way: tuple[str | int, ...], template: Template, there: frozenset[str] | None
) -> Iterator[Problem]:
    name = template.recording
    if name is not None and there is not None and not {name, f"{way[-1]}/{name}"} & there:
        yield flow.problem(step, way, f"there is no recording `{name}`: {nearest(name, there)}")


def _check_names(
    flow: Flow,
    step: str,
    way: tuple[str | int, ...],
    template: Template,
    known: Known,
    *,
    spoken: bool,
) -> Iterator[Problem]:
    for part in template.parts:
        if isinstance(part, str):
            continue
        kind = known.types.get(part.name)
        if kind is None:
            if known.lacks(part.name):
                yield flow.problem(step, way, known.message(part.name))
        elif spoken and part.name == REASON:
            yield flow.problem(
                step, way, f"`{REASON}` is for your people, and not said to the caller: take it out"
            )
        elif spoken and part.format and kind not in _FITTING[part.format]:
            fitting = DEFAULT_FORMAT.get(kind, "text")
            yield flow.problem(
                step, way, f"`{part.name}` is {kind}, it cannot be said as {part.format}: write `:{fitting}`"
            )
        elif spoken and kind == "boolean":
            yield flow.problem(
                step, way, f"`{part.name}` is true or false and cannot be said: use a `branch`"
            )


def check_retries(flow: Flow, name: str, step: Question) -> Iterator[Problem]:
    allowed = step.allowed_in(flow)
    for kind in ("no_input", "no_match"):
        words = getattr(step, kind)
        limit = getattr(allowed, kind)
        if len(words) > limit:
            yield flow.problem(
                name,
                (kind, limit),
                f"never heard, there are {limit} retries: remove this text, or raise `retries`",
            )
