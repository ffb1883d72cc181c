"""`hangup`: ends the call.

```yaml
- hangup: normal                 # or busy, rejected
```
```yaml test
- test: the call is over
  steps:
    - expect: {hangup: true}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue
from dialogs.effects import Hangup as HangupEffect
from dialogs.nodes.step import END, Exit, Run, Shape, Step, Way

_CAUSES: Mapping[str, str] = {"normal": "NORMAL_CLEARING", "busy": "USER_BUSY", "rejected": "CALL_REJECTED"}


class Hangup(Step):
    """Ends the call."""

    type_name: ClassVar[str] = "hangup"
    drawn_as: ClassVar[Shape | None] = "ends"
    hangup: Literal["normal", "busy", "rejected"] = Field(description="How the line is told")

    @override
    def own_name(self, at: int) -> str:
        return f"hangup_{at}"

    def run(self, call: Call) -> Run:
        yield HangupEffect(call.step, _CAUSES[self.hangup])
        return END

    def exits(self) -> Iterator[Exit]:
        yield Exit("end", END, ("hangup",))

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.then is not None:
            yield ("then",), "nothing follows a hangup: remove `then`"
