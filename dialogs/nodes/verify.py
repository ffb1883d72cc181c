"""`verify`: makes sure who the caller is.

```yaml
- verify: customer
  with: {customer_number: "{customer_number}"}
  again: {step: customer_number, times: 2}     # optional: after wrong answers, back to the question
  failed: person
  locked: person                  # optional: too many wrong answers, also in other calls; else as `failed`
  slow: person                    # optional: no answer in time; else as `failed`
  error: person                   # optional: it does not work; else as `failed`
```
What is checked stands in `catalogue.yaml`: by which answers, and what is known of a person who has passed
(`{customer.name}` from here on). Wrong answers are counted over all calls of that person and of that caller,
and lock. Answers that prove (all but `customer_number`) are sensitive by themselves, wherever they are asked
for. The caller's number alone proves nobody: at least one claim must be an answer.

Who has proved it need not prove it again: behind a `branch` with `caller.proved == "customer"`, what is
known of them is there.
```yaml catalogue
identities:
  customer: {by: [customer_number], fields: {name: text}}
```
```yaml test
- test: it is them
  data: {customer: {"45716": {name: Ana}}}
  steps:
    - expect: {verify: customer, hangup: true}
- test: wrong at first, right at the second try
  data: {customer: {"18051": {name: Ana}}}
  steps:
    - expect: {verify: customer, step: customer_number}
    - key: 18051
    - expect: {hangup: true}
- test: wrong three times
  data: {customer: {else: missing}}
  steps:
    - key: 11111
    - key: 22222
    - expect: {queue: billing}
- test: locked by other calls
  data: {customer: {"45716": locked}}
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
from dialogs.catalogue import Catalogue, ValueType
from dialogs.effects import Verify as VerifyEffect
from dialogs.expressions import Template
from dialogs.flow import Name
from dialogs.nodes.back_end import Again, asked_by, field_types, keep, once_more, wrongly_given
from dialogs.nodes.step import NEXT, Exit, Run, Shape, Step, Way, unexpected
from dialogs.prompts import Text
from dialogs.results import Failed, Found, Locked, Missing, Slow
from dialogs.source import nearest

NAMES_ONLY = frozenset({"customer_number"})
"""Claims that are no secret: they stand on every bill."""


class Verify(Step):
    """Makes sure who the caller is."""

    type_name: ClassVar[str] = "verify"
    drawn_as: ClassVar[Shape | None] = "looks_up"
    performer: ClassVar[str] = "identity"
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    verify: Name = Field(description="An identity of the catalogue")
    claims: dict[Name, Text] = Field(alias="with", min_length=1, description="The answers that prove it")
    failed: Name = Field(description="Where to go if it is not them")
    locked: Name | None = Field(None, description="Where to go after too many wrong answers; as `failed`")
    slow: Name | None = Field(None, description="Where to go if there is no answer in time; as `failed`")
    error: Name | None = Field(None, description="Where to go if it does not work; as `failed`")
    again: Again | None = Field(None, description="After wrong answers, back to the question so many times")
    deadline: float = Field(4.0, gt=0, le=30, description="Seconds to wait for the answer")

    def run(self, call: Call) -> Run:
        claims = asked_by(self.claims, call, self.verify)
        result = yield VerifyEffect(self.verify, claims, call.step, self.deadline)
        match result:
            case Found(record):
                keep(call, self.verify, record)
                call.proved = self.verify
                return NEXT
            case Missing():
                return "again" if (yield from once_more(call, self.again)) else "failed"
            case Locked():
                return "locked" if self.locked else "failed"
            case Slow():
                return "slow" if self.slow else "failed"
            case Failed():
                return "error" if self.error else "failed"
        unexpected(self, result)

    def exits(self) -> Iterator[Exit]:
        yield Exit(NEXT, self.then, ("then",))
        yield Exit("failed", self.failed, ("failed",))
        for label in ("locked", "slow", "error"):
            if target := getattr(self, label):
                yield Exit(label, target, (label,))
        if self.again:
            yield Exit("again", self.again.step, ("again", "step"))

    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        if self.again and self.again.say:
            yield ("again", "say"), self.again.say

    def templates(self) -> Iterator[tuple[Way, Template]]:
        for name, template in self.claims.items():
            yield ("with", name), template

    @override
    def sensitive_slots(self) -> Iterator[str]:
        for claim, template in self.claims.items():
            if claim not in NAMES_ONLY:
                yield from (name for name in template.names if "." not in name)

    @override
    def fills(self, catalogue: Catalogue, label: str) -> Mapping[str, ValueType]:
        schema = catalogue.identities.get(self.verify)
        return field_types(self.verify, schema) if schema and label == NEXT else {}

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        schema = catalogue.identities.get(self.verify)
        if schema is None:
            remedy = nearest(self.verify, catalogue.identities)
            yield ("verify",), f"unknown identity `{self.verify}`: {remedy}"
            return
        if not any("." not in name for template in self.claims.values() for name in template.names):
            yield (
                ("with",),
                "the caller's number proves nobody: add a claim that is an answer of theirs",
            )
        for name, message in wrongly_given(
            list(self.claims),
            schema.by,
            unknown=f"`{self.verify}` is not proved by `{{}}`",
            lacking=f"`{self.verify}` is proved by `{{}}` too",
        ):
            yield ("with",) if name is None else ("with", name), message
