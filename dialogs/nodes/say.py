"""`say`: says something and goes on.

```yaml
- id: tell
  say:
    es: "Su saldo pendiente es de {account.balance:money}."
    ca: "El seu saldo pendent és de {account.balance:money}."
    en: "You owe {account.balance:money}."
```

A key stops it and is kept for the question behind it; what is said over it answers none. Who is speaking as
that question is due is waited for, at most 1.8 s, and then asked. What may be answered at once belongs into
the question's own `prompt`, which callers may interrupt.
```yaml test
- test: the balance is told, as it is said and as it is read
  steps:
    - expect: {said: {es: "142,30 €", ca: "142,30 €", en: "€142.30"}}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dialogs.call import Call
from dialogs.effects import Play
from dialogs.expressions import Template
from dialogs.nodes.step import NEXT, Run, Step, Way, unexpected
from dialogs.prompts import Words
from dialogs.results import Played


class Say(Step):
    """Says something and goes on."""

    type_name: ClassVar[str] = "say"
    say: Words

    def run(self, call: Call) -> Run:
        result = yield Play(call.prompt(self.say), call.step)
        if not isinstance(result, Played):
            unexpected(self, result)
        return NEXT

    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        yield ("say",), self.say
