"""Conditions and templates of flow files: data that are read, never code that is run.

Rules:
1. Only dotted names are looked up, in one flat table of values. No attribute of a Python object, no
   index, no call, no format string is ever reached; what a caller says is a value and stays one.
2. A condition is compared and combined (`== != < <= > >= in and or not ( )`), no arithmetic, no regular
   expression, no function: it always ends. Types are checked when the flow is loaded.
3. A template is text with `{name:format}`; braces are doubled to be spoken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dialogs.catalogue import ValueType
from dialogs.errors import ConditionUndecidable, ValueUnspeakable
from dialogs.rule_tables import rule_engine
from dialogs.source import nearest

NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")
FORMATS = ("money", "digits", "date", "weekday", "time", "number", "phone", "spell", "text")
LONGEST_CONDITION = 500
LONGEST_SHOWN = 80
"""Characters of a condition in a message."""
LONGEST_TEMPLATE = 2000

Values = Mapping[str, str | int | bool | None]
"""Dotted name → value; all there is to look up."""


# --- templates ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Value:
    """A place in a template: `{name:format}`. Without a format, the type's own is used."""

    name: str
    format: str | None = None


@dataclass(frozen=True)
class Template:
    """A text with places for values, as parts in order."""

    source: str
    parts: tuple[str | Value, ...]
    recording: str | None = None
    """The studio recording that says it, by its name; the text is what it says."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts if isinstance(part, Value))

    @property
    def fixed(self) -> bool:
        return not self.names


_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def parse_template(text: str) -> Template:
    """Reads a template. Raises `ValueError` with what is wrong and what to do."""
    if len(text) > LONGEST_TEMPLATE:
        raise ValueError(f"the text has more than {LONGEST_TEMPLATE} characters: split the step")
    parts: list[str | Value] = []
    literal, end = "", 0
    for found in _BRACES.finditer(text):
        literal += text[end : found.start()]
        end = found.end()
        token = found.group()
        if token in ("{{", "}}"):
            literal += token[0]
        elif token in ("{", "}"):
            raise ValueError(
                f"a lone `{token}`: write `{token}{token}` for the sign, or close the `{{name}}`"
            )
        else:
            if literal:
                parts.append(literal)
                literal = ""
            parts.append(_value(found.group(1)))
    literal += text[end:]
    if literal:
        parts.append(literal)
    return Template(text, tuple(parts))


def _value(inside: str) -> Value:
    name, colon, form = inside.partition(":")
    name, form = name.strip(), form.strip()
    if not NAME.fullmatch(name):
        raise ValueError(f"`{{{inside}}}` is not a name: write `{{slot}}` or `{{lookup.field:format}}`")
    if colon and form not in FORMATS:
        raise ValueError(f"unknown format `{form}` in `{{{inside}}}`: {nearest(form, FORMATS)}")
    return Value(name, form or None)


LONGEST_FILLED = 4000
"""Characters of a text with its values: copies of copies would grow without end."""


def fill(template: Template, values: Values) -> str | None:
    """The raw text, for keys of look-ups; `None` if a value is missing. Raises `ValueUnspeakable` for a text
    beyond `LONGEST_FILLED`, before it is made."""
    texts, length = [], 0
    for part in template.parts:
        value = part if isinstance(part, str) else values.get(part.name)
        if value is None:
            return None
        texts.append(str(value))
        length += len(texts[-1])
        if length > LONGEST_FILLED:
            raise ValueUnspeakable(f"a text with its values is longer than {LONGEST_FILLED} characters")
    return "".join(texts)


# --- conditions --------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"\s+|(?P<text>\"[^\"\\]*\"|'[^'\\]*')|(?P<number>[0-9]+(?:\.[0-9]+)?)(?![\w.])"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,|-(?=[0-9]))"
)
_FOREIGN_SIGNS = {
    "&&": "write `and`",
    "&": "write `and`",
    "||": "write `or`",
    "|": "write `or`",
    "=~": "there is no pattern in a condition, write `==`",
    "=": "write `==`",
    "!": "write `not`",
    "<>": "write `!=`",
    "{": "write the name without braces, `account.balance`",
    "$": "write the name without a sign, `account.balance`",
}
"""What other languages write."""
_JOINING = re.compile(r"(?:^|[^\w])(?:and|or|not|in)$")
_NOTHING = {"null", "none", "nil", "undefined"}
"""What other languages call a value that is not there."""
_WORDS = {"and", "or", "not", "in", "true", "false"}
_RULE_TYPES: Mapping[str, Any] = {
    "text": rule_engine.DataType.STRING,
    "date": rule_engine.DataType.STRING,
    "digits": rule_engine.DataType.STRING,
    "phone": rule_engine.DataType.STRING,
    "time": rule_engine.DataType.STRING,
    "code": rule_engine.DataType.STRING,
    "number": rule_engine.DataType.FLOAT,
    "money": rule_engine.DataType.FLOAT,
    "boolean": rule_engine.DataType.BOOLEAN,
}


@dataclass(frozen=True)
class Comparison:
    """A name, and a value that it is compared with; `equality`: whether it is or is not that."""

    name: str
    value: str | int | float | bool
    equality: bool


@dataclass(frozen=True)
class Condition:
    """A condition as written, its names, and the same with the dots taken out of the names."""

    source: str
    names: tuple[str, ...]
    flat: str

    @property
    def shown(self) -> str:
        """As it is written, or its beginning."""
        return _shown(self.source)

    def compares_with(self, name: str) -> bool:
        """Whether that name stands behind a comparison, where a text without its quotes may stand."""
        return re.search(rf"(?:==|!=)\s*{re.escape(_flat(name))}(?!\w)", self.flat) is not None

    def comparisons(self) -> Iterator[Comparison]:
        """Every comparison of a name with a value, whichever stands first."""
        names = {_flat(name): name for name in self.names}
        for left, sign, right in _COMPARED.findall(self.flat):
            for one, other in ((left, right), (right, left)):
                if one in names and other not in names:
                    yield Comparison(names[one], _literal(other), sign in ("==", "!="))
        for left, listed in _MEMBERSHIP.findall(self.flat):
            for value in re.findall(_OPERAND, listed) if left in names else ():
                yield Comparison(names[left], _literal(value), equality=True)

    def mistake(self, types: Mapping[str, ValueType]) -> str | None:
        """What is wrong with its types, and what to do; the names must be known already."""
        kinds = {_flat(name): _RULE_TYPES[kind] for name, kind in types.items()}
        try:
            context = rule_engine.Context(type_resolver=rule_engine.type_resolver_from_dict(kinds))
            statement = rule_engine.Rule(self.flat, context=context).statement.expression
        except rule_engine.EngineError:
            return f"`{self.shown}` compares things of different types: write text in quotes, numbers without"
        for left, right in _comparisons(self.flat, kinds):
            if left.kind != right.kind:
                what = f"`{self.shown}` compares {left.kind} with {right.kind}, which are never equal"
                return f"{what}: {_cure(left, right)}"
        if statement.result_type != rule_engine.DataType.BOOLEAN:
            return f"`{self.shown}` is not a yes-or-no condition: compare it with something, such as `> 0`"
        return None

    def holds(self, values: Values) -> bool:
        """Raises `ConditionUndecidable` if a value is missing or of the wrong type."""
        try:
            return bool(_rule(self.flat).evaluate({_flat(name): values.get(name) for name in self.names}))
        except rule_engine.EngineError as fault:
            raise ConditionUndecidable(f"`{self.source}`: a value is missing or of the wrong type") from fault


def _shown(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def parse_condition(text: str) -> Condition:
    """Reads a condition. Raises `ValueError` with what is wrong and what to do."""
    if len(text) > LONGEST_CONDITION:
        raise ValueError(f"the condition has more than {LONGEST_CONDITION} characters: use several steps")
    names: list[str] = []
    flat, end = "", 0
    while end < len(text):
        found = _TOKEN.match(text, end)
        if found is None:
            for sign, remedy in _FOREIGN_SIGNS.items():
                if text.startswith(sign, end):
                    raise ValueError(f"`{sign}` is not allowed in a condition: {remedy}")
            raise ValueError(
                f'`{text[end : end + 10]}` is not allowed in a condition: use names, numbers, "text", '
                "== != < <= > >= in and or not ( )"
            )
        if found.group() == "[" and not flat.rstrip().endswith(" in"):
            raise ValueError('`[` begins a list behind `in`: write `caller.segment in ["vip", "gold"]`')
        if (
            found.group() == "("
            and re.search(r"[\w\"')]$", flat.rstrip())
            and not _JOINING.search(flat.rstrip())
        ):
            raise ValueError(
                "there are no functions in a condition: `(` begins a group, behind `and`, `or`, `not`"
            )
        end = found.end()
        figures = found.group("number") or ""
        if re.match("0[0-9]", figures):
            raise ValueError(f'`{figures}` is no number but text, put it in quotes: write "{figures}"')
        name = found.group("name")
        if name is None or name in _WORDS:
            flat += found.group()
        else:
            names.append(_named(name, compared=flat.rstrip().endswith(("==", "!="))))
            flat += _flat(name)
    flat = flat.strip()
    try:
        _rule(flat)
    except rule_engine.EngineError as fault:
        raise ValueError(
            f'`{_shown(text)}` cannot be read: write it as `account.balance > 0 and caller.segment == "vip"`'
        ) from fault
    return Condition(text, tuple(dict.fromkeys(names)), flat)


def _named(name: str, *, compared: bool) -> str:
    """The name, if it may be one. Raises `ValueError`."""
    if name.lower() in _NOTHING:
        raise ValueError(
            f"`{name}` is no value here: use a field that is true or false, or the look-up's `missing`"
        )
    if NAME.fullmatch(name):
        return name
    if compared:
        raise ValueError(f'text needs quotes: write "{name}"')
    raise ValueError(f"`{name}` is not a name: write `slot` or `lookup.field`, in lower case")


def _flat(name: str) -> str:
    return "v_" + name.replace(".", "__")


@lru_cache(maxsize=2048)
def _rule(flat: str) -> Any:
    # Types are the checker's business (`mistake`); at run time the table is all there is.
    return rule_engine.Rule(flat, context=rule_engine.Context(resolver=rule_engine.resolve_item))


_SIGNS = r"(==|!=|<=|>=|<|>)"
_OPERAND = r"(v_[a-z0-9_]+|-?[0-9]+(?:\.[0-9]+)?|\"[^\"]*\"|'[^']*'|true|false)"
_COMPARISON = re.compile(_OPERAND + r"\s*(?:==|!=)\s*" + _OPERAND)
_COMPARED = re.compile(rf"{_OPERAND}\s*{_SIGNS}\s*{_OPERAND}")
_MEMBERSHIP = re.compile(_OPERAND + r"\s*(?:not\s+)?in\s*\[([^\]]*)\]")


@dataclass(frozen=True)
class _Side:
    """One side of a comparison, and what kind of thing it is, in words."""

    text: str
    kind: str


def _literal(operand: str) -> str | int | float | bool:
    if operand.startswith(("'", '"')):
        return operand[1:-1]
    if operand in ("true", "false"):
        return operand == "true"
    return float(operand) if "." in operand else int(operand)


def _comparisons(flat: str, kinds: Mapping[str, Any]) -> Iterator[tuple[_Side, _Side]]:
    """The two sides of every `==`, `!=` and `in`: the engine lets `number == "0"` pass, always false."""
    for left, right in _COMPARISON.findall(flat):
        yield _side(left, kinds), _side(right, kinds)
    for left, listed in _MEMBERSHIP.findall(flat):
        for right in re.findall(_OPERAND, listed):
            yield _side(left, kinds), _side(right, kinds)


def _side(operand: str, kinds: Mapping[str, Any]) -> _Side:
    if operand.startswith(("'", '"')):
        return _Side(operand, "text")
    if operand in ("true", "false"):
        return _Side(operand, "true or false")
    kind = kinds.get(operand, rule_engine.DataType.FLOAT)
    if kind == rule_engine.DataType.STRING:
        return _Side(operand, "text")
    return _Side(operand, "true or false" if kind == rule_engine.DataType.BOOLEAN else "a number")


def _cure(left: _Side, right: _Side) -> str:
    """What to write instead, with the value that was written."""
    for one, other in ((left, right), (right, left)):
        if one.text.startswith("v_"):
            continue  # a name is what it is
        if other.kind == "text":
            return f'put it in quotes, write "{one.text}"'
        if other.kind == "a number" and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", one.text[1:-1]):
            return f"write {one.text[1:-1]}, without the quotes"
        if other.kind == "true or false":
            return "write true or false, without quotes"
    return "use two values of the same kind"
