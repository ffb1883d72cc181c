"""`greet`: welcomes the caller, in the words of their segment if it has some.

```yaml
- id: welcome
  greet:
    es: "Hola, le damos la bienvenida."
    ca: "Hola, li donem la benvinguda."
    en: "Hello, and welcome."
```
Whose segment has a `greeting` in `segments.yaml` hears that one instead. For everybody else it is a `say`.
```yaml segments
segments:
  - segment: frequent
    when: calls.last_90_days >= 10
    reason: "{calls.last_90_days}"
    greeting: {es: "Hola de nuevo.", ca: "Hola de nou.", en: "Hello again."}
  - segment: regular
    reason: everybody else
```
```yaml test
- test: whoever calls often is greeted as such
  history: {calls.last_90_days: 12}
  steps:
    - expect: {said: {es: Hola de nuevo, ca: Hola de nou, en: Hello again}}
- test: everybody else is welcomed
  steps:
    - expect: {said: {es: bienvenida, ca: benvinguda, en: welcome}}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dialogs.call import Call
from dialogs.effects import Play, Prompt
from dialogs.errors import ValueUnspeakable
from dialogs.expressions import Template
from dialogs.nodes.step import NEXT, Run, Step, Way, unexpected
from dialogs.prompts import Words
from dialogs.results import Played


class Greet(Step):
    """Welcomes the caller, in the words of their segment if it has some."""

    type_name: ClassVar[str] = "greet"
    greet: Words

    def run(self, call: Call) -> Run:
        result = yield Play(self._words(call), call.step)
        if not isinstance(result, Played):
            unexpected(self, result)
        return NEXT

    def _words(self, call: Call) -> Prompt:
        segment = call.known.segment
        if call.language in segment.greeting:
            try:
                return call.segment_prompt(segment.greeting, segment.name)
            except ValueUnspeakable:
                pass  # a figure that is not known of this caller: they are greeted as everybody
        return call.prompt(self.greet)

    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        yield ("greet",), self.greet
