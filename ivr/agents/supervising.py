"""Supervisors listen, whisper, join, move a caller to another queue, and force an agent's state.

Rules:
1. A supervisor's telephone is rung first; the conversation does not notice. Every listening is in the audit
   log before the telephone rings: whom, by whom, why.
2. What they may be called at is a telephone of the house, or an outside number that the operator allows.
3. Nobody's recording holds what was whispered: mod_dptools' `eavesdrop` adds to what is heard, and no more.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import gevent
import structlog

from data.ids import new_id
from data.records import AuditEntry, Contact
from data.store import Store
from esl import commands
from esl.call_centre import CallCentre, MemberRow
from esl.errors import CommandRefusedError
from esl.freeswitch.configuration import QUEUE_DOMAIN
from esl.leg import WAY_OUT
from ivr.agents.line import SwitchLine
from ivr.agents.written import is_outside
from ivr.errors import IvrError
from ivr.living.queue_wait import MOVED

log = structlog.get_logger(__name__)

Mode = Literal["listen", "whisper", "join"]
RING = 30
"""Seconds that a supervisor's telephone rings."""
MOVE_DEADLINE = 5.0
"""Seconds; a sentence that plays is broken off."""
_TELEPHONE = re.compile(r"(user/)?[0-9]{2,15}")


class NotSupervised(IvrError):
    """It could not be done."""

    code = "not_supervised"


@dataclass(frozen=True)
class Supervised:
    """A supervisor is on the line."""

    leg: str
    """The supervisor's."""
    contact: Contact


@dataclass(frozen=True)
class Moved:
    """A caller waits in another queue now."""

    before: str
    """The queue from which they were taken."""
    place: int
    """Where they stand now; 1: they are next."""
    waiting: int
    """How many wait there, they among them."""


class Supervision:
    """What supervisors do with living calls. Every method blocks for as long as database and switch take."""

    def __init__(
        self,
        store: Store,
        line: SwitchLine,
        *,
        now: Callable[[], datetime],
        outside: str = "",
        allowed: Collection[str] = (),
    ) -> None:
        """`outside`: the dial string of outside numbers; `allowed`: those that may be dialled."""
        self._store, self._line, self._now = store, line, now
        self._outside, self._allowed = outside, allowed

    def supervise(self, mode: Mode, agent: str, telephone: str, *, by: str, why: str) -> Supervised:
        """Rings the telephone, and lets it hear the agent's conversation once it is answered: `whisper` is
        heard by the agent alone, `join` by both. Keys 0 to 3 change that later (0 listens, 2 speaks to the
        agent, 1 to the caller, 3 to both).

        Raises `NotSupervised`, `EslError`, `DataError`.
        """
        contact = self._talk_of(agent)
        dial = self._dial(telephone)
        self._note(f"{mode} {agent}", by=by, why=why, contact=contact)
        leg = str(new_id())
        variables = {
            "origination_uuid": leg,
            "originate_timeout": str(RING),
            "ignore_early_media": "true",
            "origination_caller_id_name": f"supervise_{agent}",
            "eavesdrop_enable_dtmf": "true",
            # By their effect (switch_ivr_async.c): `bleg` is written to the leg that is listened to, which is
            # the agent's; `aleg` is mixed into what is read from it, which the caller hears.
            **({"eavesdrop_whisper_bleg": "true"} if mode in ("whisper", "join") else {}),
            **({"eavesdrop_whisper_aleg": "true"} if mode == "join" else {}),
        }
        order = commands.originate(
            dial, variables=variables, application="eavesdrop", argument=contact.agent_leg
        )
        try:
            answer = self._line.order(order, RING + 5.0).strip()
        except CommandRefusedError as refused:
            answer = refused.answer.strip()
        if not answer.startswith("+OK"):
            cause = answer.removeprefix("-ERR").strip() or "no answer"
            raise NotSupervised(
                f"{telephone} did not answer ({cause})", "Pick it up when it rings, and try again"
            )
        log.info("supervised", mode=mode, agent=agent, by=by)
        return Supervised(leg, contact)

    def move(self, leg: str, queue: str, *, queues: Collection[str], by: str, why: str) -> Moved:
        """Takes somebody who waits to another queue, where the time that they have waited counts. The server
        that lives their call does it (`ivr.living.queue_wait`): it is asked by a variable and a key.

        Raises `NotSupervised`, `EslError`, `DataError`.
        """
        if queue not in queues:
            raise NotSupervised(f"{queue[:60]!a} is no queue", f"Choose one of {', '.join(sorted(queues))}")
        if not commands.is_token(leg) or self._line.ask(commands.leg_exists(leg)).strip() != "true":
            raise NotSupervised("That caller is gone", "Who waits now: `ivr queue status --callers`")
        before = self._queue_of(leg)
        if before is None:
            raise NotSupervised(
                "That caller waits in no queue",
                "They are with an agent, or in a flow; only who waits is moved",
            )
        if before == queue:
            raise NotSupervised(f"That caller waits in {queue} already", "Name another queue")
        self._note(f"move to {queue}", by=by, why=why, contact=None)
        self._line.ask(commands.set_variables(leg, {MOVED: queue}))
        self._line.ask(commands.receive_key(leg, WAY_OUT))
        ends_at = time.monotonic() + MOVE_DEADLINE
        while self._queue_of(leg) != queue:
            if time.monotonic() > ends_at:
                raise NotSupervised(
                    f"The caller was not moved, and waits in {before} as before",
                    "Only callers whom our server has in a call can be, not those of the fallback queue; "
                    "see the server's log",
                )
            gevent.sleep(0.1)
        log.info("caller_moved", leg=leg, queue=queue, by=by)
        there = self._waiting_in(f"{queue}@{QUEUE_DOMAIN}")
        place = next((at for at, one in enumerate(there, 1) if one.session == leg), 1)
        return Moved(before, place, max(place, len(there)))

    # --- how ---------------------------------------------------------------------------------------

    def _talk_of(self, agent: str) -> Contact:
        contact = self._store.agents.in_hand(agent)
        if contact is None or not contact.talking:
            raise NotSupervised(f"{agent[:20]} is in no call", "See who talks with `ivr agent list`")
        if self._line.ask(commands.leg_exists(contact.agent_leg)).strip() != "true":
            raise NotSupervised(f"{agent}'s call has no leg of theirs on the switch", "It has just ended")
        return contact

    def _dial(self, telephone: str) -> str:
        if is_outside(telephone):
            if telephone not in self._allowed or not self._outside:
                raise NotSupervised(f"{telephone[:20]} is not called", "Add it to agents.outside in ivr.yaml")
            return self._outside.replace("{number}", telephone).replace("{digits}", telephone.lstrip("+"))
        if not _TELEPHONE.fullmatch(telephone):
            raise NotSupervised(f"{telephone[:40]!a} is no telephone", "Write its digits, or +34911234567")
        return f"user/{telephone.removeprefix('user/')}@{QUEUE_DOMAIN}"

    def _queue_of(self, leg: str) -> str | None:
        """Where they wait; `None`: nowhere."""
        for queue in CallCentre(self._line.ask).queues():
            if any(member.session == leg for member in self._waiting_in(queue)):
                return queue.removesuffix(f"@{QUEUE_DOMAIN}")
        return None

    def _waiting_in(self, queue: str) -> list[MemberRow]:
        """Who waits there, the one whose turn it is first."""
        found = [one for one in CallCentre(self._line.ask).members(queue) if one.waits]
        return sorted(found, key=lambda one: -one.score)

    def _note(self, what: str, *, by: str, why: str, contact: Contact | None) -> None:
        self._store.audit.note(
            AuditEntry(
                at=self._now(),
                who=by,
                action="supervise",
                what=what,
                why=why,
                call_id=contact.call_id if contact else None,
                customer_id=contact.customer_id if contact else None,
            )
        )
