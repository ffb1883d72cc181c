"""Which call somebody means on the command line."""

from __future__ import annotations

from uuid import UUID

import click

from data.store import Store
from ivr.cli.flows import CannotBeDone
from ivr.recordings.library import LAST

CALL = "CALL_ID|LEG|SIP_CALL_ID|last"
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
        of_invite = store.pages.call_of_invite(call)
        if of_invite is None:
            raise click.BadParameter(
                f"{call[:80]!r} is no call's id, no leg's, no SIP Call-ID that is known, and not `last`"
            ) from None
        return of_invite
    if store.calls.get(identity):
        return identity
    # Some switches make their Call-IDs as they make their uuids.
    return store.pages.call_on_leg(str(identity)) or store.pages.call_of_invite(call) or identity
