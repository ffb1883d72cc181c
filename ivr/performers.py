"""What `ivr/session` can perform on a live call beyond saying, asking, looking up and queueing.

A flow with a step whose performer is not here runs in the simulator and in tests, and is not published
(`dialogs.check.unperformable`). Whoever writes a performer adds its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr.campaigns.promising import Promising
    from ivr.cases import Cases
    from ivr.evidence import Evidence
    from ivr.identity.verification import Verification
    from ivr.messenger.messenger import Messenger
    from ivr.queueing.booking import Bookings
    from ivr.understanding.understanding import Understanding

PERFORMERS: frozenset[str] = frozenset(
    {"transfer", "record", "identity", "cases", "notices", "consents", "writes"}
    | {"understanding", "callbacks", "promises"}
)


@dataclass(frozen=True)
class Performers:
    """Those that work beside the call; the others order the switch, and are `ivr.living.deeds`' own.

    `None`: not installed here, and what asks for it is `Failed`.
    """

    identity: Verification | None = None
    cases: Cases | None = None
    notices: Messenger | None = None
    consents: Evidence | None = None
    callbacks: Bookings | None = None
    understanding: Understanding | None = None
    promises: Promising | None = None
