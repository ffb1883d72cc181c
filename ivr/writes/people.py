"""Corrections of a customer's own data: e-mail, telephone, postal address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from data import records
from dialogs.catalogue import WriteSchema
from dialogs.results import Refused, Written
from ivr.numbers import NotCalled, checked
from ivr.writes.occasion import Asked

if TYPE_CHECKING:
    from data.store import Store

EMAIL = WriteSchema({"customer_number": "code", "email": "text"}, frozenset({"unknown", "invalid"}))
PHONE = WriteSchema({"customer_number": "code", "phone": "phone"}, frozenset({"unknown", "invalid"}))
ADDRESS = WriteSchema(
    {"customer_number": "code", "address": "text", "postal_code": "code", "town": "text"},
    frozenset({"unknown", "invalid"}),
)
_EMAIL = re.compile(r"[^\s@,;<>\"()]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}")


def correct_email(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    """Refused as `invalid` if nobody can be reached at such an address."""
    if not _EMAIL.fullmatch(values["email"]):
        return Refused("invalid")
    return _corrected(store, values, records.OwnData(email=values["email"]), asked)


def correct_address(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    """The whole address: a new street with the old town would be nowhere."""
    if not values["address"].strip() or not values["town"].strip():
        return Refused("invalid")
    data = records.OwnData(address=values["address"], postal_code=values["postal_code"], town=values["town"])
    return _corrected(store, values, data, asked)


def put_phone_first(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    """The number, in E.164, is tried before their others. Refused as `invalid` if there is no such number, or
    if the house never calls one of its kind: whoever left it could not be reached any more."""
    try:
        number = checked(values["phone"], region=None, countries=None)
    except NotCalled:
        return Refused("invalid")
    done = store.customers.put_phone_number_first(values["customer_number"], number.e164, asked.request)
    return Refused(done.reason) if isinstance(done, records.Refused) else Written()


def _corrected(
    store: Store, values: Mapping[str, str], data: records.OwnData, asked: Asked
) -> Written | Refused:
    done = store.customers.correct(values["customer_number"], data, asked.request)
    return Refused(done.reason) if isinstance(done, records.Refused) else Written()
