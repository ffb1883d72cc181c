"""What look-ups and identity checks share: how a back end is asked, kept, and asked again."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from dialogs.call import Call, Scalar
from dialogs.catalogue import LookupSchema, ValueType
from dialogs.effects import Effect, Play
from dialogs.errors import ValueUnspeakable
from dialogs.expressions import Template, fill
from dialogs.flow import Name
from dialogs.prompts import Words
from dialogs.results import Result
from dialogs.source import meant, nearest


class Again(BaseModel):
    """Back to a question after `missing`, so many times."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    step: Name = Field(description="The question")
    times: int = Field(1, ge=1, le=5, description="How often")
    say: Words | None = Field(None, description="What is said before")


def asked_by(by: Mapping[str, Template], call: Call, asked: str) -> dict[str, str]:
    """What a back end is asked by, filled. Raises `ValueUnspeakable`."""
    values = call.values()
    filled = {name: fill(template, values) for name, template in by.items()}
    known = {name: value for name, value in filled.items() if value is not None}
    if len(known) < len(filled):
        raise ValueUnspeakable(f"`{asked}` is asked by a value that is not filled")
    return known


def wrongly_given(
    given: Sequence[str], wanted: Sequence[str], *, unknown: str, lacking: str
) -> Iterator[tuple[str | None, str]]:
    """What a back end is given that it does not take, and what it lacks: the name (`None`: of none), and the
    remedy. `unknown` and `lacking` say what is wrong, with a place for the name."""
    odd = [name for name in given if name not in wanted]
    missing = [name for name in wanted if name not in given]
    if len(odd) == len(missing) == 1:  # one mistake: another name was meant
        remedy = nearest(odd[0], missing) if meant(odd[0], missing) else f"write `{missing[0]}`"
        yield odd[0], f"{unknown.format(odd[0])}: {remedy}"
        return
    for name in odd:
        yield name, f"{unknown.format(name)}: {nearest(name, wanted)}"
    for name in missing:
        yield None, f'{lacking.format(name)}: add `{name}: "{{…}}"`'


def field_types(name: str, schema: LookupSchema) -> dict[str, ValueType]:
    """What is known after a find: the fields by their dotted names; money brings its currency."""
    fields: dict[str, ValueType] = {f"{name}.{field}": kind for field, kind in schema.fields.items()}
    for field, kind in list(fields.items()):
        if kind == "money":
            fields.setdefault(f"{field}_currency", "text")
    return fields


def keep(call: Call, name: str, record: Mapping[str, Scalar]) -> None:
    """What was found is the call's from now on, and the next miss is the first again."""
    call.records[name] = dict(record)
    call.counts.pop((call.step, "again"), None)


def once_more(call: Call, again: Again | None) -> Generator[Effect, Result, bool]:
    """Whether the question is put again after a miss; says so first."""
    if again is None or call.count("again") > again.times:
        return False
    if again.say:
        yield Play(call.prompt(again.say, "again"), call.step)
    return True
