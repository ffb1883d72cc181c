"""A message on its way, and what can go wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

Channel = Literal["sms", "email", "webhook", "whatsapp"]


@dataclass(frozen=True)
class Message:
    """What is sent. It holds personal data."""

    id: str
    """The same however often it is tried."""
    channel: Channel
    to: str
    """E.164 number, e-mail address, or the webhook's name."""
    text: str
    language: str
    subject: str = ""
    fields: Mapping[str, str | int] = field(default_factory=dict)
    """What a webhook is told, and what a provider's request may hold beside the text."""
    call_id: str = ""
    via: str = ""
    """Which provider, where a channel has several: `STRATEGY/PROVIDER`."""

    def as_body(self) -> dict[str, Any]:
        """As it lies in the outbox."""
        return asdict(self)

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Message:
        """Back from the outbox. Raises `DeliveryFailed` for what is none."""
        try:
            return cls(**body)
        except TypeError:
            raise DeliveryFailed(
                "what lies in the outbox is no message of this version", final=True
            ) from None


def ledger_id(message_id: str) -> UUID:
    """In the ledger of contacts; also of a message that lies in the outbox under an older kind of id."""
    try:
        return UUID(message_id)
    except ValueError:
        return uuid5(NAMESPACE_URL, message_id)


class DeliveryFailed(Exception):
    """It was not delivered. `final`: to try again is no use (the recipient is not there).

    What is our fault, such as a wrong password, is not final: an operator can mend it, and nothing is lost.
    The reason holds nothing personal.
    """

    def __init__(self, reason: str, *, final: bool = False, again_in: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        self.again_in = again_in
        """Seconds that the provider asks us to wait."""


class Carrier(Protocol):
    """Delivers messages of one channel."""

    sends: bool
    """Whether anybody gets them."""

    def deliver(self, message: Message) -> str:
        """Blocks cooperatively. Returns the provider's reference, if it gives one.

        Raises `DeliveryFailed`.
        """
