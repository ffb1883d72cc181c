"""Words in every language, and how they become stretches of speech.

A sentence with a value in it stays one stretch, because a synthesiser that gets half a sentence sounds
chopped; whole sentences without values are stretches of their own, so that they can be cached and
recorded in a studio. The fixed parts around a value have names, too: where the studio recorded them all,
the sentence is joined from recordings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from string import ascii_lowercase
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, InstanceOf, WithJsonSchema

from dialogs.effects import Piece, Prompt, Spoken
from dialogs.expressions import Template, Value, parse_template
from dialogs.spoken_elisions import elided
from dialogs.spoken_numbers import Said


def _template(value: Any) -> Template:
    if isinstance(value, Template):
        return value
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("this must be a text: put it in quotes")
    if not str(value).strip():
        raise ValueError("the text is empty: write what is to be said")
    return parse_template(str(value))


Text = Annotated[
    InstanceOf[Template], BeforeValidator(_template), WithJsonSchema({"type": ["string", "number"]})
]
"""A text with places for values."""

RECORDING = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*")
"""A recording's name: a path below the studio's folder, without the ending."""


def _spoken(value: Any) -> Template:
    if not isinstance(value, dict):
        return _template(value)
    if set(value) != {"recording", "text"}:
        raise ValueError('a recorded text needs two keys: write `{recording: name, text: "what it says"}`')
    name, template = value["recording"], _template(value["text"])
    if not isinstance(name, str) or not RECORDING.fullmatch(name):
        raise ValueError("a recording is named as its file, without the ending: `welcome`, `menus/main`")
    if template.names:
        raise ValueError("a recorded text can hold no value: put the value into a text of its own")
    return replace(template, recording=name)


_RECORDED = {
    "type": "object",
    "properties": {
        "recording": {"type": "string", "description": "The studio's file, without its ending"},
        "text": {"type": "string", "description": "What it says"},
    },
    "required": ["recording", "text"],
    "additionalProperties": False,
}
SpokenText = Annotated[
    InstanceOf[Template],
    BeforeValidator(_spoken),
    WithJsonSchema({"anyOf": [{"type": ["string", "number"]}, _RECORDED]}),
]
"""A text with places for values, or a studio recording with what it says."""

Words = Annotated[
    dict[str, SpokenText], Field(min_length=1, description="The text in each language of the flow")
]
"""Language → text."""


_END = re.compile(r"(?<=[.!?…])\s+(?=[^\s\d]|$)")
_ABBREVIATION = re.compile(r"(?:^|\s)(?:[A-ZÁÉÍÓÚ]|Sr|Sra|Srta|Dr|Dra|Mr|Mrs|Ms|St|Av|núm|nº|tel|ext)\.$")

_LEADING_SIGNS = re.compile(r"\s*[.,;:!?…)»”]+")
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

    The first fixed stretch is `<recording>/<language>`, further ones get `-2`, `-3` … behind it. The fixed
    parts of the first sentence with values are `<recording>/<language>-v1a`, `-v1b` …, of the second `-v2a`.
    Raises what `say` raises for a value that cannot be said.
    """
    if template.recording:
        return (Spoken(_tidy(template.source), language, template.recording, pace=pace),)
    spoken: list[Spoken] = []
    fixed = varying = 0
    for sentence in sentences(template):
        if all(isinstance(part, str) for part in sentence):
            fixed += 1
            text = _tidy("".join(str(part) for part in sentence))
            name = f"{recording}/{language}" + (f"-{fixed}" if fixed > 1 else "")
            spoken.append(Spoken(text, language, name, pace=pace))
            continue
        varying += 1
        parts = [(part, part) if isinstance(part, str) else say(part) for part in sentence]
        behind = [said[0] for said in parts[1:]] + [""]
        words = "".join(elided(said[0], after, language) for said, after in zip(parts, behind, strict=True))
        shown = "".join(said[1] for said in parts)
        pieces = _pieces(sentence, [said[0] for said in parts], f"{recording}/{language}-v{varying}")
        spoken.append(
            Spoken(_tidy(words), language, None, varies=True, shown=_tidy(shown), pace=pace, pieces=pieces)
        )
    return tuple(spoken)


def in_writing(template: Template, *, language: str, say: Callable[[Value], Said]) -> str:
    """The words as they are read: figures, not number words. Raises what `say` raises."""
    prompt = render(template, language=language, recording="", pace=1.0, say=say)
    return " ".join(spoken.shown or spoken.text for spoken in prompt)


def _pieces(sentence: _Sentence, words: Sequence[str], recording: str) -> tuple[Piece, ...]:
    """The sentence in its parts. The signs that a part begins with go to the one before: its pause."""
    pieces: list[Piece] = []
    letter = 0
    for part, text in zip(sentence, words, strict=True):
        pause = _LEADING_SIGNS.match(text)
        if pause and pieces:
            last = pieces[-1]
            pieces[-1] = replace(last, text=_tidy(last.text + pause.group()))
            text = text[pause.end() :]  # noqa: PLW2901 - the rest of it
        if not any(sign.isalnum() for sign in text):
            continue
        fixed = isinstance(part, str)
        pieces.append(Piece(_tidy(text), f"{recording}{_letters(letter)}" if fixed else None))
        letter += fixed
    return tuple(pieces)


def _letters(number: int) -> str:
    """a, b … z, aa, ab …"""
    return ascii_lowercase[number] if number < 26 else _letters(number // 26 - 1) + _letters(number % 26)


def _tidy(text: str) -> str:
    return " ".join(text.split())
