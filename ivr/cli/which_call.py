"""Which call somebody means on the command line."""

from __future__ import annotations

from uuid import UUID

import click

from data.store import Store
from ivr.cli.flows import CannotBeDone
from ivr.recordings.library import LAST

CALL = "CALL_ID|LEG|last"
"""How a call is named; `last` is the one that began last."""


def call_meant(store: Store, call: str) -> UUID:
    """The call's id; whether there is such a call is not looked up.

    Raises `CannotBeDone`, `click.BadParameter`.
    """
    if call == LAST:
        newest = next(iter(store.calls.latest(1)), None)
        if newest is None:
            raise CannotBeDone("there is no call yet")
        return newest.call_id
    try:
        identity = UUID(call)
    except ValueError:
        raise click.BadParameter(f"{call[:80]!r} is neither a call's id nor a leg's nor `last`") from None
    on_leg = None if store.calls.get(identity) else store.pages.call_on_leg(str(identity))
    return on_leg or identity
