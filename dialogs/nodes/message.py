"""`message`: takes a message for the people of a queue (voicemail).

```yaml
- id: leave_a_message
  message: billing
  prompt:
    es: "Deje su mensaje. Cuando acabe, marque almohadilla."
    ca: "Deixi el seu missatge. Quan acabi, premi coixinet."
    en: "Please leave a message. When you have finished, press hash."
  thanks: {es: "Gracias, le llamaremos.", ca: "Gràcies, li trucarem.", en: "Thank you, we will call you."}
  silent: goodbye
  failed: goodbye
```
The message is kept with the call, and the outcome is `message_left`. A key `#` or silence ends it.
```yaml test
- test: a message
  steps:
    - expect: {message: billing, outcome: message_left, said: {es: Gracias, ca: Gràcies, en: Thank you}}
- test: silence
  outside: {message: silence}
  steps:
    - expect: {step: goodbye}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue
from dialogs.effects import SetOutcome
from dialogs.flow import Name
from dialogs.nodes.recording import Recording
from dialogs.nodes.step import NEXT, Run, Way
from dialogs.source import nearest


class Message(Recording):
    """Takes a message for the people of a queue."""

    type_name: ClassVar[str] = "message"
    message: Name = Field(description="The queue whose people it is for")
    outcome: Name = Field("message_left", description="How the contact ended, if a message was left")

    @override
    def own_name(self, at: int) -> str:
        return f"message_{self.message}"

    def run(self, call: Call) -> Run:
        result = yield from self.recorded(call, "message", self.message, self.outcome)
        if isinstance(result, str):
            return result
        yield SetOutcome(self.outcome, call.step)
        return NEXT

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.message not in catalogue.queues:
            yield ("message",), f"unknown queue `{self.message}`: {nearest(self.message, catalogue.queues)}"
