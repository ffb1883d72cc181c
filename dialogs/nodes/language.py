"""`language`: goes on in another language.

```yaml
- language: ca
```
```yaml test
- test: from here on in Catalan
  steps:
    - expect: {language: ca}
```
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.nodes.step import NEXT, Run, Step


class Language(Step):
    """Goes on in another language."""

    type_name: ClassVar[str] = "language"
    language: str = Field(description="One of the flow's languages")

    @override
    def own_name(self, at: int) -> str:
        return f"language_{at}"

    def run(self, call: Call) -> Run:
        yield from ()  # says and asks nothing
        call.language = self.language
        return NEXT
