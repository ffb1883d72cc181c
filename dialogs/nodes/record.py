"""`record`: records what the caller says, and keeps it with the call.

```yaml
- record: complaint
  prompt:
    es: "Cuéntenos qué ha pasado. Cuando acabe, marque almohadilla."
    ca: "Expliqui'ns què ha passat. Quan acabi, premi coixinet."
    en: "Tell us what happened. When you have finished, press hash."
  longest: 90
  failed: person
```
The slot `complaint` then holds where the recording is kept; it is not for saying. A key `#` or silence ends
it. Whoever says nothing is asked again (`retries`), then goes to `silent`, or to `failed`.
```yaml test
- test: twelve seconds, as the switch would record them
  outside: {record: 12s}
  steps:
    - expect: {said: {es: Cuéntenos, ca: Expliqui'ns, en: Tell us}, record: complaint}
- test: nothing is said, twice
  outside: {record: silence}
  steps:
    - expect: {said: {es: No le he oído, ca: No l'he sentit, en: I did not hear you}, queue: billing}
- test: the disk is full
  outside: {record: failed}
  steps:
    - expect: {queue: billing}
```
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue, ValueType
from dialogs.flow import Name
from dialogs.nodes.recording import Recording
from dialogs.nodes.step import NEXT, Run


class Record(Recording):
    """Records what the caller says, and keeps it with the call."""

    type_name: ClassVar[str] = "record"
    record: Name = Field(description="The slot that holds where the recording is kept")

    def run(self, call: Call) -> Run:
        result = yield from self.recorded(call, "record", self.record)
        if isinstance(result, str):
            return result
        call.fill(self.record, result.reference)
        return NEXT

    @override
    def fills(self, catalogue: Catalogue, label: str) -> Mapping[str, ValueType]:
        return {self.record: "text"} if label == NEXT else {}
