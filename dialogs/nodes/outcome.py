"""`outcome`: notes how the contact ended, in the company's codes, and goes on.

```yaml
- outcome: balance_told
```
```yaml test
- test: the call ends with it
  steps:
    - expect: {outcome: balance_told}
```
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from dialogs.call import Call
from dialogs.effects import SetOutcome
from dialogs.flow import Name
from dialogs.nodes.step import NEXT, Run, Step, unexpected
from dialogs.results import Done


class Outcome(Step):
    """Notes how the contact ended and goes on."""

    type_name: ClassVar[str] = "outcome"
    outcome: Name = Field(description="How the contact ended, in your codes")

    def run(self, call: Call) -> Run:
        result = yield SetOutcome(self.outcome, call.step)
        if not isinstance(result, Done):
            unexpected(self, result)
        return NEXT
