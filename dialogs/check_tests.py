"""What a test names must be there: a misspelt look-up, field or step would make it pass for nothing.

A test that answers by `nam` where the flow reads `name`, or that waits for a step which no flow has, is a
mistake of the test and not a difference of the call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dialogs.call import MASK
from dialogs.catalogue import LookupSchema, ValueType
from dialogs.check_values import currency_mistake, value_mistake
from dialogs.errors import Problem
from dialogs.flow import OUTCOMES_OF_THE_ENGINE, FlowSet
from dialogs.nodes.question import Question
from dialogs.notice import STEP as NOTICE
from dialogs.rehearsal_format import Expect, Settings, TestEntry
from dialogs.segments.facts import wrong_facts
from dialogs.source import Source, nearest

_Way = tuple[str | int, ...]


def check_settings(source: Source, way: _Way, found: Settings, flows: FlowSet) -> Iterator[Problem]:
    """The look-ups, fields and facts that a test or the top of its file names."""
    catalogue = flows.catalogue
    schemas = {**catalogue.identities, **catalogue.lookups}
    for name, value in (found.caller or {}).items():
        kind = catalogue.caller.get(name)
        if kind is None:
            remedy = nearest(name, catalogue.caller)
            mistake: str | None = f"nothing is known as `caller.{name}`: {remedy}"
        else:
            mistake = value_mistake(name, kind, value)
        if mistake:
            yield source.problem((*way, "caller", name), mistake)
    yield from _known(source, way, found, flows)
    yield from _written(source, way, found, flows)
    for asked, answers in found.data.items():
        if asked not in schemas:
            yield source.problem(
                (*way, "data", asked), f"there is no look-up `{asked}`: {nearest(asked, schemas)}"
            )
            continue
        for by, answer in answers.items():
            for at, one in enumerate(answer if isinstance(answer, list) else [answer]):
                here = ("data", asked, by, at) if isinstance(answer, list) else ("data", asked, by)
                for field, value in one.items() if isinstance(one, dict) else ():
                    mistake = _field_mistake(asked, schemas[asked], field, value)
                    if mistake:
                        yield source.problem((*way, *here, field), mistake)


def _field_mistake(asked: str, schema: LookupSchema, field: str, value: object) -> str | None:
    kind = schema.fields.get(field)
    currencies = {f"{name}_currency" for name, kind in schema.fields.items() if kind == "money"}
    if field in currencies:
        return currency_mistake(field, value)
    if kind is None:
        return f"`{asked}` has no field `{field}`: {nearest(field, {*schema.fields, *currencies})}"
    return value_mistake(field, kind, value)


def _known(source: Source, way: _Way, found: Settings, flows: FlowSet) -> Iterator[Problem]:
    """Segments that there are, and facts that have values of their types."""
    segment = (found.caller or {}).get("segment")
    names = {one.name for one in flows.segments.segments}
    if isinstance(segment, str) and segment and names and segment not in names:
        yield source.problem(
            (*way, "caller", "segment"), f"there is no segment `{segment}`: {nearest(str(segment), names)}"
        )
    for name, message in wrong_facts(found.history or {}):
        yield source.problem((*way, "history", name), message)


def _written(source: Source, way: _Way, found: Settings, flows: FlowSet) -> Iterator[Problem]:
    """The writes that a test says the end of, and the reasons."""
    for name, ending in (found.outside.write if found.outside else {}).items():
        here = (*way, "outside", "write", name)
        schema = flows.catalogue.writes.get(name)
        if schema is None:
            yield source.problem(here, f"there is no write `{name}`: {nearest(name, flows.catalogue.writes)}")
        elif isinstance(ending, str):
            endings = {"done", "later", "failed", *schema.reasons}
            if ending not in endings:
                yield source.problem(here, f"`{name}` never ends as `{ending}`: {nearest(ending, endings)}")
        else:
            for field in ending.done:
                if field not in schema.fields:
                    remedy = nearest(field, schema.fields)
                    yield source.problem((*here, "done", field), f"`{name}` has no field `{field}`: {remedy}")


def check_steps(
    source: Source, way: _Way, entry: TestEntry, flows: FlowSet, languages: Sequence[str]
) -> Iterator[Problem]:
    """What the caller says in each language of the test, and the names that it expects."""
    for at, step in enumerate(entry.steps):
        here = (*way, "steps", at)
        if step.during is not None:
            yield from _during(source, (*here, "during"), step.during, flows)
        if isinstance(step.say, dict):
            yield from _texts(source, (*here, "say"), step.say, languages)
        if step.expect is not None:
            yield from _expected(source, (*here, "expect"), step.expect, flows)
            for key in ("said", "not_said"):
                for number, text in enumerate(getattr(step.expect, key)):
                    if isinstance(text, dict):
                        yield from _texts(source, (*here, "expect", key, number), text, languages)


def _during(source: Source, way: _Way, name: str, flows: FlowSet) -> Iterator[Problem]:
    """A step that says something without asking."""
    known = {
        step: one
        for flow in flows.flows.values()
        for step, one in flow.steps.items()
        if not isinstance(one, Question) and any(True for _ in one.prompts())
    }
    if name not in known and name != NOTICE:
        yield source.problem(way, f"no step `{name}` says a sentence: {nearest(name, known)}")


def _texts(
    source: Source, way: _Way, texts: Mapping[str, str], languages: Sequence[str]
) -> Iterator[Problem]:
    for language in languages:
        if language not in texts:
            yield source.problem(
                way, f'the test is played in `{language}` and has no text here: add `{language}: "…"`'
            )


def _expected(source: Source, way: _Way, expect: Expect, flows: FlowSet) -> Iterator[Problem]:
    catalogue = flows.catalogue
    if expect.flow is not None and expect.flow not in flows.flows:
        remedy = nearest(expect.flow, flows.flows)
        yield source.problem((*way, "flow"), f"there is no flow `{expect.flow}`: {remedy}")
    elif expect.step is not None:
        inside = [flows.flows[expect.flow]] if expect.flow else list(flows.flows.values())
        steps = {name for flow in inside for name in flow.steps}
        if expect.step not in steps and expect.step != NOTICE:
            where = f"flow `{expect.flow}`" if expect.flow else "any of these flows"
            yield source.problem(
                (*way, "step"), f"there is no step `{expect.step}` in {where}: {nearest(expect.step, steps)}"
            )
    slots = {name for name in flows.types if "." not in name}
    for slot in expect.slots:
        if slot not in slots:
            yield source.problem((*way, "slots", slot), f"there is no slot `{slot}`: {nearest(slot, slots)}")
        elif (mistake := _slot_mistake(slot, flows.types[slot], expect.slots[slot])) is not None:
            yield source.problem((*way, "slots", slot), mistake)
    named: list[tuple[str, str, Iterable[str]]] = [
        (key, f"step with `{key}`", _own_names(key, flows)) for key in _DEEDS if getattr(expect, key)
    ]
    named += [
        ("outcome", "step that notes the outcome", outcomes(flows)),
        ("offered", "step that offers", ("callback",)),
        ("message", "queue", catalogue.queues),
        ("callback", "queue", catalogue.queues),
        ("queue", "queue", catalogue.queues),
        ("lookup", "look-up", catalogue.lookups),
        ("verify", "identity", catalogue.identities),
        ("write", "write", catalogue.writes),
        ("transfer", "destination", catalogue.destinations),
        ("language", "language", {one for flow in flows.flows.values() for one in flow.languages}),
    ]
    for key, what, known in named:
        # Several that were done since the last turn are written with commas.
        for name in (getattr(expect, key) or "").split(", "):
            if name and name not in set(known):
                yield source.problem((*way, key), f"there is no {what} `{name}`: {nearest(name, known)}")


def _slot_mistake(slot: str, kind: ValueType, value: object) -> str | None:
    """A value that the slot can never have; what is masked stands for any."""
    if value == MASK or kind not in ("date", "time"):
        return None
    return value_mistake(slot, kind, value)


def check_names(source: Source, names: Sequence[tuple[_Way, str]]) -> Iterator[Problem]:
    """Two tests of one name: nobody could tell which of them failed."""
    first: dict[str, _Way] = {}
    for way, name in names:
        if name in first:
            line = source.place((*first[name], "test")).line
            yield source.problem(
                (*way, "test"), f"another test is called “{name}” (line {line}): give this one another name"
            )
        first.setdefault(name, way)


_DEEDS = ("record", "understand", "notify", "promise", "case")


def outcomes(flows: FlowSet) -> frozenset[str]:
    """Every outcome that a call through these flows may have."""
    return OUTCOMES_OF_THE_ENGINE | flows.outcomes


def _own_names(key: str, flows: FlowSet) -> frozenset[str]:
    """What the steps of that type are called by, as a test names what they did."""
    steps = (step for flow in flows.flows.values() for step in flow.steps.values())
    return frozenset(str(getattr(step, key)) for step in steps if step.type_name == key)
