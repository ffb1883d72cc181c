"""`promise`: notes a promise to pay.

```yaml
- promise: payment
  amount: account.balance
  on: account.due_date
  refused: person                 # optional: too little, too late; else as `failed`
  failed: person
```
`amount` and `on` name values: money, and a date. The outcome is `promise_to_pay`.
```yaml test
- test: it is noted
  steps:
    - expect: {promise: payment, outcome: promise_to_pay}
- test: the house does not accept it
  outside: {promise: refused}
  steps:
    - expect: {queue: billing}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import ValueType
from dialogs.effects import Promise as PromiseEffect
from dialogs.effects import SetOutcome
from dialogs.errors import ValueUnspeakable
from dialogs.expressions import NAME
from dialogs.flow import Name
from dialogs.nodes.step import NEXT, Exit, Run, Shape, Step, Way, unexpected
from dialogs.results import Done, Failed, Refused

ValueName = Annotated[str, Field(pattern=f"^{NAME.pattern}$", max_length=120)]


class Promise(Step):
    """Notes a promise to pay."""

    type_name: ClassVar[str] = "promise"
    drawn_as: ClassVar[Shape | None] = "does"
    performer: ClassVar[str] = "promises"

    promise: Name = Field(description="What is promised, in your words")
    amount: ValueName = Field(description="The money, by its name: a slot or `look_up.field`")
    on: ValueName = Field(description="The day, by its name")
    refused: Name | None = Field(
        None, description="Where to go if such a promise is not accepted; as `failed`"
    )
    failed: Name = Field(description="Where to go if it cannot be noted")
    outcome: Name = Field("promise_to_pay", description="How the contact ended, if it is noted")

    def run(self, call: Call) -> Run:
        values = call.values()
        amount, currency, on = (values.get(n) for n in (self.amount, f"{self.amount}_currency", self.on))
        if not isinstance(on, str) or not str(amount).isdecimal() or not isinstance(currency, str):
            raise ValueUnspeakable(
                f"`{self.promise}` needs money in `{self.amount}` and a date in `{self.on}`"
            )
        result = yield PromiseEffect(self.promise, int(str(amount)), currency, on, call.step)
        match result:
            case Done():
                yield SetOutcome(self.outcome, call.step)
                return NEXT
            case Refused():
                return "refused" if self.refused else "failed"
            case Failed():
                return "failed"
        unexpected(self, result)

    def exits(self) -> Iterator[Exit]:
        yield Exit(NEXT, self.then, ("then",))
        if self.refused:
            yield Exit("refused", self.refused, ("refused",))
        yield Exit("failed", self.failed, ("failed",))

    @override
    def needs(self) -> Iterator[tuple[Way, str]]:
        yield ("amount",), self.amount
        yield ("on",), self.on

    @override
    def wants(self) -> Iterator[tuple[Way, str, ValueType]]:
        yield ("amount",), self.amount, "money"
        yield ("on",), self.on, "date"
