"""Kinds of answers, one file each: grammar, parser, keys, and how they are read back."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.slots.amount import Amount
from dialogs.slots.date import Date
from dialogs.slots.digits import Digits
from dialogs.slots.dni import Dni
from dialogs.slots.kind import SlotKind
from dialogs.slots.time import Time
from dialogs.slots.yes_no import YesNo

KINDS: Mapping[str, type[SlotKind]] = {kind.name: kind for kind in (YesNo, Digits, Amount, Date, Time, Dni)}
"""All kinds of answers by the name that flows use."""
