"""`lookup`: asks a back end. All four things that can come of it have a place to go.

```yaml
- lookup: account
  by: {customer_number: "{customer_number}"}
  found: tell
  missing: person
  slow: person
  error: person
  again:                          # optional: after `missing`, back to the question
    step: customer_number
    times: 1
    say:
      es: "No encuentro ese número."
      ca: "No trobo aquest número."
      en: "I cannot find that number."
```
What was found is named `account.balance`, `account.name` … from here on. If the answer takes long, callers
hear that it takes a moment, and soft music; `meanwhile: {es: "…"}` says it in your words. They may press 0
for a person.
```yaml test
- test: found
  data: {account: {"45716": {balance: 14230, balance_currency: EUR}}}
  steps:
    - expect: {lookup: account, step: tell}
- test: not found the first time, and back to the question
  data: {account: {else: missing}}
  steps:
    - expect: {said: {es: No encuentro, ca: No trobo, en: I cannot find}, step: customer_number}
    - key: 18051
    - expect: {queue: billing}
- test: the back end is slow
  data: {account: {else: slow}}
  steps:
    - expect: {queue: billing}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field

from dialogs.call import Call
from dialogs.catalogue import Catalogue, ValueType
from dialogs.effects import Lookup as LookupEffect
from dialogs.expressions import Template
from dialogs.flow import Name
from dialogs.nodes.back_end import Again, asked_by, field_types, keep, once_more, wrongly_given
from dialogs.nodes.step import Exit, Run, Shape, Step, Way, unexpected
from dialogs.prompts import Text, Words
from dialogs.results import Failed, Found, Missing, Slow
from dialogs.source import nearest


class Lookup(Step):
    """Asks a back end."""

    type_name: ClassVar[str] = "lookup"
    drawn_as: ClassVar[Shape | None] = "looks_up"
    lookup: Name = Field(description="A look-up of the catalogue")
    by: dict[Name, Text] = Field(min_length=1, description="What it is asked by")
    found: Name = Field(description="Where to go with what was found")
    missing: Name = Field(description="Where to go if there is no such thing")
    slow: Name = Field(description="Where to go if there is no answer in time")
    error: Name = Field(description="Where to go if the back end does not work")
    again: Again | None = Field(None, description="After `missing`, back to the question so many times")
    deadline: float = Field(4.0, gt=0, le=30, description="Seconds to wait for the answer")
    meanwhile: Words | None = Field(None, description="What is said if the answer takes long")

    def run(self, call: Call) -> Run:
        by = asked_by(self.by, call, self.lookup)
        filler = call.prompt(self.meanwhile, "meanwhile") if self.meanwhile else call.built_in("one_moment")
        result = yield LookupEffect(self.lookup, by, call.step, self.deadline, filler)
        match result:
            case Found(record):
                keep(call, self.lookup, record)
                return "found"
            case Missing():
                return "again" if (yield from once_more(call, self.again)) else "missing"
            case Slow():
                return "slow"
            case Failed():
                return "error"
        unexpected(self, result)

    def exits(self) -> Iterator[Exit]:
        yield Exit("found", self.found, ("found",))
        yield Exit("missing", self.missing, ("missing",))
        yield Exit("slow", self.slow, ("slow",))
        yield Exit("error", self.error, ("error",))
        if self.again:
            yield Exit("again", self.again.step, ("again", "step"))

    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        if self.again and self.again.say:
            yield ("again", "say"), self.again.say
        if self.meanwhile:
            yield ("meanwhile",), self.meanwhile

    def templates(self) -> Iterator[tuple[Way, Template]]:
        for name, template in self.by.items():
            yield ("by", name), template

    def fills(self, catalogue: Catalogue, label: str) -> Mapping[str, ValueType]:
        schema = catalogue.lookups.get(self.lookup)
        if schema is None or label != "found":
            return {}
        return field_types(self.lookup, schema)

    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.then is not None:
            yield ("then",), "a lookup goes on by found, missing, slow and error: remove `then`"
        for language, template in (self.meanwhile or {}).items():
            if not template.fixed:
                yield (
                    ("meanwhile", language),
                    "nothing is known yet while it is looked up: take the value out",
                )
        schema = catalogue.lookups.get(self.lookup)
        if schema is None:
            yield ("lookup",), f"unknown look-up `{self.lookup}`: {nearest(self.lookup, catalogue.lookups)}"
            return
        for name, message in wrongly_given(
            list(self.by),
            schema.by,
            unknown=f"`{self.lookup}` is not asked by `{{}}`",
            lacking=f"`{self.lookup}` must be asked by `{{}}` too",
        ):
            yield ("by",) if name is None else ("by", name), message
