"""Whether what a number names belongs to whoever asks: the number alone tells nothing.

An order or a ticket is told to whoever knows its number *and* one thing more: the customer's postcode, or a
proof of who they are. The telephone number of a customer's is no such thing: it is easily forged, and short
cuts name what belongs to it. See docs/decisions/identity-what-needs-proof.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data.store import Store


POSTCODE = "postcode"
"""What a case keeps the postcode as that its opener gave who is no customer, or nobody known."""
PROOF = ("home_postcode", "customer_number")
"""What goes with a number. `none` where a flow does not know it, which is nobody's."""


_NOTHING = ("", "none")
_ONE_KIND = {"case": "ticket"}
"""A case is a ticket by its reference: who guesses at it by both names guesses at one."""


def guessed_at(lookup: str, by: Mapping[str, str]) -> tuple[str, str] | None:
    """What whoever asks might be guessing at, as kind and number; `None`: nothing, they have proved who they
    are, or it is no look-up that a postcode or a PIN opens."""
    if lookup == "agent":  # a PIN is guessed at
        return lookup, _plain(by.get("agent", ""))
    if "home_postcode" not in by:
        return None
    if by["home_postcode"] in _NOTHING and by.get("customer_number", "") not in _NOTHING:
        return None
    number = next((value for name, value in by.items() if name not in (*PROOF, "caller_number")), "")
    return _ONE_KIND.get(lookup, lookup), _plain(number)


def is_theirs(store: Store, owner: str, by: Mapping[str, str]) -> bool:
    """Whether `by` has what the customer `owner` would know; `customer_number` is that of a proof, and not
    what somebody said."""
    if by.get("customer_number") == owner:
        return True
    customer = store.customers.by_number(owner)
    kept = "" if customer is None or customer.postal_code is None else customer.postal_code
    return same_postcode(kept, by.get("home_postcode", ""))


def same_postcode(kept: str, said: str) -> bool:
    """Whether there is one, and it is the same but for spaces and dashes; `none` is nobody's."""
    return _plain(kept) not in ("", "NONE") and _plain(said) == _plain(kept)


def _plain(text: str) -> str:
    return "".join(text.split()).replace("-", "").upper()
