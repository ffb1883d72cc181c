"""What the flow of the star code asks and has done: who keys a number and a PIN, and their state.

Rules:
1. A PIN is compared with its argon2id hash, and for nobody of that number with a hash of nothing: it takes as
   long. How often somebody may try is counted by `ivr.identity.verification`, over all calls.
2. Whoever has keyed theirs gets a proof for minutes, made with the installation's secret: no flow can change
   the state of an agent who has not.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from data.store import Store
from dialogs.results import Found, Missing, Refused, Written
from ivr.agents.desk import AgentUnknown, Desk, NotNow, Who
from ivr.agents.roster import Roster
from ivr.identity.pins import proves_here
from ivr.writes import OwnWrite
from ivr.writes.agents import STATE
from ivr.writes.occasion import Asked

GOOD_FOR = timedelta(minutes=10)
_PROOF = re.compile(r"([0-9]{2,10})x([0-9]{1,12})x([0-9a-f]{32})")


class StarCode:
    """Of one server. Its two functions run in gevent's thread pool, and tell no switch: `attendance` does."""

    def __init__(self, roster: Roster, now: Callable[[], datetime]) -> None:
        """`now`: in UTC."""
        self._roster, self._now = roster, now

    def who(self, store: Store, by: Mapping[str, str], _local: datetime) -> Found | Missing:
        """Answers the look-up `agent`."""
        number = by.get("agent", "")
        entry = self._roster.agents.get(number)
        if not proves_here(by.get("agent_pin", ""), entry.pin if entry else None):
            return Missing()
        presence = store.agents.presence(number)
        until = int((self._now() + GOOD_FOR).timestamp())
        proof = f"{number}x{until}x{_sealed(store, number, until)}"
        return Found({"proof": proof, "state": presence.state if presence else "out"})

    def change(self, store: Store, values: Mapping[str, str], _asked: Asked) -> Written | Refused:
        """Does the write `agent_state`."""
        agent = self._proved(store, values.get("agent_proof", ""))
        if agent is None:
            return Refused("unknown")
        desk = Desk(store.agents, self._roster, centre=None, now=self._now)
        who = Who(f"agent:{agent}", "star_code")
        try:
            match values.get("to"):
                case "in":
                    desk.check_in(agent, who)
                case "out":
                    desk.check_out(agent, who)
                case "paused":
                    reason = self._roster.by_pause_key(values.get("pause_key", ""))
                    if reason is None:
                        return Refused("unknown_reason")
                    desk.pause(agent, reason, who)
                case _:
                    return Refused("unknown")
        except NotNow as refused:
            return Refused(refused.reason)
        except AgentUnknown:
            return Refused("unknown")
        return Written()

    def own_write(self) -> OwnWrite:
        """For `ivr.back_ends.writing`."""
        return OwnWrite(STATE, self.change)

    def _proved(self, store: Store, proof: str) -> str | None:
        found = _PROOF.fullmatch(proof)
        if found is None or int(found[2]) < self._now().timestamp():
            return None
        good = hmac.compare_digest(found[3], _sealed(store, found[1], int(found[2])))
        return found[1] if good else None


def _sealed(store: Store, agent: str, until: int) -> str:
    return store.verifications.subject("agent_proof", f"{agent} {until}")[:32]
