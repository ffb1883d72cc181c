"""`outcomes.yaml` as people write it: how contacts end, what is asked then, what follows, and script forms.

```yaml
strategies:
  collections:
    queues: [billing]
    form: debt_script
    outcomes:
      promise_to_pay:
        fields:
          amount: {type: money, required: true}
          day: {type: date, required: true}
        actions:
          - case: promise
          - message: {channel: sms, text: {es: "Anotado: {amount} el {day}.", …}}
          - webhook: crm
      call_later:
        fields: {at: {type: moment, required: true}}
        actions: [{callback: {at: at}}]
      wrong_number: {}
forms:
  debt_script:
    - field: reason
      type: choice
      options: [disputes, cannot_pay, forgot]
      required: true
    - field: disputed_bill
      type: text
      if: {reason: disputes}
      required: true
```
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dialogs.flow import Name
from ivr.queueing.written import Language

FieldType = Literal["text", "number", "money", "date", "moment", "boolean", "choice", "phone", "email"]
MOST_FIELDS = 40


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FieldFile(_Written):
    """Something that is filled in."""

    type: FieldType = Field(default="text", description="What may stand there")
    required: bool = Field(default=False, description="Whether it must be filled in")
    options: list[Name] = Field(default_factory=list, max_length=100, description="Of a choice")
    label: dict[Language, str] = Field(default_factory=dict, description="What agents read")
    days_back: int | None = Field(
        default=None,
        ge=0,
        le=3660,
        description="How many days ago a date or moment may be; default: 0 with an outcome, any in a form",
    )
    days_ahead: int | None = Field(
        default=None,
        ge=0,
        le=3660,
        description="How many days ahead it may be; default: 30 with an outcome, any in a form",
    )

    @model_validator(mode="after")
    def _days(self) -> FieldFile:
        if self.type not in ("date", "moment") and (self.days_back, self.days_ahead) != (None, None):
            raise ValueError("`days_back` and `days_ahead` belong to `type: date` and `type: moment`")
        return self

    @model_validator(mode="after")
    def _choices(self) -> FieldFile:
        if (self.type == "choice") != bool(self.options):
            raise ValueError("`options` belong to `type: choice`, and a choice has some")
        return self


class QuestionFile(FieldFile):
    """A field of a script form, in its place."""

    field: Name = Field(description="Its name")
    only_if: dict[Name, str | bool | list[str]] = Field(
        default_factory=dict, alias="if", description="Asked only if earlier fields hold these values"
    )


class CallbackAction(_Written):
    """They are called again, by the queue that they were in or another."""

    at: Name | None = Field(default=None, description="The field with the moment; without one: `after`")
    after: int = Field(default=0, ge=0, le=43_200, description="Minutes from now")
    queue: Name | None = Field(default=None, description="Default: the queue that they came from")


class MessageAction(_Written):
    """They get a message."""

    channel: Literal["sms", "email"]
    to: Name | None = Field(
        default=None,
        description="The field with the number or address; default: where the customer is reached",
    )
    text: dict[Language, str] = Field(min_length=1, description="With {field} in it")
    subject: dict[Language, str] = Field(default_factory=dict, description="Of an e-mail")


def _one(value: Any) -> Any:
    return {"callback": {}} if value == "callback" else value


class ActionFile(_Written):
    """One follow-up."""

    callback: CallbackAction | None = None
    message: MessageAction | None = None
    case: Name | None = Field(default=None, description="Opens a case of that kind, with the fields in it")
    webhook: Name | None = Field(default=None, description="One of messages.webhooks: it is told the fields")

    @model_validator(mode="after")
    def _single(self) -> ActionFile:
        given = [one for one in (self.callback, self.message, self.case, self.webhook) if one is not None]
        if len(given) != 1:
            raise ValueError("an action is one of callback, message, case and webhook")
        return self


class OutcomeFile(_Written):
    """How a contact may end."""

    label: dict[Language, str] = Field(default_factory=dict, description="What agents read")
    fields: dict[Name, FieldFile] = Field(
        default_factory=dict, max_length=MOST_FIELDS, description="What is filled in with it"
    )
    actions: list[Annotated[ActionFile, BeforeValidator(_one)]] = Field(
        default_factory=list, max_length=10, description="What follows from it"
    )


class StrategyFile(_Written):
    """Outcomes that belong together, of the queues that serve one goal."""

    queues: list[Name] = Field(min_length=1, description="Whose contacts end so")
    form: Name | None = Field(default=None, description="The script form that agents see")
    outcomes: dict[Name, OutcomeFile] = Field(min_length=1, max_length=60, description="By their code")


class OutcomesFile(_Written):
    """The keys of `outcomes.yaml`."""

    strategies: dict[Name, StrategyFile] = Field(min_length=1, description="By their name")
    forms: dict[Name, list[QuestionFile]] = Field(default_factory=dict, description="Script forms")
