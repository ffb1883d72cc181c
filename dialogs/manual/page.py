"""Puts what the program knows of itself into the prose of `manual.md`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import dialogs.outside
from dialogs.catalogue import VALUE_TYPES, load_catalogue
from dialogs.examples import documentation
from dialogs.expressions import FORMATS
from dialogs.loader import FlowHead
from dialogs.manual.tables import keys_table, table
from dialogs.nodes import NODES
from dialogs.nodes.question import Question
from dialogs.nodes.step import Step
from dialogs.slots import KINDS
from dialogs.slots.kind import SlotKind
from dialogs.spoken import say
from dialogs.universals import BACK, FASTER, HELP, PERSON, REPEAT, SLOWER, universal_choices
from dialogs.wording import LANGUAGES

PROSE = Path(__file__).with_name("manual.md")
SHIPPED = Path(__file__).parents[1] / "flows" / "catalogue.yaml"
"""What the product's own flows may use."""
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_FILE = re.compile(r"^```yaml file=(\S+)$", re.MULTILINE)
_LANGUAGES = {"es": "Spanish", "ca": "Catalan", "en": "English"}

# What is said under each format, and its currency.
_SAID: Mapping[str, tuple[str | int, str | None]] = {
    "money": (14230, "EUR"),
    "digits": ("45716", None),
    "date": ("2026-12-11", None),
    "weekday": ("2026-12-11", None),
    "time": ("16:30", None),
    "number": (21, None),
    "phone": ("+34600111222", None),
    "spell": ("B4X", None),
    "text": ("Ana Puig", None),
}
_UNIVERSALS = {
    PERSON: ("a person", "`0`"),
    REPEAT: ("repeat", "`*`"),
    HELP: ("help", ""),
    BACK: ("the question before", ""),
    SLOWER: ("slower", ""),
    FASTER: ("the usual pace again, after “slower”", ""),
}


def manual() -> str:
    """The whole page."""
    parts: Mapping[str, Callable[[], str]] = {
        "head": lambda: keys_table(FlowHead, ("steps",)),
        "common": lambda: keys_table(Step),
        "question": lambda: keys_table(Question, Step.model_fields),
        "formats": _formats,
        "universals": _universals,
        "lookups": _lookups,
        "writes": _writes,
        "types": lambda: ", ".join(f"`{kind}`" for kind in VALUE_TYPES),
        "steps": _steps,
        "kinds": _kinds,
        "outside": _outside,
    }
    text = _PLACE.sub(lambda found: parts[found.group(1)](), PROSE.read_text(encoding="utf-8"))
    return re.sub(r"\n{3,}", "\n\n", _FILE.sub(r"`\1`:\n\n```yaml", text))


def _formats() -> str:
    rows = []
    for form in FORMATS:
        value, currency = _SAID[form]
        said = [
            say(form, value, name=form, language=language, currency=currency, today=date(2026, 11, 23))
            for language in LANGUAGES
        ]
        rows.append((f"`{{x:{form}}}`", said[0][1] or said[0][0], *(words for words, _shown in said)))
    return table(("format", "reads as", *(_LANGUAGES[language] for language in LANGUAGES)), rows)


def _lookups() -> str:
    rows = []
    for name, schema in load_catalogue(SHIPPED).lookups.items():
        fields = ", ".join(f"`{field}` ({kind})" for field, kind in schema.fields.items())
        rows.append((f"`{name}`", ", ".join(f"`{by}`" for by in schema.by), fields))
    return table(("look-up", "`by`", "fields"), rows)


def _writes() -> str:
    rows = []
    for name, schema in load_catalogue(SHIPPED).writes.items():
        values = ", ".join(f"`{value}` ({kind})" for value, kind in schema.values.items())
        fields = ", ".join(f"`{field}` ({kind})" for field, kind in schema.fields.items())
        rows.append(
            (f"`{name}`", values, ", ".join(f"`{why}`" for why in sorted(schema.reasons)), fields or "none")
        )
    return table(("write", "`values`", "`reasons`", "`fields`"), rows)


def _universals() -> str:
    rows = []
    for value, (meaning, key) in _UNIVERSALS.items():
        phrases = [
            ", ".join(f"“{phrase}”" for phrase in choice.phrases[language][:3])
            for language in LANGUAGES
            for choice in universal_choices(language, LANGUAGES, slowed=True)
            if choice.id == value
        ]
        rows.append((meaning, key, *phrases))
    rows.append(("another language", "", "“en catalán”", "“en anglès”", "“in Spanish”"))
    return table(("the caller wants", "key", *(_LANGUAGES[language] for language in LANGUAGES)), rows)


def _outside() -> str:
    doc = dialogs.outside.__doc__ or ""
    found = re.search(r"```yaml\n(.*?)```", doc, re.DOTALL)
    assert found is not None
    return found.group(1).rstrip()


# --- steps and kinds of answers ---------------------------------------------------------------------


def _steps() -> str:
    index = " · ".join(f"[`{name}`](#{name})" for name in NODES)
    return "\n\n".join((index, *(_step(name, node) for name, node in NODES.items())))


def _step(name: str, node: type[Step]) -> str:
    shared = {*Step.model_fields, "kind"}
    asks = issubclass(node, Question)
    if asks:
        shared |= set(Question.model_fields) - set(node.__annotations__)
    text, tests = _documented(node, name)
    lines = [f"### {name}", *text, keys_table(node, shared, first=name)]
    if asks:
        lines.append("And the keys of [every question](#asking-retries-keys-certainty).")
    if node.performer:
        lines.append(
            f"On live calls it needs `{node.performer}`: `ivr check` tells whether that is installed."
        )
    return "\n\n".join(filter(None, (*lines, *tests)))


def _kinds() -> str:
    index = " · ".join(f"[`{name}`](#type-{name})" for name in KINDS)
    return "\n\n".join((index, *(_kind(name, kind) for name, kind in KINDS.items())))


def _kind(name: str, kind: type[SlotKind]) -> str:
    text, tests = _documented(kind, "")
    lines = [f"### type: {name}", *text, keys_table(kind)]
    rows = [
        (_LANGUAGES.get(language, language), f"“{said}”", f"`{value}`")
        for language, examples in kind.examples.items()
        if language in LANGUAGES
        for said, value in examples[:3]
    ]
    if rows:
        options = ", ".join(f"`{key}: {value}`" for key, value in kind.example_options.items())
        lines.append(f"With {options}:" if options else "")
        lines.append(table(("language", "what callers say", "the value"), rows))
    return "\n\n".join(filter(None, (*lines, *tests)))


def _documented(documented: type, name: str) -> tuple[list[str], list[str]]:
    """The documentation without its tests, and the tests, folded away."""
    text: list[str] = []
    tests: list[str] = []
    for part in documentation(documented):
        block = f"```yaml\n{part.text.rstrip()}\n```"
        match part.kind:
            case "text":
                prose = part.text.removeprefix(f"`{name}`: ")
                text.append(prose[:1].upper() + prose[1:])
            case "catalogue":
                text.append(f"In `catalogue.yaml`:\n\n{block}")
            case "segments":
                text.append(f"In `segments.yaml`:\n\n{block}")
            case "test":
                tests.append(f"<details><summary>How it is tested</summary>\n\n{block}\n\n</details>")
            case "example":
                text.append(block)
    return text, tests
