"""Schema errors in the words of a designer: what is wrong, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from dialogs.errors import Problem
from dialogs.source import Source, meant, nearest

_CHILDREN = {
    "retries": ("no_input", "no_match"),
    "choices": ("key", "phrases", "then", "offer"),
    "again": ("step", "times", "say"),
    "branch": ("if", "then"),
    "answers": ("yes", "no"),
    "busy": ("offer", "keep_place", "declined"),
}


def explain(
    source: Source,
    way: tuple[str | int, ...],
    error: ErrorDetails,
    known: Sequence[str],
    meanings: Mapping[str, str] | None = None,
) -> Problem:
    """One schema error as a problem. `known` are the keys of the mapping at `way`, `meanings` what stands at
    them."""
    loc = tuple(part for part in error["loc"] if not str(part).startswith("["))
    at = loc[:-1] if error["type"] == "missing" else loc
    message = _message(error, loc, known)
    meaning = (meanings or {}).get(str(loc[0]), "") if error["type"] == "missing" and len(loc) == 1 else ""
    if meaning:
        what = "a step's name: " if meaning.startswith("Where to go") else ""
        message += f" ({what}{meaning[:1].lower()}{meaning[1:]})"
    return source.problem((*way, *at), message)


def _message(error: ErrorDetails, loc: tuple[str | int, ...], known: Sequence[str]) -> str:
    """What is wrong, and what to do."""
    key = str(loc[-1]) if loc else ""
    given = _short(error.get("input"))
    context: Mapping[str, Any] = error.get("ctx", {})
    kind = error["type"]
    if kind == "value_error":
        message = str(error["msg"]).removeprefix("Value error, ")
    elif kind == "extra_forbidden":
        parent = next((str(part) for part in reversed(loc[:-1]) if part in _CHILDREN), "")
        message = f"unknown key `{key}`: {nearest(key, _CHILDREN.get(parent, known))}"
    elif kind == "missing":
        message = f"`{key}` is missing: add `{key}: …`"
    elif kind == "string_pattern_mismatch":
        digit = context.get("pattern") == "^[0-9]$"
        want = "one key from 0 to 9" if digit else "a name in lower case, such as `main_menu`"
        message = f"`{given}` is not {want}: rename it"
    elif kind == "literal_error":
        expected = str(context.get("expected"))
        close = meant(given, re.findall(r"'([^']*)'", expected))
        remedy = f"did you mean `{close}`?" if close else f"write {expected}"
        message = f"`{given}` is not allowed for `{key}`: {remedy}"
    elif kind == "model_type" and key == "retries":
        message = (
            f"`retries: {given}` says too little: write {{no_input: {_few(given)}, no_match: {_few(given)}}}"
        )
    elif kind in _BOUNDS:
        limit = next((context[name] for name in _LIMITS if name in context), "")
        message = f"`{key}: {given}` is out of range: {_BOUNDS[kind]} {limit}"
    elif kind in _WANTED:
        message = f"`{key}` must be {_WANTED[kind]}, not `{given}`: correct it"
    else:
        message = f"`{key}`: {str(error['msg']).lower()}: correct it"
    return message


_LIMITS = ("ge", "gt", "le", "lt", "min_length", "max_length")
_BOUNDS = {
    "greater_than_equal": "at least",
    "greater_than": "more than",
    "less_than_equal": "at most",
    "less_than": "less than",
    "too_short": "at least",
    "too_long": "at most",
    "string_too_short": "at least",
    "string_too_long": "at most",
}
_WANTED = {
    "string_type": "a text",
    "dict_type": 'one text per language, such as `{es: "…", ca: "…", en: "…"}`',
    "model_type": "a list of keys",
    "list_type": "a list",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


def _few(given: str) -> str:
    return given if re.fullmatch("[0-5]", given) else "2"


def _short(given: object) -> str:
    text = "…" if isinstance(given, (dict, list)) else str(given)
    return text if len(text) <= 30 else text[:29] + "…"
