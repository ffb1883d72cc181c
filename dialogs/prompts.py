"""Words in every language, and how they become stretches of speech.

A sentence with a value in it stays one stretch, because a synthesiser that gets half a sentence sounds
chopped; whole sentences without values are stretches of their own, so that they can be cached and
recorded in a studio.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, InstanceOf, WithJsonSchema

from dialogs.effects import Prompt, Spoken
from dialogs.expressions import Template, Value, parse_template
from dialogs.spoken import Said


def _template(value: Any) -> Template:
    if isinstance(value, Template):
        return value
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("this must be a text: put it in quotes")
    if not str(value).strip():
        raise ValueError("the text is empty: write what is to be said")
    return parse_template(str(value))


Text = Annotated[InstanceOf[Template], BeforeValidator(_template), WithJsonSchema({"type": "string"})]
"""A text with places for values."""

Words = Annotated[dict[str, Text], Field(min_length=1, description="The text in each language of the flow")]
"""Language → text."""


_END = re.compile(r"(?<=[.!?…])\s+(?=[^\s\d]|$)")
_ABBREVIATION = re.compile(r"(?:^|\s)(?:[A-ZÁÉÍÓÚ]|Sr|Sra|Srta|Dr|Dra|Mr|Mrs|Ms|St|Av|núm|nº|tel|ext)\.$")

_Sentence = tuple[str | Value, ...]


@lru_cache(maxsize=4096)
def sentences(template: Template) -> tuple[_Sentence, ...]:
    """The template cut at its sentences' ends; neighbours without values are kept together."""
    cut: list[list[str | Value]] = [[]]
    for part in template.parts:
        if isinstance(part, Value):
            cut[-1].append(part)
            continue
        start = 0
        for end in _END.finditer(part):
            if _ABBREVIATION.search(part[: end.start()]):
                continue
            cut[-1].append(part[start : end.start()])
            cut.append([])
            start = end.end()
        if part[start:]:
            cut[-1].append(part[start:])
    joined: list[list[str | Value]] = []
    for sentence in filter(None, cut):
        if joined and _fixed(joined[-1]) and _fixed(sentence):
            joined[-1] = [" ".join(str(part) for part in (*joined[-1], *sentence))]
        else:
            joined.append(sentence)
    return tuple(tuple(sentence) for sentence in joined)


def _fixed(sentence: list[str | Value]) -> bool:
    return not any(isinstance(part, Value) for part in sentence)


def render(
    template: Template,
    *,
    language: str,
    recording: str,
    pace: float,
    say: Callable[[Value], Said],
) -> Prompt:
    """The prompt in words. `recording` is the studio file's name without the language.

    The first fixed stretch is `<recording>/<language>`, further ones get `-2`, `-3` … behind it. Raises
    what `say` raises for a value that cannot be said.
    """
    spoken: list[Spoken] = []
    fixed = 0
    for sentence in sentences(template):
        if all(isinstance(part, str) for part in sentence):
            fixed += 1
            text = _tidy("".join(str(part) for part in sentence))
            name = f"{recording}/{language}" + (f"-{fixed}" if fixed > 1 else "")
            spoken.append(Spoken(text, language, name, pace=pace))
            continue
        words = shown = ""
        for part in sentence:
            said = (part, part) if isinstance(part, str) else say(part)
            words += said[0]
            shown += said[1]
        spoken.append(Spoken(_tidy(words), language, None, varies=True, shown=_tidy(shown), pace=pace))
    return tuple(spoken)


def _tidy(text: str) -> str:
    return " ".join(text.split())
