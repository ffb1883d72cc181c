"""`queue`: hands the caller to people, with what is known.

```yaml
- id: person
  queue: billing
  say: {es: "Le paso con una persona.", ca: "El passo amb una persona.", en: "I will put you through."}
  busy: all_busy                 # nobody is free, or the wait was too long
  closed: after_hours            # optional: outside hours; else as `busy`
  left: main                     # optional: the caller left by key; else as `busy`
  error: all_busy                # optional: the queue does not work; else as `busy`
```
After the conversation with a person the call is over, unless `then` says otherwise.
```yaml test
- test: a person takes the call
  agents: free
  steps:
    - expect: {queue: billing, outcome: handed_over, hangup: true}
- test: all are busy
  agents: busy
  steps:
    - expect: {queue: billing, step: all_busy}
- test: nobody is there
  agents: closed
  steps:
    - expect: {queue: billing, step: after_hours}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field

from dialogs.call import Call
from dialogs.catalogue import Catalogue
from dialogs.effects import Enqueue, Play, SetOutcome
from dialogs.expressions import Template
from dialogs.flow import Name
from dialogs.nodes.step import END, Exit, Run, Shape, Step, Way, unexpected
from dialogs.prompts import Words
from dialogs.results import Failed, Handed, NobodyFree
from dialogs.source import nearest


class Queue(Step):
    """Hands the caller to people, with what is known."""

    type_name: ClassVar[str] = "queue"
    hands_over: ClassVar[bool] = True
    drawn_as: ClassVar[Shape | None] = "people"
    queue: Name = Field(description="A queue of the catalogue")
    say: Words | None = Field(None, description="What is said before")
    busy: Name = Field(description="Where to go if nobody is free, or the wait was too long")
    closed: Name | None = Field(None, description="Where to go if nobody is there; as `busy`")
    left: Name | None = Field(None, description="Where to go if the caller left by key; as `busy`")
    error: Name | None = Field(None, description="Where to go if the queue does not work; as `busy`")
    outcome: Name = Field("handed_over", description="How the contact ended, if a person took it")

    def run(self, call: Call) -> Run:
        if self.say:
            yield Play(call.prompt(self.say), call.step)
        result = yield Enqueue(self.queue, call.step, context(call))
        match result:
            case Handed():
                yield SetOutcome(self.outcome, call.step)
                return "handed"
            case NobodyFree("closed"):
                return "closed" if self.closed else "busy"
            case NobodyFree("left"):
                return "left" if self.left else "busy"
            case NobodyFree():
                return "busy"
            case Failed():
                return "error" if self.error else "busy"
        unexpected(self, result)

    def exits(self) -> Iterator[Exit]:
        yield Exit("handed", self.then or END, ("then",))
        yield Exit("busy", self.busy, ("busy",))
        for label in ("closed", "left", "error"):
            target = getattr(self, label)
            if target:
                yield Exit(label, target, (label,))

    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        if self.say:
            yield ("say",), self.say

    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.queue not in catalogue.queues:
            yield ("queue",), f"unknown queue `{self.queue}`: {nearest(self.queue, catalogue.queues)}"


def context(call: Call) -> dict[str, str]:
    """What travels with the caller: where they come from and what they said, sensitive answers left out."""
    slots = {name: value for name, value in call.slots.items() if name not in call.flows.sensitive}
    return {"flow": call.flow.name, "step": call.step, "language": call.language, **slots}
