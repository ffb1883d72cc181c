"""Kinds of answers, one file each: grammar, parser, keys, and how they are read back."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.slots.amount import Amount
from dialogs.slots.card_last4 import CardLast4
from dialogs.slots.choice import OneOf
from dialogs.slots.date import Date
from dialogs.slots.digits import Digits
from dialogs.slots.dni import Dni
from dialogs.slots.kind import SlotKind
from dialogs.slots.order_id import OrderId
from dialogs.slots.phone import Phone
from dialogs.slots.postcode import Postcode
from dialogs.slots.text import Text
from dialogs.slots.ticket_id import TicketId
from dialogs.slots.time import Time
from dialogs.slots.yes_no import YesNo

KINDS: Mapping[str, type[SlotKind]] = {
    kind.name: kind
    for kind in (
        YesNo,
        Digits,
        Amount,
        Date,
        Time,
        Dni,
        Phone,
        OrderId,
        TicketId,
        CardLast4,
        Postcode,
        OneOf,
        Text,
    )
}
"""All kinds of answers by the name that flows use."""
