"""`notify`: sends an SMS or an e-mail, or tells another system.

```yaml
- notify: sms
  to: "{caller.number}"
  text:
    es: "Su saldo es de {account.balance:money}."
    ca: "El seu saldo és de {account.balance:money}."
    en: "Your balance is {account.balance:money}."
  failed: goodbye                 # optional: else it goes on as if it was sent
```
`sms` and `email` go `to` a number or an address; an e-mail may have a `subject` in each language. `webhook`
tells a system of `catalogue.yaml` (`webhooks`) the values under `send`. What is sensitive is never sent as it
is: it arrives as `•••`.
```yaml test
- test: it is sent
  caller: {number: "+34600111222"}
  steps:
    - expect: {notify: sms, hangup: true}
- test: they want no messages
  caller: {number: "+34600111222"}
  outside: {notify: refused}
  steps:
    - expect: {notify: sms, step: goodbye}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from dialogs.call import MASK, Call
from dialogs.catalogue import Catalogue
from dialogs.effects import Notify as NotifyEffect
from dialogs.expressions import Template, fill
from dialogs.flow import Name
from dialogs.nodes.step import NEXT, Exit, Run, Shape, Step, Way, unexpected
from dialogs.prompts import Text, Words
from dialogs.results import Done, Failed, Refused
from dialogs.source import nearest


class Notify(Step):
    """Sends an SMS or an e-mail, or tells another system."""

    type_name: ClassVar[str] = "notify"
    drawn_as: ClassVar[Shape | None] = "does"
    performer: ClassVar[str] = "notices"

    notify: Literal["sms", "email", "webhook"] = Field(description="How it is sent")
    to: Text = Field(description="The number or address; for a webhook, its name in the catalogue")
    text: Words | None = Field(None, description="What it says, in each language (sms, email)")
    subject: Words | None = Field(None, description="What it is about, in each language (email)")
    send: dict[Name, Text] = Field(default_factory=dict, description="What the webhook is told")
    failed: Name | None = Field(None, description="Where to go if it was not sent; the next on the page")

    @override
    def own_name(self, at: int) -> str:
        return f"notify_{at}"

    def run(self, call: Call) -> Run:
        values = {name: MASK if name in call.flows.sensitive else v for name, v in call.values().items()}
        to = fill(self.to, call.values())
        result = None
        if to:
            text = call.in_writing(self.text) if self.text else ""
            fields = {name: fill(template, values) or "" for name, template in self.send.items()}
            subject = call.in_writing(self.subject) if self.subject else ""
            result = yield NotifyEffect(self.notify, to, text, fields, call.language, call.step, subject)
        match result:
            case Done():
                return NEXT
            case None | Refused() | Failed():
                return "failed" if self.failed else NEXT
        unexpected(self, result)

    def exits(self) -> Iterator[Exit]:
        yield Exit(NEXT, self.then, ("then",))
        if self.failed:
            yield Exit("failed", self.failed, ("failed",))

    def written(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        if self.text:
            yield ("text",), self.text
        if self.subject:
            yield ("subject",), self.subject

    def templates(self) -> Iterator[tuple[Way, Template]]:
        yield ("to",), self.to
        for name, template in self.send.items():
            yield ("send", name), template

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.subject is not None and self.notify != "email":
            yield ("subject",), "only an e-mail has a subject: remove it"
        if self.notify == "webhook":
            if self.text is not None:
                yield ("text",), "a webhook is told values: write them under `send`"
            if not self.to.fixed:
                yield ("to",), "a webhook is named, never chosen by a value: write a name of the catalogue"
            elif self.to.source not in catalogue.webhooks:
                remedy = nearest(self.to.source, catalogue.webhooks)
                yield ("to",), f"unknown webhook `{self.to.source}`: {remedy}"
        else:
            if self.text is None:
                yield ("notify",), '`text` is missing: add `text: {es: "…"}`'
            if self.send:
                yield ("send",), "`send` goes with `notify: webhook`: write the values into `text`"
