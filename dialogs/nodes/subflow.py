"""`subflow`: runs another flow and comes back.

```yaml
- id: more
  subflow: anything_else
```
What the other flow has filled stays filled. It comes back when it runs off the end of its page.
```yaml test
- test: the other flow has run, and this one goes on
  steps:
    - expect: {outcome: been_there, flow: trial, hangup: true}
```
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.flow import Name
from dialogs.nodes.step import NEXT, Run, Step


class Subflow(Step):
    """Runs another flow and comes back."""

    type_name: ClassVar[str] = "subflow"
    subflow: Name = Field(description="The other flow")

    @override
    def run(self, call: Call) -> Run:
        yield from ()  # says and asks nothing
        # The engine has run the other flow by the time that this step runs to its end.
        return NEXT
