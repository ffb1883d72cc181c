"""Actions, their words and their providers, as a strategy's file declares them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from data.records.actions import ActionKind
from data.records.dialling import DialResult
from dialogs.flow import Name
from ivr.messenger.settings import PLACES, SmsSettings
from ivr.queueing.written import Language

PLACE = re.compile(r"\{([^{}]*)\}")
OF_THE_PERSON = ("name", "customer_number")
OF_THE_DEBT = ("balance", "amount", "day", "paid", "missing")
"""What is owed; of a promise: how much, by when, what has come in, and what has not."""
OF_A_PROMISE = tuple(name for name in OF_THE_DEBT if name != "balance")
"""What there is only where something was promised."""
VALUES = (*OF_THE_PERSON, *OF_THE_DEBT)
"""What the words of a message may hold: `{amount}` …"""
MESSAGES: tuple[ActionKind, ...] = ("sms", "email", "whatsapp")
NOT_REACHED = "not_reached"
"""The list has tried all it may, and nobody was reached."""
CAME_TO_NOTHING = "answered"
"""Somebody was on the line, and put it down before anything came of it: no outcome, and no agent."""
_NEVER_THEIRS = {"answered", "unclear", "congestion", "trunk", "cancelled"}
RESULTS: frozenset[str] = frozenset({*get_args(DialResult), NOT_REACHED} - _NEVER_THEIRS)
"""What the dialler says of a call without a conversation, by which actions may be declared, too."""
Hours = Annotated[int, Field(ge=1, le=24 * 30)]


class Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class TemplateFile(Written):
    """Words of a message, in each language."""

    text: dict[Language, str] = Field(min_length=1, description="With {name}, {amount} … in it")
    subject: dict[Language, str] = Field(default_factory=dict, description="Of an e-mail")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """`{es: …, ca: …}` alone is the text."""
        if isinstance(value, Mapping) and not {"text", "subject"} & value.keys():
            return {"text": value}
        return value

    def places(self) -> Iterator[tuple[str, str, str]]:
        """Part, language, and name of each place."""
        for part, texts in (("text", self.text), ("subject", self.subject)):
            for language, text in texts.items():
                for name in PLACE.findall(text):
                    yield part, language, name


class ProviderFile(SmsSettings):
    """A provider of WhatsApp, as `messages.sms` is one of SMS. Its request may hold the values, too."""

    places: ClassVar[tuple[str, ...]] = (*PLACES, "template", *VALUES)


class ActionFile(Written):
    """One action: what, and when."""

    sms: Name | None = Field(default=None, description="Which template is sent")
    email: Name | None = Field(default=None, description="Which template is sent")
    whatsapp: Name | None = Field(default=None, description="Which template is sent")
    case: Name | None = Field(default=None, description="A case of that kind is opened")
    callback: Name | None = Field(default=None, description="They are called back by that queue")
    webhook: Name | None = Field(default=None, description="One of messages.webhooks is told")
    campaign: Name | None = Field(default=None, description="They are put on that campaign's list")
    provider: Name | None = Field(default=None, description="Of a WhatsApp message; default: the only one")
    after: int = Field(default=0, ge=0, le=43_200, description="Minutes from the occasion")
    within: Hours | None = Field(
        default=None, description="Hours in which it is done, or not at all; default: 48, of a list a week"
    )
    purpose: Literal["service"] | None = Field(
        default=None, description="Of a message that does not speak of the debt; default: the campaign's"
    )
    asked: bool = Field(default=False, description="They asked for it in the call: at any hour, on record")
    words: TemplateFile | None = Field(default=None, description="Filled in from `templates`")

    @model_validator(mode="after")
    def _single(self) -> ActionFile:
        kinds = get_args(ActionKind)
        given = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"an action is one of {', '.join(kinds)}")
        for name, belongs in (
            ("provider", given == ["whatsapp"]),
            ("purpose", given[0] in MESSAGES),
            ("asked", given[0] in MESSAGES),
        ):
            if getattr(self, name) and not belongs:
                raise ValueError(f"`{name}` does not belong to {given[0]}")
        return self

    @property
    def kind(self) -> ActionKind:
        return next(kind for kind in get_args(ActionKind) if getattr(self, kind) is not None)

    @property
    def what(self) -> str:
        """The template, kind of case, queue, webhook or campaign."""
        return str(getattr(self, self.kind))


def _listed(value: Any) -> Any:
    """One action alone is a list of one."""
    return [value] if isinstance(value, Mapping) else value


ActionList = Annotated[tuple[ActionFile, ...], BeforeValidator(_listed), Field(max_length=10)]
