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

Many hang up when they have said it. `hung_up: {case: opened, outcome: complaint_opened}` names the `case`
step that is performed all the same, with what was recorded until then, and the call's outcome.
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

from collections.abc import Callable, Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue, ValueType
from dialogs.effects import OpenCase
from dialogs.flow import Name
from dialogs.nodes.case import Case
from dialogs.nodes.recording import Recording
from dialogs.nodes.step import NEXT, Run


class HungUp(BaseModel):
    """What becomes of what somebody has said who hangs up."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    case: Name = Field(description="The `case` step of this flow that is performed with what was recorded")
    outcome: Name = Field(description="How the contact has ended then")


class Record(Recording):
    """Records what the caller says, and keeps it with the call."""

    type_name: ClassVar[str] = "record"
    record: Name = Field(description="The slot that holds where the recording is kept")

    hung_up: HungUp | None = Field(
        None, description="What is done if the caller has spoken and hangs up before the end"
    )

    def run(self, call: Call) -> Run:
        gone, outcome = self._if_gone(call), self.hung_up.outcome if self.hung_up else ""
        result = yield from self.recorded(call, "record", self.record, outcome, gone)
        if isinstance(result, str):
            return result
        call.fill(self.record, result.reference)
        return NEXT

    def _if_gone(self, call: Call) -> Callable[[str], OpenCase] | None:
        step = call.flow.steps.get(self.hung_up.case) if self.hung_up else None
        if self.hung_up is None or not isinstance(step, Case):
            return None
        name = self.hung_up.case

        def opened(reference: str) -> OpenCase:
            call.fill(self.record, reference)
            return step.asked(call, name)

        return opened

    @override
    def fills(self, catalogue: Catalogue, label: str) -> Mapping[str, ValueType]:
        return {self.record: "text"} if label == NEXT else {}
