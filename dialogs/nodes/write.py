"""`write`: has something done in the company's systems: another delivery day, a note, a corrected address.

```yaml
- write: delivery_day
  with: {order_id: "{customer_number}", day: "{account.due_date}"}
  done: told
  reasons: {too_late: too_late}   # optional: refusals that need words of their own
  refused: person                 # any other refusal
  later: noted
  error: person
```
What can be done stands in `catalogue.yaml`: what it needs, and why it may be refused. `done`: it is done, say
so. `later`: the system cannot do it now; it is noted, and will be done: say exactly that. `error`: neither.
What a system answers when it is done is named `{delivery_day.reference}` … from `done` on. Asked twice in a
call with the same values, it happens once. A sensitive answer is never written elsewhere.
```yaml catalogue
writes:
  delivery_day:
    values: {order_id: code, day: date}
    reasons: [too_late, no_such_order]
    fields: {reference: code}
```
```yaml test
- test: it is done
  steps:
    - expect: {write: delivery_day, step: told}
- test: it will be done
  outside: {write: {delivery_day: later}}
  steps:
    - expect: {write: delivery_day, step: noted}
- test: it is too late
  outside: {write: {delivery_day: too_late}}
  steps:
    - expect: {step: too_late}
- test: it is refused for another reason
  outside: {write: {delivery_day: no_such_order}}
  steps:
    - expect: {queue: billing}
- test: the system is broken, and nothing can be noted
  outside: {write: {delivery_day: failed}}
  steps:
    - expect: {queue: billing}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import ConfigDict, Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue, LookupSchema, ValueType
from dialogs.effects import Write as WriteEffect
from dialogs.errors import ValueUnspeakable
from dialogs.expressions import Template
from dialogs.flow import Name
from dialogs.nodes.back_end import asked_by, field_types, keep, wrongly_given
from dialogs.nodes.step import Exit, Run, Shape, Step, Way, unexpected
from dialogs.prompts import Text
from dialogs.results import Failed, Noted, Refused, Written
from dialogs.source import nearest

REFUSED = "refused_"
"""Begins the label of an exit for one reason."""


class Write(Step):
    """Has something done in the company's systems."""

    type_name: ClassVar[str] = "write"
    drawn_as: ClassVar[Shape | None] = "does"
    performer: ClassVar[str] = "writes"
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    write: Name = Field(description="A write of the catalogue")
    values: dict[Name, Text] = Field(alias="with", min_length=1, description="What it needs")
    done: Name = Field(description="Where to go if it is done")
    refused: Name = Field(description="Where to go if it is not allowed")
    reasons: dict[Name, Name] = Field(
        default_factory=dict, description="Where to go for certain reasons of a refusal"
    )
    later: Name = Field(description="Where to go if it is noted, and will be done")
    error: Name = Field(description="Where to go if it is neither done nor noted")
    deadline: float = Field(6.0, gt=0, le=30, description="Seconds to wait until it is done")

    def run(self, call: Call) -> Run:
        secret = next((n for t in self.values.values() for n in t.names if n in call.flows.sensitive), None)
        if secret is not None:
            raise ValueUnspeakable(f"`{self.write}` would write the sensitive `{secret}` elsewhere")
        values = asked_by(self.values, call, self.write)
        result = yield WriteEffect(
            self.write, values, call.step, self.deadline, call.built_in("one_moment_writing")
        )
        match result:
            case Written(record):
                keep(call, self.write, record)
                return "done"
            case Refused(reason):
                return f"{REFUSED}{reason}" if reason in self.reasons else "refused"
            case Noted():
                return "later"
            case Failed():
                return "error"
        unexpected(self, result)

    def exits(self) -> Iterator[Exit]:
        yield Exit("done", self.done, ("done",))
        for reason, target in self.reasons.items():
            yield Exit(f"{REFUSED}{reason}", target, ("reasons", reason))
        for label in ("refused", "later", "error"):
            yield Exit(label, getattr(self, label), (label,))

    @override
    def exit_title(self, label: str, language: str) -> str | None:
        return label.removeprefix(REFUSED).replace("_", " ") if label.startswith(REFUSED) else None

    def templates(self) -> Iterator[tuple[Way, Template]]:
        for name, template in self.values.items():
            yield ("with", name), template

    @override
    def fills(self, catalogue: Catalogue, label: str) -> Mapping[str, ValueType]:
        schema = catalogue.writes.get(self.write)
        if schema is None or label != "done":
            return {}
        return field_types(self.write, LookupSchema((), schema.fields))

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.then is not None:
            yield ("then",), "a write goes on by done, refused, later and error: remove `then`"
        schema = catalogue.writes.get(self.write)
        if schema is None:
            yield ("write",), f"unknown write `{self.write}`: {nearest(self.write, catalogue.writes)}"
            return
        for name, message in wrongly_given(
            list(self.values),
            list(schema.values),
            unknown=f"`{self.write}` takes no `{{}}`",
            lacking=f"`{self.write}` needs `{{}}` too",
        ):
            yield ("with",) if name is None else ("with", name), message
        for reason in self.reasons:
            if reason not in schema.reasons:
                remedy = nearest(reason, schema.reasons)
                yield ("reasons", reason), f"`{self.write}` is never refused as `{reason}`: {remedy}"
