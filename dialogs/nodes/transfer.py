"""`transfer`: sends the caller to another number of the house, or outside of it.

```yaml
- id: to_the_shop
  transfer: shop
  say:
    es: "Le paso con la tienda."
    ca: "Passo la seva trucada a la botiga."
    en: "The shop will take your call."
  failed: all_busy                # it cannot be reached
```
`transfer` names a destination of `catalogue.yaml`; a caller can never choose one. The switch's dialplan is
asked for what stands there: an extension, or a number with its prefix.
```yaml catalogue
destinations: {shop: 2001}
```
`mode: blind` (so without the key) gives the call away: it ends here, with the outcome `transferred`.
`mode: bridged` rings for `ring` seconds and brings the caller back to `failed` if nobody answers; after
the conversation the call is over.
```yaml test
- test: the caller is in the shop
  steps:
    - expect: {transfer: shop, outcome: transferred, hangup: true}
- test: the shop cannot be reached
  outside: {transfer: failed}
  steps:
    - expect: {transfer: shop, step: all_busy}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue
from dialogs.effects import Play, SetOutcome
from dialogs.effects import Transfer as TransferEffect
from dialogs.expressions import Template
from dialogs.flow import Name
from dialogs.nodes.queue import context
from dialogs.nodes.step import END, Exit, Run, Shape, Step, Way, unexpected
from dialogs.prompts import Words
from dialogs.results import Failed, Handed, Unreached
from dialogs.source import nearest


class Transfer(Step):
    """Sends the caller to another number."""

    type_name: ClassVar[str] = "transfer"
    drawn_as: ClassVar[Shape | None] = "people"
    hands_over: ClassVar[bool] = True
    transfer: Name = Field(description="A destination of the catalogue")
    say: Words | None = Field(None, description="What is said before")
    mode: Literal["blind", "bridged"] = Field(
        "blind", description="`blind` gives the call away; `bridged` comes back if nobody answers"
    )
    ring: float = Field(25.0, ge=5.0, le=120.0, description="Seconds to ring, if bridged")
    failed: Name = Field(description="Where to go if the destination cannot be reached")
    outcome: Name = Field("transferred", description="How the contact ended, if it was taken")

    @override
    def performers(self) -> Iterator[tuple[Way, str]]:
        if self.mode == "blind":
            yield ("transfer",), "transfer"
        else:
            yield ("mode",), "bridge"

    def run(self, call: Call) -> Run:
        if self.say:
            yield Play(call.prompt(self.say), call.step)
        result = yield TransferEffect(
            destination=self.transfer,
            extension=call.flows.catalogue.destinations[self.transfer],
            mode=self.mode,
            step=call.step,
            context=context(call),
            ring=self.ring,
        )
        match result:
            case Handed():
                yield SetOutcome(self.outcome, call.step)
                return "handed"
            case Unreached() | Failed():
                return "failed"
        unexpected(self, result)

    def exits(self) -> Iterator[Exit]:
        yield Exit("handed", END, ("transfer",))
        yield Exit("failed", self.failed, ("failed",))

    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        if self.say:
            yield ("say",), self.say

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.then is not None:
            yield ("then",), "nothing follows a transfer that succeeds: remove `then`, or use `failed`"
        if self.transfer not in catalogue.destinations:
            remedy = nearest(self.transfer, catalogue.destinations)
            yield ("transfer",), f"unknown destination `{self.transfer}`: {remedy}"
