"""Schema errors in the words of a designer: what is wrong, and what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from dialogs.errors import Problem
from dialogs.figures import allowed
from dialogs.source import Source, meant, nearest

_CHILDREN = {
    "retries": ("no_input", "no_match"),
    "choices": ("key", "phrases", "then", "offer"),
    "again": ("step", "times", "say"),
    "branch": ("if", "then"),
    "answers": ("yes", "no"),
    "busy": ("offer", "keep_place", "declined"),
}


def told_once(errors: Iterable[ErrorDetails]) -> list[ErrorDetails]:
    """The errors without those that tell the same mistake again: a misspelt key is also a missing one."""
    found = list(errors)
    missing = [error["loc"] for error in found if error["type"] == "missing"]
    for at, error in enumerate(found):
        if error["type"] != "extra_forbidden":
            continue
        beside = {str(loc[-1]): loc for loc in missing if loc[:-1] == error["loc"][:-1]}
        name = _other_name(str(error["loc"][-1]), list(beside)) or meant(
            str(error["loc"][-1]), beside, cutoff=_NEAR_MISSING
        )
        if name is not None:
            missing.remove(beside[name])
            found[at] = {**error, "ctx": {"meant": name}}
    return [error for error in found if error["type"] != "missing" or error["loc"] in missing]


_NEAR_MISSING = 0.5
"""How much alike a wrong key and a missing one are; less than for a key that might be any."""


def explain(
    source: Source,
    way: tuple[str | int, ...],
    error: ErrorDetails,
    known: Sequence[str],
    meanings: Mapping[str, str] | None = None,
    *,
    model: type[BaseModel] | None = None,
    examples: Mapping[str, str] | None = None,
) -> Problem:
    """One schema error as a problem. `known` are the keys of the mapping at `way`, `meanings` what stands at
    them, `model` what it was read by, `examples` what is right at a key of that kind of file (at "": at any
    other), where a key means something else than in a flow."""
    loc = tuple(part for part in error["loc"] if not str(part).startswith("["))
    at = loc[:-1] if error["type"] == "missing" else loc
    if error["type"] == "extra_forbidden" and way[:1] == ("steps",) and len(loc) == 1:
        conditional = str(loc[0]).lower() in _MEANT["if"].split() and "if" not in known
        if conditional:
            message = f"no step has a condition of its own, as `{loc[0]}`: write a `branch` step before it"
            return source.problem((*way, *at), message)
    of_its_file = _of_its_file(error, loc, examples) if examples is not None else None
    numbers = allowed(model, loc) if model is not None else ""
    message = of_its_file or _message(error, loc, known, numbers)
    meaning = (meanings or {}).get(str(loc[0]), "") if error["type"] == "missing" and len(loc) == 1 else ""
    if meaning:
        what = "a step's name: " if meaning.startswith("Where to go") else ""
        message += f" ({what}{meaning[:1].lower()}{meaning[1:]})"
    return source.problem((*way, *at), message)


def _of_its_file(error: ErrorDetails, loc: tuple[str | int, ...], examples: Mapping[str, str]) -> str | None:
    """A list where a mapping is wanted, and the reverse, in a file that is no flow."""
    key = next((str(part) for part in reversed(loc) if not isinstance(part, int)), "")
    value, kind = error.get("input"), error["type"]
    if value is None or kind not in ("list_type", "dict_type", "model_type"):
        return None
    if kind == "list_type":
        one = ", ".join(map(str, value)) if isinstance(value, dict) else short(value)
        remedy = f"a list: `[{one}]`" if len(one) <= _SHORT_LIST else "a list: `[…]`"
    else:
        remedy = examples.get(key) or examples.get("") or _WANTED["model_type"]
    return f"`{key}` cannot be {_kind_of(value)}: write {remedy}"


_SHORT_LIST = 40
"""Characters that are repeated in a remedy."""


def truth_for_a_number(
    source: Source, way: tuple[str | int, ...], at: Sequence[str], model: type[BaseModel]
) -> Problem:
    """`true` or `false` where a number is meant."""
    wanted = allowed(model, at) or "a number"
    return source.problem((*way, *at), f"`{at[-1]}` is a number: write {wanted}, in figures")


def _message(error: ErrorDetails, loc: tuple[str | int, ...], known: Sequence[str], numbers: str) -> str:
    """What is wrong, and what to do; `numbers` that may stand there, if there are bounds."""
    key = next((str(part) for part in reversed(loc) if not isinstance(part, int)), "")
    value = error.get("input")
    given = short(value)
    context: Mapping[str, Any] = error.get("ctx", {})
    kind = error["type"]
    if kind == "value_error":
        message = str(error["msg"]).removeprefix("Value error, ")
    elif kind == "extra_forbidden":
        parent = next((str(part) for part in reversed(loc[:-1]) if part in _CHILDREN), "")
        sure = context.get("meant")
        remedy = f"did you mean `{sure}`?" if sure else _meant_key(key, _CHILDREN.get(parent, known))
        message = f"unknown key `{key}`: {remedy}"
    elif kind == "missing":
        message = f"`{key}` is missing: add `{key}: …`"
    elif value is None:
        message = f"`{key}` is empty: write {_wanted(key, kind, context)}"
    elif kind == "string_pattern_mismatch":
        message = _misnamed(key, given, context)
    elif kind == "literal_error" and key == "hangup" and (isinstance(value, dict) or " " in given):
        message = "a hangup says nothing: write a `say` step before it, and `hangup: normal`"
    elif kind == "literal_error":
        message = _not_one_of(key, given, context)
    elif kind == "model_type" and key == "retries":
        few = given if re.fullmatch("[0-5]", given) else "2"
        message = f"`retries` counts two things: write {{no_input: {few}, no_match: {few}}}"
    elif numbers and kind in _FIGURES:
        message = f"`{key}: {given}` is out of range: write {numbers}"
    elif kind in _BOUNDS:
        message = _out_of_range(key, value, _BOUNDS[kind], context)
    elif kind in _WANTED or kind.startswith("decimal_"):
        message = f"`{key}` cannot be {_kind_of(value)}: write {_wanted(key, kind, context)}"
    else:
        message = f"`{key}`: {str(error['msg']).lower()}: correct it"
    return message


_MEANT = {
    "then": "goto go_to go next ir_a jump target to ir siguiente",
    "else": "default otherwise si_no sino",
    "prompt": "question text texto pregunta ask say message",
    "choices": "options opciones answers",
    "phrases": "words says phrase synonyms palabras",
    "id": "name step label nombre",
    "no_input": "silence noinput timeout_prompt",
    "no_match": "nomatch not_understood",
    "missing": "not_found notfound none",
    "error": "on_error failure",
    "failed": "on_error error failure",
    "if": "if when condition si cuando",
    "type": "tipo tipus kind",
    "length": "digits long longitud len",
    "timeout": "wait seconds espera",
    "at_least": "min minimum minimo from",
    "at_most": "max maximum maximo up_to",
    "earliest": "min from not_before after",
    "latest": "max to not_after before until",
    "max_length": "length max longest",
}
"""What other tools, and other languages, call a key."""


def _meant_key(key: str, known: Sequence[str]) -> str:
    """The key that was most likely meant: by its letters, or by what others call it."""
    name = _other_name(key, known)
    return f"did you mean `{name}`?" if name else nearest(key, known)


def _other_name(key: str, known: Iterable[str]) -> str | None:
    """The key for which others write that one."""
    return next((name for name in known if key.lower() in _MEANT.get(name, "").split()), None)


_CODES = {
    "^[A-Z]{2}$": "the code of a country, such as `ES`",
    "^[A-Z]{3}$": "the code of a currency, such as `EUR`",
    "^[A-Z]{1,6}$": "A to Z, such as `PED`",
}
"""Patterns of names in capitals, and how one is written."""


def _misnamed(key: str, given: str, context: Mapping[str, Any]) -> str:
    if context.get("pattern") == "^[0-9]$":
        return f"`{key}: {given}` is no key of a telephone: write one digit, 0 to 9"
    if code := _CODES.get(str(context.get("pattern"))):
        return f"`{key}: {given}` is not written in capital letters alone: write {code}"
    plain = unicodedata.normalize("NFKD", given).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    remedy = f"write `{name}`" if re.match("[a-z]", name) else "rename it"
    return f"`{given}` is not a name in lower case, such as `main_menu`: {remedy}"


def _not_one_of(key: str, given: str, context: Mapping[str, Any]) -> str:
    expected = str(context.get("expected")).replace("'", "`")
    close = meant(given, re.findall(r"`([^`]*)`", expected))
    remedy = f"did you mean `{close}`?" if close else f"write {expected}"
    # In a mapping whose keys are given, the key itself is wrong.
    return (
        f"unknown key `{key}`: {remedy}"
        if given == key
        else f"`{given}` is not allowed for `{key}`: {remedy}"
    )


_FIGURES = ("greater_than_equal", "greater_than", "less_than_equal", "less_than", "int_parsing_size")
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


def _out_of_range(key: str, value: Any, bound: str, context: Mapping[str, Any]) -> str:
    limit = next((context[name] for name in _LIMITS if name in context), 0)
    shown = f"{limit:g}" if isinstance(limit, float) else str(limit)
    if isinstance(value, (list, dict, tuple)):
        if not value:
            return f"`{key}` is empty: add at least {'one' if shown == '1' else shown}"
        few = "add more" if bound == "at least" else "remove some"
        return f"`{key}` has {len(value)} entries, {bound} {shown} are allowed: {few}"
    if isinstance(value, str):
        if not value:
            return f"`{key}` is empty: write a text"
        if not context.keys() & {"min_length", "max_length"}:  # a number, written as a text
            return f"`{key}: {short(value)}` is out of range: write {bound} {shown}"
        return f"`{key}` has {len(value)} signs, {bound} {shown} are allowed: write a shorter one"
    return f"`{key}: {short(value)}` is out of range: write {bound} {shown}"


_WANTED = {
    "string_type": "a text",
    "string_pattern_mismatch": "a name in lower case, such as `main_menu`",
    "dict_type": 'one text per language, such as `{es: "…", ca: "…", en: "…"}`',
    "model_type": "its keys and their values, such as `{key: value}`",
    "list_type": "a list, each entry on a line that begins with `- `",
    "int_type": "a whole number, in figures",
    "int_parsing": "a whole number, in figures",
    "int_parsing_size": "a whole number, and a smaller one",
    "int_from_float": "a whole number, in figures",
    "float_type": "a number, in figures and without a unit",
    "float_parsing": "a number, in figures and without a unit",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}
_EXAMPLES = {
    "answers": "`{yes: step, no: step}`",
    "branch": "a list such as `- if: account.balance > 0` with its `then:`",
    "by": '`{customer_number: "{customer_number}"}`',
    "choices": "each choice with its keys: `balance: {key: 1, phrases: {es: [saldo]}, then: balance}`",
    "phrases": "a list per language, such as `{es: [saldo, mi saldo], ca: [saldo]}`",
    "send": "`{name: value}`",
    "set": "`{name: value}`",
    "languages": "a list, such as `[es, ca, en]`",
    "steps": "the steps below it, each beginning with `- `",
    "key": "one digit, 0 to 9",
    "no_input": _WANTED["dict_type"],
    "no_match": _WANTED["dict_type"],
    "help": _WANTED["dict_type"],
    "id": _WANTED["string_pattern_mismatch"],
    "flow": "a name in lower case, such as `balance`",
    "person": "the name of a step or of a queue",
    "queue": "the name of a queue",
    "hours": "the name of a calendar",
    "subflow": "the name of a flow",
    **dict.fromkeys(
        ("then", "else", "found", "missing", "slow", "error", "failed", "open", "closed", "busy"),
        "the name of a step",
    ),
}


def _wanted(key: str, kind: str, context: Mapping[str, Any]) -> str:
    if kind == "literal_error":
        return str(context.get("expected")).replace("'", "`")
    if kind.startswith(("int_", "float_", "decimal_", "bool_")):
        return _WANTED.get(kind, "a number, in figures")  # whatever else may stand at a key of that name
    return _EXAMPLES.get(key) or _WANTED.get(kind) or "its value"


def _kind_of(value: Any) -> str:
    """What was written instead, in words where it is more than a word."""
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list):
        return "a list"
    return f"`{short(value)}`"


def short(value: object) -> str:
    """A value as it is shown in a message: its beginning, and no more than that it is a list or has keys."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = "…" if isinstance(value, (dict, list)) else text
    return text if len(text) <= 30 else text[:29] + "…"
