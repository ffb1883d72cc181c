"""`callback`: promises that somebody will call back.

```yaml
- id: call_me
  callback: billing
  keep_place: true                # the caller keeps their place in the queue
  choose_time: true               # optional: as soon as it is their turn, or when it suits them
  say: {es: "Le llamaremos.", ca: "Li trucarem.", en: "We will call you."}
  failed: goodbye
```
`callback` names a queue; its people call. The caller hears the number that they call from, and agrees to
it or says or keys another; who withholds theirs is asked for one. A number that the house does not call
(premium, abroad, one that does not exist, one for which calls are asked for again and again) is told so, and
another may be named. Without one, or where nobody answers, it goes on with `failed`: offer a message there.

With `choose_time`, they say "cuanto antes", "mañana por la mañana", "entre las cinco y las siete" or "el
jueves a partir de las diez" (by key: 1 for as soon as it is their turn, 2 for another time, and then day,
month and hour). They hear what is possible of it inside the queue's hours and those in which people may be
called, and agree to it.

A number that the flow has already is not talked about:
```yaml
- id: call_this_number
  callback: billing
  number: "{caller.number}"
  failed: goodbye
```
There a number that is not called goes to `failed` at once. The outcome is `callback_booked`.
```yaml test
- test: at the number that they call from, as soon as it is their turn
  caller: {number: "+34600111222"}
  steps:
    - expect: {said: {es: 600 111 222, ca: 600 111 222, en: 600 111 222}}
    - say: {es: "sí", ca: "sí", en: "yes"}
    - expect: {said: {es: o a otra hora, ca: o a una altra hora, en: or at another time}}
    - say: {es: cuanto antes, ca: com més aviat millor, en: as soon as possible}
    - expect:
        callback: billing
        outcome: callback_booked
        said: {es: Le llamaremos, ca: Li trucarem, en: We will call you}
- test: at another number, tomorrow morning
  now: 2026-11-23T10:00
  caller: {number: "+34600111222"}
  outside: {callback: [done, 2026-11-24T09:00/2026-11-24T14:00, done]}
  steps:
    - say: {es: no, ca: no, en: no}
    - key: 934051020
    - say: {es: "mañana por la mañana", ca: demà al matí, en: tomorrow morning}
    - expect: {said: {es: ¿Le llamamos mañana, ca: Li truquem demà, en: Shall we call you tomorrow}}
    - say: {es: "sí", ca: "sí", en: "yes"}
    - expect: {callback: billing, outcome: callback_booked}
- test: a premium number is not called, and another is
  caller: {number: ""}
  outside: {callback: [premium, done]}
  steps:
    - expect: {said: {es: A qué número, ca: A quin número, en: Which number}}
    - key: 803123456
    - expect: {said: {es: números especiales, ca: números especials, en: special-rate numbers}}
    - key: 934051020
    - key: 1
    - expect: {callback: billing, outcome: callback_booked}
- test: callbacks are not possible at all
  caller: {number: "+34600111222"}
  outside: {callback: refused}
  steps:
    - key: 1
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
from dialogs.nodes.arranging import Arranging, Wanted, arranged
from dialogs.nodes.queue import context
from dialogs.nodes.step import NEXT, Exit, Run, Step, Way, unexpected
from dialogs.prompts import Text, Words
from dialogs.results import Done, Failed, Refused
from dialogs.source import nearest


class Callback(Step):
    """Promises that somebody will call back."""

    type_name: ClassVar[str] = "callback"
    takes_input: ClassVar[bool] = True
    performer: ClassVar[str] = "callbacks"

    callback: Name = Field(description="The queue whose people will call")
    number: Text | None = Field(
        None, description="The number to call, taken as it is; without it, the caller agrees to one"
    )
    keep_place: bool = Field(False, description="Whether the caller keeps their place in the queue")
    choose_time: bool = Field(False, description="Whether the caller may choose when")
    say: Words | None = Field(None, description="What is said once it is booked")
    failed: Name = Field(description="Where to go if it cannot be booked, or that number is not called")
    outcome: Name = Field("callback_booked", description="How the contact ended, if it is booked")

    @override
    def own_name(self, at: int) -> str:
        return f"callback_{self.callback}"

    def run(self, call: Call) -> Run:
        wanted = Wanted(self.callback, self.keep_place, self.choose_time, context(call))
        if self.number is None:
            booked = yield from arranged(call, wanted)
        else:
            number = fill(self.number, call.values())
            if not number:  # withheld
                return "failed"
            booked = yield from self._as_given(call, wanted, number)
        if not booked:
            return "failed"
        yield SetOutcome(self.outcome, call.step)
        if self.say:
            yield Play(call.prompt(self.say), call.step)
        return NEXT

    def _as_given(self, call: Call, wanted: Wanted, number: str) -> Arranging:
        """At a number that the flow knows: nothing is said of it."""
        if self.choose_time:
            return (yield from arranged(call, wanted, agreed=number))
        result = yield CallBackEffect(self.callback, number, self.keep_place, call.step, wanted.context)
        if not isinstance(result, (Done, Refused, Failed)):
            unexpected(self, result)
        return isinstance(result, Done)

    def exits(self) -> Iterator[Exit]:
        yield Exit(NEXT, self.then, ("then",))
        yield Exit("failed", self.failed, ("failed",))

    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        if self.say:
            yield ("say",), self.say

    def templates(self) -> Iterator[tuple[Way, Template]]:
        if self.number is not None:
            yield ("number",), self.number

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.callback not in catalogue.queues:
            yield (
                ("callback",),
                f"unknown queue `{self.callback}`: {nearest(self.callback, catalogue.queues)}",
            )
