"""How the world outside answers while a dialog is played on paper (`outside:` in a test).

```yaml
outside:
  queue: {key: 2}                # pressed while waiting; or how it stands: {wait: 700, agents: 4}
  transfer: busy                 # done, busy, no_answer, failed
  record: 12s                    # a duration, silence, failed
  message: silence               # the same
  callback: refused              # done, refused, failed; why a number is not called (premium, foreign …);
                                 # when it is possible instead; or a list: one after the other
  notify: failed                 # done, refused, failed
  promise: too_late              # done, refused, failed, or why: too_little, too_much, past …
  consent: failed                # done, failed
  write: {delivery_day: too_late}            # done, later, failed, a reason, or {done: {reference: A1}}
  case: "10000008"               # a reference, or failed
  understand:                    # what people say → what it means
    quiero cancelar mi pedido: cancel
    es por el pedido: [cancel, where]          # two that are equally near
    lo del 4571: {intents: {where: 0.9}, entities: {order_number: 4571}}
```
What is not written goes well. Look-ups and identities answer from `data`, queues from `agents`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from stdnum import luhn

from dialogs.catalogue import ValueType
from dialogs.effects import (
    CallBack,
    Enqueue,
    MayCallBack,
    Notify,
    OpenCase,
    Promise,
    PromiseRefusal,
    Record,
    Understand,
    Write,
)
from dialogs.plain_values import as_list, as_text
from dialogs.queue_facts import QueueFacts
from dialogs.results import (
    CaseOpened,
    Done,
    Failed,
    Found,
    Handed,
    NobodyFree,
    NoInput,
    Noted,
    Recorded,
    Refused,
    Result,
    Slow,
    Understood,
    Unreached,
    Written,
)
from dialogs.slots.words import plain

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}
NEAR = 0.5
"""The confidence of meanings that a test names together."""
CERTAIN = 0.95
_FIRST = "1000000" + luhn.calc_check_digit("1000000")


def seconds(value: Any) -> float:
    """`6s`, `500ms` or `1m` in seconds. Raises `ValueError`."""
    found = _DURATION.fullmatch(str(value))
    if not found:
        raise ValueError("a duration is written `6s`, `500ms` or `1m`")
    return float(found.group(1)) * _SECONDS[found.group(2)]


def _spoken_for(value: Any) -> Any:
    return value if value in ("silence", "failed") else seconds(value)


def _case(value: Any) -> Any:
    text = as_text(value)
    good = text == "failed" or (isinstance(text, str) and re.fullmatch("[0-9]{8}", text))
    if not good or (text != "failed" and not luhn.is_valid(text)):
        raise ValueError(f"a case is `failed` or 8 digits with a check digit, such as {_FIRST}")
    return text


def _meant(value: Any) -> Any:
    if isinstance(value, str):
        return {"intents": {value: CERTAIN}}
    if isinstance(value, list):
        return {"intents": dict.fromkeys(value, NEAR)}
    return value


class Meant(BaseModel):
    """What a sentence means in a test."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    intents: dict[str, Annotated[float, Field(ge=0.0, le=1.0)]] = Field(default_factory=dict)
    entities: dict[str, Annotated[str, BeforeValidator(as_text)]] = Field(default_factory=dict)


AnyMeant = Annotated[Meant, BeforeValidator(_meant, json_schema_input_type=str | list[str] | Meant)]
"""An intent, several that are as near, or all of it: as people write it, and as editors complete it."""

_MADE_UP: Mapping[ValueType, str | int | bool] = {
    "text": "A1",
    "code": "A1",
    "digits": _FIRST,
    "number": 1,
    "money": 100,
    "boolean": True,
    "date": "2026-12-01",
    "time": "10:00",
    "phone": "+34600111222",
}


class DoneWith(BaseModel):
    """What a write answers when it is done."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    done: dict[str, str | int | bool | None]


class QueueStands(BaseModel):
    """How a queue stands in a test, and what the caller presses in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Annotated[str | None, BeforeValidator(as_text)] = None
    overflow: str = ""
    """Which overflow takes the caller, whatever the figures: `overflow 1`."""
    length: int = 1
    position: int = 1
    wait: int = 0
    waited: int = 0
    agents: int = 1
    free: int = 0
    on_time: int = 100

    def result(self, effect: Enqueue) -> NobodyFree | None:
        """What becomes of the caller by it; `None`: nothing, the agents decide."""
        facts = QueueFacts(**self.model_dump(exclude={"key", "overflow"}))
        chosen = self.overflow or effect.overflow(facts) if effect.overflow else ""
        if chosen:
            return NobodyFree("overflow", chosen)
        return NobodyFree("left", self.key) if self.key and self.key in effect.keys else None


Ends = Literal["done", "refused", "failed"]
NotCalled = Literal[
    "malformed",
    "unknown",
    "foreign",
    "premium",
    "shared_cost",
    "service",
    "satellite",
    "too_many",
    "do_not_call",
    "past",
    "too_far",
    "no_hours",
    "full",
]
_STRETCH = r"^\d{4}-\d\d-\d\dT\d\d:\d\d/\d{4}-\d\d-\d\dT\d\d:\d\d$"
CallbackEnds = Ends | NotCalled | Annotated[str, Field(pattern=_STRETCH)]
"""Of each look at a number or a time, and of the promise itself; the last one holds for all that follow."""
Spoken = Annotated[float | Literal["silence", "failed"], BeforeValidator(_spoken_for)]


class Outside(BaseModel):
    """How the world outside answers in a test."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    queue: QueueStands | None = None
    transfer: Literal["done", "busy", "no_answer", "failed"] = "done"
    record: Spoken = 5.0
    message: Spoken = 5.0
    callback: Annotated[list[CallbackEnds], BeforeValidator(as_list), Field(min_length=1, max_length=20)] = (
        Field(default_factory=lambda: ["done"])
    )
    notify: Ends = "done"
    promise: Ends | PromiseRefusal = "done"
    consent: Literal["done", "failed"] = "done"
    write: dict[str, str | DoneWith] = Field(default_factory=dict)
    case: Annotated[str, BeforeValidator(_case)] = _FIRST
    understand: Literal["slow", "failed"] | dict[str, AnyMeant] = Field(default_factory=dict)

    def transferred(self) -> Handed | Unreached | Failed:
        match self.transfer:
            case "done":
                return Handed()
            case "failed":
                return Failed("the transfer breaks")
            case reason:
                return Unreached(reason)

    def recorded(self, record: Record) -> Recorded | NoInput | Failed:
        lasts = self.record if record.purpose == "record" else self.message
        if lasts == "silence":
            return NoInput()
        if isinstance(lasts, str):
            return Failed("the recording breaks")
        return Recorded(f"test/{record.name}.wav", min(lasts, record.longest))

    def called_back(self, deed: CallBack | MayCallBack, nth: int) -> Found | Done | Refused | Failed:
        """What comes of the n-th look or promise of a call."""
        how = self.callback[min(nth, len(self.callback)) - 1]
        if how == "failed":
            return Failed("broken in the test")
        if how == "refused":
            return Refused("refused in the test")
        stretch = re.fullmatch(_STRETCH, how)
        if how != "done" and not stretch:
            return Refused(how)
        if isinstance(deed, CallBack):
            return Done()
        begin, _, end = (how if stretch else deed.window).partition("/")
        return Found({"from": begin, "until": end})

    def ended(self, deed: Notify | Promise) -> Done | Refused | Failed:
        match self.notify if isinstance(deed, Notify) else self.promise:
            case "done":
                return Done()
            case "refused":
                return Refused("refused in the test")
            case "failed":
                return Failed("broken in the test")
            case reason:
                return Refused(reason)

    def kept(self) -> Done | Failed:
        return Done() if self.consent == "done" else Failed("broken in the test")

    def written(self, write: Write, fields: Mapping[str, ValueType]) -> Written | Noted | Refused | Failed:
        """`fields`: what it answers when it is done; made up unless the test says it."""
        match self.write.get(write.name, "done"):
            case DoneWith(done=record):
                return Written(record)
            case "done":
                made: dict[str, str | int | bool] = {name: _MADE_UP[kind] for name, kind in fields.items()}
                money = [name for name, kind in fields.items() if kind == "money"]
                return Written({**made, **{f"{name}_currency": "EUR" for name in money}})
            case "later":
                return Noted()
            case "failed":
                return Failed("broken in the test")
            case reason:
                return Refused(str(reason))

    def opened(self, _case: OpenCase) -> CaseOpened | Failed:
        return Failed("no case can be opened") if self.case == "failed" else CaseOpened(self.case)

    def understood(self, asked: Understand) -> Result:
        if self.understand == "slow":
            return Slow()
        if isinstance(self.understand, str):
            return Failed("nobody understands")
        # What is asked between two questions comes without accents and signs: a test says it as people write.
        said = {plain(text): meant for text, meant in self.understand.items()}
        meant = said.get(plain(asked.text), Meant())
        ranked = sorted(meant.intents.items(), key=lambda item: -item[1])
        return Understood(
            tuple((name, sure) for name, sure in ranked if name in asked.intents),
            {name: value for name, value in meant.entities.items() if name in asked.entities},
        )
