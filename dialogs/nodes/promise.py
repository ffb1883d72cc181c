"""`promise`: notes a promise to pay.

```yaml
- ask: sure                       # reads it back: nothing is promised without a yes
  type: yes_no
  prompt:
    es: "Pagará {account.balance:money} el {account.due_date:date}. ¿Es correcto?"
    ca: "Pagarà {account.balance:money} el dia {account.due_date:date}. És correcte?"
    en: "You will pay {account.balance:money} on {account.due_date:date}. Is that right?"
  answers: {yes: payment, no: person}
- promise: payment
  amount: account.balance
  on: account.due_date
  confirmed: sure
  instalments: 1                  # optional: in so many equal parts, a month apart, the first one on that day
  reasons: {too_late: too_late}   # optional: refusals that need words of their own
  refused: person                 # optional: any other refusal; else as `failed`
  failed: person
```
`amount` and `on` name values: money, and a date. `confirmed` names the yes-or-no question that read it back.
The outcome is `promise_to_pay`.

What the house accepts stands in the campaign's `promises` (docs/campaigns.md), and is judged where the
promise is kept, whatever the flow has said: `too_little`, `too_much`, `nothing`, `past`, `too_late`,
`too_many_instalments`. It is taken from nobody who has not proved who they are (`not_proved`), nor without a
yes (`not_confirmed`). It takes the place of the promises on that account that are open.
```yaml test
- test: it is read back, and noted
  steps:
    - say: {es: "sí", ca: "sí", en: "yes"}
    - expect: {promise: payment, outcome: promise_to_pay}
- test: it is not what they meant
  steps:
    - key: 2
    - expect: {queue: billing}
- test: the day is too far away for the house
  outside: {promise: too_late}
  steps:
    - key: 1
    - expect: {promise: payment, step: too_late}
- test: the house does not accept it
  outside: {promise: refused}
  steps:
    - key: 1
    - expect: {queue: billing}
- test: it cannot be noted
  outside: {promise: failed}
  steps:
    - key: 1
    - expect: {queue: billing}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, get_args

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue, ValueType
from dialogs.effects import Promise as PromiseEffect
from dialogs.effects import PromiseRefusal, SetOutcome
from dialogs.errors import ValueUnspeakable
from dialogs.expressions import NAME
from dialogs.flow import Name
from dialogs.nodes.step import NEXT, Exit, Run, Shape, Step, Way, unexpected
from dialogs.results import Done, Failed, Refused
from dialogs.source import nearest

ValueName = Annotated[str, Field(pattern=f"^{NAME.pattern}$", max_length=120)]
REASONS: tuple[str, ...] = get_args(PromiseRefusal)
REFUSED = "refused_"
"""Begins the label of an exit for one reason."""


class Promise(Step):
    """Notes a promise to pay."""

    type_name: ClassVar[str] = "promise"
    drawn_as: ClassVar[Shape | None] = "does"
    performer: ClassVar[str] = "promises"

    promise: Name = Field(description="What is promised, in your words")
    amount: ValueName = Field(description="The money, by its name: a slot or `look_up.field`")
    on: ValueName = Field(description="The day, by its name")
    confirmed: Name = Field(description="The yes-or-no question that read it back, by its slot")
    instalments: int = Field(
        1, ge=1, le=12, description="In how many equal parts it is paid, a month apart from that day on"
    )
    reasons: dict[Name, Name] = Field(
        default_factory=dict, description="Where to go for certain reasons of a refusal"
    )
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
        agreed = call.slots.get(self.confirmed) == "yes"
        by = {"keys": "key"}.get(call.given_by.get(self.confirmed, ""), "yes")
        result = yield PromiseEffect(
            name=self.promise,
            amount=int(str(amount)),
            currency=currency,
            on=on,
            step=call.step,
            instalments=self.instalments,
            confirmed_by=by if agreed else "",
        )
        match result:
            case Done():
                yield SetOutcome(self.outcome, call.step)
                return NEXT
            case Refused(reason) if reason in self.reasons:
                return f"{REFUSED}{reason}"
            case Refused():
                return "refused" if self.refused else "failed"
            case Failed():
                return "failed"
        unexpected(self, result)

    def exits(self) -> Iterator[Exit]:
        yield Exit(NEXT, self.then, ("then",))
        for reason, target in self.reasons.items():
            yield Exit(f"{REFUSED}{reason}", target, ("reasons", reason))
        if self.refused:
            yield Exit("refused", self.refused, ("refused",))
        yield Exit("failed", self.failed, ("failed",))

    @override
    def exit_title(self, label: str, language: str) -> str | None:
        return label.removeprefix(REFUSED).replace("_", " ") if label.startswith(REFUSED) else None

    @override
    def needs(self) -> Iterator[tuple[Way, str]]:
        yield ("amount",), self.amount
        yield ("on",), self.on
        yield ("confirmed",), self.confirmed

    @override
    def wants(self) -> Iterator[tuple[Way, str, ValueType]]:
        yield ("amount",), self.amount, "money"
        yield ("on",), self.on, "date"

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        for reason in self.reasons:
            if reason not in REASONS:
                yield ("reasons", reason), f"no promise is refused as `{reason}`: {nearest(reason, REASONS)}"
