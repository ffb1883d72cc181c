"""The format of `*.test.yaml`: scripted calls beside a flow.

```yaml
flow: main
now: 2026-11-23T10:00
zone: Europe/Madrid
data:
  account:
    "45716": {name: Ana Puig, balance: 14230, balance_currency: EUR, due_date: 2026-12-11}
    "18051": slow
    "30007": [slow, {name: Jordi Puig, balance: 0, balance_currency: EUR}]    # one after the other
agents: [busy, free]                       # the first queue, and all after it; or one word for all
history: {calls.last_90_days: 12}          # what is known of the caller; or outright: caller: {segment: vip}
tests:
  - test: a caller hears what they owe
    language: [es, ca, en]                 # once in each
    steps:
      - say: {es: mi saldo, ca: el meu saldo, en: my balance}
      - key: 45716
      - expect: {said: {es: "142,30 €", ca: "142,30 €", en: "€142.30"}}
      - say: no
      - expect: {outcome: balance_told, hangup: true}
```
One test alone may stand at the top of the file. Whatever stands at the top holds for all tests.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dialogs import entries
from dialogs.outside import Outside
from dialogs.plain_values import as_list, as_text
from dialogs.stand_in import Agents

Plain = Annotated[str, BeforeValidator(as_text)]
PerLanguage = Plain | dict[str, Plain]
"""One text, or one for each language."""
Several = Annotated[list[PerLanguage], BeforeValidator(as_list)]
Record = dict[str, Annotated[Any, AfterValidator(entries.scalar)]]
_Answer = Record | Literal["missing", "slow", "error", "locked"]


class Expect(BaseModel):
    """What must have happened since the caller's last turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    said: Several = Field(default_factory=list)
    not_said: Several = Field(default_factory=list)
    step: str | None = None
    flow: str | None = None
    queue: str | None = None
    lookup: str | None = None
    outcome: str | None = None
    language: str | None = None
    slots: dict[str, Plain] = Field(default_factory=dict)
    hangup: bool | None = None
    keypad_only: bool | None = None
    recorded: bool | None = None
    faults: int | None = None
    transfer: str | None = None
    record: str | None = None
    message: str | None = None
    verify: str | None = None
    understand: str | None = None
    callback: str | None = None
    notify: str | None = None
    promise: str | None = None
    case: str | None = None
    consent: str | None = None
    write: str | None = None
    offered: str | None = None


class TestStep(BaseModel):
    """One turn of the caller, or what is expected after it."""

    __test__ = False
    model_config = ConfigDict(extra="forbid", frozen=True)
    say: PerLanguage | None = None
    during: str | None = None
    """The step whose sentence is being said meanwhile; `None`: the open question is answered."""
    confidence: float = Field(0.9, ge=0.0, le=1.0)
    key: Annotated[str, BeforeValidator(entries.pressed)] | None = None
    silence: Annotated[float, BeforeValidator(entries.lasts)] | None = None
    hang_up: bool | None = None
    expect: Expect | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> TestStep:
        given = [n for n in ("say", "key", "silence", "hang_up", "expect") if getattr(self, n) is not None]
        if len(given) != 1:
            raise ValueError("a step is one of say, key, silence, hang_up or expect: write one a line")
        if self.during is not None and self.say is None:
            raise ValueError("only words are said `during` a sentence: write `say` beside it")
        return self


class Settings(BaseModel):
    """What a test plays in; at the top of a file it holds for all its tests."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    flow: str | None = None
    language: Annotated[list[str], BeforeValidator(as_list), Field(min_length=1, max_length=10)] | None = None
    now: Annotated[str, BeforeValidator(entries.wall_clock)] | None = None
    zone: Annotated[str, BeforeValidator(entries.zone)] | None = None
    region: Annotated[str, BeforeValidator(entries.region)] | None = None
    """The country whose telephone numbers and postcodes are meant (ISO 3166)."""
    agents: Agents | Annotated[list[Agents], Field(min_length=1)] | None = None
    caller: Record | None = None
    history: Record | None = None
    """What is known of the caller: the facts that segments are decided by (`calls.last_90_days: 12`)."""
    recorded: bool | None = None
    """Whether calls are recorded; where they are not, a flow's notice is not said."""
    data: dict[
        str,
        Annotated[
            dict[str, _Answer | Annotated[list[_Answer], Field(min_length=1)]], BeforeValidator(entries.keyed)
        ],
    ] = Field(default_factory=dict)
    outside: Outside | None = None


class TestEntry(Settings):
    """One test."""

    __test__ = False
    test: str
    steps: list[TestStep] = Field(min_length=1)


class TestFile(Settings):
    """A file with several tests."""

    __test__ = False
    tests: list[TestEntry] = Field(min_length=1)
