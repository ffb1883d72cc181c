"""`set`: fills slots without asking.

```yaml
- id: reason
  set: {reason: balance, spoken_number: "{customer_number}"}
```
```yaml test
- test: both are filled
  steps:
    - expect: {slots: {reason: balance, spoken_number: 45716}}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue, ValueType
from dialogs.errors import ValueUnspeakable
from dialogs.expressions import Template, fill
from dialogs.flow import Name
from dialogs.nodes.step import NEXT, Run, Step, Way
from dialogs.prompts import Text


class Set(Step):
    """Fills slots without asking."""

    type_name: ClassVar[str] = "set"
    set: dict[Name, Text] = Field(min_length=1, description="Slot → text, with places for values")

    def run(self, call: Call) -> Run:
        yield from ()  # says and asks nothing
        values = call.values()
        for name, template in self.set.items():
            value = fill(template, values)
            if value is None:
                raise ValueUnspeakable(f"`{name}` is set from a value that is not filled")
            call.fill(name, value)
        return NEXT

    def templates(self) -> Iterator[tuple[Way, Template]]:
        for name, template in self.set.items():
            yield ("set", name), template

    @override
    def fills(self, catalogue: Catalogue, label: str) -> Mapping[str, ValueType]:
        return dict.fromkeys(self.set, "text")
