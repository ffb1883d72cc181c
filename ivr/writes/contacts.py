"""What people say of being called: not any more, not here, not about this debt; and what
they answer to polls.

Each holds from the same instant on: whoever dials asks the database in the transaction in which they dial.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

import phonenumbers

from data import records
from data.records.collecting import HOLD_REASONS
from dialogs.catalogue import WriteSchema
from dialogs.results import Refused, Written
from ivr.writes.occasion import Asked

if TYPE_CHECKING:
    from data.store import Store

DO_NOT_CALL = WriteSchema({"customer_number": "code", "number": "phone"}, frozenset({"unknown"}))
"""`customer_number` may be `none`: then it is the telephone alone that is not called any more."""
WRONG_NUMBER = WriteSchema({"customer_number": "code", "number": "phone"}, frozenset({"unknown"}))
COLLECTION_HOLD = WriteSchema({"customer_number": "code", "reason": "text"}, frozenset({"unknown"}))
"""`reason`: one of `data.records.collecting.HOLD_REASONS`."""
POLL_ANSWER = WriteSchema({"poll": "text", "question": "text", "answer": "text"}, frozenset({"invalid"}))

_PAID_REST = timedelta(days=10)
"""How long nobody is dialled who says that they have paid: banks tell some days later."""


def do_not_call(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    """Nobody calls or writes any more, whatever the campaign. Refused as `unknown`: it is no number."""
    number = _e164(values["number"])
    if number is None:
        return Refused("unknown")
    at, why = asked.request.at, "they asked for it in a call"
    person = store.customers.by_number(values["customer_number"])
    if person is not None:
        store.suppressions.add("person", person.customer_number, reason=why, at=at)
    store.suppressions.add("number", number, reason=why, at=at)
    return Written()


def wrong_number(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    """Others answer there: the number is retired, and not its person. Refused as `unknown`: nobody has it."""
    number = _e164(values["number"])
    if number is None:
        return Refused("unknown")
    done = store.customers.retire(
        values["customer_number"], number, asked.request, why="others answered there"
    )
    return Refused(done.reason) if isinstance(done, records.Refused) else Written()


def hold_collection(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    """Nobody is dialled about the debt. Refused: `unknown` (customer, or reason)."""
    reason = next((one for one in HOLD_REASONS if one == values["reason"]), None)
    if reason is None:
        return Refused("unknown")
    until = (asked.now + _PAID_REST).date() if reason == "already_paid" else None
    done = store.collection_holds.hold(values["customer_number"], reason, asked.request, until=until)
    return Refused(done.reason) if done is not None else Written()


def answer_poll(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    """Counted; whose it was is not kept. Refused as `invalid`: something of it is empty."""
    if not all(value.strip() for value in values.values()):
        return Refused("invalid")
    store.polls.note(values["poll"], values["question"], values["answer"], asked.request)
    return Written()


def _e164(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
