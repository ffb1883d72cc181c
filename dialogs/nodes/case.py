"""`case`: opens a case, and tells its reference.

```yaml
- case: complaint
  about: {customer_number: "{customer_number}"}
  say:
    es: "Su número de caso es el {complaint:digits}."
    ca: "El seu número de cas és el {complaint:digits}."
    en: "Your case number is {complaint:digits}."
  failed: person
```
The reference has 8 digits, the last of which proves the others. It fills the slot `complaint`: it can be said
again, and asked for later (`type: digits`, `length: 8`, `check_digit: luhn`). `about` is what the case keeps.
```yaml test
- test: the reference is told
  outside: {case: "45716040"}
  steps:
    - expect: {case: complaint, said: "45716040", slots: {complaint: 45716040}}
- test: no case can be opened
  outside: {case: failed}
  steps:
    - expect: {queue: billing}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.call import MASK, Call
from dialogs.catalogue import Catalogue, ValueType
from dialogs.effects import OpenCase, Play
from dialogs.expressions import Template, fill
from dialogs.flow import Name
from dialogs.nodes.step import NEXT, Exit, Run, Shape, Step, Way, unexpected
from dialogs.prompts import Text, Words
from dialogs.results import CaseOpened, Failed


class Case(Step):
    """Opens a case, and tells its reference."""

    type_name: ClassVar[str] = "case"
    drawn_as: ClassVar[Shape | None] = "does"
    performer: ClassVar[str] = "cases"

    case: Name = Field(description="The kind of case, and the slot that holds its reference")
    about: dict[Name, Text] = Field(default_factory=dict, description="What the case keeps")
    say: Words = Field(description="How the caller is told; it must hold the reference")
    failed: Name = Field(description="Where to go if no case can be opened")

    def run(self, call: Call) -> Run:
        result = yield self.asked(call, call.step)
        match result:
            case CaseOpened(reference):
                call.fill(self.case, reference)
                yield Play(call.prompt(self.say), call.step)
                return NEXT
            case Failed():
                return "failed"
        unexpected(self, result)

    def asked(self, call: Call, step: str) -> OpenCase:
        """The case as it is to be opened now, with nothing sensitive in it; `step` is what records name."""
        values = {name: MASK if name in call.flows.sensitive else v for name, v in call.values().items()}
        about = {name: fill(template, values) or "" for name, template in self.about.items()}
        return OpenCase(self.case, about, step)

    def exits(self) -> Iterator[Exit]:
        yield Exit(NEXT, self.then, ("then",))
        yield Exit("failed", self.failed, ("failed",))

    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        yield ("say",), self.say

    def templates(self) -> Iterator[tuple[Way, Template]]:
        for name, template in self.about.items():
            yield ("about", name), template

    @override
    def filled_before(self) -> frozenset[str]:
        return frozenset({self.case})

    @override
    def fills(self, catalogue: Catalogue, label: str) -> Mapping[str, ValueType]:
        return {self.case: "digits"} if label == NEXT else {}

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        for language, template in self.say.items():
            if self.case not in template.names:
                yield (
                    ("say", language),
                    f"the caller is not told the reference: write `{{{self.case}:digits}}`",
                )
