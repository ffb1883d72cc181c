"""`branch`: goes where the first condition that holds points to.

```yaml
- id: owes
  branch:
    - if: account.balance > 0
      then: tell
  else: nothing_due
```
`caller.proved == "customer"` holds for whoever has passed a `verify: customer` in this call.
```yaml test
- test: somebody owes
  steps:
    - expect: {step: tell}
- test: nobody owes
  data: {account: {"45716": {balance: 0, balance_currency: EUR}}}
  steps:
    - expect: {step: nothing_due}
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, WithJsonSchema
from pydantic_core import ErrorDetails
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue, ValueType
from dialogs.expressions import Condition, parse_condition
from dialogs.flow import Name
from dialogs.nodes.back_end import field_types
from dialogs.nodes.step import Exit, Run, Step, Way, custom_error


def _condition(value: Any) -> Condition:
    if isinstance(value, Condition):
        return value
    if not isinstance(value, str):
        raise ValueError("this must be a condition, such as `account.balance > 0`")
    return parse_condition(value)


If = Annotated[InstanceOf[Condition], BeforeValidator(_condition), WithJsonSchema({"type": "string"})]


class Case(BaseModel):
    """One way and its condition."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    condition: If = Field(alias="if", description="A condition, such as `account.balance > 0`")
    then: Name = Field(description="Where to go if it holds")


_PROVED = re.compile(r"""caller\.proved == (["'])([a-z][a-z0-9_]*)\1""")


class Branch(Step):
    """Goes where the first condition that holds points to."""

    type_name: ClassVar[str] = "branch"
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    branch: list[Case] = Field(
        min_length=1, max_length=20, description="Conditions in order; the first that holds counts"
    )
    otherwise: Name = Field(alias="else", description="Where to go if no condition holds")

    @classmethod
    @override
    def prepare(cls, keys: Mapping[str, Any]) -> tuple[dict[str, Any], list[ErrorDetails]]:
        """An `else` that stands in the list is one mistake, and not that all of its keys are wrong."""
        listed = keys.get("branch")
        inside = [
            at
            for at, one in enumerate(listed if isinstance(listed, list) else [])
            if isinstance(one, dict) and set(one) == {"else"}
        ]
        if not inside or not isinstance(listed, list):
            return dict(keys), []
        kept = [one for at, one in enumerate(listed) if at not in inside]
        message = "`else` does not stand in the list: put it beside `branch`, without a dash"
        return (
            {"else": listed[inside[0]]["else"], **keys, "branch": kept},
            [custom_error(("branch", at, "else"), message) for at in inside],
        )

    def run(self, call: Call) -> Run:
        yield from ()  # says and asks nothing
        values = call.values()
        for at, case in enumerate(self.branch, 1):
            if case.condition.holds(values):
                return f"if {at}"
        return "else"

    def exits(self) -> Iterator[Exit]:
        for at, case in enumerate(self.branch):
            yield Exit(f"if {at + 1}", case.then, ("branch", at, "then"))
        yield Exit("else", self.otherwise, ("else",))

    def conditions(self) -> Iterator[tuple[Way, Condition]]:
        for at, case in enumerate(self.branch):
            yield ("branch", at, "if"), case.condition

    @override
    def fills(self, catalogue: Catalogue, label: str) -> Mapping[str, ValueType]:
        """What is known of somebody is known where they have proved who they are."""
        proved = self.proved_by(label)
        schema = catalogue.identities.get(proved) if proved else None
        return field_types(proved, schema) if proved and schema else {}

    def proved_by(self, label: str) -> str | None:
        """The identity that whoever leaves by that exit has proved; `None`: perhaps none."""
        at = label.removeprefix("if ")
        found = _PROVED.fullmatch(self.branch[int(at) - 1].condition.source) if at.isdecimal() else None
        return None if found is None else found[2]

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.then is not None:
            yield ("then",), "a branch goes on by its conditions and `else`: remove `then`"
