"""A value that somebody gives a slot by hand, in the simulator: as its question would take it, or refused.

It may be written as flows keep it ("2026-12-11", `yes`), or as a caller says or keys it ("pasado mañana").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dialogs.catalogue import ValueType
from dialogs.check_values import value_mistake
from dialogs.flow import FlowSet
from dialogs.nodes.ask import Ask
from dialogs.nodes.form import Form
from dialogs.results import Alternative, Heard, Keyed, Match
from dialogs.slots.asking import Asking
from dialogs.slots.choice import OneOf

_FIGURES: tuple[ValueType, ...] = ("money", "number")
_WRITTEN: tuple[ValueType, ...] = ("date", "time", "boolean", *_FIGURES)
"""What flows keep in one form, which the value itself tells."""
_FORMS: Mapping[str, str] = {
    "date": "write a day as `2026-12-11`",
    "time": "write a time as `17:30`",
    "money": "write the cents as a whole number, `14230` for 142.30",
    "number": "write a whole number",
    "boolean": "write `true` or `false`",
}


def given(flows: FlowSet, slot: str, value: str, asking: Asking) -> tuple[dict[str, str], str]:
    """What the value fills, with what goes beside it; or nothing, and the form that is wanted."""
    kind = flows.types[slot]
    asks = list(_asking_for(flows, slot))
    if _is_kept_so(asks, kind, value):
        return {slot: value, **_beside(asks, slot)}, ""
    for ask in asks:
        answers: list[Heard | Keyed] = [Heard((Alternative(value, 1.0),))]
        if value.isascii() and value.isdigit():
            answers.insert(0, Keyed(value))
        for answer in answers:
            found = ask.kind.judge(answer, asking)
            if isinstance(found, Match):
                return {slot: found.value, **_beside([ask], slot)}, ""
    return {}, _wanted(asks, kind)


def _asking_for(flows: FlowSet, slot: str) -> Iterator[Ask]:
    for flow in flows.flows.values():
        for step in flow.steps.values():
            for ask in (step,) if isinstance(step, Ask) else step.slots if isinstance(step, Form) else ():
                if ask.ask == slot:
                    yield ask


def _is_kept_so(asks: list[Ask], kind: ValueType, value: str) -> bool:
    if kind in _WRITTEN:
        figures = kind in _FIGURES and value.isascii() and value.removeprefix("-").isdigit()
        plain: object = int(value) if figures else {"true": True, "false": False}.get(value, value)
        return value_mistake("", kind, plain) is None
    choices = [ask.kind.choices for ask in asks if isinstance(ask.kind, OneOf)]
    own_words = any(ask.kind.name == "yes_no" for ask in asks) and value in ("yes", "no")
    return not asks or own_words or any(value in offered for offered in choices)


def _beside(asks: list[Ask], slot: str) -> dict[str, str]:
    return {f"{slot}_{suffix}": one for ask in asks[:1] for suffix, one in ask.kind.companions().items()}


def _wanted(asks: list[Ask], kind: ValueType) -> str:
    if kind in _FORMS:
        return _FORMS[kind]
    kinds = list(dict.fromkeys(ask.kind.name for ask in asks))
    for ask in asks:
        if ask.kind.name == "yes_no":
            return "write `yes` or `no`"
        if isinstance(ask.kind, OneOf):
            return f"write one of {', '.join(f'`{name}`' for name in ask.kind.choices)}"
    examples = [f"`{value}`" for ask in asks for said in ask.kind.examples.values() for _, value in said[:1]]
    options = "; ".join(
        f"{key}: {one}"
        for ask in asks[:1]
        for key, one in ask.kind.model_dump(exclude_defaults=True).items()
        if isinstance(one, (str, int))
    )
    like = f"such as {examples[0]}" if examples and not options else options
    return f"write an answer of `type: {' or '.join(kinds)}`" + (f" ({like})" if like else "")
