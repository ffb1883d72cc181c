"""`callback`: promises that somebody will call back.

```yaml
- id: call_me
  callback: billing
  number: "{caller.number}"
  keep_place: true                # the caller keeps their place in the queue
  say: {es: "Le llamaremos.", ca: "Li trucarem.", en: "We will call you."}
  failed: goodbye
```
`callback` names a queue; its people call the number. The outcome is `callback_booked`. A number that is not
called (withheld, abroad, on the do-not-call list) goes to `failed`, too.
```yaml test
- test: it is booked
  caller: {number: "+34600111222"}
  steps:
    - expect:
        callback: billing
        outcome: callback_booked
        said: {es: Le llamaremos, ca: Li trucarem, en: We will call you}
- test: such a number is not called
  outside: {callback: refused}
  steps:
    - expect: {step: goodbye}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue
from dialogs.effects import CallBack as CallBackEffect
from dialogs.effects import Play, SetOutcome
from dialogs.expressions import Template, fill
from dialogs.flow import Name
from dialogs.nodes.queue import context
from dialogs.nodes.step import NEXT, Exit, Run, Step, Way, unexpected
from dialogs.prompts import Text, Words
from dialogs.results import Done, Failed, Refused
from dialogs.source import nearest


class Callback(Step):
    """Promises that somebody will call back."""

    type_name: ClassVar[str] = "callback"
    performer: ClassVar[str] = "callbacks"

    callback: Name = Field(description="The queue whose people will call")
    number: Text = Field(description='The number to call, such as `"{caller.number}"`')
    keep_place: bool = Field(False, description="Whether the caller keeps their place in the queue")
    say: Words | None = Field(None, description="What is said once it is booked")
    failed: Name = Field(description="Where to go if it cannot be booked, or that number is not called")
    outcome: Name = Field("callback_booked", description="How the contact ended, if it is booked")

    @override
    def own_name(self, at: int) -> str:
        return f"callback_{self.callback}"

    def run(self, call: Call) -> Run:
        number = fill(self.number, call.values())
        if not number:  # withheld
            return "failed"
        result = yield CallBackEffect(self.callback, number, self.keep_place, call.step, context(call))
        match result:
            case Done():
                yield SetOutcome(self.outcome, call.step)
                if self.say:
                    yield Play(call.prompt(self.say), call.step)
                return NEXT
            case Refused() | Failed():
                return "failed"
        unexpected(self, result)

    def exits(self) -> Iterator[Exit]:
        yield Exit(NEXT, self.then, ("then",))
        yield Exit("failed", self.failed, ("failed",))

    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        if self.say:
            yield ("say",), self.say

    def templates(self) -> Iterator[tuple[Way, Template]]:
        yield ("number",), self.number

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.callback not in catalogue.queues:
            yield (
                ("callback",),
                f"unknown queue `{self.callback}`: {nearest(self.callback, catalogue.queues)}",
            )
