"""What back ends are given (`by:`, `with:`): raw values, of the type that is wanted.

Rules:
1. A format is for the ear; a back end gets the value itself.
2. A write declares the types of what it takes. A look-up and an identity do not: there the name tells where a
   day, an amount or a yes can never be meant (`…_number`, `…_id`, `postcode`, `dni` …).
3. Only what can never be right is told: a text may hold anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dialogs.catalogue import Catalogue, ValueType
from dialogs.check_values import value_mistake
from dialogs.errors import Problem
from dialogs.expressions import Template, Value
from dialogs.flow import FlowSet
from dialogs.nodes.lookup import Lookup
from dialogs.nodes.step import Step
from dialogs.nodes.verify import Verify
from dialogs.nodes.write import Write

_NEVER: Mapping[ValueType, frozenset[ValueType]] = {
    "digits": frozenset({"date", "time", "money", "boolean"}),
    "phone": frozenset({"date", "time", "money", "boolean"}),
    "code": frozenset({"date", "time", "money", "boolean"}),
    "date": frozenset({"time", "money", "number", "boolean", "digits", "phone"}),
    "time": frozenset({"date", "money", "number", "boolean", "digits", "phone"}),
    "money": frozenset({"date", "time", "boolean", "phone", "code"}),
    "number": frozenset({"date", "time", "boolean", "phone", "code"}),
    "boolean": frozenset({"date", "time", "money", "number", "digits", "phone", "code"}),
    "text": frozenset(),
}
"""What is wanted → what it can never be."""
_A_NUMBER = re.compile(r"(?:.*_)?(?:number|id|dni|nie|pin|phone|postcode|postal_code|zip|code)(?:_.*)?")
"""Names of what is written in digits or letters, and is neither a day nor an amount."""


def check_given(flows: FlowSet, catalogue: Catalogue) -> Iterator[Problem]:
    """Every value that a back end is given."""
    for flow in flows.flows.values():
        for name, step in flow.steps.items():
            if not isinstance(step, (Lookup, Verify, Write)):
                continue
            wanted = _wanted(step, catalogue)
            for way, template in step.templates():
                key = str(way[-1])
                message = _mistake(key, wanted.get(key), template, flows.types)
                if way[0] in ("by", "with") and message is not None:
                    yield flow.problem(name, way, message)


def _wanted(step: Step, catalogue: Catalogue) -> Mapping[str, ValueType]:
    if isinstance(step, Write):
        schema = catalogue.writes.get(step.write)
        return {} if schema is None else schema.values
    return {str(way[-1]): "code" for way, _ in step.templates() if _A_NUMBER.fullmatch(str(way[-1]))}


def _mistake(
    key: str, wanted: ValueType | None, template: Template, types: Mapping[str, ValueType]
) -> str | None:
    for part in template.parts:
        if isinstance(part, Value) and part.format is not None:
            said = f"`{{{part.name}:{part.format}}}` is for the ear, and a back end takes the value itself"
            return f"{said}: write `{{{part.name}}}`"
    if wanted is None or len(template.parts) != 1:
        return None
    (only,) = template.parts
    if isinstance(only, str):
        return value_mistake(key, wanted, only) if wanted in ("date", "time") else None
    kind = types.get(only.name)
    if kind not in _NEVER[wanted]:
        return None
    fitting = sorted(name for name, other in types.items() if other == wanted and "." not in name)
    named = f", such as `{{{fitting[0]}}}`" if fitting else ""
    return f"`{key}` takes {_WORDS[wanted]}, and `{only.name}` is {_WORDS[kind]}: name another value{named}"


_WORDS: Mapping[ValueType | None, str] = {
    "digits": "digits",
    "phone": "a telephone number",
    "code": "digits or letters",
    "date": "a day",
    "time": "a time",
    "money": "an amount",
    "number": "a number",
    "boolean": "true or false",
    "text": "a text",
}
